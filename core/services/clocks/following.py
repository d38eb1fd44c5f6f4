"""Lets clocks follow their records: looks at the conditions, keeps what comes of them.

Called with the records of a save, with records that follow another one, and by timers;
all in the transaction of that change. What a clock keeps is no edit of the record:
version, audit and events do not tell of it, as with stored formulas.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler import CompiledClock, Computed, calendars_of, compile_clock
from core.expressions import EvaluationError, Record
from core.frozen import frozen
from core.services.clocks.counting import ALL_TIME, NOTHING, Measure
from core.services.clocks.standing import (
    OPEN,
    Seen,
    Standing,
    begun,
    row_of,
    standing_of,
)
from core.services.effects import ids_of
from core.services.loader import chunks
from core.services.refresh import Difference, write_back
from core.services.runtime import Runtime
from core.storage import clock as table
from core.storage import clock_note, insert_rows, timer

if TYPE_CHECKING:
    from core.services.scene import Scene

KIND = "clock"
#: The place of the timer that only looks whether the time is over.
DUE = "due"
_AROUND = ("clock_since", "clock_until", "clock_length")


@frozen
class Subject:
    """A record under a clock: what its conditions say, and how its time is measured."""

    record: Record
    seen: Seen
    measure: Measure


def clock_of(runtime: Runtime, id: str) -> CompiledClock:
    """A clock, compiled at its first use; KeyError if there is none of this id."""
    compiled = runtime.compiled
    made: CompiledClock = runtime.plans.get(
        (KIND, id), lambda: compile_clock(compiled.registry, compiled.catalog, id)
    )
    return made


def calendars(runtime: Runtime) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Entity -> clocks that are measured by it, with the field that leads there."""
    registry = runtime.compiled.registry
    found: Mapping[str, tuple[tuple[str, str], ...]] = runtime.plans.get(
        ("calendars of clocks",), lambda: calendars_of(registry)
    )
    return found


def follow(scene: Scene, id: str, ids: Iterable[int]) -> list[Difference]:
    """Look at a clock of these records; returns what it keeps in them now."""
    clock, found = clock_of(scene.runtime, id), []
    for chunk in chunks(sorted(ids)):
        records = scene.loader.load(clock.entity, chunk, clock.reads.this)
        known = standings(scene, clock, chunk)
        turned = []
        for number, record in sorted(records.items()):
            one = subject_of(scene, clock, record)
            standing = _turned(clock, one, known.get(number), scene.moment.now)
            if standing is not None:
                turned.append((one, standing))
        _keep(scene, clock, known, [standing for _, standing in turned])
        _plan(scene, clock, [(s, one.measure) for one, s in turned if s.notes])
        for one, standing in turned:
            found += _difference(scene, clock, one, standing)
    write_back(scene, scene.runtime.compiled.entity(clock.entity), found)
    return found


def subject_of(scene: Scene, clock: CompiledClock, record: Record) -> Subject:
    """What the conditions of a clock say of a record now."""
    env = scene.env(clock.reads, this=record, old=record)

    def holds(condition: Computed | None) -> bool:
        return condition is not None and condition.run(env) is True

    target = clock.target
    if clock.target_of is not None:
        target = clock.target_of.run(env)
    calendar = None
    if clock.calendar is not None:
        calendar = next(iter(ids_of(clock.calendar.run(env))), None)
    seen = Seen(
        start=holds(clock.start),
        stop=holds(clock.stop),
        pause=holds(clock.pause),
        restart=holds(clock.restart),
        target=target if target is None or target > NOTHING else NOTHING,
        calendar=calendar,
    )
    return Subject(record, seen, _measure(scene, clock, record, calendar))


def standings(
    scene: Scene, clock: CompiledClock, ids: Sequence[int]
) -> dict[int, Standing]:
    """How a clock stands for these records, where it has begun."""
    query = sa.select(table).where(table.c.clock == clock.id, table.c.record.in_(ids))
    rows = scene.connection.execute(query)
    return {row.record: standing_of(row) for row in rows}


def put(scene: Scene, clock: CompiledClock, one: Standing, measure: Measure) -> None:
    """Write how a clock stands, and when it rings next."""
    _update(scene, [row_of(one, clock)])
    _plan(scene, clock, [(one, measure)])


def forget_clocks(scene: Scene, entity: str, ids: Sequence[int]) -> None:
    """Take the clocks of records that are deleted away with them."""
    clocks = scene.runtime.compiled.registry.clocks.values()
    if not any(one.entity == entity for one in clocks):
        return
    for kept in (table, clock_note, timer):
        for chunk in chunks(ids):
            mine = (kept.c.entity == entity, kept.c.record.in_(chunk))
            scene.connection.execute(kept.delete().where(*mine))


def open_records(
    scene: Scene, id: str, calendar: int, most: int | None = None
) -> list[int]:
    """The records for which a clock counts by a calendar and has not ended."""
    query = sa.select(table.c.record).where(
        table.c.clock == id, table.c.calendar == calendar, table.c.state.in_(OPEN)
    )
    query = query.order_by(table.c.record).limit(most)
    return list(scene.connection.scalars(query))


