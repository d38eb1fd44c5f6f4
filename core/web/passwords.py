"""Hashes and checks passwords.

Accounts and the sign-in bridge call it. New hashes are argon2id; hashes that werkzeug
wrote earlier (scrypt, pbkdf2) still verify and are reported as due for renewal.
"""

import functools

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from werkzeug.security import check_password_hash

# 19 MiB and two passes: the smallest setting that OWASP recommends for argon2id. It
# keeps a sign-in near 30 ms and bounds the memory of many at once.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
MIN_LENGTH = 10
MAX_LENGTH = 256


def hash_password(password: str) -> str:
    """The argon2id hash of a password, with its own salt."""
    return _HASHER.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether the password fits the stored hash; spends the same time when there is
    none, so that an unknown user cannot be told from a wrong password."""
    usable = bool(password) and "\x00" not in password and len(password) <= MAX_LENGTH
    candidate = password if usable else "unusable"
    if stored is None:
        _fits(_decoy(), candidate)
        return False
    return _fits(stored, candidate) and usable


def needs_renewal(stored: str) -> bool:
    """Whether a hash was made by an older method or with weaker settings."""
    return not stored.startswith("$argon2id$") or _HASHER.check_needs_rehash(stored)


def weakness(password: str, *personal: str) -> str | None:
    """Why a new password is refused, as a sentence for its owner, or None."""
    if len(password) < MIN_LENGTH:
        return f"The password needs at least {MIN_LENGTH} characters."
    if len(password) > MAX_LENGTH:
        return f"The password may have at most {MAX_LENGTH} characters."
    if "\x00" in password:
        return "The password holds a character that cannot be typed."
    if len(set(password)) < 4:
        return "The password repeats too few characters; mix in some others."
    lowered = password.casefold()
    for word in personal:
        if len(word) >= 4 and word.casefold() in lowered:
            return f"The password contains “{word}”, which others know about you."
    return None


@functools.cache
def _decoy() -> str:
    return _HASHER.hash("nobody has this password")


def _fits(stored: str, password: str) -> bool:
    if not stored.startswith("$argon2"):
        return check_password_hash(stored, password)
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
