"""Checks a user name and password, with a growing pause after repeated failures.

The sign-in page and the token endpoint call `check`, the second step `check_code`; they
hand on an `Outcome` that says the same for an unknown user as for a wrong password.
"""

import hashlib
import time
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.frozen import frozen
from core.storage.engine import Database
from core.web.account_tables import sign_in_failures
from core.web.accounts import Account, identify, record_sign_in, verify_password
from core.web.entrance.journal import Event, note
from core.web.entrance.kept_sessions import Visitor

FREE_TRIES_USER = 5
FREE_TRIES_ADDRESS = 20
FIRST_PAUSE = 30
LONGEST_PAUSE = 15 * 60
FORGET_AFTER = 24 * 3600

Limit = tuple[str, int]


@frozen
class Outcome:
    """What a try led to; `pause` in seconds is 0 unless tries are blocked now."""

    account: Account | None = None
    pause: int = 0
    tries_left: int = 0


def check(
    database: Database,
    login: str,
    password: str,
    visitor: Visitor,
    now: Callable[[], float] = time.time,
) -> Outcome:
    """Try a password; who passes is not yet signed in, `admit` says so.

    The try is counted before the password is checked, so that many tries at once cannot
    slip past the limit; success forgets the failures of that user name. Name and mail
    address of one account are counted apart: together they would betray each other.
    """
    user = (_subject("user", login.strip().lower()), FREE_TRIES_USER)
    address = (_subject("address", visitor.address), FREE_TRIES_ADDRESS)
    outcome = count_try(database, (user, address), now)
    if outcome.pause > 0:
        _note_refusal(database, login, "paused", visitor)
        return outcome
    account = verify_password(database, login, password)
    if account is None:
        _note_refusal(database, login, "wrong_password", visitor)
        return outcome
    _forgive(database, user[0], address[0])
    return Outcome(account=account)


def check_code(
    database: Database,
    account: Account,
    visitor: Visitor,
    fits: Callable[[], str],
    now: Callable[[], float] = time.time,
) -> Outcome:
    """Try a code after the password was right; `fits` returns "" or a reason.

    Codes are counted apart from passwords: who knows the password is let in by it again
    and again, and must not get new tries that way.
    """
    code = (_subject("code", str(account.id)), FREE_TRIES_USER)
    address = (_subject("address", visitor.address), FREE_TRIES_ADDRESS)
    outcome = count_try(database, (code, address), now)
    reason = "paused" if outcome.pause > 0 else fits()
    if reason:
        note(database, Event("refused", account.id, "code", reason), visitor)
        return outcome
    _forgive(database, code[0], address[0])
    return Outcome(account=account)


def admit(database: Database, account: Account, way: str, visitor: Visitor) -> None:
    """Keep that somebody came in, in the journal and at the account."""
    record_sign_in(database, account.id)
    note(database, Event("signed_in", account.id, way), visitor)


def count_try(
    database: Database, limits: tuple[Limit, ...], now: Callable[[], float] = time.time
) -> Outcome:
    """Count a try against each limit (a subject and its free tries)."""
    moment = int(now())
    left, pause = [], 0
    with database.writing() as connection:
        for subject, free in limits:
            tries, blocked_until = _count(connection, subject, free, moment)
            pause = max(pause, blocked_until - moment)
            left.append(free - tries)
    if pause > 0:
        return Outcome(pause=pause)
    return Outcome(tries_left=max(0, min(left)))


def limit_of(kind: str, value: str, free: int) -> Limit:
    """A limit of its own, such as for mails to one address."""
    return _subject(kind, value), free


def unlock(database: Database, login: str, user_id: int | None = None) -> None:
    """Forget the failures of a user's name and codes; an administrator's help."""
    subjects = [_subject("user", login.strip().lower())]
    if user_id is not None:
        subjects.append(_subject("code", str(user_id)))
    with database.writing() as connection:
        connection.execute(
            sa.delete(sign_in_failures).where(sign_in_failures.c.subject.in_(subjects))
        )


def _note_refusal(
    database: Database, login: str, reason: str, visitor: Visitor
) -> None:
    """Note whose name it was; the same work whether anybody has it."""
    user, active = identify(database, login)
    if reason == "wrong_password" and not active:
        reason = "unknown" if user is None else "inactive"
    note(database, Event("refused", user, "password", reason), visitor)


def pause_after(tries: int, free: int) -> int:
    """Seconds of pause after so many failures: none, then 30 s doubling to 15 min."""
    if tries < free:
        return 0
    return int(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(tries - free, 10)))


def _subject(kind: str, value: str) -> str:
    """A hash, so that the table shows no names typed by mistake (passwords, say)."""
    return hashlib.sha256(f"{kind}:{value}".encode()).hexdigest()


def _count(
    connection: sa.Connection, subject: str, free: int, moment: int
) -> tuple[int, int]:
    """Add a try; return how many were made and until when they were blocked before."""
    connection.execute(
        sa.delete(sign_in_failures).where(
            sign_in_failures.c.last_at < moment - FORGET_AFTER
        )
    )
    row = connection.execute(
        sa.select(sign_in_failures.c.tries, sign_in_failures.c.blocked_until).where(
            sign_in_failures.c.subject == subject
        )
    ).first()
    if row is not None and row.blocked_until > moment:
        # A try during the pause neither counts nor lengthens it.
        return row.tries, row.blocked_until
    tries = (row.tries if row is not None else 0) + 1
    _keep(connection, subject, tries, moment, free)
    return tries, 0


def _keep(
    connection: sa.Connection, subject: str, tries: int, moment: int, free: int
) -> None:
    maker = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {
        "subject": subject,
        "tries": tries,
        "last_at": moment,
        "blocked_until": moment + pause_after(tries, free) if tries >= free else 0,
    }
    statement = maker.insert(sign_in_failures).values(values)
    changed = {
        "tries": sign_in_failures.c.tries + 1,
        "last_at": moment,
        "blocked_until": values["blocked_until"],
    }
    connection.execute(
        statement.on_conflict_do_update(index_elements=["subject"], set_=changed)
    )


def _forgive(database: Database, user: str, address: str) -> None:
    """Success clears the user's failures and halves those of the address.

    Many people may share an address; where some of them get in, the failures of the
    others are typing mistakes.
    """
    failures = sign_in_failures
    with database.writing() as connection:
        connection.execute(sa.delete(failures).where(failures.c.subject == user))
        connection.execute(
            sa.update(failures)
            .where(failures.c.subject == address, failures.c.tries > 0)
            .values(tries=(failures.c.tries - 1) // 2, blocked_until=0)
        )
