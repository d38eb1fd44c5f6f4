"""Automations that run after their event: a consumer of the dispatcher.

The save has decided already which of them the event sets off; each is one job, whose
effects and end are one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.jobs.clockless import Clockless
from core.jobs.dispatcher import GiveUp
from core.jobs.once import on_behalf, once
from core.jobs.outbox import Event
from core.jobs.queue import Job
from core.services import Runtime
from core.services.reactions import KIND, run_one
from core.storage.names import consumer_name


class AutomationConsumer(Clockless):
    """Makes a job of each automation that an event names, and runs it."""

    kind = KIND

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def consumers(
        self, connection: sa.Connection, events: Sequence[Event]
    ) -> Sequence[tuple[str, Event, dict[str, Any]]]:
        """A job for each automation that the save of an event has found to be due."""
        return [
            (consumer_name(KIND, id_), event, _payload(id_, event))
            for event in events
            for id_ in event.payload.get("after", ())
        ]

    def run(self, job: Job) -> str:
        """Do what the automation does; GiveUp if it is no longer defined."""
        id_ = job.payload["id"]
        if id_ not in self._runtime.compiled.registry.automations:
            raise GiveUp(f"There is no automation '{id_}' any more.")
        with once(self._runtime, job, on_behalf(job.payload)) as work:
            # What set off what goes on over commits, so it ends as within one.
            work.tx.origins[:] = job.payload.get("chain", ())
            if not run_one(work.tx, id_, job.payload["record"]):
                work.said = "The record is gone."
        return work.said


def _payload(id_: str, event: Event) -> dict[str, Any]:
    return {
        "id": id_,
        "event": event.name,
        "record": event.record,
        "actor": event.payload.get("actor"),
        "for": event.payload.get("for", {}),
        "chain": event.payload.get("chain", []),
    }
