"""Runs schedules: a consumer of the dispatcher whose jobs come from the clock.

With rows each row is a transaction, which also keeps how far the run has come: one
that was interrupted goes on behind the last row that was done.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledSchedule
from core.expressions import Record
from core.expressions.tree import AllRows, Select
from core.jobs.clocked import Clocked
from core.jobs.dispatcher import GiveUp, GoOn
from core.jobs.once import once
from core.jobs.queue import Job, keep_progress
from core.services import Actor, AppError, Transaction
from core.services.effects import NO_RECORD, Stage, ids_of, run_for_row
from core.services.jobs import plant
from core.services.reactions import run_by_itself
from core.services.reader import Reader, reading
from core.services.schedules import KIND, next_due, schedule_of, take_due, waits

#: Rows that one turn of a job looks at; other jobs come in between.
TURN = 500
_TOLD = 5


class ScheduleConsumer(Clocked):
    """Makes a job of each run that is due, and runs it."""

    kind = KIND

    def is_due(self, connection: sa.Connection, now: datetime) -> bool:
        """Whether a run is due."""
        return waits(connection, self._runtime.compiled.registry, now)

    def wake(self, connection: sa.Connection, now: datetime) -> int:
        """Make a job of each run that is due; returns how many."""
        runs = take_due(connection, self._runtime.compiled.registry, now)
        return plant(connection, KIND, [(one.id, one.due, {}) for one in runs], now)

    def upcoming(self, connection: sa.Connection, after: datetime) -> datetime | None:
        """When the next schedule runs."""
        return next_due(connection, after)

    def run(self, job: Job) -> str:
        """Do one turn of a run; GoOn while rows are left."""
        id_ = job.payload["id"]
        if id_ not in self._runtime.compiled.registry.schedules:
            raise GiveUp(f"There is no schedule '{id_}' any more.")
        schedule = schedule_of(self._runtime, id_)
        progress = dict(job.payload.get("progress", {}))
        if not progress:
            if not self._begin(schedule, job):
                return "Its condition did not hold."
            progress = {"last": 0, "done": 0, "failed": {}}
        if schedule.rows is None:
            return ""
        return self._turn(schedule, job, progress)

    def _begin(self, schedule: CompiledSchedule, job: Job) -> bool:
        """The condition of a run, and what it does once; False if it does not hold."""
        more = schedule.rows is not None
        with once(
            self._runtime,
            job,
            self._actor(zone=schedule.definition.zone),
            ends=not more,
        ) as work:
            tx = work.tx
            stage = _stage(schedule)
            when = schedule.action.when
            if when is not None and when.run(stage.env(tx)) is not True:
                work.said = "Its condition did not hold."
                return False
            run_by_itself(tx, f"{KIND} {schedule.id}", stage)
            if more:
                _keep(tx, job, {"last": 0, "done": 0, "failed": {}})
        return True

    def _turn(
        self, schedule: CompiledSchedule, job: Job, progress: dict[str, Any]
    ) -> str:
        """Do some rows; those that failed are tried again when the job is."""
        again = progress.get("over", False)
        ids, more = [int(one) for one in progress["failed"]], False
        if not again:
            ids, more = self._rows(schedule, progress["last"])
        if again:
            progress["failed"] = {}
        for id_ in ids:
            self._row(schedule, job, progress, id_, again)
        if more:
            raise GoOn
        failed, done = progress["failed"], progress["done"]
        if failed:
            told = [f"{key}: {text}" for key, text in list(failed.items())[:_TOLD]]
            with once(self._runtime, job, Actor.system(), ends=False) as work:
                _keep(work.tx, job, {**progress, "over": True})
            raise GiveUp(f"{done} done, {len(failed)} failed. {' '.join(told)}")
        return f"{done} done"

    def _row(
        self,
        schedule: CompiledSchedule,
        job: Job,
        progress: dict[str, Any],
        id_: int,
        again: bool,
    ) -> None:
        assert schedule.rows is not None
        before = dict(progress)
        if not again:
            progress["last"] = id_
        try:
            with once(
                self._runtime,
                job,
                self._actor(zone=schedule.definition.zone),
                ends=False,
            ) as work:
                tx = work.tx
                with tx.acting_for(f"{KIND} {schedule.id}"):
                    stage = _stage(schedule)
                    done = run_for_row(tx, stage, schedule.rows, id_)
                progress["done"] += done
                _keep(tx, job, progress)
        except AppError as error:
            progress["done"] = before["done"]
            progress["failed"] = {**before["failed"], str(id_): error.message[:200]}

    def _rows(self, schedule: CompiledSchedule, last: int) -> tuple[list[int], bool]:
        """The next rows for which `where` holds, and whether there are more."""
        each = schedule.rows
        assert each is not None
        with reading(
            self._runtime, self._actor(zone=schedule.definition.zone)
        ) as reader:
            found, more = _ids(reader, schedule, last)
            if each.where is None:
                return found, more
            paths = schedule.action.reads.of.get(each.row, frozenset())
            rows = reader.scene.loader.load(each.entity, found, paths)
            meant = [
                id_
                for id_ in found
                if id_ in rows
                and each.where.run(
                    reader.scene.env(schedule.action.reads, names={each.row: rows[id_]})
                )
                is True
            ]
        return meant, more


def _ids(
    reader: Reader, schedule: CompiledSchedule, last: int
) -> tuple[list[int], bool]:
    """Ids behind the last one, in order; of `rows()` only as many as a turn takes."""
    each = schedule.rows
    assert each is not None
    assert each.rows.typed is not None
    env = reader.scene.env(schedule.action.reads)
    tree = each.rows.typed.tree
    source = tree.binds[0].source if isinstance(tree, Select) else tree
    if isinstance(source, AllRows) and not source.equal and _is_plain(tree):
        table = reader.runtime.compiled.tables[each.entity]
        query = sa.select(table.c.id).where(table.c.id > last).order_by(table.c.id)
        ids = list(reader.scene.connection.scalars(query.limit(TURN + 1)))
    else:
        found: Iterable[Any] = ids_of(each.rows.run(env))
        ids = sorted({one for one in found if one > last})
    return ids[:TURN], len(ids) > TURN


def _is_plain(tree: Any) -> bool:
    return not isinstance(tree, Select) or (len(tree.binds) == 1 and tree.where is None)


def _stage(schedule: CompiledSchedule) -> Stage:
    return Stage(NO_RECORD, Record("", None), {}, schedule.action)


def _keep(tx: Transaction, job: Job, progress: dict[str, Any]) -> None:
    now = tx.runtime.clock.read()
    keep_progress(tx.scene.connection, job, progress, now)
