"""Instances of flows as rows: locked, changed, and what happened to them noted.

Used by the other files of this package; a row is changed only by who locked it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler import CompiledFlow, compile_flow
from core.services.runtime import Runtime
from core.storage import flow as table
from core.storage import flow_heard, flow_step

if TYPE_CHECKING:
    from core.services.transactions import Transaction

KIND = "flow"
#: The states of an instance that may still go on, and those that it ends in.
OPEN = ("running", "held", "waiting", "failed")
ENDED = ("done", "left", "cancelled")
STATES = (*OPEN, *ENDED)
_LONGEST = 500


def flow_of(runtime: Runtime, id: str) -> CompiledFlow:
    """A flow, compiled at its first use; KeyError if there is none."""
    compiled = runtime.compiled
    made: CompiledFlow = runtime.plans.get(
        (KIND, id), lambda: compile_flow(compiled.registry, compiled.catalog, id)
    )
    return made


@dataclass(slots=True)
class Instance:
    """One instance, as its row in the table."""

    id: int
    flow: str
    entity: str
    record: int
    key: str | None
    state: str
    step: str | None
    code: str | None
    said: str | None
    turn: int
    due_at: datetime | None
    rest_until: datetime | None
    give_up_at: datetime | None
    woken: str | None
    heard: int
    fresh: bool
    input: dict[str, Any]
    results: dict[str, Any]
    states: dict[str, str]
    counts: dict[str, int]
    chain: list[str]
    changed_at: datetime
    ended_at: datetime | None

    @property
    def origin(self) -> str:
        """The name under which it acts by itself."""
        return f"{KIND} {self.flow}"


_NAMES = tuple(one.name for one in fields(Instance))


def locked(tx: Transaction, id: int) -> Instance | None:
    """Lock an instance for the rest of the transaction and read it."""
    tx.scene.begin_writing()
    columns = (table.c[name] for name in _NAMES)
    query = sa.select(*columns).where(table.c.id == id).with_for_update()
    row = tx.scene.connection.execute(query).first()
    return None if row is None else Instance(*row)


def keep(tx: Transaction, instance: Instance) -> None:
    """Write an instance back."""
    instance.changed_at = tx.scene.moment.now
    instance.said = cut(instance.said)
    values = {name: getattr(instance, name) for name in _NAMES if name != "id"}
    change = sa.update(table).where(table.c.id == instance.id)
    tx.scene.connection.execute(change.values(**values))


def rest(
    tx: Transaction,
    instance: Instance,
    state: str,
    until: datetime | None,
    said: str | None = None,
    code: str | None = None,
    fresh: bool = False,
) -> None:
    """Let an instance rest; `fresh`: first look whether an event was missed."""
    instance.state, instance.code, instance.said = state, code, said
    instance.turn += 1
    instance.rest_until = until
    instance.due_at = tx.scene.moment.now if fresh else until
    instance.fresh, instance.woken = fresh, None


def end(
    tx: Transaction, instance: Instance, state: str, said: str | None = None
) -> None:
    """End an instance for good."""
    rest(tx, instance, state, None, said)
    instance.ended_at = tx.scene.moment.now
    instance.give_up_at = None


def note(
    tx: Transaction,
    instance: Instance,
    state: str,
    step: str | None = None,
    said: str | None = None,
    results: Mapping[str, Any] | None = None,
) -> None:
    """Note what happened to an instance, for its record's timeline and for undoing."""
    tx.scene.connection.execute(
        sa.insert(flow_step).values(
            instance=instance.id,
            flow=instance.flow,
            entity=instance.entity,
            record=instance.record,
            at=tx.scene.moment.now,
            author=tx.actor.user_id,
            step=step,
            state=state,
            said=cut(said),
            results=None if results is None else dict(results),
        )
    )


def last_heard(tx: Transaction) -> int:
    """The number of the last event that was handed on to flows."""
    query = sa.select(sa.func.coalesce(sa.func.max(flow_heard.c.id), 0))
    return int(tx.scene.connection.execute(query).scalar_one())


def cut(text: str | None) -> str | None:
    """A reason as it fits into its column; None if there is none."""
    return (text or "").replace("\x00", "")[:_LONGEST] or None