def plan_count(scene: Scene, id: str, entity: str, calendar: int) -> None:
    """Let the worker count a clock anew, as its calendar `entity` has changed."""
    if not open_records(scene, id, calendar, 1):
        return
    address = f"{KIND} {id}/count"
    mine = timer.c.timer == address, timer.c.entity == entity
    waiting = sa.select(timer.c.id).where(*mine, timer.c.record == calendar)
    waiting = waiting.where(timer.c.due_at.is_not(None))
    if scene.connection.execute(waiting).first() is None:
        row = _timer(address, entity, calendar, scene.moment.now)
        insert_rows(scene.connection, timer, [row])


def _measure(
    scene: Scene, clock: CompiledClock, record: Record, calendar: int | None
) -> Measure:
    if calendar is None or clock.between is None or clock.after is None:
        return ALL_TIME
    between, after = clock.between, clock.after

    def run(one: Computed, *values: Any) -> Any:
        names = dict(zip(_AROUND, values, strict=True))
        try:
            return one.run(scene.env(clock.reads, this=record, names=names))
        except EvaluationError:
            # A calendar without working time there: it is never over.
            return None

    def length(since: datetime, until: datetime) -> timedelta | None:
        found: timedelta | None = run(between, since, until, None)
        return found

    def moment(since: datetime, amount: timedelta) -> datetime | None:
        found: datetime | None = run(after, since, None, amount)
        return found

    return Measure(length, moment)


def _turned(
    clock: CompiledClock, one: Subject, known: Standing | None, now: datetime
) -> Standing | None:
    """The clock after a look at its record; None if it has not begun."""
    seen, standing = one.seen, known
    if standing is None:
        if seen.stop or not (seen.start or seen.restart):
            return None
        standing = begun(one.record.id or 0, seen, now)
    standing.turn(seen, one.measure, now)
    if standing.moved:
        standing.undo_marks(clock, one.measure, now)
    return standing


def _keep(
    scene: Scene,
    clock: CompiledClock,
    known: Mapping[int, Standing],
    turned: Sequence[Standing],
) -> None:
    fresh = [row_of(one, clock) for one in turned if one.record not in known]
    if fresh:
        insert_rows(scene.connection, table, fresh)
    _update(scene, [row_of(one, clock) for one in turned if one.record in known])
    notes = [
        {
            "clock": clock.id,
            "entity": clock.entity,
            "record": one.record,
            "at": scene.moment.now,
            "author": scene.actor.user_id,
            "what": note.what,
            "why": note.why,
            "was_due": note.was_due,
            "due": one.due_at,
        }
        for one in turned
        for note in one.notes
    ]
    if notes:
        scene.connection.execute(clock_note.insert(), notes)


def _update(scene: Scene, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    names = [c.name for c in table.columns if not c.primary_key]
    statement = table.update().where(
        table.c.clock == sa.bindparam("b_clock"),
        table.c.record == sa.bindparam("b_record"),
    )
    statement = statement.values({name: sa.bindparam(f"v_{name}") for name in names})
    scene.connection.execute(
        statement,
        [
            {
                "b_clock": row["clock"],
                "b_record": row["record"],
                **{f"v_{name}": row[name] for name in names},
            }
            for row in rows
        ],
    )


def _plan(
    scene: Scene, clock: CompiledClock, some: Sequence[tuple[Standing, Measure]]
) -> None:
    """Set the timers anew by which a clock rings."""
    if not some:
        return
    places = [f"{KIND} {clock.id}/{place}" for place in (DUE, *_places(clock))]
    for chunk in chunks([one.record for one, _ in some]):
        scene.connection.execute(
            timer.delete().where(
                timer.c.entity == clock.entity,
                timer.c.record.in_(chunk),
                timer.c.timer.in_(places),
            )
        )
    rows, now = [], scene.moment.now
    for one, measure in some:
        due = dict(one.due_marks(clock, measure))
        if one.runs and one.due_at is not None and one.due_at > now:
            due[DUE] = one.due_at
        for place, moment in due.items():
            address = f"{KIND} {clock.id}/{place}"
            rows.append(_timer(address, clock.entity, one.record, max(moment, now)))
    if rows:
        insert_rows(scene.connection, timer, rows)


def _places(clock: CompiledClock) -> list[str]:
    return [mark.place for mark in clock.marks]


def _timer(address: str, entity: str, record: int, due: datetime) -> dict[str, Any]:
    return {
        "id": secrets.randbits(62),
        "timer": address,
        "entity": entity,
        "record": record,
        "due_at": due,
        "runs": 0,
    }


def _difference(
    scene: Scene, clock: CompiledClock, one: Subject, standing: Standing
) -> list[Difference]:
    """What the fields of the record that the clock keeps should say, and do not."""
    # Of time that goes by, a record keeps how much had counted at the last change.
    told = bool(standing.notes)
    values = {
        "due": standing.due_at,
        "state": standing.state,
        "elapsed": standing.elapsed(one.measure, scene.moment.now) if told else None,
    }
    found = {}
    for key, name in clock.keeps.items():
        before = one.record.values.get(name)
        if before != values[key] and (told or key != "elapsed"):
            found[name] = (before, values[key])
    return [Difference(one.record.id or 0, found)] if found else []
