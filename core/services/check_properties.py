"""Checks values of `properties` fields against the rows that define them.

Called by the step `validate`; forms and pages ask `definitions_of` for what can be
filled in. Definitions are read with full rights, as rules are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.compiler import CompiledEntity, CompiledField
from core.diagnostics import closest
from core.expressions import Record
from core.fieldtypes import BadValue
from core.fieldtypes.properties import (
    FURTHER,
    NEEDED,
    Property,
    property_of,
    property_value,
)
from core.services.batch import Batch, Change
from core.services.scene import Scene
from core.services.trie import Path

Properties = Mapping[str, Property]


def check_properties(batch: Batch) -> None:
    """Check what was given, and what other definitions may no longer allow."""
    for name, field in batch.entity.fields.items():
        if field.type.name != "properties" or field.definition.defined_by is None:
            continue
        first = _steps(field)[0]
        due = [
            change
            for change in batch.sound
            if change.old is None or {name, first} & change.changed
        ]
        if due:
            found = _definitions(batch, field, due)
            for change, properties in zip(due, found, strict=True):
                _check(change, field, properties, first in change.changed)


def definitions_of(
    scene: Scene, entity: CompiledEntity, field: CompiledField, record: Record
) -> Properties:
    """The properties of one field that a record can have, in the order of the rows."""
    return definitions_of_all(scene, entity, field, [(record, None)])[0]


def definitions_of_all(
    scene: Scene,
    entity: CompiledEntity,
    field: CompiledField,
    records: Sequence[tuple[Record, Record | None]],
) -> list[Properties]:
    """The properties that each record can have, read together.

    records: each with the one it is a line of, if that is a draft as well.
    """
    path, owner = _steps(field), entity.owner
    above = owner is not None and path[0] == owner.field
    starts = [
        (record, path) if parent is None or not above else (parent, path[1:])
        for record, parent in records
    ]
    groups: dict[tuple[str, Path], dict[int, Record]] = {}
    for start, steps in starts:
        groups.setdefault((start.entity, steps), {})[id(start)] = start
    for (of, steps), found in groups.items():
        scene.loader.fill(of, list(found.values()), _wanted(scene, of, steps))
    return [_read(start, steps) for start, steps in starts]


def _definitions(
    batch: Batch, field: CompiledField, due: Sequence[Change]
) -> list[Properties]:
    records = [
        (change.record, None if change.parent is None else change.parent.record)
        for change in due
    ]
    return definitions_of_all(batch.scene, batch.entity, field, records)


def _steps(field: CompiledField) -> Path:
    return tuple(str(field.definition.defined_by).split("."))


def _wanted(scene: Scene, entity: str, path: Path) -> list[Path]:
    """The path to the rows, and to each of their fields that says something."""
    at: str | None = entity
    for step in path:
        schema = scene.runtime.compiled.registry.schema.entity(at or "")
        member = None if schema is None else schema.member(step)
        at = None if member is None else member.target
    rows = scene.runtime.compiled.registry.schema.entity(at or "")
    told = [n for n in (*NEEDED, *FURTHER) if rows is not None and rows.member(n)]
    return [(*path, name) for name in told]


def _read(record: Record, path: Path) -> Properties:
    found: Any = record
    for step in path:
        found = None if found is None else found.related(step)
    properties = [property_of(row.values) for row in found or ()]
    return {one.name: one for one in properties if one is not None}


def _check(
    change: Change, field: CompiledField, properties: Properties, moved: bool
) -> None:
    """A value that stays as it was is not asked again, unless all definitions moved."""
    given = change.record.values.get(field.name) or {}
    old = {} if moved or change.old is None else change.old.values.get(field.name) or {}
    kept: dict[str, Any] = {}
    for name, value in given.items():
        one = properties.get(name)
        try:
            if name in old and old[name] == value:
                kept[name] = value
            elif one is None:
                raise _unknown(name, properties)
            else:
                kept[name] = property_value(one, value)
        except BadValue as bad:
            message = f"{field.label}: {bad.message}."
            facts = {"property": name, **bad.facts}
            change.problem(field.name, bad.code, message, facts=facts)
    for one in properties.values():
        if one.required and one.name not in given:
            message = f"{field.label}: {one.label} is required."
            facts = {"property": one.name, "label": one.label}
            change.problem(field.name, "required", message, facts=facts)
    change.set(field.name, kept or None)


def _unknown(name: str, properties: Properties) -> BadValue:
    near = closest(name, properties)
    message = f"there is no property '{name[:60]}' here"
    if near:
        message = f"{message}; did you mean '{near[0]}'"
    return BadValue("unknown_property", message, property=name)


__all__ = ["Properties", "check_properties", "definitions_of", "definitions_of_all"]
