"""Access tokens (JWT) and API keys for programs.

The token endpoint, the profile page and the command line make them; the bearer check in
`auth.py` verifies them. It hands on the account behind a token or key, and its scopes.
"""

import base64
import hashlib
import re
import secrets
import time
from collections.abc import Iterable

import sqlalchemy as sa

from core.frozen import frozen
from core.storage.engine import Database
from core.web.account_tables import api_keys, metadata, users
from core.web.accounts import (
    ACCOUNT_COLUMNS,
    ACCOUNT_SOURCE,
    Account,
    account_of,
    load_account,
)
from core.web.settings import derive_key

__all__ = [
    "KEY_MARK",
    "SCOPES",
    "ApiKey",
    "Credential",
    "TokenIssuer",
    "covers",
    "create_api_key",
    "list_api_keys",
    "metadata",
    "revoke_api_key",
    "scopes_for",
    "verify_api_key",
]

KEY_MARK = "int_"
SCOPES = frozenset({"read", "write"})
# Or one of them for one entity, or for all of a module: `library.book:read`,
# `library.*:write`.
_ENTITY_SCOPE = re.compile(
    r"[a-z][a-z0-9_]*\.(?:[a-z][a-z0-9_]*|[*]):(?:read|write)", re.ASCII
)
_LONGEST_SCOPES = 255
_MOST_DAYS = 3650
_ISSUER = "intarsia"
# A key in steady use writes its "last used" once in this many seconds, not each time.
_TOUCH_EVERY = 300


@frozen
class Credential:
    """Who a bearer credential stands for; scopes bound what the program may do."""

    account: Account
    scopes: frozenset[str]
    via: str


@frozen
class ApiKey:
    """One API key as its owner sees it; times are seconds since 1970, UTC."""

    id: int
    name: str
    prefix: str
    scopes: frozenset[str]
    created_at: int
    last_used_at: int | None
    expires_at: int | None
    revoked_at: int | None

    @property
    def usable(self) -> bool:
        """Whether it opens anything now."""
        alive = self.expires_at is None or self.expires_at > time.time()
        return alive and self.revoked_at is None


class TokenIssuer:
    """Issues and verifies access tokens, HS256 with a key of their own."""

    def __init__(self, secret_key: str, minutes: int = 60) -> None:
        self._key = derive_key(secret_key, "token")
        self.seconds = minutes * 60

    def issue(self, account: Account) -> str:
        """A token for the account; a new password or a deactivation ends it early."""
        import jwt

        now = int(time.time())
        claims = {
            "iss": _ISSUER,
            "sub": str(account.id),
            "iat": now,
            "exp": now + self.seconds,
            "jti": secrets.token_hex(8),
            "stamp": account.stamp,
        }
        return jwt.encode(claims, self._key, algorithm="HS256")

    def verify(self, database: Database, token: str) -> Credential | None:
        """The credential of a valid token of an active account, else None."""
        import jwt

        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["HS256"],
                issuer=_ISSUER,
                options={"require": ["exp", "iat", "sub", "jti", "iss"]},
            )
            user_id = int(claims["sub"])
        except (jwt.InvalidTokenError, ValueError):
            return None
        account = load_account(database, user_id)
        if account is None or not account.active:
            return None
        if not secrets.compare_digest(account.stamp, str(claims.get("stamp", ""))):
            return None
        return Credential(account, SCOPES, "token")


def create_api_key(
    database: Database,
    user_id: int,
    name: str,
    scopes: Iterable[str] = SCOPES,
    days: int | None = None,
) -> tuple[ApiKey, str]:
    """Create a key for a user; returns it with its text, which is kept nowhere.

    A scope is `read`, `write`, or one of them for one entity or a whole module:
    `library.book:read`, `library.*:write`. ValueError for what no key can be.
    """
    granted = frozenset(scopes)
    unknown = [s for s in granted - SCOPES if not _ENTITY_SCOPE.fullmatch(s)]
    if unknown:
        raise ValueError(f"unknown scopes: {', '.join(sorted(unknown))}")
    if days is not None and not 0 < days <= _MOST_DAYS:
        raise ValueError(f"a key lasts 1 to {_MOST_DAYS} days, or has no end")
    if len(" ".join(granted)) > _LONGEST_SCOPES:
        raise ValueError(f"the scopes have more than {_LONGEST_SCOPES} characters")
    if not granted or not name.strip() or len(name.strip()) > 128:
        raise ValueError("a key needs a scope and a name of 1 to 128 characters")
    prefix, secret = secrets.token_hex(4), _text(secrets.token_bytes(24))
    text = f"{KEY_MARK}{prefix}_{secret}"
    now = int(time.time())
    values = {
        "user": user_id,
        "name": name.strip(),
        "prefix": prefix,
        "hash": _hash(text),
        "scopes": " ".join(sorted(granted)),
        "created_at": now,
        "expires_at": now + days * 86_400 if days is not None else None,
    }
    with database.writing() as connection:
        statement = sa.insert(api_keys).values(values).returning(api_keys.c.id)
        key_id: int = connection.execute(statement).scalar_one()
    made = next(key for key in list_api_keys(database, user_id) if key.id == key_id)
    return made, text


