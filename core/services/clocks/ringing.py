"""What happens to clocks: in each save, when time is over, when a calendar changes.

`set_clocks` is a step of core.services.write; the worker calls `ring` for timers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.expressions import Record
from core.services.batch import Batch, below
from core.services.clocks.following import (
    DUE,
    KIND,
    calendars,
    clock_of,
    follow,
    open_records,
    plan_count,
    put,
    standings,
    subject_of,
)
from core.services.effects import Stage
from core.services.holding import hold_rows
from core.services.refresh import Difference
from core.services.touched import Touched
from core.services.upkeep import keep_up, take_over

if TYPE_CHECKING:
    from core.services.scene import Scene
    from core.services.transactions import Transaction

_COUNT = "count"


def set_clocks(batch: Batch) -> None:
    """Let the clocks of saved records follow them, and count by changed calendars."""
    scene = batch.scene
    registry = scene.runtime.compiled.registry
    if not registry.clocks:
        return
    records = {change.record.id or 0: change.record for change in batch.alive}
    for id_ in registry.clocks_of.get(batch.entity.id, ()):
        found = follow(scene, id_, records)
        for one in found:
            take_over(records[one.id], one)
        _kept(scene, batch.entity.id, found)
    for part in (batch, *below(batch)):
        _calendars(part)


def ring(tx: Transaction, address: str, record: int) -> str:
    """Do what a clock does at a moment, if it has come; returns how it went.

    address: id and place of the clock, `support.answer/warn/0`. Time is counted anew
    before, so that a change that nobody has followed yet moves the moment.
    """
    id_, _, place = address.partition("/")
    if id_ not in tx.runtime.compiled.registry.clocks:
        return "There is no such clock any more."
    if place == _COUNT:
        return _count(tx, id_, record)
    clock, scene = clock_of(tx.runtime, id_), tx.scene
    scene.begin_writing()
    hold_rows(scene, clock.entity, [record])
    _kept(scene, clock.entity, follow(scene, id_, [record]))
    mark = next((one for one in clock.marks if one.place == place), None)
    paths = clock.reads.this | {("archived",)}
    if mark is not None:
        paths |= mark.action.reads.this
    found = scene.loader.load(clock.entity, [record], paths).get(record)
    standing = standings(scene, clock, [record]).get(record)
    if found is None or standing is None or not standing.runs:
        return "The clock stands still."
    if mark is None:
        return "" if place == DUE else "The clock does not ring there any more."
    measure = subject_of(scene, clock, found).measure
    done, moment = standing.done.get(place, 0), standing.moment_of(mark, measure)
    if done >= mark.most or moment is None or moment > scene.moment.now:
        return "The moment was moved."
    standing.done[place] = done + 1
    put(scene, clock, standing, measure)
    if found.values.get("archived"):
        return "The record is archived."
    from core.services.reactions import run_by_itself

    entity = tx.runtime.compiled.entity(clock.entity)
    with scene.atomic():
        run_by_itself(tx, f"{KIND} {id_}", Stage(entity, found, {}, mark.action))
    return ""


def count_all(tx: Transaction, id: str, ids: list[int]) -> int:
    """Count a clock of these records anew; returns for how many something changed."""
    tx.scene.begin_writing()
    entity = clock_of(tx.runtime, id).entity
    hold_rows(tx.scene, entity, ids)
    found = follow(tx.scene, id, ids)
    _kept(tx.scene, entity, found)
    return len(found)


def _count(tx: Transaction, id_: str, calendar: int) -> str:
    changed = count_all(tx, id_, open_records(tx.scene, id_, calendar))
    return f"{changed} moved." if changed else "Nothing was moved."


def _calendars(batch: Batch) -> None:
    """Have open clocks counted anew whose calendar this save changes."""
    known = calendars(batch.scene.runtime).get(batch.entity.id, ())
    if not known:
        return
    registry = batch.scene.runtime.compiled.registry
    changed = [c.record for c in batch.alive if c.old is None or c.changed]
    for id_, field in known:
        typed = registry.typed(f"clock {id_}/calendar")
        entity = "" if typed is None else typed.type.entity
        for calendar in {record.values.get(field) for record in changed}:
            if calendar is not None:
                plan_count(batch.scene, id_, entity, calendar)


def _kept(scene: Scene, entity: str, found: list[Difference]) -> None:
    """Let formulas follow what clocks keep."""
    if not found:
        return
    rows = []
    for one in found:
        row = Record(entity, one.id)
        rows.append((row, row, frozenset(one.values)))
    keep_up(scene, [Touched(entity, updated=rows)])
