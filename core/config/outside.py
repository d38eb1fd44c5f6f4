"""How the installation meets the outside: address, mails, who vouches for people.

`load_config` calls `outside` with what the files of configs/ say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from core.config.errors import ConfigError
from core.config.mailboxes import mailboxes
from core.frozen import frozen
from core.source import Bool, ListOf, Piece, Text

#: Other than on this machine, addresses are of https.
_ADDRESS = re.compile(
    r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?"
    r"|http://(localhost|127[.]0[.]0[.]1)(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?"
)
_SENDER = re.compile(r"[^<>@\s]+@[^<>@\s]+|[^<>@\r\n]+ <[^<>@\s]+@[^<>@\s]+>")
#: Stands for all roles in `second_factor`.
EVERYBODY = "*"
_ROLE = re.compile(r"[*]|admin|[a-z][a-z0-9_]*[.][a-z][a-z0-9_]*")
_PROVIDER = re.compile(r"[a-z][a-z0-9_]{0,31}")


@frozen(kw_only=True)
class MailConfig:
    """The server that takes mails, and who they come from.

    `security`: tls from the first byte, starttls, or plain for one on this machine.
    At most `per_minute` mails about records leave in a minute; 0 sets no limit.
    """

    host: str
    port: int
    security: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    per_minute: int = 300


def mail_domain(config: MailConfig | None) -> str:
    """What stands behind the @ of the sender's address."""
    return config.sender.rstrip(">").rpartition("@")[2] if config else "localhost"


@frozen(kw_only=True)
class ProviderFile(Piece):
    """One provider of sign-ins (OpenID Connect) in a file of configs/.

    Its secret comes from the environment: INTARSIA_PROVIDER_<ID>_SECRET.
    """

    id: Text
    label: Text
    issuer: Text
    client_id: Text
    scopes: ListOf[Text] = ("openid", "email", "profile")
    link_by_email: Bool = False
    create: Bool = False
    roles: ListOf[Text] = ()


@frozen(kw_only=True)
class ProviderConfig:
    """A provider whose word is taken for who somebody is.

    `issuer` is where its description lies (`/.well-known/openid-configuration`).
    Unknown people become users with `roles` if `create` says so; `link_by_email` takes
    a confirmed address for an existing user's.
    """

    id: str
    label: str
    issuer: str
    client_id: str
    secret: str = field(default="", repr=False)
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    link_by_email: bool = False
    create: bool = False
    roles: tuple[str, ...] = ()


class Given(Protocol):
    """What a file of configs/ says about the outside."""

    @property
    def public_url(self) -> str | None: ...

    @property
    def providers(self) -> tuple[ProviderFile, ...]: ...

    @property
    def second_factor(self) -> tuple[str, ...]: ...


def outside(env: Mapping[str, str], own: Given, base: Given) -> dict[str, Any]:
    """The settings that AppConfig takes from here; the environment wins."""
    url = env.get("INTARSIA_URL") or own.public_url or base.public_url or ""
    return {
        "public_url": _public_url(url),
        "mail": _mail(env),
        "mailboxes": mailboxes(env),
        "providers": _providers(env, (*base.providers, *own.providers)),
        "second_factor": _second_factor(env, own.second_factor or base.second_factor),
    }


def _public_url(given: str) -> str:
    text = given.strip().rstrip("/")
    if text and not _ADDRESS.fullmatch(text):
        raise ConfigError(
            f"INTARSIA_URL is '{text[:80]}'; write the address that people type, "
            "like https://erp.example.com."
        )
    return text


def _mail(env: Mapping[str, str]) -> MailConfig | None:
    """The server for mails, from INTARSIA_SMTP and INTARSIA_MAIL_FROM."""
    text = env.get("INTARSIA_SMTP", "").strip()
    if not text:
        return None
    parts = urlsplit(text)
    kinds = {"smtps": ("tls", 465), "smtp": ("starttls", 587), "smtp+plain": ("", 25)}
    security, usual = kinds.get(parts.scheme, ("?", 0))
    try:
        port = parts.port or usual
    except ValueError:
        port = 0
    # The address may hold a password, so no message repeats it.
    if security == "?" or not parts.hostname or not 0 < port < 65536:
        raise ConfigError(
            "INTARSIA_SMTP is no address of a mail server. Write smtps://user:password@"
            "host, smtp://user:password@host (with STARTTLS) or smtp+plain://localhost."
        )
    sender = env.get("INTARSIA_MAIL_FROM", "").strip()
    if not _SENDER.fullmatch(sender):
        raise ConfigError(
            f"INTARSIA_MAIL_FROM is '{sender[:80]}'; write the sender of mails, like "
            "Intarsia <no-reply@example.com>."
        )
    return MailConfig(
        host=parts.hostname,
        port=port,
        security=security or "plain",
        sender=sender,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        per_minute=_per_minute(env),
    )


def _per_minute(env: Mapping[str, str]) -> int:
    text = env.get("INTARSIA_MAILS_PER_MINUTE", "").strip() or "300"
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise ConfigError(
            f"INTARSIA_MAILS_PER_MINUTE is '{text[:20]}'; write a number like 300, or "
            "0 for as many as there are."
        )
    return int(text)


def _providers(
    env: Mapping[str, str], given: tuple[ProviderFile, ...]
) -> tuple[ProviderConfig, ...]:
    found: dict[str, ProviderConfig] = {}
    for one in given:
        issuer = one.issuer.rstrip("/")
        if not _PROVIDER.fullmatch(one.id) or not _ADDRESS.fullmatch(issuer):
            raise ConfigError(
                f"The provider '{one.id[:40]}' needs an id of small letters, digits "
                "and '_', and an issuer that begins with https:// (http:// only on "
                "this machine)."
            )
        name = f"INTARSIA_PROVIDER_{one.id.upper()}_SECRET"
        found[one.id] = ProviderConfig(
            id=one.id,
            label=one.label,
            issuer=issuer,
            client_id=one.client_id,
            secret=env.get(name, ""),
            scopes=tuple(dict.fromkeys(("openid", *one.scopes))),
            link_by_email=one.link_by_email,
            create=one.create,
            roles=tuple(one.roles),
        )
    return tuple(found.values())


def _second_factor(env: Mapping[str, str], given: tuple[str, ...]) -> tuple[str, ...]:
    """The roles that need a second factor, from INTARSIA_SECOND_FACTOR or a file."""
    text = env.get("INTARSIA_SECOND_FACTOR", "")
    found = [one.strip() for one in text.split(",") if one.strip()] or list(given)
    for role in found:
        if not _ROLE.fullmatch(role):
            raise ConfigError(
                f"'{role[:60]}' is no role that a second factor can be asked of. Write "
                "roles like crm.manager, 'admin' for administrators, or '*' for all."
            )
    return tuple(dict.fromkeys(found))
