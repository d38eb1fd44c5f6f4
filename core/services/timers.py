"""Timers of records: set when a state is entered, ended when it is left.

`set_timers` is a step of core.services.write, in the transaction of the save; the
worker makes a job of each that is due and calls `fire`.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler import CompiledEntity, CompiledTimer
from core.definitions import EscalationDef
from core.expressions import Record
from core.services.approvals import escalate
from core.services.batch import Batch, Change
from core.services.effects import Stage
from core.services.holding import hold_rows
from core.services.loader import chunks
from core.storage import insert_rows
from core.storage import timer as table

if TYPE_CHECKING:
    from core.services.scene import Scene
    from core.services.transactions import Transaction

KIND = "timer"


def set_timers(batch: Batch) -> None:
    """Begin, move and end the timers of the records of a save."""
    for timer in batch.entity.timers:
        begun, ended = [], []
        for change in batch.alive:
            was = _inside(timer, change.old)
            now = _inside(timer, change.record)
            if now and (not was or timer.follows & change.changed):
                begun.append(change)
            if was and (not now or timer.follows & change.changed):
                ended.append(change.record.id or 0)
        if ended:
            _end(batch.scene, batch.entity.id, ended, timer.address)
        if begun:
            _begin(batch, timer, begun)


def forget_timers(scene: Scene, entity: CompiledEntity, ids: Sequence[int]) -> None:
    """End the timers of records that are deleted."""
    if entity.timers:
        _end(scene, entity.id, ids)


def fire(tx: Transaction, id: int, entity: str, record: int, address: str) -> str:
    """Do what a timer that is due says, unless it was ended; returns how it went."""
    connection = tx.scene.connection
    tx.scene.begin_writing()
    # The record before its timer, as a save takes them: else the two block each other.
    hold_rows(tx.scene, entity, [record])
    query = sa.select(table.c.runs).where(table.c.id == id).with_for_update()
    runs = connection.execute(query).scalar_one_or_none()
    if runs is None:
        return "The record has left the state before."
    connection.execute(table.delete().where(table.c.id == id))
    if address.startswith("assignment "):
        from core.services.assigning import assign_again

        return assign_again(tx, address.partition(" ")[2], record)
    if address.startswith("clock "):
        from core.services.clocks.ringing import ring

        return ring(tx, address.partition(" ")[2], record)
    compiled = tx.runtime.compiled.entity(entity)
    timer = next((one for one in compiled.timers if one.address == address), None)
    if timer is None:
        return "There is no such timer any more."
    paths = timer.action.reads.this | {(timer.state,), ("archived",)}
    found = tx.scene.loader.load(entity, [record], paths).get(record)
    if found is None or found["archived"] or found[timer.state] not in timer.states:
        return "The record has left the state before."
    _again(tx.scene, timer, found, runs + 1)
    stage = Stage(compiled, found, {}, timer.action)
    when = timer.action.when
    if when is not None and when.run(stage.env(tx)) is not True:
        return "Its condition did not hold."
    from core.services.reactions import run_by_itself

    with tx.scene.atomic():
        run_by_itself(tx, address, stage)
        if isinstance(timer.definition, EscalationDef):
            escalate(tx, compiled, record)
    return ""


def _inside(timer: CompiledTimer, record: Record | None) -> bool:
    return record is not None and record.values.get(timer.state) in timer.states


def _begin(batch: Batch, timer: CompiledTimer, changes: Sequence[Change]) -> None:
    scene = batch.scene
    ids = [change.record.id or 0 for change in changes]
    records = scene.loader.load(batch.entity.id, ids, timer.due.reads.this)
    rows = []
    for id_, record in records.items():
        env = scene.env(timer.due.reads, this=record, old=record)
        due = _moment(scene, timer.due.run(env))
        if due is not None:
            rows.append(_row(timer, record.entity, id_, due, 0))
    if rows:
        insert_rows(scene.connection, table, rows)


def _again(scene: Scene, timer: CompiledTimer, record: Record, runs: int) -> None:
    """Plan the next time of a timer that repeats."""
    repeat = timer.definition.repeat
    if repeat is not None and runs < repeat.most:
        due = scene.moment.now + repeat.every
        rows = [_row(timer, record.entity, record.id or 0, due, runs)]
        insert_rows(scene.connection, table, rows)


def _row(
    timer: CompiledTimer, entity: str, record: int, due: datetime, runs: int
) -> dict[str, Any]:
    return {
        "id": secrets.randbits(62),
        "timer": timer.address,
        "entity": entity,
        "record": record,
        "due_at": due,
        "runs": runs,
    }


def _moment(scene: Scene, value: Any) -> datetime | None:
    """A moment as it is; a day as its beginning where the actor is."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.combine(value, time(0), tzinfo=scene.moment.zone).astimezone(UTC)


def _end(
    scene: Scene, entity: str, ids: Sequence[int], address: str | None = None
) -> None:
    mine = [table.c.entity == entity]
    if address is not None:
        mine.append(table.c.timer == address)
    for chunk in chunks(ids):
        scene.connection.execute(table.delete().where(*mine, table.c.record.in_(chunk)))
