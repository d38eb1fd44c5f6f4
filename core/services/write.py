"""The one write path: every save of every record runs these steps in this order.

Called by Transaction for UI, API, import, actions and seeds alike. A save is a batch;
nothing is written before all of it has been checked.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from core.services.across import check_across, hold_groups
from core.services.approvals import after_save
from core.services.batch import Batch, Change, problems_of
from core.services.check_duplicates import check_duplicates
from core.services.check_unique import check_unique
from core.services.clocks.ringing import set_clocks
from core.services.errors import (
    NotAllowed,
    RuleBroken,
    TransitionRefused,
    ValidationFailed,
)
from core.services.files.uses import note_files
from core.services.guarded import is_guarded
from core.services.loader import chunks
from core.services.reactions import react
from core.services.statistics import refresh_statistics
from core.services.steps_check import ask_plugins, run_rules, validate
from core.services.steps_compute import compute, fill_defaults
from core.services.steps_input import check_access, coerce
from core.services.steps_store import confirm_access, tell_plugins, write_row
from core.services.timers import set_timers
from core.services.trail import queue_events, record_audit
from core.services.trees import check_tree, place_in_tree
from core.services.upkeep import hold_followers, upkeep

Step = Callable[[Batch], None]

STEPS: tuple[Step, ...] = (
    check_access,
    coerce,
    fill_defaults,
    place_in_tree,
    compute,
    check_tree,
    validate,
    run_rules,
    check_duplicates,
    ask_plugins,
    hold_groups,
    write_row,
    note_files,
    upkeep,
    check_across,
    confirm_access,
    tell_plugins,
    record_audit,
    queue_events,
    set_timers,
    set_clocks,
    react,
)
_BEFORE = STEPS[: STEPS.index(hold_groups)]
_WRITES = STEPS[STEPS.index(hold_groups) :]


_MANY = 500


def save(batch: Batch, *, partial: bool = False) -> None:
    """Run all steps over a batch.

    Without `partial`, any problem raises ValidationFailed or RuleBroken and nothing is
    written. With it, rows with problems are left out and keep their problems.

    On SQLite the steps before `write_row` run outside the write lock where they can, on
    PostgreSQL before the locks of what follows the records; if a record of the batch
    changed before the lock was there, they run once more.
    What is checked across rows is checked under the lock.
    """
    batch.partial = partial
    with _no_collector(len(batch.changes)):
        if is_guarded(batch.scene.runtime, batch.entity.id):
            batch.scene.begin_writing()
        _prepare(batch, partial)
        late = batch.scene.begin_writing() or hold_followers(batch)
        if late and moved(batch):
            batch.restart()
            _prepare(batch, partial)
            hold_followers(batch)
        if not batch.alive:
            return
        if partial:
            _write_good_rows(batch)
        else:
            _write(batch)
        if batch.entity.approving:
            after_save(batch)
        if batch.entity.automatic:
            _follow(batch)
        if len(batch.changes) >= _MANY:
            refresh_statistics(batch.scene.connection, batch.entity.table)


def _follow(batch: Batch) -> None:
    from core.services.transitions import follow

    ids = [change.record.id for change in batch.alive if change.record.id]
    follow(batch.tx, batch.entity, ids)


@contextmanager
def _no_collector(changes: int) -> Iterator[None]:
    """Thousands of records are made and kept at once: there is nothing to collect.

    A fifth of the time of an import; what was on is on again afterwards.
    """
    pause = changes >= _MANY and gc.isenabled()
    if pause:
        gc.disable()
    try:
        yield
    finally:
        if pause:
            gc.enable()


def _prepare(batch: Batch, partial: bool) -> None:
    for step in _BEFORE:
        step(batch)
    if partial:
        for change in batch.changes:
            if change.problems and not change.failed:
                change.problem(None, "warning", "A warning was not accepted.")
        _take_parents_along(batch)
        return
    problems = problems_of(batch)
    if not problems:
        return
    errors = [problem for problem in problems if problem.level == "error"]
    if all("/" in problem.code for problem in problems):
        raise RuleBroken(errors or problems)
    raise ValidationFailed(errors or problems)


def _take_parents_along(batch: Batch) -> None:
    """A row whose warning waits for an answer keeps its document from being saved."""
    for lines in batch.lines:
        for child in lines.batches:
            _take_parents_along(child)
            for change in child.changes:
                if change.problems:
                    change.fail()


def _write(batch: Batch) -> None:
    with batch.scene.atomic():
        for step in _WRITES:
            step(batch)


def _write_good_rows(batch: Batch) -> None:
    """Write what is good; a row that turns out bad while writing is left out."""
    for _ in range(len(batch.changes) + 1):
        before = len(batch.alive)
        if not before:
            return
        try:
            _write(batch)
        except (NotAllowed, TransitionRefused) as refused:
            rows = set(refused.facts.get("rows", ()))
            if not rows:
                raise
            for change in batch.changes:
                if change.row in rows:
                    change.problem(None, refused.code, refused.message)
        except ValidationFailed:
            if len(batch.alive) == before:
                check_unique(batch)
            if len(batch.alive) == before:
                raise
        else:
            return
        for change in batch.alive:
            _unwrite(change)


def _unwrite(change: Change) -> None:
    if change.old is None:
        change.record.id = None
    else:
        change.record.values["version"] = change.old["version"]


def moved(batch: Batch) -> bool:
    """Whether a record of the batch has another version than when it was read."""
    known = {c.old.id: c.old["version"] for c in batch.changes if c.old is not None}
    if not known:
        return False
    table = batch.entity.table
    statement = sa.select(table.c.id, table.c.version).where(
        table.c.id.in_(sa.bindparam("ids", expanding=True))
    )
    found: dict[int | None, int] = {}
    for chunk in chunks(sorted(id_ for id_ in known if id_ is not None)):
        rows = batch.scene.connection.execute(statement, {"ids": chunk})
        found.update((row.id, row.version) for row in rows)
    return found != known


__all__ = ["STEPS", "moved", "save"]
