"""What the web layer needs to know beyond the application itself.

The factory in `app.py` reads it; `serve` and tests make it. It hands on a frozen value
and the Flask configuration derived from it.
"""

import hashlib
from dataclasses import field
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from core.config import MailConfig, ProviderConfig
from core.frozen import frozen


class HasSecretKey(Protocol):
    """The part of the application's configuration that the web layer reads."""

    @property
    def secret_key(self) -> str: ...


@frozen
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
    template_cache: Path | None = None
    public_url: str = ""
    mail: MailConfig | None = None
    providers: tuple[ProviderConfig, ...] = ()
    second_factor: tuple[str, ...] = ()

    @classmethod
    def of(cls, config: HasSecretKey) -> "WebSettings":
        """The settings that an application's configuration names, else defaults."""
        named = (
            *("languages", "https", "trusted_proxies"),
            *("public_url", "mail", "providers", "second_factor"),
        )
        given = {name: getattr(config, name) for name in named if hasattr(config, name)}
        if hasattr(config, "home"):
            given["template_cache"] = config.home / "cache" / "templates"
        return cls(secret_key=config.secret_key, **given)

    @property
    def sends_resets(self) -> bool:
        """Whether people get a link by mail who forgot their password."""
        return bool(self.mail and self.public_url)

    @property
    def session_cookie(self) -> str:
        """Its name; by `__Host-` it is that of this host alone (RFC 6265bis)."""
        return "__Host-intarsia" if self.https else "intarsia"

    def flask_config(self) -> dict[str, object]:
        """The configuration of Flask, Flask-WTF and Flask-Babel."""
        return {
            "SECRET_KEY": derive_key(self.secret_key, "session"),
            "SESSION_COOKIE_NAME": self.session_cookie,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_SECURE": self.https,
            "SESSION_REFRESH_EACH_REQUEST": False,
            "PERMANENT_SESSION_LIFETIME": timedelta(days=self.remember_days),
            # The guard in csrf.py decides; it must see bearer requests first.
            "WTF_CSRF_CHECK_DEFAULT": False,
            "WTF_CSRF_TIME_LIMIT": None,
            "MAX_CONTENT_LENGTH": 64 * 1024 * 1024,
            "BABEL_DEFAULT_LOCALE": self.languages[0],
        }


def derive_key(secret: str, purpose: str) -> str:
    """One key per purpose, so that a signed session can never pass as a token."""
    digest = hashlib.blake2b(
        secret.encode("utf-8"), digest_size=32, person=purpose.encode("ascii")
    )
    return digest.hexdigest()
