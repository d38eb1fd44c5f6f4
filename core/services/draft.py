"""Works out a draft of a form: the same steps as a save, up to where it would write.

Called by Transaction.evaluate for the form while editing; the answer says what each
field would hold and which fields are to be seen, filled or left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.compiler import Computed
from core.services.batch import Batch, Change
from core.services.request import FormState
from core.services.steps_check import condition_holds
from core.services.steps_compute import compute, fill_defaults
from core.services.steps_input import check_access, coerce

if TYPE_CHECKING:
    from core.services.transaction import Transaction

Tests = Mapping[str, bool | Computed]


def evaluate(
    tx: Transaction, entity: str, values: Mapping[str, Any], id_: int | None
) -> FormState:
    """Return the state of a draft; values that cannot be taken are problems."""
    verb: Any = "create" if id_ is None else "update"
    batch = tx.batch(entity, verb, [(id_, values, None)])
    for step in (check_access, coerce):
        step(batch)
    change = batch.changes[0]
    problems = list(change.problems)
    change.problems.clear()
    for step in (fill_defaults, compute):
        step(batch)
    problems.extend(change.problems)
    change.problems.clear()
    compiled = batch.entity
    names = frozenset(compiled.fields)
    hidden = _false_ones(batch, change, compiled.visible)
    required = _true_ones(batch, change, compiled.required)
    closed = _true_ones(batch, change, compiled.readonly)
    writable = tx.access.of(entity).writable
    fixed = {n for n, f in compiled.fields.items() if not f.writable}
    once = {n for n, f in compiled.fields.items() if f.once and id_ is not None}
    readable = tx.scene.readable_names(entity)
    shown = {
        name: value for name, value in change.record.values.items() if name in readable
    }
    for name in compiled.lines:
        rows = change.record.relations.get(name)
        if rows is not None and name in readable:
            shown[name] = [dict(row.values) for row in rows]
    return FormState(
        shown,
        names - hidden,
        frozenset(required) - hidden,
        frozenset(closed | (names - writable) | fixed | once),
        tuple(problems),
    )


def _true_ones(batch: Batch, change: Change, tests: Tests) -> set[str]:
    return {n for n, test in tests.items() if condition_holds(batch, change, test)}


def _false_ones(batch: Batch, change: Change, tests: Tests) -> set[str]:
    return {n for n, test in tests.items() if not condition_holds(batch, change, test)}


__all__ = ["evaluate"]
