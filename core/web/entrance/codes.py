"""Codes as a second proof: from an app (TOTP, RFC 6238), or recovery codes on paper.

The sign-in's second step asks `fits`; the page of one's own security turns codes on and
off. Codes have six digits and change every 30 seconds; one step before and after counts
for clocks that differ. No code opens twice.
"""

import hashlib
import hmac
import secrets
import time

import sqlalchemy as sa

from core.frozen import frozen
from core.storage.engine import Database
from core.web.account_tables import recovery_codes, second_factors
from core.web.entrance.sealing import seal, unseal

STEP_SECONDS = 30
DIGITS = 6
_WINDOW = (-1, 0, 1)
#: How many recovery codes are made at once.
RECOVERY_CODES = 10
# 16 of 32 signs: 80 random bits, so a fast hash is enough.
_RECOVERY_LENGTH = 16
_SIGNS = "abcdefghijkmnpqrstuvwxyz23456789"


@frozen
class State:
    """Whether codes are on for an account, and how many recovery codes are left."""

    on: bool
    recovery_left: int


def state_of(database: Database, user_id: int) -> State:
    """The state of an account."""
    left = sa.select(sa.func.count()).where(
        recovery_codes.c.user == user_id, recovery_codes.c.used_at.is_(None)
    )
    with database.reading() as connection:
        row = _row(connection, user_id)
        on = row is not None and row.confirmed_at is not None
        return State(on, int(connection.execute(left).scalar_one()) if on else 0)


def begin(database: Database, secret_key: str, user_id: int) -> None:
    """Keep a new secret that counts once a code of it was confirmed."""
    import pyotp

    sealed = seal(secret_key, user_id, pyotp.random_base32())
    unconfirmed = second_factors.c.confirmed_at.is_(None)
    mine = second_factors.c.user == user_id
    with database.writing() as connection:
        connection.execute(sa.delete(second_factors).where(mine, unconfirmed))
        if _row(connection, user_id) is None:
            connection.execute(
                sa.insert(second_factors).values(
                    user=user_id, secret=sealed, last_step=0
                )
            )


def pending_secret(database: Database, secret_key: str, user_id: int) -> str | None:
    """The secret, base32, that waits for its first code; None when none waits."""
    with database.reading() as connection:
        row = _row(connection, user_id)
    if row is None or row.confirmed_at is not None:
        return None
    return unseal(secret_key, user_id, row.secret)


def address_of(secret: str, username: str, issuer: str) -> str:
    """The `otpauth:` address that apps read from the picture."""
    import pyotp

    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=issuer)


def confirm(database: Database, secret_key: str, user_id: int, code: str) -> bool:
    """Turn codes on if this is one of the waiting secret."""
    if pending_secret(database, secret_key, user_id) is None:
        return False
    if _of_app(database, secret_key, user_id, _digits(code)):
        return False
    statement = (
        sa.update(second_factors)
        .where(second_factors.c.user == user_id)
        .where(second_factors.c.confirmed_at.is_(None))
        .values(confirmed_at=int(time.time()))
    )
    with database.writing() as connection:
        return connection.execute(statement).rowcount == 1


def turn_off(database: Database, user_id: int) -> bool:
    """Forget the secret and the recovery codes; False when codes were not on."""
    factor = sa.delete(second_factors).where(second_factors.c.user == user_id)
    codes = sa.delete(recovery_codes).where(recovery_codes.c.user == user_id)
    with database.writing() as connection:
        connection.execute(codes)
        return connection.execute(factor).rowcount == 1


def make_recovery_codes(
    database: Database, secret_key: str, user_id: int
) -> tuple[str, ...]:
    """New codes that open once each, in place of the old ones; kept as hashes only."""
    made = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
    rows = [{"user": user_id, "hash": _hash(secret_key, user_id, one)} for one in made]
    old = sa.delete(recovery_codes).where(recovery_codes.c.user == user_id)
    with database.writing() as connection:
        connection.execute(old)
        connection.execute(sa.insert(recovery_codes), rows)
    return made


def fits(database: Database, secret_key: str, user_id: int, code: str) -> str:
    """Take a code of either kind; "" if it opened, else a reason of the journal."""
    digits = _digits(code)
    if len(digits) == DIGITS and digits.isdigit():
        return _of_app(database, secret_key, user_id, digits)
    return _of_paper(database, secret_key, user_id, code)


def is_recovery(code: str) -> bool:
    """Whether a code is of the kind that is kept on paper."""
    digits = _digits(code)
    return not (len(digits) == DIGITS and digits.isdigit())


def _of_app(database: Database, secret_key: str, user_id: int, code: str) -> str:
    import pyotp

    with database.reading() as connection:
        row = _row(connection, user_id)
    secret = unseal(secret_key, user_id, row.secret) if row is not None else None
    if secret is None or not code.isascii():
        return "wrong_code"
    app, now = pyotp.TOTP(secret), int(time.time()) // STEP_SECONDS
    steps = [now + shift for shift in _WINDOW]
    found = [
        step for step in steps if hmac.compare_digest(app.at(step * STEP_SECONDS), code)
    ]
    if not found:
        return "wrong_code"
    # Of two requests with one code only one moves the step on.
    used = (
        sa.update(second_factors)
        .where(second_factors.c.user == user_id)
        .where(second_factors.c.last_step < found[-1])
        .values(last_step=found[-1])
    )
    with database.writing() as connection:
        return "" if connection.execute(used).rowcount == 1 else "used_code"


def _of_paper(database: Database, secret_key: str, user_id: int, code: str) -> str:
    wanted = _hash(secret_key, user_id, code)
    mine = sa.and_(recovery_codes.c.user == user_id, recovery_codes.c.hash == wanted)
    used = (
        sa.update(recovery_codes)
        .where(mine, recovery_codes.c.used_at.is_(None))
        .values(used_at=int(time.time()))
    )
    with database.writing() as connection:
        if connection.execute(used).rowcount == 1:
            return ""
        known = connection.execute(sa.select(sa.literal(1)).where(mine)).first()
    return "used_code" if known is not None else "wrong_code"


def _row(connection: sa.Connection, user_id: int) -> sa.Row[tuple[object, ...]] | None:
    statement = sa.select(second_factors).where(second_factors.c.user == user_id)
    return connection.execute(statement).first()


def _digits(code: str) -> str:
    return "".join(code.split())


def _recovery_code() -> str:
    text = "".join(secrets.choice(_SIGNS) for _ in range(_RECOVERY_LENGTH))
    return "-".join(text[at : at + 4] for at in range(0, _RECOVERY_LENGTH, 4))


def _hash(secret_key: str, user_id: int, code: str) -> str:
    from core.web.settings import derive_key

    plain = "".join(sign for sign in code.lower() if sign.isalnum())
    key = bytes.fromhex(derive_key(secret_key, "recovery"))
    text = f"{user_id}:{plain}".encode("utf-8", "replace")
    return hmac.new(key, text, hashlib.sha256).hexdigest()
