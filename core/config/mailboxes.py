"""Where mails that come in are fetched: one server for each mailbox of a module.

Read by core.config.outside from INTARSIA_MAILBOX_<MODULE>__<NAME>.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from urllib.parse import parse_qs, unquote, urlsplit

from core.config.errors import ConfigError
from core.frozen import frozen

PREFIX = "INTARSIA_MAILBOX_"
_NAME = re.compile(r"([A-Z][A-Z0-9_]*?)__([A-Z][A-Z0-9_]*)")
_KINDS: Mapping[str, tuple[str, int]] = MappingProxyType(
    {"imaps": ("tls", 993), "imap": ("starttls", 143), "imap+plain": ("plain", 143)}
)
_ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")


@frozen(kw_only=True)
class MailboxConfig:
    """The server of one mailbox (IMAP) and the folder that is read there.

    `security`: tls from the first byte, starttls, or plain for one on this machine.
    `address` is where mails come to; empty for the one that the definition names.
    """

    id: str
    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)
    folder: str = "INBOX"
    address: str = ""


def mailboxes(env: Mapping[str, str]) -> tuple[MailboxConfig, ...]:
    """The servers that the environment names; ConfigError for what is none."""
    return tuple(
        _one(name, text.strip())
        for name, text in sorted(env.items())
        if name.startswith(PREFIX) and text.strip()
    )


def _one(name: str, text: str) -> MailboxConfig:
    hit = _NAME.fullmatch(name.removeprefix(PREFIX))
    if hit is None:
        raise ConfigError(
            f"{name[:80]} names no mailbox. Write {PREFIX}<MODULE>__<NAME>, for "
            f"instance {PREFIX}GARDEN__DESK for the mailbox garden.desk."
        )
    parts = urlsplit(text)
    security, usual = _KINDS.get(parts.scheme, ("", 0))
    try:
        port = parts.port or usual
    except ValueError:
        port = 0
    user = unquote(parts.username or "")
    given = parse_qs(parts.query).get("address", [user if "@" in user else ""])[-1]
    # The address may hold a password, so no message repeats it.
    if not security or not parts.hostname or not port:
        raise ConfigError(
            f"{name[:80]} is no address of a mailbox. Write imaps://user:password@host/"
            "INBOX, imap://user:password@host (with STARTTLS) or imap+plain://localhost."
        )
    if given and not _ADDRESS.fullmatch(given):
        raise ConfigError(f"{name[:80]}: 'address' is no address of a mail.")
    return MailboxConfig(
        id=f"{hit[1]}.{hit[2]}".lower(),
        host=parts.hostname,
        port=port,
        security=security,
        user=user,
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        address=given,
    )
