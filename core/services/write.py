"""The one write path: every save of every record runs these steps in this order.

Called by Transaction for UI, API, import, actions and seeds alike. A save is a batch;
nothing is written before all of it has been checked.
"""

from __future__ import annotations

from collections.abc import Callable

from core.expressions import Record
from core.services.batch import Batch, Change, has_errors, problems_of
from core.services.errors import Problem, RuleBroken, ValidationFailed
from core.services.steps_check import ask_plugins, run_rules, validate
from core.services.steps_compute import compute, fill_defaults
from core.services.steps_input import check_access, coerce
from core.services.steps_store import (
    queue_events,
    record_audit,
    tell_plugins,
    write_row,
)

Step = Callable[[Batch], None]

STEPS: tuple[Step, ...] = (
    check_access,
    coerce,
    fill_defaults,
    compute,
    validate,
    run_rules,
    ask_plugins,
    write_row,
    tell_plugins,
    record_audit,
    queue_events,
)
#: From here on the database is written: no problem may be left.
_WRITES = STEPS.index(write_row)


def save(batch: Batch, *, partial: bool = False) -> None:
    """Run all steps over a batch.

    Without `partial`, any problem raises ValidationFailed or RuleBroken and nothing is
    written. With it, rows with problems are left out and keep their problems.
    """
    for number, step in enumerate(STEPS):
        if number == _WRITES:
            _gate(batch, partial)
            if not batch.alive:
                return
        step(batch)
    _refresh_owners(batch, partial)


def _refresh_owners(batch: Batch, partial: bool) -> None:
    """Rows written by themselves change the record that owns them, and its sums."""
    owner = batch.entity.owner
    if owner is None:
        return
    found = (change.record.values.get(owner.field) for change in batch.alive)
    ids = {id_ for id_ in found if isinstance(id_, int)}
    compiled = batch.scene.runtime.compiled.entity(owner.entity)
    fields = {
        n for n, lines in compiled.lines.items() if lines.child == batch.entity.id
    }
    changes = [
        Change(number, {}, Record(compiled.id, id_), changed=set(fields))
        for number, id_ in enumerate(sorted(ids))
    ]
    refreshed = Batch(
        batch.scene,
        compiled,
        "update",
        changes,
        batch.via,
        trusted=True,
        accept_warnings=True,
        plugins=batch.plugins,
    )
    save(refreshed, partial=partial)


def _gate(batch: Batch, partial: bool) -> None:
    """Stop at problems; in a partial batch they only mark their own row."""
    _lift(batch)
    problems = problems_of(batch)
    if not problems:
        return
    if partial:
        for change in batch.changes:
            if change.problems and not has_errors(change):
                change.problem(None, "warning", "A warning was not accepted.")
        return
    errors = [problem for problem in problems if problem.level == "error"]
    rules = [problem for problem in problems if "/" in problem.code]
    shown = errors or problems
    if len(rules) == len(problems):
        raise RuleBroken(shown)
    raise ValidationFailed(shown)


def _lift(batch: Batch) -> None:
    """A row with a problem takes the record that owns it along."""
    for lines in batch.lines:
        for child in (lines.created, lines.updated):
            _lift(child)
            for change in child.changes:
                parent = change.parent
                if parent is None or not change.problems or has_errors(parent):
                    continue
                level = "error" if has_errors(change) else "warn"
                mark = Problem(
                    lines.field, "lines", "", change.path, level, {"inside": True}
                )
                parent.problems.append(mark)
