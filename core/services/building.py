"""Makes and remakes lines that a mapping builds of other rows of the document.

Called by the step `compute` once the rows are worked out, before what the document sums
up. Rows found by the mapping's `match` keep their ids.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from core.compiler import CompiledMapping, compile_mapping
from core.compiler.parts import CompiledBuild
from core.expressions import Record
from core.services.batch import Batch, Change, LinesPatch
from core.services.lines_input import add_lines

Step = Callable[[Batch], None]


def build_lines(batch: Batch, coerce: Step, work_out: Step) -> None:
    """Build the lines of all records that are new or changed.

    work_out: gives new rows their defaults and computes the rows of a batch.
    """
    for name, lines in batch.entity.lines.items():
        build = batch.entity.fields[name].build
        if build is None:
            continue
        due = [c for c in batch.changes if not c.failed and _is_due(batch, c, build)]
        if not due:
            continue
        stored = [change.record for change in due if change.old is not None]
        batch.scene.loader.fill(batch.entity.id, stored, [(name,)])
        mapping = _mapping(batch, build.mapping)
        patches = []
        for change in due:
            patch = _patch(batch, change, name, lines.child, build, mapping)
            if patch is not None:
                patches.append((change, patch))
        if patches:
            trusted, batch.trusted = batch.trusted, True
            try:
                add_lines(batch, name, patches, coerce)
            finally:
                batch.trusted = trusted
            for part in batch.lines[-1].batches:
                work_out(part)


def _is_due(batch: Batch, change: Change, build: CompiledBuild) -> bool:
    given = any(id(change) in lines.given for lines in batch.lines)
    if change.old is not None and not change.changed and not given:
        return False
    return build.while_ is None or build.while_.run(batch.env(change)) is True


def _mapping(batch: Batch, id: str) -> CompiledMapping:
    compiled = batch.scene.runtime.compiled
    made: CompiledMapping = batch.scene.runtime.plans.get(
        ("mapping", id),
        lambda: compile_mapping(compiled.registry, compiled.catalog, id),
    )
    return made


def _patch(
    batch: Batch,
    change: Change,
    name: str,
    child: str,
    build: CompiledBuild,
    mapping: CompiledMapping,
) -> LinesPatch | None:
    """What becomes of the rows that are there; None if they are right as they are."""
    there = list(change.record.relations.get(name, ()))
    patch = LinesPatch()
    for values in _wanted(batch, change, build, mapping):
        match = [key for key in mapping.definition.match if key in values]
        row = next((r for r in there if all(_same(r, k, values) for k in match)), None)
        if row is None:
            patch.added.append(values)
            continue
        there.remove(row)
        changed = {k: v for k, v in values.items() if not _same(row, k, values)}
        if changed:
            patch.changed[row.id or 0] = changed
    patch.removed.update(row.id for row in there if row.id is not None)
    return patch if patch.added or patch.changed or patch.removed else None


def _same(row: Record, name: str, values: dict[str, Any]) -> bool:
    return bool(row.values.get(name) == values[name])


def _wanted(
    batch: Batch, change: Change, build: CompiledBuild, mapping: CompiledMapping
) -> list[dict[str, Any]]:
    """The values of the rows that there should be, in the order of their groups."""
    rows = _rows([change.record], build)
    paths = mapping.reads.this | mapping.reads.of.get("rows", frozenset())
    batch.scene.loader.fill(mapping.source, rows, paths)
    groups: dict[Any, list[Record]] = {}
    for number, row in enumerate(rows):
        env = batch.scene.env(
            mapping.reads, this=row, names={"parent": change.record, "rows": (row,)}
        )
        if mapping.where is not None and mapping.where.run(env) is not True:
            continue
        key: Any = number
        if mapping.group_by:
            key = tuple(_key(one.run(env)) for one in mapping.group_by)
        groups.setdefault(key, []).append(row)
    return [_values(batch, change, mapping, group) for group in groups.values()]


def _values(
    batch: Batch, change: Change, mapping: CompiledMapping, rows: Sequence[Record]
) -> dict[str, Any]:
    names = {"parent": change.record, "rows": tuple(rows)}
    env = batch.scene.env(mapping.reads, this=rows[0], names=names)
    fields = batch.scene.runtime.compiled.entity(mapping.target).fields
    values = {}
    for name, value in mapping.fields:
        field, found = fields[name], _key(value.run(env))
        values[name] = (
            None if found is None else field.type.coerce(found, field.definition)
        )
    return values


def _rows(rows: list[Record], build: CompiledBuild) -> list[Record]:
    """The rows at the end of the path, whether they are stored already or not."""
    typed = build.items.typed
    for step in () if typed is None else typed.text.split("."):
        further = (row.related(step.strip()) for row in rows)
        rows = [
            one
            for found in further
            for one in (found if isinstance(found, tuple) else (found,))
            if one is not None
        ]
    return rows


def _key(value: Any) -> Any:
    return value.id if isinstance(value, Record) else value
