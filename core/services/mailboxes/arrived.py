"""Reads a mail as it came (RFC 5322, MIME: RFC 2045): heads, text, files, who wrote it.

Used by `taking`. What programs write that should not is read as far as it goes; a mail
that cannot be read at all is `Unreadable`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr, parsedate_to_datetime

from core.frozen import frozen
from core.services.mailboxes.html_text import text_of_html

#: Characters of a text, and how many files of one mail are kept.
LONGEST_TEXT = 200_000
MOST_FILES = 50
#: Parts within parts of a mail.
_DEEPEST = 30
_MOST_BOUNDARIES = 100
#: Characters of a head: some 2,000 addresses.
_LONGEST_HEAD = 50_000
#: The parameter as it may be written (RFC 2231 as well).
_BOUNDARY = re.compile(rb"boundary\s*\*?(?:\d+\*?)?\s*=", re.IGNORECASE)
_IDS = re.compile(r"<[^<>\s]{1,250}>")
_BULK = ("bulk", "junk", "auto_reply", "list")
_MACHINES = ("mailer-daemon", "postmaster")
_RECEIVERS = ("To", "Cc")
#: Where servers note whom a mail was for.
_ENVELOPE = ("Delivered-To", "X-Original-To", "Envelope-To")


class Unreadable(Exception):
    """The mail cannot be read; the text says why."""


@frozen
class Attached:
    """A file of a mail."""

    name: str
    content: bytes


@frozen(kw_only=True)
class Arrived:
    """A mail: `text` is plain, made of the HTML where there is no other.

    `mark` is the digest by which the same mail is known again. `receivers` are the
    addresses it names, `reached` those that servers noted too. `machine` says why
    nobody wrote it by hand. `notes` tell what is missing.
    """

    mark: str
    subject: str
    text: str
    html: str
    sender: str
    sender_name: str
    receivers: tuple[tuple[str, str], ...]
    reached: tuple[str, ...]
    message_id: str
    answers: tuple[str, ...]
    received: datetime | None
    machine: str
    is_report: bool
    files: tuple[Attached, ...]
    notes: tuple[str, ...]


def read_arrived(content: bytes) -> Arrived:
    """Read a mail; Unreadable for what is none or is nested without end."""
    if len(_BOUNDARY.findall(content)) > _MOST_BOUNDARIES:
        # Every line is compared with all of them: this would take minutes.
        raise Unreadable("Its parts are nested too deeply.")
    try:
        message = message_from_bytes(content, policy=policy.default)
        parts = list(_leaves(message))
        return _arrived(content, message, parts)
    except RecursionError:
        raise Unreadable("Its parts are nested too deeply.") from None


def _arrived(
    content: bytes, message: EmailMessage, parts: list[EmailMessage]
) -> Arrived:
    name, sender = parseaddr(head(message, "From"))
    if not sender or "@" not in sender:
        raise Unreadable("It does not say who it is from.")
    text, html, notes = _texts(parts)
    files, left = _files(parts)
    message_id = next(iter(_IDS.findall(head(message, "Message-ID"))), "")
    receivers = tuple(_addresses(message, _RECEIVERS))
    reached = [one for _, one in receivers]
    reached += [one for _, one in _addresses(message, _ENVELOPE)]
    return Arrived(
        mark=_mark(content, message, message_id),
        subject=head(message, "Subject"),
        text=text,
        html=html,
        sender=sender.lower()[:320],
        sender_name=name[:200],
        receivers=receivers,
        reached=tuple(dict.fromkeys(reached)),
        message_id=message_id,
        answers=_answered(message),
        received=_moment(message),
        machine=_machine(message, sender.lower()),
        is_report=message.get_content_type() == "multipart/report",
        files=files,
        notes=(*notes, *left),
    )


def _refuse_long_heads(message: EmailMessage) -> None:
    """Refuse heads whose parsing would take minutes; looking at them parses nothing."""
    for name, value in message.raw_items():
        if len(str(value)) > _LONGEST_HEAD:
            raise Unreadable(f"Its head '{name[:40]}' is too long.")


def head(message: EmailMessage, name: str) -> str:
    """One head in one line; empty for a missing one, and for one nobody can read."""
    try:
        found = str(message.get(name) or "")
    except (ValueError, IndexError, AttributeError, TypeError, KeyError):
        # Heads that no program may write make the parser stumble.
        return ""
    return " ".join(clean(found).split())


def clean(text: str) -> str:
    """A text that both databases and pages take: no NUL, no half characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _leaves(message: EmailMessage, depth: int = 0) -> Iterator[EmailMessage]:
    """The parts that hold something; a mail within the mail is one of them."""
    if depth > _DEEPEST:
        raise Unreadable("Its parts are nested too deeply.")
    _refuse_long_heads(message)
    if message.get_content_maintype() != "multipart" or not message.is_multipart():
        yield message
        return
    for part in message.iter_parts():
        yield from _leaves(part, depth + 1)  # type: ignore[arg-type]


