"""How long a record has stood in each of its states, from the audit.

Read by pages and the API; nothing is kept beside what the audit has anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.compiler import CompiledWorkflow
from core.storage import tables

if TYPE_CHECKING:
    from core.services.reader import Reader


@dataclass(slots=True)
class StateTime:
    """How long a record was in a state, all times together.

    `since` is when it came first, `last` when it came last; `until` None: it is now.
    """

    workflow: str
    state: str
    times: int
    total: timedelta
    since: datetime
    last: datetime
    until: datetime | None


def state_times(reader: Reader, entity: str, record: int) -> list[StateTime]:
    """The states of a record in the order in which it came to them first.

    States whose field the actor may not read are left out; NotFound as for reading it.
    """
    reader.get(entity, record, ("id",))
    access = reader.access.of(entity)
    shown = [
        one
        for one in reader.runtime.compiled.entity(entity).workflows
        if one.state in access.readable and one.state not in access.read_conditions
    ]
    if not shown:
        return []
    table = tables.audit
    query = (
        sa.select(table.c.at, table.c.changes)
        .where(table.c.entity == entity, table.c.record == record)
        .order_by(table.c.id)
    )
    entries = [(at, made or {}) for at, made in reader.scene.connection.execute(query)]
    found: list[StateTime] = []
    for workflow in shown:
        changes = [
            (at, str(made[workflow.state][1]))
            for at, made in entries
            if workflow.state in made and made[workflow.state][1] is not None
        ]
        found += _stood(workflow, changes, reader.scene.moment.now)
    return found


def _stood(
    workflow: CompiledWorkflow, changes: list[tuple[datetime, str]], now: datetime
) -> list[StateTime]:
    found: dict[str, StateTime] = {}
    for index, (at, state) in enumerate(changes):
        last = index + 1 == len(changes)
        end = now if last else changes[index + 1][0]
        none = timedelta(0)
        one = found.setdefault(
            state, StateTime(workflow.id, state, 0, none, at, at, None)
        )
        one.times += 1
        one.last = at
        # A machine's clock that was set back makes no time negative.
        one.total += max(end - at, none)
        one.until = None if last else end
    return list(found.values())
