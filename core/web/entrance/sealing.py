"""Seals short secrets, so that a copy of the database alone opens nothing.

AES-256-GCM with a key derived from the installation's own; the owner's number is bound
in, so that a sealed text moved to another row does not open.
"""

import base64
import secrets

from core.web.settings import derive_key

_NONCE = 12


def seal(secret_key: str, owner: int, text: str) -> str:
    """The sealed text, base64url; 28 bytes longer than the text before that."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(_key(secret_key)).encrypt(nonce, text.encode(), _bound(owner))
    return base64.urlsafe_b64encode(nonce + sealed).decode("ascii")


def unseal(secret_key: str, owner: int, sealed: str) -> str | None:
    """The text again; None if it was sealed for another owner or with another key."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    raw = base64.urlsafe_b64decode(sealed)
    try:
        text = AESGCM(_key(secret_key)).decrypt(
            raw[:_NONCE], raw[_NONCE:], _bound(owner)
        )
    except InvalidTag:
        return None
    return text.decode()


def _key(secret_key: str) -> bytes:
    return bytes.fromhex(derive_key(secret_key, "factor"))


def _bound(owner: int) -> bytes:
    return str(owner).encode("ascii")
