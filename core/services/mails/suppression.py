"""Addresses that get no mails, because a server refused them, a mail came back, or
somebody asked for it.

Kept by the worker and by administrators; read before each mail is sent.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.frozen import frozen
from core.services.errors import NotAllowed, NotFound
from core.services.mails.receivers import typed_addresses
from core.services.timeline.about import wrong
from core.storage import suppressed

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction

REASONS = ("refused", "bounced", "unsubscribed", "entered")
_LONGEST = 500


@frozen
class Suppressed:
    """An address that gets no mails; `marketing`: no mails of that kind only."""

    address: str
    reason: str
    marketing: bool
    said: str | None
    at: datetime


def list_suppressed(reader: Reader, limit: int = 1000) -> list[Suppressed]:
    """The latest addresses, newest first; NotAllowed for who is no administrator."""
    require_admin(reader)
    query = sa.select(suppressed).order_by(suppressed.c.at.desc()).limit(limit)
    return [
        Suppressed(row.address, row.reason, bool(row.marketing), row.said, row.at)
        for row in reader.scene.connection.execute(query)
    ]


def suppress_by_hand(
    tx: Transaction, address: str, marketing: bool = False
) -> Suppressed:
    """Send no more mails to an address; ValidationFailed if it is none.

    marketing: somebody has unsubscribed from mails of that kind, and gets the others.
    """
    require_admin(tx)
    found = typed_addresses("address", address)
    if len(found) != 1:
        raise wrong("address", "required", "Write one address.")
    reason = "unsubscribed" if marketing else "entered"
    suppress(tx, found[0], reason, "", marketing)
    wanted = found[0].lower()
    return next(one for one in list_suppressed(tx) if one.address == wanted)


def release(tx: Transaction, address: str) -> None:
    """Let an address get mails again; NotFound if it gets them already."""
    require_admin(tx)
    tx.scene.begin_writing()
    where = suppressed.c.address == address.strip().lower()
    if not tx.scene.connection.execute(suppressed.delete().where(where)).rowcount:
        raise NotFound("This address is not kept back.")


def suppress(
    tx: Transaction, address: str, reason: str, said: str, marketing: bool = False
) -> None:
    """Keep an address back; what keeps back more stays."""
    tx.scene.begin_writing()
    connection, key = tx.scene.connection, address.lower()
    where = suppressed.c.address == key
    there = connection.execute(sa.select(suppressed.c.marketing).where(where)).first()
    if there is not None and (marketing or not there.marketing):
        return
    connection.execute(suppressed.delete().where(where))
    row = {"address": key, "reason": reason, "marketing": marketing}
    row |= {"said": said[:_LONGEST] or None, "at": tx.scene.moment.now}
    connection.execute(sa.insert(suppressed).values(**row))


def kept_back(
    connection: sa.Connection, addresses: Collection[str], kind: str
) -> frozenset[str]:
    """Those of some addresses, in small letters, that get no mail of this kind."""
    wanted = [one.lower() for one in addresses]
    query = sa.select(suppressed.c.address).where(suppressed.c.address.in_(wanted))
    if kind != "marketing":
        query = query.where(suppressed.c.marketing.is_(sa.false()))
    return frozenset(connection.scalars(query))


def require_admin(reader: Reader) -> None:
    """NotAllowed for who is no administrator."""
    if not reader.actor.is_admin:
        text = "Only administrators see all mails."
        raise NotAllowed(text, entity="mail", verb="read")
