"""Reads what `rows()` will ask for all records of a batch in one statement.

Called by the steps of a save before they run an expression on each record, so that an
import of thousands of records does not ask the database thousands of times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler import Computed, Reads
from core.expressions import Env, EvaluationError, NotLoaded, Typed
from core.expressions.free import free_records
from core.expressions.substitution import walk
from core.expressions.to_python import compile_node
from core.expressions.tree import AllRows

if TYPE_CHECKING:
    from core.services.batch import Batch, Change
    from core.services.scene import Scene

CHUNK = 1000
Source = tuple[str, tuple[tuple[str, Callable[[Env], Any]], ...]]


def rows_key(reads: Reads, entity: str, equal: Mapping[str, Any]) -> tuple[Any, ...]:
    """Under what the memory of a scene keeps the rows of one question."""
    paths = reads.of.get(f"rows:{entity}", frozenset())
    return (entity, tuple(sorted(equal.items())), paths)


def read_ahead(
    batch: Batch, changes: Sequence[Change], *values: Computed | None
) -> None:
    """Load the rows that the expressions will ask for, for all changes together."""
    if len(changes) < 2:
        return
    for value in values:
        if value is None or value.typed is None or not value.typed.uses.rows:
            continue
        for entity, equal in _sources(batch.scene, value.typed):
            _load(batch, changes, entity, equal)


def _sources(scene: Scene, typed: Typed) -> tuple[Source, ...]:
    """The `rows()` whose equalities depend on nothing inside a loop."""

    def make() -> tuple[Source, ...]:
        return tuple(_found(typed))

    # Checked expressions live as long as these plans do.
    key = ("rows ahead", id(typed))
    found: tuple[Source, ...] = scene.runtime.plans.get(key, make)
    return found


def _found(typed: Typed) -> Iterator[Source]:
    for node in walk(typed.tree):
        if not isinstance(node, AllRows) or node.type.item is None or not node.equal:
            continue
        free = {name for _, value in node.equal for name in free_records(value)}
        if not any(name.startswith("#") for name in free):
            equal = tuple((m.name, compile_node(v)) for m, v in node.equal)
            yield node.type.item.entity, equal


def _load(
    batch: Batch,
    changes: Sequence[Change],
    entity: str,
    equal: Sequence[tuple[str, Callable[[Env], Any]]],
) -> None:
    memory = batch.scene.plain_env.memory
    names = tuple(name for name, _ in equal)
    wanted: dict[tuple[Any, ...], None] = {}
    for change in changes:
        env = batch.env(change)
        try:
            values = tuple(run(env) for _, run in equal)
        except (EvaluationError, NotLoaded):
            # Whoever runs the expression itself meets the same and tells it.
            continue
        key = rows_key(batch.plan.reads, entity, dict(zip(names, values, strict=True)))
        if None not in values and key not in memory:
            wanted[values] = None
    if len(wanted) > 1:
        every = list(wanted)
        for start in range(0, len(every), CHUNK):
            _read(batch, entity, names, every[start : start + CHUNK])


def _read(
    batch: Batch, entity: str, names: Sequence[str], wanted: Sequence[tuple[Any, ...]]
) -> None:
    scene, reads = batch.scene, batch.plan.reads
    table = scene.runtime.compiled.tables[entity]
    columns = zip(names, zip(*wanted, strict=True), strict=True)
    tests = [table.c[name].in_(tuple(dict.fromkeys(of))) for name, of in columns]
    paths = reads.of.get(f"rows:{entity}", frozenset())
    grouped: dict[tuple[Any, ...], list[Any]] = {values: [] for values in wanted}
    for record in scene.loader.where(entity, sa.and_(*tests), paths):
        values = tuple(record.get(name) for name in names)
        if values in grouped:
            grouped[values].append(record)
    for values, records in grouped.items():
        key = rows_key(reads, entity, dict(zip(names, values, strict=True)))
        scene.plain_env.memory[key] = tuple(records)
