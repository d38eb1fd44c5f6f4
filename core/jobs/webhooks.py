"""Tells outside programs what happened to records: signed, in order, again on failure.

A consumer of the dispatcher. Its deliveries go out with the id of the event, so that a
receiver can tell a repetition from news.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.app import Application
from core.jobs.clockless import Clockless
from core.jobs.dispatcher import GiveUp, TryAgain
from core.jobs.outbox import Event
from core.jobs.queue import Job
from core.jobs.sending import post
from core.services import Actor, BadQuery, Query, Reader
from core.services.addresses import NotReached, Refused
from core.services.context import wall_clock
from core.services.signatures import signature
from core.services.webhooks import KIND, Webhook, secret_of, webhooks

AGENT = "Intarsia-Webhook/1"
#: The word after which a record is no longer there to be asked.
_GONE = "deleted"


class WebhookConsumer(Clockless):
    """Finds the webhooks that an event concerns, and tells them."""

    kind = KIND

    def __init__(self, application: Application) -> None:
        config = application.config
        self._application = application
        self._box = application.secret_box
        self._allowed = tuple(
            ipaddress.ip_network(text) for text in config.webhook_networks
        )

    def consumers(
        self, connection: sa.Connection, events: Sequence[Event]
    ) -> Sequence[tuple[str, Event, dict[str, Any]]]:
        """A job for each webhook that an event concerns."""
        known = self._application.registry.entities
        kept = [one for one in webhooks(connection) if one.active]
        found = []
        for event in events:
            for one in kept:
                mine = one.entity == event.entity and one.entity in known
                if (
                    mine
                    and one.wants(event.word)
                    and self._fits(connection, one, event)
                ):
                    found.append((f"{KIND}:{one.id}", event, told(event)))
        return found

    def _fits(self, connection: sa.Connection, one: Webhook, event: Event) -> bool:
        """Whether the record is one that the filter names; of a deleted one all are."""
        if one.filter is None or event.word == _GONE or event.record is None:
            return True
        reader = Reader(self._application.runtime, connection, Actor.system())
        text = f"(id == {event.record}) and ({one.filter})"
        try:
            return reader.count(one.entity, Query(filter=text, archived="yes")) > 0
        except BadQuery:
            # A field that the filter names is gone: told rather than silent.
            return True

    def run(self, job: Job) -> str:
        """Send one event; TryAgain for any answer but 2xx."""
        id_ = int(job.consumer.partition(":")[2])
        database = self._application.database
        with database.reading() as connection:
            kept = next((w for w in webhooks(connection) if w.id == id_), None)
            secret = secret_of(connection, self._box, id_)
        if kept is None or secret is None:
            raise GiveUp("The webhook is gone.")
        body = json.dumps(job.payload, ensure_ascii=False, separators=(",", ":"))
        headers = headers_of(job, body.encode(), secret, int(wall_clock().timestamp()))
        try:
            answer = post(kept.url, body.encode(), headers, self._allowed)
        except Refused as error:
            raise GiveUp(str(error)) from error
        except NotReached as error:
            raise TryAgain(str(error)) from error
        if 300 <= answer.status < 400:
            raise TryAgain(f"{answer.status}: redirects are not followed.")
        if not 200 <= answer.status < 300:
            raise TryAgain(f"{answer.status}: {answer.text[:300]}")
        return str(answer.status)


def told(event: Event) -> dict[str, Any]:
    """What a receiver learns of an event."""
    return {
        "id": event.id,
        "event": event.name,
        "at": event.at.isoformat(),
        "entity": event.entity,
        "record": event.record,
        "version": event.payload.get("version"),
        "actor": event.payload.get("actor"),
        "fields": event.payload.get("fields", []),
    }


def headers_of(job: Job, body: bytes, secret: str, moment: int) -> Mapping[str, str]:
    """The headers of a delivery, with the signature of moment and body."""
    return {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "Intarsia-Event": str(job.event),
        "Intarsia-Delivery": str(job.id),
        "Intarsia-Attempt": str(job.attempt),
        "Intarsia-Timestamp": str(moment),
        "Intarsia-Signature": f"v1={signature(secret, moment, body)}",
    }
