"""Reads mails as records: a message of its own (RFC 5322), or a box of them (mbox).

Called by `open_table`. Attachments are left out and nothing is fetched; the names are
those of `core.definitions.formats`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr, parsedate_to_datetime
from pathlib import Path

from core.definitions.formats import BLOCKS
from core.exchange.errors import ExchangeError
from core.exchange.limits import DEFAULT_LIMITS, Limits
from core.exchange.table import ABSENT, Exact, Row, Table
from core.frozen import frozen

_SEPARATOR = b"From "


@frozen(kw_only=True)
class MailTable(Table):
    """Mails with what their heads say and their text as columns."""

    def rows(self) -> Iterator[Row]:
        """Read all mails; may be called again."""
        read = 0
        for line, source, whole in _messages(self.path, self.limits):
            read += len(source)
            done = min(read / max(self.size, 1), 1.0)
            if not whole:
                text = f"The mail has more than {self.limits.row:,} bytes."
                yield Row(line, (ABSENT,) * len(self.header), text, done)
                continue
            found = cells_of(source)
            cells = tuple(found.get(name, ABSENT) for name in self.header)
            yield Row(line, cells, None, done)


def open_mail(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> MailTable:
    """Look at a file and return its table; ExchangeError if it holds no mails."""
    first = next(_messages(path, limits), None)
    if first is None or not (cells_of(first[1]).keys() - {"text"}):
        raise ExchangeError(f"'{path.name}' holds no mail.")
    return MailTable(
        path=path,
        header=BLOCKS["mail"].names,
        size=path.stat().st_size,
        limits=limits,
        format="mail",
    )


def _messages(path: Path, limits: Limits) -> Iterator[tuple[int, bytes, bool]]:
    """Line, bytes and whether they are all of it, of each mail of a file."""
    most = limits.row * 4
    lines: list[bytes] = []
    begin, size, box, before = 1, 0, False, b"\n"
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(most), b""), 1):
            blank, before = before.strip(b"\r\n") == b"", line
            if line.startswith(_SEPARATOR) and blank and (box or number == 1):
                if box:
                    yield begin, b"".join(lines), size <= most
                lines, begin, size, box = [], number, 0, True
                continue
            size += len(line)
            quoted = box and line.startswith(b">") and line.lstrip(b">")
            if quoted and quoted.startswith(_SEPARATOR):
                line = line[1:]
            # What is too long is counted on, and kept no longer.
            if size <= most:
                lines.append(line)
    if any(line.strip() for line in lines):
        yield begin, b"".join(lines), size <= most


def cells_of(source: bytes) -> dict[str, str]:
    """The cells of one mail by the names of their columns; empty ones are left out."""
    mail = message_from_bytes(source, policy=policy.default)
    name, address = parseaddr(_head(mail, "From"))
    found = {
        "subject": _head(mail, "Subject"),
        "sender": address.lower(),
        "sender_name": name,
        "to": _addresses(mail, "To"),
        "cc": _addresses(mail, "Cc"),
        "message_id": _head(mail, "Message-ID").strip("<> "),
        "in_reply_to": _head(mail, "In-Reply-To").strip("<> "),
        "received": Exact(_moment(mail)),
        "text": _body(mail, "plain"),
        "html": _body(mail, "html"),
    }
    return {key: text for key, text in found.items() if text}


def _head(mail: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(mail.get(name) or "").split())
    except (ValueError, IndexError, AttributeError, TypeError):
        # Heads that no program may write make the parser stumble.
        return ""


def _addresses(mail: EmailMessage, name: str) -> str:
    pairs = getaddresses([_head(mail, name)])
    return ", ".join(address.lower() for _, address in pairs if address)


def _moment(mail: EmailMessage) -> str:
    try:
        found = parsedate_to_datetime(_head(mail, "Date"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
    whole = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return whole.astimezone(UTC).isoformat()


def _body(mail: EmailMessage, kind: str) -> str:
    try:
        part = mail.get_body((kind,))
        return "" if part is None else str(part.get_content()).strip()
    except (LookupError, ValueError, AttributeError, TypeError):
        return ""