def scopes_for(kinds: Iterable[str], entities: Iterable[str]) -> frozenset[str]:
    """Scopes of these kinds, bounded to entities or modules (`crm.*`) if there are any.

    With no entity a kind stands for everything its owner may reach.
    """
    bounds = [one for one in entities if one]
    if not bounds:
        return frozenset(kinds)
    return frozenset(f"{bound}:{kind}" for kind in kinds for bound in bounds)


def covers(scopes: frozenset[str], entity: str, kind: str) -> bool:
    """Whether scopes reach an entity; `kind` is read or write."""
    module = entity.partition(".")[0]
    wanted = {kind, f"{entity}:{kind}", f"{module}.*:{kind}"}
    return not wanted.isdisjoint(scopes)


def list_api_keys(database: Database, user_id: int) -> list[ApiKey]:
    """The keys of a user, newest first, the revoked ones too."""
    statement = (
        sa.select(api_keys)
        .where(api_keys.c.user == user_id)
        .order_by(api_keys.c.id.desc())
    )
    with database.reading() as connection:
        return [_api_key(row) for row in connection.execute(statement).mappings()]


def revoke_api_key(database: Database, user_id: int, key_id: int) -> bool:
    """End a key of this user; False when the user has no such key in use."""
    statement = (
        sa.update(api_keys)
        .where(api_keys.c.id == key_id, api_keys.c.user == user_id)
        .where(api_keys.c.revoked_at.is_(None))
        .values(revoked_at=int(time.time()))
    )
    with database.writing() as connection:
        return connection.execute(statement).rowcount == 1


def verify_api_key(database: Database, text: str) -> Credential | None:
    """The credential of a usable key of an active account, else None.

    The secret has 192 random bits, so one unsalted hash is enough to look it up.
    """
    if not text.startswith(KEY_MARK):
        return None
    with database.reading() as connection:
        rows = connection.execute(_BY_HASH, {"wanted": _hash(text)}).mappings().all()
    if not rows or not rows[0]["active"] or not _alive(rows[0]):
        return None
    _touch(database, rows[0])
    scopes = frozenset(rows[0]["key_scopes"].split())
    return Credential(account_of(rows), scopes, "key")


# Key and account at once: every request of a program pays for this.
_BY_HASH = (
    sa.select(
        *(column.label(f"key_{column.name}") for column in api_keys.columns),
        *ACCOUNT_COLUMNS,
    )
    .select_from(api_keys.join(ACCOUNT_SOURCE, users.c.id == api_keys.c.user))
    .where(api_keys.c.hash == sa.bindparam("wanted"))
)


def _alive(row: sa.RowMapping) -> bool:
    ends = row["key_expires_at"]
    return row["key_revoked_at"] is None and (ends is None or ends > time.time())


def _touch(database: Database, row: sa.RowMapping) -> None:
    now = int(time.time())
    used = row["key_last_used_at"]
    if used is not None and now - used < _TOUCH_EVERY:
        return
    with database.writing() as connection:
        connection.execute(
            sa.update(api_keys)
            .where(api_keys.c.id == row["key_id"])
            .values(last_used_at=now)
        )


def _api_key(row: sa.RowMapping) -> ApiKey:
    return ApiKey(
        id=row["id"],
        name=row["name"],
        prefix=row["prefix"],
        scopes=frozenset(row["scopes"].split()),
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _text(random: bytes) -> str:
    return base64.b32encode(random).decode("ascii").rstrip("=").lower()
