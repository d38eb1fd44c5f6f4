"""The journal of sign-ins: who came in when, from where and how, or why not.

Sign-in, password and factor changes `note` what happened; administrators, the owner of
an account and the command line read `entries`. Typed names of nobody are not kept.
"""

import time
from collections.abc import Mapping
from types import MappingProxyType

import sqlalchemy as sa

from core.frozen import frozen
from core.storage.engine import Database
from core.web.account_tables import sign_ins, users
from core.web.entrance.kept_sessions import ADDRESS_LENGTH, AGENT_LENGTH, Visitor

#: Days for which entries are kept.
KEEP_DAYS = 400
#: While tries are paused, one entry per address in so many seconds is enough.
_QUIET = 60

#: What can happen, and how people read it.
ACTS: Mapping[str, str] = MappingProxyType(
    {
        "signed_in": "signed in",
        "refused": "refused",
        "signed_out": "signed out",
        "session_ended": "session ended",
        "password_changed": "password changed",
        "rights_changed": "roles changed",
        "reset_asked": "new password asked for",
        "mail_failed": "mail could not be sent",
        "factor_on": "codes turned on",
        "factor_off": "codes turned off",
        "codes_made": "recovery codes made",
        "passkey_added": "passkey added",
        "passkey_removed": "passkey removed",
        "provider_linked": "provider linked",
        "key_made": "API key made",
        "key_revoked": "API key revoked",
        "turned_off": "turned off",
        "turned_on": "turned on",
        "unlocked": "pause ended",
    }
)
#: How somebody came in; a provider's id stands behind `provider:`.
WAYS: Mapping[str, str] = MappingProxyType(
    {
        "password": "password",
        "code": "password and code",
        "recovery": "password and recovery code",
        "passkey": "passkey",
        "provider": "provider",
        "token": "access token",
        "token_code": "access token and code",
        "reset": "link by mail",
        "cli": "command line",
    }
)
#: Why somebody did not come in.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "unknown": "no such user",
        "inactive": "turned off",
        "wrong_password": "wrong password",
        "wrong_code": "wrong code",
        "used_code": "code used before",
        "code_needed": "code missing",
        "factor_needed": "second factor missing",
        "paused": "too many tries",
        "wrong_passkey": "passkey not accepted",
        "provider": "refused by the provider",
        "not_linked": "no user for this provider account",
        "bad_link": "link not valid",
    }
)


@frozen
class Event:
    """What is noted: an act of ACTS, a way of WAYS, a reason of REASONS."""

    act: str
    user: int | None = None
    way: str = ""
    reason: str = ""
    by: int | None = None


@frozen
class Entry:
    """One line of the journal; `at` in seconds since 1970, UTC."""

    id: int
    at: int
    event: Event
    visitor: Visitor
    username: str = ""
    by_username: str = ""


def note(database: Database, event: Event, visitor: Visitor) -> None:
    """Keep what happened, and forget what is older than `KEEP_DAYS`."""
    now = int(time.time())
    address = visitor.address[:ADDRESS_LENGTH]
    values = {
        "at": now,
        "user": event.user,
        "act": event.act,
        "way": event.way,
        "reason": event.reason,
        "address": address,
        "agent": visitor.agent[:AGENT_LENGTH],
        "by": event.by,
    }
    old = sa.delete(sign_ins).where(sign_ins.c.at < now - KEEP_DAYS * 86_400)
    with database.writing() as connection:
        if event.reason == "paused" and _noted(connection, address, now - _QUIET):
            return
        connection.execute(old)
        connection.execute(sa.insert(sign_ins).values(values))


def entries(
    database: Database,
    user: int | None = None,
    act: str = "",
    before: int | None = None,
    limit: int = 50,
) -> list[Entry]:
    """Entries, newest first; of one user, of one act, with ids below `before`."""
    own, other = users.alias("own"), users.alias("other")
    source = sign_ins.outerjoin(own, own.c.id == sign_ins.c.user).outerjoin(
        other, other.c.id == sign_ins.c.by
    )
    columns = (own.c.username.label("name"), other.c.username.label("by_name"))
    statement = sa.select(sign_ins, *columns).select_from(source)
    if user is not None:
        statement = statement.where(sign_ins.c.user == user)
    if act:
        statement = statement.where(sign_ins.c.act == act)
    if before is not None:
        statement = statement.where(sign_ins.c.id < before)
    statement = statement.order_by(sign_ins.c.id.desc()).limit(limit)
    with database.reading() as connection:
        return [_entry(row) for row in connection.execute(statement).mappings()]


def _noted(connection: sa.Connection, address: str, since: int) -> bool:
    statement = sa.select(sa.literal(1)).where(
        sign_ins.c.at > since,
        sign_ins.c.reason == "paused",
        sign_ins.c.address == address,
    )
    return connection.execute(statement.limit(1)).first() is not None


def _entry(row: sa.RowMapping) -> Entry:
    event = Event(row["act"], row["user"], row["way"], row["reason"], row["by"])
    return Entry(
        id=row["id"],
        at=row["at"],
        event=event,
        visitor=Visitor(row["address"], row["agent"]),
        username=row["name"] or "",
        by_username=row["by_name"] or "",
    )
