"""Reads mails that tell that a mail did not arrive (RFC 3464), and keeps back the
addresses that they name.

Called by API and command line. A report counts for a mail that was sent from here to
that address; anybody can write reports about others.
"""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.frozen import frozen
from core.services.mails.queue import REFUSED
from core.services.mails.suppression import require_admin, suppress
from core.services.timeline.about import wrong
from core.storage import mail

if TYPE_CHECKING:
    from core.services.transactions import Transaction

#: Bytes of a report; the mail that came back is in it.
MOST_BYTES = 30_000_000
#: A full box and a policy (RFC 3463) say nothing of the address.
_NOT_OF_ADDRESS = ("5.2.2", "5.7.")


@frozen
class Bounce:
    """One address that a mail did not reach: its status and the server's words."""

    address: str
    status: str
    said: str

    @property
    def of_address(self) -> bool:
        """Whether nobody has this address."""
        return not self.status.startswith(_NOT_OF_ADDRESS)


def take_bounce(tx: Transaction, content: bytes) -> list[str]:
    """Note the failures that a report tells of; returns the addresses kept back.

    ValidationFailed for what is no report about a mail that was sent from here.
    """
    require_admin(tx)
    message = message_from_bytes(content[:MOST_BYTES], policy=policy.default)
    found, original = list(bounces_in(message)), original_id(message)
    # Ids and receivers of mails that came in are what a stranger wrote.
    sent = (mail.c.message_id == original, mail.c.direction == "out")
    query = sa.select(mail).where(*sent)
    row = None
    if found and original:
        row = tx.scene.connection.execute(query).one_or_none()
    if row is None:
        text = "This is no report about a mail that was sent from here."
        raise wrong("file", "wrong_value", text)
    receivers = [dict(one) for one in row.receivers]
    by_address = {one["address"].casefold(): one for one in receivers}
    kept: list[str] = []
    for one in found:
        receiver = by_address.get(one.address.casefold())
        if receiver is None:
            continue
        receiver |= {"state": REFUSED, "said": f"{one.status} {one.said}"[:300]}
        if one.of_address:
            suppress(tx, receiver["address"], "bounced", receiver["said"])
            kept.append(receiver["address"])
    refused = all(one["state"] == REFUSED for one in receivers)
    values = {"receivers": receivers, "said": found[0].said[:300] or None}
    if refused:
        values["state"] = REFUSED
    tx.scene.begin_writing()
    change = mail.update().where(mail.c.id == row.id)
    tx.scene.connection.execute(change.values(**values))
    return kept


def bounces_in(message: EmailMessage | Message) -> Iterator[Bounce]:
    """The addresses that a report names as failed for good; none for another mail."""
    if message.get_content_type() != "multipart/report":
        return
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        for block in blocks if isinstance(blocks, list) else ():
            status = str(block.get("Status", "")).strip()  # type: ignore[union-attr]
            action = str(block.get("Action", "")).strip().lower()  # type: ignore[union-attr]
            if action != "failed" or not status.startswith("5"):
                continue
            for header in ("Original-Recipient", "Final-Recipient"):
                given = block.get(header)  # type: ignore[union-attr]
                address = str(given or "").rpartition(";")[2].strip()
                if address:
                    said = str(block.get("Diagnostic-Code", ""))  # type: ignore[union-attr]
                    yield Bounce(address, status, " ".join(said.split()))
                    break


def original_id(message: EmailMessage | Message) -> str:
    """The id of the mail that a report is about; empty if it does not say."""
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822":
            inner = part.get_payload()
            if isinstance(inner, list) and inner:
                return str(inner[0].get("Message-ID", "")).strip()  # type: ignore[union-attr]
        if kind == "text/rfc822-headers":
            text = part.get_payload(decode=True)
            if isinstance(text, bytes):
                headers = message_from_bytes(text, policy=policy.default)
                return str(headers.get("Message-ID", "")).strip()
    return ""
