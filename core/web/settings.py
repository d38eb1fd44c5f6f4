"""What the web layer needs to know beyond the application itself.

The factory in `app.py` reads it; `serve` and tests make it. It hands on a frozen value
and the Flask configuration derived from it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from core.config import MailConfig, ProviderConfig

#: The framework's numbers of the ways to sign in that are served.
WAYS: Mapping[int, str] = MappingProxyType({1: "database", 2: "LDAP"})


class HasSecretKey(Protocol):
    """The part of the application's configuration that the web layer reads."""

    @property
    def secret_key(self) -> str: ...


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Frozen settings of one web process; `secret_key` has at least 32 characters."""

    secret_key: str = field(repr=False)
    company: str = "Intarsia"
    company_note: str = ""
    https: bool = False
    languages: tuple[str, ...] = ("en",)
    trusted_proxies: int = 0
    session_hours: int = 12
    remember_days: int = 30
    token_minutes: int = 60
    auth_type: int = 1
    auth_options: tuple[tuple[str, object], ...] = ()
    template_cache: Path | None = None
    public_url: str = ""
    mail: MailConfig | None = None
    providers: tuple[ProviderConfig, ...] = ()

    @property
    def checks_passwords(self) -> bool:
        """Whether passwords are our own to check, not those of a directory."""
        return self.auth_type == 1

    @classmethod
    def of(cls, config: HasSecretKey) -> "WebSettings":
        """The settings that an application's configuration names, else defaults."""
        named = (
            *("languages", "https", "trusted_proxies"),
            *("public_url", "mail", "providers"),
        )
        given = {name: getattr(config, name) for name in named if hasattr(config, name)}
        if hasattr(config, "home"):
            given["template_cache"] = config.home / "cache" / "templates"
        return cls(secret_key=config.secret_key, **given)

    @property
    def sends_resets(self) -> bool:
        """Whether people get a link by mail who forgot their password."""
        return bool(self.mail and self.public_url and self.checks_passwords)

    def flask_config(self) -> dict[str, object]:
        """The configuration of Flask, Flask-WTF and Flask-AppBuilder."""
        return {
            **dict(self.auth_options),
            "SECRET_KEY": derive_key(self.secret_key, "session"),
            "SESSION_COOKIE_NAME": "intarsia",
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_SECURE": self.https,
            "SESSION_REFRESH_EACH_REQUEST": False,
            "PERMANENT_SESSION_LIFETIME": timedelta(days=self.remember_days),
            # The guard in csrf.py decides; it must see bearer requests first.
            "WTF_CSRF_CHECK_DEFAULT": False,
            "WTF_CSRF_TIME_LIMIT": None,
            "MAX_CONTENT_LENGTH": 64 * 1024 * 1024,
            "AUTH_TYPE": self.auth_type,
            "AUTH_ROLE_ADMIN": "Admin",
            "AUTH_ROLE_PUBLIC": "Public",
            "FAB_UPDATE_PERMS": False,
            "FAB_CREATE_DB": False,
            "FAB_ADD_SECURITY_VIEWS": True,
            "FAB_API_SWAGGER_UI": False,
            "RATELIMIT_ENABLED": False,
            "APP_NAME": self.company,
            "LANGUAGES": {code: {"name": code} for code in self.languages},
            "BABEL_DEFAULT_LOCALE": self.languages[0],
        }


def check_way(settings: WebSettings) -> None:
    """ValueError for a way to sign in that is not served."""
    if settings.auth_type not in WAYS:
        known = ", ".join(f"{number} ({name})" for number, name in WAYS.items())
        raise ValueError(
            f"auth_type {settings.auth_type} is not served: use one of {known}"
        )


def derive_key(secret: str, purpose: str) -> str:
    """One key per purpose, so that a signed session can never pass as a token."""
    digest = hashlib.blake2b(
        secret.encode("utf-8"), digest_size=32, person=purpose.encode("ascii")
    )
    return digest.hexdigest()