def _texts(parts: list[EmailMessage]) -> tuple[str, str, list[str]]:
    plain = [_content(one) for one in parts if _is_text(one, "plain")]
    html = "\n".join(_content(one) for one in parts if _is_text(one, "html")).strip()
    text, notes = "\n\n".join(one.strip() for one in plain if one.strip()), []
    if not text and html:
        text = text_of_html(html)
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT]
        notes.append("The text was cut.")
    return text, html[:LONGEST_TEXT], notes


def _is_text(part: EmailMessage, kind: str) -> bool:
    is_file = part.get_content_disposition() == "attachment" or _name(part)
    return part.get_content_type() == f"text/{kind}" and not is_file


def _content(part: EmailMessage) -> str:
    """The text of a part; what its character set cannot say stands as a mark."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_content_charset() or "utf-8"
    try:
        found = payload.decode(charset, "replace")
    except (LookupError, ValueError):
        found = payload.decode("utf-8", "replace")
    return clean(found).replace("\r\n", "\n").replace("\r", "\n")


def _files(parts: list[EmailMessage]) -> tuple[tuple[Attached, ...], list[str]]:
    found = []
    for part in parts:
        if _is_text(part, "plain") or _is_text(part, "html"):
            continue
        content = _bytes(part)
        if content:
            found.append(Attached(_name(part) or _made_name(part), content))
    notes = [] if len(found) <= MOST_FILES else ["Not all of its files were kept."]
    return tuple(found[:MOST_FILES]), notes


def _bytes(part: EmailMessage) -> bytes:
    if part.get_content_maintype() == "message":
        inner = part.get_payload()
        kept = inner[0] if isinstance(inner, list) and inner else None
        try:
            return b"" if kept is None else kept.as_bytes()  # type: ignore[union-attr]
        except (LookupError, ValueError, KeyError, UnicodeError, TypeError):
            return b""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _name(part: EmailMessage) -> str:
    try:
        return clean(part.get_filename() or "")
    except (ValueError, IndexError, AttributeError, TypeError, LookupError):
        return ""


def _made_name(part: EmailMessage) -> str:
    if part.get_content_maintype() == "message":
        return "mail.eml"
    kind = part.get_content_subtype()
    return f"file.{kind}" if re.fullmatch(r"[a-z0-9]{2,5}", kind) else "file"


def _addresses(
    message: EmailMessage, names: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Role and address of each receiver, in small letters."""
    for name in names:
        for _, address in getaddresses([head(message, name)]):
            if "@" in address and len(address) <= 320:
                yield name.lower(), address.lower()


def _answered(message: EmailMessage) -> tuple[str, ...]:
    """The ids of the mails before it, the nearest first."""
    near = _IDS.findall(head(message, "In-Reply-To"))
    before = _IDS.findall(head(message, "References"))
    return tuple(dict.fromkeys([*near, *reversed(before)]))[:50]


def _moment(message: EmailMessage) -> datetime | None:
    try:
        found = parsedate_to_datetime(head(message, "Date"))
        whole = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return whole.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _machine(message: EmailMessage, sender: str) -> str:
    """Why nobody wrote the mail by hand (RFC 3834, RFC 2369); empty for a person."""
    submitted = head(message, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return f"Auto-Submitted: {submitted[:40]}"
    precedence = head(message, "Precedence").lower()
    if precedence in _BULK:
        return f"Precedence: {precedence}"
    for name in ("X-Autoreply", "X-Autorespond", "List-Id"):
        if head(message, name):
            return name
    if head(message, "Return-Path") == "<>":
        return "Return-Path: <>"
    local = sender.partition("@")[0]
    return local if local in _MACHINES else ""


def _mark(content: bytes, message: EmailMessage, message_id: str) -> str:
    """What makes a mail this one: its id with sender and moment, else all of it."""
    if not message_id:
        return hashlib.sha256(content).hexdigest()
    told = (message_id, head(message, "From"), head(message, "Date"))
    return hashlib.sha256("\n".join(told).encode()).hexdigest()
