"""Webhooks: which events of which records are told to which address, and how it went.

Kept by administrators through pages, API and command line; core.jobs delivers. An event
says what happened to which record, never what stands in it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.fieldtypes.secrets import Sealed, SecretBox
from core.frozen import frozen
from core.services.addresses import Refused, check_target
from core.services.errors import NotAllowed, NotFound, Problem, ValidationFailed
from core.services.filters import user_filter
from core.services.jobs import start_again
from core.storage import job, webhook

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction

#: What can happen to a record; `*` is all of it.
EVENTS = ("created", "updated", "archived", "restored", "deleted")
ALL = "*"
#: What a delivery may be.
STATES = ("waiting", "running", "done", "dead")
KIND = "webhook"
_LONGEST_URL = 2000
_SHORTEST_SECRET = 16


@frozen
class Webhook:
    """One subscription; its secret stays in the database."""

    id: int
    entity: str
    events: tuple[str, ...]
    filter: str | None
    url: str
    active: bool
    owner: int | None
    at: datetime

    def wants(self, word: str) -> bool:
        """Whether an event of this word is told."""
        return self.active and (ALL in self.events or word in self.events)


@frozen
class Delivery:
    """One event told to one address, or still to be told; `said` is how it went."""

    id: int
    event: int
    name: str
    key: str
    state: str
    attempts: int
    at: datetime
    due_at: datetime
    ended_at: datetime | None
    said: str | None


def webhooks(connection: sa.Connection) -> list[Webhook]:
    """All webhooks; for the platform itself, which asks nobody's rights."""
    rows = connection.execute(sa.select(webhook).order_by(webhook.c.id))
    return [_made(row) for row in rows]


def list_webhooks(reader: Reader) -> list[Webhook]:
    """All webhooks; NotAllowed for who is no administrator."""
    _require_admin(reader)
    return webhooks(reader.scene.connection)


def get_webhook(reader: Reader, id: int) -> Webhook:
    """One webhook; NotFound for an unknown one."""
    found = next((one for one in list_webhooks(reader) if one.id == id), None)
    if found is None:
        raise NotFound(f"There is no webhook {id}.", id=id)
    return found


def add_webhook(
    tx: Transaction, box: SecretBox, values: Mapping[str, Any]
) -> tuple[Webhook, str]:
    """Keep a webhook of `entity`, `events`, `filter`, `url`, `secret`; and its secret.

    Without a secret one is made up. ValidationFailed names what cannot be kept.
    """
    _require_admin(tx)
    secret = str(values.get("secret") or secrets.token_urlsafe(32))
    if len(secret) < _SHORTEST_SECRET:
        message = f"A secret has at least {_SHORTEST_SECRET} characters."
        raise _wrong("secret", "too_short", message)
    row = {
        **_checked(tx, values),
        "secret": box.seal(secret).token,
        "active": True,
        "owner": tx.actor.user_id,
        "at": tx.scene.moment.now,
    }
    tx.scene.begin_writing()
    done = tx.scene.connection.execute(sa.insert(webhook).values(**row))
    key = done.inserted_primary_key
    assert key is not None
    return get_webhook(tx, int(key[0])), secret


def set_active(tx: Transaction, id: int, active: bool) -> Webhook:
    """Pause a webhook, or let it go on; what happens in between is not told."""
    kept = get_webhook(tx, id)
    if active:
        _check_place(tx, kept.url)
    tx.scene.begin_writing()
    change = sa.update(webhook).where(webhook.c.id == id).values(active=active)
    tx.scene.connection.execute(change)
    return get_webhook(tx, id)


def remove_webhook(tx: Transaction, id: int) -> None:
    """Delete a webhook with everything that was still to be told."""
    get_webhook(tx, id)
    tx.scene.begin_writing()
    connection = tx.scene.connection
    connection.execute(job.delete().where(job.c.consumer == f"{KIND}:{id}"))
    connection.execute(webhook.delete().where(webhook.c.id == id))


def deliveries(
    reader: Reader, id: int, state: str = "", limit: int = 100
) -> list[Delivery]:
    """The latest deliveries of a webhook, newest first; `state` narrows them."""
    get_webhook(reader, id)
    query = sa.select(job).where(job.c.consumer == f"{KIND}:{id}")
    if state:
        query = query.where(job.c.state == state)
    rows = reader.scene.connection.execute(query.order_by(job.c.id.desc()).limit(limit))
    return [
        Delivery(
            row.id,
            row.event,
            str(row.payload.get("event", "")),
            row.key,
            row.state,
            row.attempts,
            row.at,
            row.due_at,
            row.ended_at,
            row.said,
        )
        for row in rows
    ]


def replay_deliveries(tx: Transaction, id: int, ids: Sequence[int] | None) -> int:
    """Tell ended deliveries again, or all dead ones; returns how many there were."""
    get_webhook(tx, id)
    tx.scene.begin_writing()
    mine = [job.c.consumer == f"{KIND}:{id}"]
    if ids is None:
        mine.append(job.c.state == "dead")
    else:
        mine += [job.c.id.in_(ids), job.c.state.in_(("dead", "done"))]
    return start_again(tx, mine)


def secret_of(connection: sa.Connection, box: SecretBox, id: int) -> str | None:
    """The secret that deliveries of a webhook are signed with."""
    query = sa.select(webhook.c.secret).where(webhook.c.id == id)
    kept = connection.execute(query).scalar_one_or_none()
    return None if kept is None else box.open(Sealed(kept))


def _made(row: Any) -> Webhook:
    return Webhook(
        row.id,
        row.entity,
        tuple(row.events),
        row.filter,
        row.url,
        bool(row.active),
        row.owner,
        row.at,
    )


def _checked(tx: Transaction, values: Mapping[str, Any]) -> dict[str, Any]:
    entity, url = str(values.get("entity") or ""), str(values.get("url") or "").strip()
    if entity not in tx.runtime.compiled.registry.entities:
        raise _wrong("entity", "unknown_choice", f"There is no entity '{entity[:81]}'.")
    events = values.get("events") or [ALL]
    known = (ALL, *EVENTS)
    if not isinstance(events, list | tuple) or not all(one in known for one in events):
        message = f"'events' is a list of {', '.join(known)}."
        raise _wrong("events", "unknown_choice", message)
    _check_place(tx, url)
    text = str(values.get("filter") or "").strip() or None
    if text is not None:
        user_filter(tx.runtime, tx.access, entity, text)
    return {
        "entity": entity,
        "events": sorted(set(events)),
        "filter": text,
        "url": url,
    }


def _check_place(tx: Transaction, url: str) -> None:
    """Refuse what no delivery would be sent to, before anybody waits for one."""
    if len(url) > _LONGEST_URL:
        raise _wrong("url", "too_long", "The address is too long.")
    try:
        check_target(url, tx.runtime.webhook_networks)
    except Refused as refused:
        raise _wrong("url", "wrong_value", str(refused)) from None


def _require_admin(reader: Reader) -> None:
    if not reader.actor.is_admin:
        raise NotAllowed(
            "Only administrators keep webhooks.", entity="webhook", verb="read"
        )


def _wrong(field: str, code: str, message: str) -> ValidationFailed:
    return ValidationFailed([Problem(field, code, message)])
