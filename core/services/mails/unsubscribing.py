"""Links by which somebody gets no more advertising, without signing in (RFC 8058).

Written into mails of the kind `marketing` by core.jobs.composing; the page that they
lead to asks before it does anything, programs of mail do it at once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.services.mails.suppression import suppress
from core.storage import suppressed

if TYPE_CHECKING:
    from core.services.runtime import Runtime
    from core.services.transactions import Transaction

PATH = "/unsubscribe"
_SIGNS = 26


def link_of(runtime: Runtime, address: str) -> str:
    """The link of an address; empty where nobody knows how the platform is reached."""
    if not runtime.public_url or not runtime.signing_key:
        return ""
    named = base64.urlsafe_b64encode(address.lower().encode()).decode().rstrip("=")
    return f"{runtime.public_url}{PATH}/{named}.{_signature(runtime, address)}"


def address_in(runtime: Runtime, token: str) -> str | None:
    """The address of a link; None if the platform did not make it."""
    named, _, given = token.partition(".")
    try:
        padded = named + "=" * (-len(named) % 4)
        address = base64.urlsafe_b64decode(padded.encode("ascii")).decode()
    except (ValueError, binascii.Error):
        return None
    good = _signature(runtime, address)
    if not runtime.signing_key or not given.isascii():
        return None
    return address if hmac.compare_digest(good, given) else None


def unsubscribe(tx: Transaction, address: str) -> None:
    """Send no more mails of the kind marketing to an address."""
    suppress(tx, address, "unsubscribed", "", marketing=True)


def subscribe_again(tx: Transaction, address: str) -> None:
    """Take it back; what keeps the address back for another reason stays."""
    tx.scene.begin_writing()
    mine = sa.and_(
        suppressed.c.address == address.lower(),
        suppressed.c.reason == "unsubscribed",
        suppressed.c.marketing.is_(sa.true()),
    )
    tx.scene.connection.execute(suppressed.delete().where(mine))


def _signature(runtime: Runtime, address: str) -> str:
    """130 bits of HMAC-SHA256 (RFC 2104)."""
    told = f"unsubscribe {address.lower()}".encode()
    made = hmac.new(runtime.signing_key.encode(), told, hashlib.sha256).digest()
    return base64.b32encode(made).decode().lower()[:_SIGNS]
