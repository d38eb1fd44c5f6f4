"""Clocks for people: how they stand for a record now, and which records are late.

Read by pages, API and command line. Who may read a record sees its clocks, but for
those that keep a field which he may not read.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.frozen import frozen
from core.services.clocks.following import clock_of, standings, subject_of
from core.services.clocks.ringing import count_all
from core.services.clocks.standing import OPEN, PAUSED, Standing
from core.services.errors import NotFound
from core.storage import clock as table

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction

#: A question for these states; `open` are all that may still go on.
ASKED = ("open", "running", "paused", "overdue", "met", "missed")
_BATCH = 500


@frozen
class ShownClock:
    """How a clock stands; `left` is negative once it is over, None without a target."""

    clock: str
    entity: str
    record: int
    state: str
    target: timedelta | None
    elapsed: timedelta
    left: timedelta | None
    due_at: datetime | None
    began_at: datetime
    ended_at: datetime | None


def clocks_of_record(reader: Reader, entity: str, record: int) -> list[ShownClock]:
    """The clocks of a record that have begun; NotFound as for reading it."""
    reader.get(entity, record, ("id",))
    found = []
    for id_ in clocks_seen(reader, entity):
        found += _shown(reader, id_, [record])
    return found


def clocks_seen(reader: Reader, entity: str) -> list[str]:
    """The clocks of an entity that keep nothing from the actor."""
    access = reader.access.of(entity)
    readable = access.readable - set(access.read_conditions)
    ids = reader.runtime.compiled.registry.clocks_of.get(entity, ())
    clocks = (clock_of(reader.runtime, id_) for id_ in ids)
    return [one.id for one in clocks if set(one.keeps.values()) <= readable]


def list_clocks(
    reader: Reader, clock: str = "", state: str = "", limit: int = 100
) -> list[ShownClock]:
    """Clocks of all records, the earliest end first; for the platform itself."""
    query = sa.select(table.c.clock, table.c.record).order_by(
        table.c.due_at.is_(None), table.c.due_at, table.c.clock, table.c.record
    )
    if clock:
        query = query.where(table.c.clock == clock)
    if state:
        states = OPEN if state == "open" else (state,)
        query = query.where(table.c.state.in_(states))
    known = reader.runtime.compiled.registry.clocks
    query = query.where(table.c.clock.in_(sorted(known))).limit(limit)
    rows = reader.scene.connection.execute(query).all()
    found: dict[tuple[str, int], ShownClock] = {}
    for id_ in {row.clock for row in rows}:
        ids = [row.record for row in rows if row.clock == id_]
        found |= {(id_, one.record): one for one in _shown(reader, id_, ids)}
    wanted = ((row.clock, row.record) for row in rows)
    return [found[key] for key in wanted if key in found]


def count_clock(tx: Transaction, id: str) -> int:
    """Look at a clock of every record; returns for how many something changed.

    What is new in the definitions holds for old records only after that. NotFound if
    there is no such clock.
    """
    if id not in tx.runtime.compiled.registry.clocks:
        raise NotFound(f"There is no clock '{id}'.", entity="clock", id=id)
    entity = clock_of(tx.runtime, id).entity
    column = tx.runtime.compiled.tables[entity].c.id
    last, changed = 0, 0
    while True:
        query = sa.select(column).where(column > last).order_by(column).limit(_BATCH)
        ids = list(tx.scene.connection.scalars(query))
        if not ids:
            return changed
        changed += count_all(tx, id, ids)
        last = ids[-1]


def _shown(reader: Reader, id_: str, ids: list[int]) -> list[ShownClock]:
    scene, clock = reader.scene, clock_of(reader.runtime, id_)
    known = standings(scene, clock, ids)
    records = scene.loader.load(clock.entity, sorted(known), clock.reads.this)
    found = []
    for number, record in sorted(records.items()):
        standing, measure = known[number], subject_of(scene, clock, record).measure
        elapsed = standing.elapsed(measure, scene.moment.now)
        found.append(
            ShownClock(
                clock=id_,
                entity=clock.entity,
                record=number,
                state=standing.state,
                target=standing.target,
                elapsed=elapsed,
                left=_left(standing, elapsed),
                due_at=None if standing.state == PAUSED else standing.due_at,
                began_at=standing.began_at,
                ended_at=standing.ended_at,
            )
        )
    return found


def _left(standing: Standing, elapsed: timedelta) -> timedelta | None:
    return None if standing.target is None else standing.target - elapsed
