"""Flows: a consumer of the dispatcher that starts, wakes and runs their instances.

Events and the clock only say that an instance is due; what a turn does and that it was
done are one transaction, and a turn that somebody else has done does nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.jobs.clocked import Clocked, due_rows, next_due, one_due
from core.jobs.dispatcher import GiveUp
from core.jobs.once import once
from core.jobs.outbox import Event
from core.jobs.queue import Job
from core.registry import Ear
from core.services import Transaction
from core.services.flows.instances import KIND, flow_of
from core.services.flows.running import advance
from core.services.flows.starting import start
from core.storage import flow as table
from core.storage import flow_heard, insert_rows, waiting_job
from core.storage import job as job_table
from core.storage.names import consumer_name

_DUE = one_due(table)
_NEXT = next_due(table)


class FlowConsumer(Clocked):
    """Hears events, looks at the clock, and takes instances to their next rest."""

    kind = KIND

    def consumers(
        self, connection: sa.Connection, events: Sequence[Event]
    ) -> Sequence[tuple[str, Event, dict[str, Any]]]:
        """A job for each flow that an event starts; who waits for one becomes due."""
        hearing = self._runtime.compiled.registry.hearing
        for event in events:
            ears = hearing.wakes.get(event.name, ())
            if ears:
                _hear(connection, event)
            for ear in ears:
                _wake(connection, ear, event)
            if event.entity in hearing.leaves:
                _look(connection, hearing.leaves[event.entity], event)
        return [
            (consumer_name(KIND, id_), event, _start_payload(id_, event))
            for event in events
            for id_ in hearing.starts.get(event.name, ())
        ]

    def is_due(self, connection: sa.Connection, now: datetime) -> bool:
        """Whether an instance is due."""
        return connection.execute(_DUE, {"now": now}).first() is not None

    def wake(self, connection: sa.Connection, now: datetime) -> int:
        """Make a job of each instance that is due; returns how many were looked at."""
        rows, jobs = due_rows(connection, table, now), []
        for row in rows:
            word, due = row.woken or "", None
            if row.fresh and word in ("", "leave"):
                if self._missed(connection, row):
                    word = "event"
                elif not word:
                    due = row.rest_until
            if not row.fresh or word:
                jobs.append(_turn(row, word, now))
            values = {"due_at": due, "woken": None, "fresh": False}
            change = sa.update(table).where(table.c.id == row.id)
            connection.execute(change.values(**values))
        if jobs:
            insert_rows(connection, job_table, jobs)
        return len(rows)

    def upcoming(self, connection: sa.Connection, after: datetime) -> datetime | None:
        """When the next instance is due."""
        return connection.execute(_NEXT, {"now": after}).scalar_one_or_none()

    def run(self, job: Job) -> str:
        """Start an instance, or take one to its next rest."""
        given = job.payload
        if given["id"] not in self._runtime.compiled.registry.flows:
            raise GiveUp(f"There is no flow '{given['id']}' any more.")
        flow = self._runtime.compiled.registry.flows[given["id"]]
        actor = self._actor(flow.subject, given["record"], flow.zone)
        with once(self._runtime, job, actor) as work:
            if "instance" in given:
                turn = given["instance"], given["turn"], given["woken"]
                work.said = advance(work.tx, *turn)
            else:
                work.said = self._begin(work.tx, given)
        return work.said

    def _begin(self, tx: Transaction, given: dict[str, Any]) -> str:
        flow, id_ = flow_of(self._runtime, given["id"]), given["record"]
        paths = flow.action.reads.this
        record = tx.scene.loader.load(flow.entity, [id_], paths).get(id_)
        if record is None:
            return "The record is gone."
        env = tx.scene.env(flow.action.reads, this=record, old=record)
        if flow.when is not None and flow.when.run(env) is not True:
            return "Its condition did not hold."
        tx.origins[:] = given["chain"]
        instance, fresh = start(tx, flow.id, record)
        if not fresh:
            return "There is one of this key."
        return advance(tx, instance, 0)

    def _missed(self, connection: sa.Connection, row: Any) -> bool:
        """Whether an event was handed on while the last turn was under way."""
        wakes = self._runtime.compiled.registry.hearing.wakes
        names = {
            name: ear
            for name, ears in wakes.items()
            for ear in ears
            if (ear.flow, ear.step, ear.state) == (row.flow, row.step, row.state)
        }
        heard = flow_heard.c
        query = sa.select(flow_heard).where(heard.id > row.heard)
        for found in connection.execute(query.where(heard.event.in_(list(names)))):
            entity = found.event.rpartition(".")[0]
            about = names[found.event].about
            if found.raised_by != row.id and _is_about(about, row, entity, found):
                return True
        return False


def _hear(connection: sa.Connection, event: Event) -> None:
    connection.execute(
        sa.insert(flow_heard).values(
            at=event.at,
            event=event.name,
            record=event.record,
            raised_by=event.payload.get("flow"),
        )
    )


def _wake(connection: sa.Connection, ear: Ear, event: Event) -> None:
    """Let who rests at a step and is concerned by an event become due."""
    resting = [
        table.c.flow == ear.flow,
        table.c.state == ear.state,
        table.c.step == ear.step,
    ]
    if "flow" in event.payload:
        resting.append(table.c.id != event.payload["flow"])
    if ear.about == "subject":
        resting.append(table.c.record == event.record)
    if ear.about == "made":
        query = sa.select(table.c.id, table.c.results).where(*resting)
        rows = connection.execute(query).all()
        mine = [r.id for r in rows if _made(r, event.entity, event.record)]
        if not mine:
            return
        resting.append(table.c.id.in_(mine))
    change = sa.update(table).where(*resting)
    connection.execute(change.values(due_at=event.at, woken="event"))


def _look(connection: sa.Connection, flows: Sequence[str], event: Event) -> None:
    """Let instances of a record look whether they are left."""
    resting = (
        table.c.entity == event.entity,
        table.c.record == event.record,
        table.c.flow.in_(flows),
        table.c.state.in_(("held", "waiting", "failed")),
        table.c.woken.is_(None),
    )
    change = sa.update(table).where(*resting)
    connection.execute(change.values(due_at=event.at, woken="leave"))


def _is_about(about: str, row: Any, entity: str, found: Any) -> bool:
    if about == "subject":
        return bool(found.record == row.record)
    return about == "all" or _made(row, entity, found.record)


def _made(row: Any, entity: str, record: int | None) -> bool:
    return [entity, record] in row.results.values()


def _start_payload(id_: str, event: Event) -> dict[str, Any]:
    return {
        "id": id_,
        "event": event.name,
        "record": event.record,
        "chain": event.payload.get("chain", []),
    }


def _turn(row: Any, woken: str, now: datetime) -> dict[str, Any]:
    payload = {
        "id": row.flow,
        "record": row.record,
        "instance": row.id,
        "turn": row.turn,
        "woken": woken,
    }
    name, number = consumer_name(KIND, row.flow), secrets.randbits(62)
    return waiting_job(name, number, f"{row.entity}:{row.record}", payload, now)
