"""Mails over SMTP to the configured server.

What sends mail composes it here and hands it over; a server that cannot be reached or
refuses is `MailFailed`. Nothing is kept: who sends decides what a failure means.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from typing import TYPE_CHECKING

from core.config import MailConfig
from core.frozen import frozen

if TYPE_CHECKING:
    import smtplib

#: Seconds to wait for one answer of the server, and for all of them together.
PATIENCE = 20
LONGEST = 60
#: Seconds to wait for the server's goodbye.
GOODBYE = 0.5


class MailFailed(Exception):
    """The mail did not go out; the text says why, without a password.

    `permanent`: the server will not take this mail, however often it is tried.
    """

    def __init__(self, text: str, permanent: bool = False) -> None:
        super().__init__(text)
        self.permanent = permanent


@frozen
class Refusal:
    """What a server said of one receiver: the code of SMTP and the text."""

    code: int
    text: str

    @property
    def permanent(self) -> bool:
        """Whether trying again is in vain (RFC 5321, 4.2.1)."""
        return self.code >= 500

    @property
    def unknown(self) -> bool:
        """Whether nobody has this address.

        A full box, a policy and a failed sign-in (RFC 3463: x.2.2, x.7.x) say nothing
        of the address.
        """
        words = self.text.split()
        detail = words[0] if words else ""
        of_others = detail.startswith("5.7.") or detail == "5.2.2"
        return self.code in (550, 551, 553, 556) and not of_others


def compose(config: MailConfig, to: str, subject: str, text: str) -> EmailMessage:
    """A plain mail; ValueError for a line break in a header."""
    message = EmailMessage()
    message["From"] = config.sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=config.sender.rstrip(">").split("@")[-1])
    # Machines that answer mails leave this one alone (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def send(config: MailConfig, message: EmailMessage) -> None:
    """Hand the mail to the server; MailFailed if it does not take it."""
    refused = hand_over(config, message, [parseaddr(str(message["To"]))[1]])
    if refused:
        said = "; ".join(f"{one.code} {one.text}" for one in refused.values())
        raise MailFailed(f"{config.host}:{config.port}: {said}")


def hand_over(
    config: MailConfig,
    message: EmailMessage,
    receivers: Sequence[str],
    patience: float = PATIENCE,
    longest: float = LONGEST,
) -> Mapping[str, Refusal]:
    """Hand the mail to the server for these receivers; returns whom it refused.

    MailFailed if nobody gets it for another reason. patience, longest: seconds for one
    answer and for all; a server that is slower is given up.
    """
    import smtplib

    place = f"{config.host}:{config.port}"
    try:
        with _connected(config, patience, longest) as server:
            sender = parseaddr(config.sender)[1]
            refused = server.send_message(message, sender, list(receivers))
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
    except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
        # A sender that is refused is a setting; too large a mail (552) stays one.
        final = isinstance(error, smtplib.SMTPDataError) or error.smtp_code == 552
        said = f"{error.smtp_code} {_text(error.smtp_error)}"
        permanent = final and error.smtp_code >= 500
        raise MailFailed(f"{place}: {said}", permanent) from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailFailed(f"{place}: {error}", permanent=True) from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailFailed(f"{place}: {error}") from error
    return {to: Refusal(code, _text(said)) for to, (code, said) in refused.items()}


@contextmanager
def _connected(
    config: MailConfig, patience: float, longest: float
) -> Iterator[smtplib.SMTP]:
    import smtplib
    import ssl

    if config.security == "tls":
        context = ssl.create_default_context()
        server: smtplib.SMTP = smtplib.SMTP_SSL(timeout=patience, context=context)
    else:
        server = smtplib.SMTP(timeout=patience)
    # Certificates are checked for this name.
    server._host = config.host  # type: ignore[attr-defined]
    watch = threading.Timer(longest, _cut, [server])
    watch.daemon = True
    watch.start()
    try:
        code, said = server.connect(config.host, config.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)
        if config.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if config.user:
            server.login(config.user, config.password)
        yield server
        # The mail is handed over; how the server says goodbye changes nothing.
        with suppress(OSError, smtplib.SMTPException):
            if server.sock is not None:
                server.sock.settimeout(GOODBYE)
            server.quit()
    finally:
        watch.cancel()
        server.close()


def _cut(server: smtplib.SMTP) -> None:
    """End a conversation in which each answer comes just in time."""
    import socket

    with suppress(OSError):
        if server.sock is not None:
            server.sock.shutdown(socket.SHUT_RDWR)


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:300]
