"""Mails over SMTP to the configured server.

What sends mail composes it here and hands it over; a server that cannot be reached or
refuses is `MailFailed`. Nothing is kept: who sends decides what a failure means.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from core.config import MailConfig

#: Seconds to wait for the server.
PATIENCE = 20


class MailFailed(Exception):
    """The mail did not go out; the text says why, without a password."""


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
    import smtplib
    import ssl

    try:
        if config.security == "tls":
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                config.host, config.port, timeout=PATIENCE, context=context
            )
        else:
            server = smtplib.SMTP(config.host, config.port, timeout=PATIENCE)
        with server:
            if config.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if config.user:
                server.login(config.user, config.password)
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise MailFailed(f"{config.host}:{config.port}: {error}") from error
