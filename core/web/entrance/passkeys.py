"""Passkeys (WebAuthn, level 3): signing in with a device's own key, no password.

The pages of one's own security add and remove them, the sign-in page takes them. A
passkey proves possession and, by finger, face or PIN, the person; so no code follows.
"""

import hashlib
import hmac
import json
import time
from typing import Any

import sqlalchemy as sa

from core.frozen import frozen
from core.storage.engine import Database
from core.web.account_tables import passkeys
from core.web.accounts import Account, load_account
from core.web.settings import derive_key

#: How many passkeys one account may have.
MOST = 20
_NAME_LENGTH = 64


@frozen
class Place:
    """The site as browsers know it: `https://erp.example`, host `erp.example`."""

    origin: str
    host: str
    name: str


@frozen
class Passkey:
    """One passkey as its owner sees it; times are seconds since 1970, UTC."""

    id: int
    name: str
    made_at: int
    used_at: int | None


class PasskeyRefused(Exception):
    """A passkey that was not taken; the user's number if the passkey is known."""

    def __init__(self, text: str, user: int | None = None) -> None:
        super().__init__(text)
        self.user = user


def list_passkeys(database: Database, user_id: int) -> list[Passkey]:
    """The passkeys of a user, the oldest first."""
    statement = (
        sa.select(passkeys).where(passkeys.c.user == user_id).order_by(passkeys.c.id)
    )
    with database.reading() as connection:
        return [
            Passkey(row.id, row.name, row.made_at, row.used_at)
            for row in connection.execute(statement)
        ]


def remove(database: Database, user_id: int, passkey_id: int) -> bool:
    """Forget a passkey of this user; False when there is none."""
    statement = sa.delete(passkeys).where(
        passkeys.c.id == passkey_id, passkeys.c.user == user_id
    )
    with database.writing() as connection:
        return connection.execute(statement).rowcount == 1


def remove_all(database: Database, user_id: int) -> int:
    """Forget every passkey of a user; returns how many there were."""
    statement = sa.delete(passkeys).where(passkeys.c.user == user_id)
    with database.writing() as connection:
        return int(connection.execute(statement).rowcount)


def adding_options(
    database: Database, secret_key: str, place: Place, account: Account
) -> tuple[str, bytes]:
    """What the browser is asked to make a passkey with, as JSON, and the challenge."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    known = [
        PublicKeyCredentialDescriptor(id=base64url_to_bytes(text))
        for text in _credentials(database, account.id)
    ]
    options = generate_registration_options(
        rp_id=place.host,
        rp_name=place.name,
        user_id=_handle(secret_key, account.id),
        user_name=account.username,
        user_display_name=account.display_name,
        exclude_credentials=known,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return options_to_json(options), options.challenge


def add(
    database: Database,
    place: Place,
    account: Account,
    challenge: bytes,
    answer: dict[str, Any],
    name: str,
) -> None:
    """Keep a passkey that the browser made; PasskeyRefused if it is not in order."""
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused(str(error), account.id) from error
    credential = bytes_to_base64url(made.credential_id)
    values = {
        "user": account.id,
        "name": name.strip()[:_NAME_LENGTH] or "Passkey",
        "credential": credential,
        "public_key": bytes_to_base64url(made.credential_public_key),
        "uses": made.sign_count,
        "made_at": int(time.time()),
    }
    same = sa.select(passkeys.c.id).where(passkeys.c.credential == credential)
    number = sa.select(sa.func.count()).where(passkeys.c.user == account.id)
    with database.writing() as connection:
        if connection.execute(same).first() is not None:
            raise PasskeyRefused("the passkey is known already", account.id)
        if connection.execute(number).scalar_one() >= MOST:
            raise PasskeyRefused(f"there are {MOST} passkeys already", account.id)
        connection.execute(sa.insert(passkeys).values(values))


def asking_options(place: Place) -> tuple[str, bytes]:
    """What the browser is asked to sign in with, whoever it is; and the challenge."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=place.host, user_verification=UserVerificationRequirement.REQUIRED
    )
    return options_to_json(options), options.challenge


def whose(
    database: Database, place: Place, challenge: bytes, answer: dict[str, Any]
) -> Account:
    """The active account whose passkey signed the challenge, or PasskeyRefused."""
    from webauthn import verify_authentication_response
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    row = _by_credential(database, answer)
    if row is None:
        raise PasskeyRefused("nobody has this passkey")
    try:
        used = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=base64url_to_bytes(row.public_key),
            credential_current_sign_count=row.uses,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused(str(error), row.user) from error
    account = load_account(database, row.user)
    if account is None or not account.active:
        raise PasskeyRefused("the user is turned off", row.user)
    _note_use(database, row, used.new_sign_count)
    return account


def _note_use(database: Database, row: sa.Row[Any], count: int) -> None:
    """Keep the counter; one that another request moved meanwhile is a copy at work."""
    statement = (
        sa.update(passkeys)
        .where(passkeys.c.id == row.id, passkeys.c.uses == row.uses)
        .values(uses=count, used_at=int(time.time()))
    )
    with database.writing() as connection:
        if connection.execute(statement).rowcount != 1:
            raise PasskeyRefused("the passkey was used at the same moment", row.user)


def _by_credential(database: Database, answer: dict[str, Any]) -> sa.Row[Any] | None:
    credential = answer.get("id")
    if not isinstance(credential, str):
        return None
    statement = sa.select(passkeys).where(passkeys.c.credential == credential[:1400])
    with database.reading() as connection:
        return connection.execute(statement).first()


def _credentials(database: Database, user_id: int) -> list[str]:
    statement = sa.select(passkeys.c.credential).where(passkeys.c.user == user_id)
    with database.reading() as connection:
        return list(connection.scalars(statement))


def _handle(secret_key: str, user_id: int) -> bytes:
    """What a device keeps for a user: always the same, and it says nothing."""
    key = bytes.fromhex(derive_key(secret_key, "passkey"))
    return hmac.new(key, str(user_id).encode(), hashlib.sha256).digest()


def parse(text: str) -> dict[str, Any]:
    """The answer of a browser; PasskeyRefused if it is no JSON object."""
    try:
        answer = json.loads(text)
    except ValueError as error:
        raise PasskeyRefused("the answer is no JSON") from error
    if not isinstance(answer, dict):
        raise PasskeyRefused("the answer is no JSON object")
    return answer
