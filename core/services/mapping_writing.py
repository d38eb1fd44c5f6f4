"""Writes what a mapping makes: new targets or changed ones, their lines, ways back.

Called by core.services.mapping once everything is planned; effects of `then` follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler import TARGET, CompiledMapping
from core.expressions import Record, Ref
from core.services.batch import LinesPatch
from core.services.effects import Stage, run_effects
from core.services.errors import TransitionRefused
from core.services.mapping_run import Mapped, MappedLine

if TYPE_CHECKING:
    from core.services.transactions import Transaction

#: How many mappings may start one another.
MOST_DEPTH = 8


@dataclass(slots=True)
class _Rows:
    """One lines field of a target: rows to add, and rows that are there and change."""

    added: list[MappedLine] = field(default_factory=list)
    changed: list[tuple[int, MappedLine]] = field(default_factory=list)
    before: set[int] = field(default_factory=set)


def write_mapped(tx: Transaction, mapping: CompiledMapping, one: Mapped) -> None:
    """Make or change the target of one group, then lead back and run `then`."""
    rows: dict[str, _Rows] = {}
    for line in one.lines:
        rows.setdefault(line.lines.definition.to, _Rows()).added.append(line)
    found = _matching(tx, mapping, one)
    if found is None:
        lines = {
            name: [line.values for line in some.added] for name, some in rows.items()
        }
        one.record = tx.create(mapping.target, {**one.values, **lines})
    elif mapping.definition.update:
        _find_rows(tx, mapping, found, rows)
        patches = {name: _patch(some) for name, some in rows.items()}
        one.record = tx.update(mapping.target, found, {**one.values, **patches})
    else:
        one.record = Record(mapping.target, found, {"id": found})
        return
    _link_back(tx, mapping, one, rows)
    _run_then(tx, mapping, one)


def _patch(rows: _Rows) -> LinesPatch:
    return LinesPatch(
        added=[line.values for line in rows.added],
        changed={id_: line.values for id_, line in rows.changed},
    )


def _find_rows(
    tx: Transaction, mapping: CompiledMapping, id_: int, rows: Mapping[str, _Rows]
) -> None:
    """Move lines that are there already, by `match`, from the new to the changed."""
    paths = [(name, "id") for name in rows]
    for name, some in rows.items():
        keys = {key for line in some.added for key in line.lines.definition.match}
        paths += [(name, key) for key in keys]
    stored = tx.scene.loader.load(mapping.target, [id_], paths)[id_]
    for name, some in rows.items():
        there = {row.id or 0: row for row in stored.related(name)}
        some.before = set(there)
        for line in list(some.added):
            row = _same_row(tx, line, there.values())
            if row is not None:
                del there[row.id or 0]
                some.added.remove(line)
                some.changed.append((row.id or 0, line))


def _same_row(
    tx: Transaction, line: MappedLine, rows: Iterable[Record]
) -> Record | None:
    names = line.lines.definition.match
    fields = tx.runtime.compiled.entity(line.lines.child).fields
    wanted = {}
    for name in names:
        type_, definition = fields[name].type, fields[name].definition
        wanted[name] = type_.coerce(line.values.get(name), definition)
    if not names or any(value is None for value in wanted.values()):
        return None
    return next(
        (r for r in rows if all(r.values.get(k) == v for k, v in wanted.items())), None
    )


def _matching(tx: Transaction, mapping: CompiledMapping, one: Mapped) -> int | None:
    """The target that is there already, by the fields of `match`."""
    names = mapping.definition.match
    if not names or any(one.values.get(name) is None for name in names):
        return None
    table = tx.runtime.compiled.tables[mapping.target]
    equal = sa.and_(*(table.c[name] == one.values[name] for name in names))
    statement = sa.select(table.c.id).where(equal).order_by(table.c.id).limit(1)
    found: int | None = tx.scene.connection.scalar(statement)
    return found


def _link_back(
    tx: Transaction, mapping: CompiledMapping, one: Mapped, rows: Mapping[str, _Rows]
) -> None:
    """Let source rows lead to the lines, or the document, that were made of them."""
    if not any(line.lines.definition.back for line in one.lines):
        return
    assert one.record is not None
    id_ = one.record.id or 0
    paths = [(name,) for name in rows]
    target = tx.scene.loader.load(mapping.target, [id_], paths)[id_]
    changes: dict[str, list[tuple[int, dict[str, Any], None]]] = {}
    for line, row in _made(target, rows):
        back = line.lines.definition.back
        if back is not None:
            value = _back_value(tx, line, back, row, target)
            some = changes.setdefault(line.lines.entity, [])
            some.extend((s.id or 0, {back: value}, None) for s in line.rows)
    for entity, changed in changes.items():
        tx.update_many(entity, changed)


def _made(
    target: Record, rows: Mapping[str, _Rows]
) -> Iterator[tuple[MappedLine, Record]]:
    """The lines with the rows of the target that they have become."""
    for name, some in rows.items():
        there = {row.id or 0: row for row in target.related(name)}
        fresh = [row for id_, row in there.items() if id_ not in some.before]
        fresh.sort(key=lambda row: (row.values["position"], row.id or 0))
        yield from zip(some.added, fresh, strict=True)
        yield from ((line, there[id_]) for id_, line in some.changed)


def _back_value(
    tx: Transaction, line: MappedLine, back: str, row: Record, target: Record
) -> Any:
    field = tx.runtime.compiled.entity(line.lines.entity).fields[back]
    to = row if line.lines.child in field.targets else target
    return Ref(to.entity, to.id or 0) if field.kind == "reference" else to.id


def _run_then(tx: Transaction, mapping: CompiledMapping, one: Mapped) -> None:
    """What happens to each source once its target is there, with the same rights."""
    then = mapping.then
    if then is None or one.record is None:
        return
    if tx.mapping_depth >= MOST_DEPTH:
        raise TransitionRefused(
            f"'{mapping.label}' starts mappings that start each other.",
            mapping=mapping.id,
        )
    entity = tx.runtime.compiled.entity(mapping.source)
    paths = then.reads.of.get(TARGET, frozenset())
    tx.mapping_depth += 1
    try:
        for source in one.sources:
            id_, made = source.id or 0, one.record.id or 0
            record = tx.scene.loader.load(entity.id, [id_], then.reads.this)[id_]
            target = tx.scene.loader.load(mapping.target, [made], paths)[made]
            names = {**one.answers, TARGET: target}
            run_effects(tx, Stage(entity, record, names, then), then.effects)
    finally:
        tx.mapping_depth -= 1
