"""Unique values that would be there twice once links have moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.compiler import CompiledEntity, CompiledUnique
from core.expressions import Record
from core.services.batch import Change
from core.services.loader import chunks
from core.services.scene import Scene


def clashing(
    scene: Scene, entity: CompiledEntity, name: str, changes: Sequence[Change]
) -> list[tuple[Change, CompiledUnique]]:
    """The changes of a link after which a unique constraint would not hold."""
    found: dict[int, tuple[Change, CompiledUnique]] = {}
    for unique in entity.uniques:
        if name not in unique.fields or unique.level == "warn":
            continue
        taken = _stored(scene, entity, unique, name, changes)
        for change in changes:
            key = _key(scene, unique, change.record)
            if key is None:
                continue
            if key in taken:
                found.setdefault(id(change), (change, unique))
            taken.add(key)
    return list(found.values())


def _stored(
    scene: Scene,
    entity: CompiledEntity,
    unique: CompiledUnique,
    name: str,
    changes: Sequence[Change],
) -> set[tuple[Any, ...]]:
    """The keys of the rows that lead there already."""
    moved = {change.record.id for change in changes}
    targets = {getattr(v, "id", v) for c in changes for v in (c.record.values[name],)}
    found: set[tuple[Any, ...]] = set()
    for chunk in chunks(sorted(one for one in targets if one is not None)):
        for row in scene.loader.where(entity.id, entity.table.c[name].in_(chunk)):
            key = None if row.id in moved else _key(scene, unique, row)
            if key is not None:
                found.add(key)
    return found


def _key(
    scene: Scene, unique: CompiledUnique, record: Record
) -> tuple[Any, ...] | None:
    values = tuple(record.values.get(name) for name in unique.fields)
    if any(value is None for value in values):
        return None
    if unique.where is not None:
        reads = unique.where.reads
        scene.loader.fill(record.entity, [record], reads.this)
        if unique.where.run(scene.env(reads, this=record)) is not True:
            return None
    if unique.scoped:
        return (*values, record.values.get("company") or 0)
    return values
