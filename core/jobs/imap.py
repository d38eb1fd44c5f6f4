"""Reads a folder of a mail server (IMAP4rev1, RFC 3501), the oldest mails first.

Used by the consumer of mailboxes. Whatever goes wrong in between is `NotPulled`; the
password stands in no message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from core.config.mailboxes import MailboxConfig
from core.frozen import frozen

if TYPE_CHECKING:
    import imaplib

#: Seconds to wait for one answer of the server.
PATIENCE = 20.0
_SIZE = re.compile(rb"RFC822\.SIZE ([0-9]+)")


class NotPulled(Exception):
    """The server did not answer, or not as it should; the text says how."""


@frozen
class Folder:
    """An open folder: its generation, which the numbers of mails belong to."""

    server: Any
    validity: int

    def numbers(self, after: int | None) -> list[int]:
        """The mails behind a number; those that nobody has seen if there is none."""
        asked = "UNSEEN" if after is None else f"UID {after + 1}:*"
        (found,) = _answer(self.server.uid("SEARCH", None, *asked.split())) or (b"",)
        numbers = sorted(int(one) for one in (found or b"").split() if one.isdigit())
        # The last mail is named by `*` even if it is not behind the number.
        return [one for one in numbers if after is None or one > after]

    def size(self, number: int) -> int:
        """Bytes of a mail; 0 if it is gone."""
        found = _answer(self.server.uid("FETCH", str(number), "(RFC822.SIZE)"))
        hit = _SIZE.search(b" ".join(_flat(found)))
        return int(hit[1]) if hit else 0

    def content(self, number: int, most: int) -> bytes | None:
        """At most so many bytes of a mail; None if it is gone."""
        asked = f"(BODY.PEEK[]<0.{most}>)"
        for one in _answer(self.server.uid("FETCH", str(number), asked)):
            if isinstance(one, tuple) and len(one) > 1 and isinstance(one[1], bytes):
                return one[1]
        return None

    def mark_seen(self, number: int) -> None:
        """Show people who look into the folder that the mail was read."""
        self.server.uid("STORE", str(number), "+FLAGS.SILENT", r"(\Seen)")


@contextmanager
def open_folder(config: MailboxConfig, patience: float = PATIENCE) -> Iterator[Folder]:
    """Sign in and open the folder; NotPulled for whatever goes wrong within."""
    import imaplib

    place = f"{config.host}:{config.port}"
    server: imaplib.IMAP4 | None = None
    try:
        server = _connected(config, patience)
        server.login(config.user, config.password)
        _answer(server.select(_quoted(config.folder)))
        known = server.response("UIDVALIDITY")[1]
        first = known[0] if known else None
        yield Folder(server, int(first) if isinstance(first, bytes) else 0)
    except imaplib.IMAP4.error as error:
        raise NotPulled(f"{place}: {_text(error)}") from error
    except (OSError, ValueError, EOFError) as error:
        raise NotPulled(f"{place}: {type(error).__name__}: {error}") from error
    finally:
        if server is not None:
            with suppress(Exception):
                server.logout()
            # A goodbye that fails leaves the connection open.
            with suppress(OSError):
                server.shutdown()


def _connected(config: MailboxConfig, patience: float) -> imaplib.IMAP4:
    import imaplib
    import ssl

    host, port = config.host, config.port
    if config.security == "tls":
        context = ssl.create_default_context()
        return imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=patience)
    server = imaplib.IMAP4(host, port, timeout=patience)
    if config.security == "starttls":
        server.starttls(ssl.create_default_context())
    return server


def _answer(given: tuple[str, Sequence[Any]]) -> Sequence[Any]:
    import imaplib

    state, found = given
    if state != "OK":
        raise imaplib.IMAP4.error(found[0] if found else state)
    return found


def _flat(found: Sequence[Any]) -> Iterator[bytes]:
    for one in found:
        if isinstance(one, bytes):
            yield one
        elif isinstance(one, tuple):
            yield from (part for part in one if isinstance(part, bytes))


def _quoted(folder: str) -> str:
    """A name as a quoted string; others than ASCII in modified UTF-7 (RFC 3501)."""
    text = "".join(_utf7(part) for part in re.findall(r"[ -~]+|[^ -~]+", folder))
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _utf7(part: str) -> str:
    import base64

    if part.isascii():
        return part.replace("&", "&-")
    coded = base64.b64encode(part.encode("utf-16-be")).decode().rstrip("=")
    return f"&{coded.replace('/', ',')}-"


def _text(error: Exception) -> str:
    given = error.args[0] if error.args else ""
    said = given.decode("utf-8", "replace") if isinstance(given, bytes) else str(given)
    return " ".join(said.split())[:300]
