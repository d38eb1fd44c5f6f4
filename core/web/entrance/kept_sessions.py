"""Sessions as the server keeps them, so that a person sees and ends them.

The cookie holds a random text, the table its hash. `core.web.auth` begins and finds
them; the pages of one's own account and of administrators list and end them.
"""

import hashlib
import secrets
import time

import sqlalchemy as sa

from core.frozen import frozen
from core.storage.engine import Database
from core.storage.errors import StorageError
from core.web.account_tables import kept_sessions, users
from core.web.accounts import ACCOUNT_COLUMNS, ACCOUNT_SOURCE, Account, account_of

#: What is kept of a browser's name, in characters.
AGENT_LENGTH = 255
ADDRESS_LENGTH = 64
# A session in steady use writes "last seen" once in this many seconds, not each time.
_TOUCH_EVERY = 300


@frozen
class Visitor:
    """Where a request comes from: an IP address and a browser, both as text."""

    address: str = ""
    agent: str = ""


@frozen
class KeptSession:
    """One open session as its owner sees it; times are seconds since 1970, UTC."""

    id: str
    way: str
    visitor: Visitor
    began_at: int
    seen_at: int
    ends_at: int


@frozen
class Found:
    """The session of a request and the account that it belongs to."""

    account: Account
    session: KeptSession


@frozen
class Span:
    """When somebody proved who it is, and when that ends; seconds since 1970, UTC."""

    began_at: int
    ends_at: int


def begin(
    database: Database, account: Account, way: str, visitor: Visitor, span: Span
) -> str:
    """Keep a new session of this span; returns the cookie's text."""
    text = secrets.token_urlsafe(32)
    now = int(time.time())
    values = {
        "id": hash_of(text),
        "user": account.id,
        "stamp": account.stamp,
        "way": way,
        "address": visitor.address[:ADDRESS_LENGTH],
        "agent": visitor.agent[:AGENT_LENGTH],
        "began_at": span.began_at,
        "seen_at": now,
        "ends_at": span.ends_at,
    }
    over = sa.or_(
        kept_sessions.c.ends_at < now,
        sa.and_(
            kept_sessions.c.user == account.id,
            kept_sessions.c.stamp != account.stamp,
        ),
    )
    with database.writing() as connection:
        connection.execute(sa.delete(kept_sessions).where(over))
        connection.execute(sa.insert(kept_sessions).values(values))
    return text


_BY_ID = (
    sa.select(
        *(column.label(f"kept_{column.name}") for column in kept_sessions.columns),
        *ACCOUNT_COLUMNS,
    )
    .select_from(kept_sessions.join(ACCOUNT_SOURCE, users.c.id == kept_sessions.c.user))
    .where(kept_sessions.c.id == sa.bindparam("wanted"))
)


def find(database: Database, text: str) -> Found | None:
    """The session of this cookie text with its active account, or None; one query."""
    wanted = {"wanted": hash_of(text)}
    with database.reading() as connection:
        rows = connection.execute(_BY_ID, wanted).mappings().all()
    if not rows or not rows[0]["active"]:
        return None
    row, now = rows[0], int(time.time())
    if row["kept_stamp"] != row["stamp"] or row["kept_ends_at"] <= now:
        return None
    if now - row["kept_seen_at"] >= _TOUCH_EVERY:
        _touch(database, row["kept_id"], now)
    return Found(account_of(rows), _kept(row, "kept_"))


def list_open(database: Database, account: Account) -> list[KeptSession]:
    """The sessions of an account that are open now, the one seen last first."""
    statement = (
        sa.select(kept_sessions)
        .where(kept_sessions.c.user == account.id)
        .where(kept_sessions.c.stamp == account.stamp)
        .where(kept_sessions.c.ends_at > int(time.time()))
        .order_by(kept_sessions.c.seen_at.desc(), kept_sessions.c.began_at.desc())
    )
    with database.reading() as connection:
        return [_kept(row, "") for row in connection.execute(statement).mappings()]


def end(database: Database, session_id: str, user_id: int) -> bool:
    """End a session of this user by its id; False when there is none."""
    statement = sa.delete(kept_sessions).where(
        kept_sessions.c.id == session_id, kept_sessions.c.user == user_id
    )
    with database.writing() as connection:
        return connection.execute(statement).rowcount == 1


def end_others(database: Database, user_id: int, kept: str = "") -> int:
    """End the user's sessions except the one with the id `kept`; returns how many."""
    statement = sa.delete(kept_sessions).where(
        kept_sessions.c.user == user_id, kept_sessions.c.id != kept
    )
    with database.writing() as connection:
        return connection.execute(statement).rowcount


def hash_of(text: str) -> str:
    """The id of the session of a cookie's text; 256 random bits need no salt."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _touch(database: Database, session_id: str, now: int) -> None:
    statement = sa.update(kept_sessions).where(kept_sessions.c.id == session_id)
    try:
        with database.writing() as connection:
            connection.execute(statement.values(seen_at=now))
    except StorageError:
        # A reader is not turned away because a time could not be noted.
        return


def _kept(row: sa.RowMapping, mark: str) -> KeptSession:
    return KeptSession(
        id=row[f"{mark}id"],
        way=row[f"{mark}way"],
        visitor=Visitor(row[f"{mark}address"], row[f"{mark}agent"]),
        began_at=row[f"{mark}began_at"],
        seen_at=row[f"{mark}seen_at"],
        ends_at=row[f"{mark}ends_at"],
    )
