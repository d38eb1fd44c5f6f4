"""Checks a user name and password, with a growing pause after repeated failures.

The sign-in page and the token endpoint call `check`; it hands on an `Outcome` that says
the same for an unknown user as for a wrong password.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.storage.engine import Database
from core.web.account_tables import sign_in_failures
from core.web.accounts import Account, record_sign_in, verify_password

FREE_TRIES_USER = 5
FREE_TRIES_ADDRESS = 20
FIRST_PAUSE = 30
LONGEST_PAUSE = 15 * 60
FORGET_AFTER = 24 * 3600

Verifier = Callable[[Database, str, str], Account | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a try led to; `pause` in seconds is 0 unless tries are blocked now."""

    account: Account | None = None
    pause: int = 0
    tries_left: int = 0


def check(
    database: Database,
    login: str,
    password: str,
    address: str,
    verifier: Verifier = verify_password,
    now: Callable[[], float] = time.time,
) -> Outcome:
    """Try to sign in from an address (an IP as text).

    The try is counted before the password is checked, so that many tries at once cannot
    slip past the limit; success forgets the failures of that user name.
    """
    moment = int(now())
    subjects = (
        (_subject("user", login.strip().lower()), FREE_TRIES_USER),
        (_subject("address", address), FREE_TRIES_ADDRESS),
    )
    left, pause = [], 0
    with database.writing() as connection:
        for subject, free in subjects:
            tries, blocked_until = _count(connection, subject, free, moment)
            pause = max(pause, blocked_until - moment)
            left.append(free - tries)
    if pause > 0:
        return Outcome(pause=pause)
    account = verifier(database, login, password)
    if account is None:
        return Outcome(tries_left=max(0, min(left)))
    _forgive(database, subjects[0][0], subjects[1][0])
    record_sign_in(database, account.id)
    return Outcome(account=account)


def unlock(database: Database, login: str) -> None:
    """Forget the failures of a user name; an administrator's help."""
    subject = _subject("user", login.strip().lower())
    with database.writing() as connection:
        connection.execute(
            sa.delete(sign_in_failures).where(sign_in_failures.c.subject == subject)
        )


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
