"""Makes the message of a queued mail: text, the same as HTML, files, and heads.

Called by core.jobs.mails for each hand-over to the server.
"""

from __future__ import annotations

import re
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from typing import Any

from core.config import MailConfig
from core.fieldtypes.files import StoredFile
from core.services import Runtime
from core.services.files import open_file
from core.services.mails.queue import MARKETING
from core.services.mails.unsubscribing import link_of

_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")


def message_of(
    runtime: Runtime, config: MailConfig, row: Any, only: str = ""
) -> EmailMessage:
    """The mail as it goes to the server; NotFound if one of its files is lost.

    only: the one receiver that it names, as advertising does: his link is in it.
    """
    message = EmailMessage()
    message["From"] = config.sender
    for role, header in (("to", "To"), ("cc", "Cc")):
        named = [one["address"] for one in row.receivers if one["role"] == role]
        if named and not only:
            message[header] = ", ".join(named)
    if only:
        message["To"] = only
    message["Subject"] = row.subject
    message["Date"] = format_datetime(row.at)
    message["Message-ID"] = row.message_id
    if row.answers:
        message["In-Reply-To"] = message["References"] = row.answers
    if row.reply_to:
        message["Reply-To"] = row.reply_to
    if row.template:
        # Machines that answer mails leave this one alone (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
    text = f"{row.body.rstrip()}\n{_farewell(runtime, message, row, only)}"
    message.set_content(text)
    message.add_alternative(html_of(text), subtype="html")
    for one in row.files:
        main, _, sub = one["media_type"].partition("/")
        with open_file(runtime, StoredFile(**one)).content as content:
            message.add_attachment(
                content.read(), maintype=main, subtype=sub, filename=one["name"]
            )
    return message


def html_of(text: str) -> str:
    """The text as HTML: escaped, a paragraph for each, links that can be followed."""
    paragraphs = (
        f"<p>{_linked(part)}</p>" for part in re.split(r"\n{2,}", text.strip())
    )
    body = "\n".join(paragraphs)
    return f'<html><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>\n'


def _linked(text: str) -> str:
    found, last = [], 0
    for hit in _LINK.finditer(text):
        found.append(escape(text[last : hit.start()]))
        address = escape(hit[0])
        found.append(f'<a href="{address}">{address}</a>')
        last = hit.end()
    found.append(escape(text[last:]))
    return "".join(found).replace("\n", "<br>\n")


def _farewell(runtime: Runtime, message: EmailMessage, row: Any, only: str) -> str:
    """The link by which the receiver gets no more advertising (RFC 2369, RFC 8058)."""
    link = link_of(runtime, only) if row.kind == MARKETING and only else ""
    if not link:
        return ""
    message["List-Unsubscribe"] = f"<{link}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return f"\n-- \nUnsubscribe: {link}\n"
