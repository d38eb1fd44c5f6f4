"""Turns records into the plain values of JSON, by encoders made once per field list.

The views ask `Renderers.of(...)` for a renderer and give it the records of a page. A
record carries id and version; groups are objects, lines are lists of objects, links are
ids or, with titles, `{"id", "title"}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from core.compiler import Compiled, CompiledEntity, CompiledField
from core.expressions import Record, Ref
from core.fieldtypes import FieldType
from core.frozen import frozen
from core.services.readable import PSEUDO

USER = "base.user"
STAMPS = (
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "archived",
    "archived_at",
)
Titles = Mapping[str, Mapping[int, str]]
Encode = Callable[[Any], Any]
ReadableOf = Callable[[str], frozenset[str]]


@frozen
class Slot:
    """One value of a rendered record: where it stands and how it becomes JSON.

    `place` is its key, or group and key inside; `target` is set for links, whose ids
    may be given a title.
    """

    name: str
    place: tuple[str, ...]
    encode: Encode | None = None
    target: str | None = None
    reference: bool = False


@frozen
class Renderer:
    """Renders records of one entity with one list of fields."""

    slots: tuple[Slot, ...]
    many: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, Renderer], ...]
    versioned: bool = True

    def wanted(self, records: Sequence[Record]) -> dict[str, set[int]]:
        """The ids of linked records, by entity, whose titles can be shown."""
        found: dict[str, set[int]] = {}
        for slot in self.slots:
            for record in records:
                value = record.values.get(slot.name)
                if isinstance(value, Ref):
                    found.setdefault(value.entity, set()).add(value.id)
                elif slot.target is not None and value is not None:
                    found.setdefault(slot.target, set()).add(value)
        for name, target in self.many:
            ids = (id_ for record in records for id_ in many_ids(record, name))
            found.setdefault(target, set()).update(ids)
        for name, inner in self.lines:
            rows = [row for r in records for row in r.relations.get(name) or ()]
            for entity, ids_ in inner.wanted(rows).items():
                found.setdefault(entity, set()).update(ids_)
        return found

    def render(self, record: Record, titles: Titles | None = None) -> dict[str, Any]:
        """Return the record as an object; with `titles` links become objects too."""
        shown: dict[str, Any] = {"id": record.id}
        values = record.values
        if self.versioned:
            shown["version"] = values.get("version")
        for slot in self.slots:
            value = values.get(slot.name)
            if value is not None:
                if titles is not None and (slot.target or slot.reference):
                    value = _titled(value, slot, titles)
                elif slot.encode is not None:
                    value = slot.encode(value)
            place = slot.place
            if len(place) == 1:
                shown[place[0]] = value
            else:
                shown.setdefault(place[0], {})[place[1]] = value
        for name, target in self.many:
            ids = many_ids(record, name)
            shown[name] = (
                ids
                if titles is None
                else [_pair(id_, titles.get(target, {})) for id_ in ids]
            )
        for name, inner in self.lines:
            rows = record.relations.get(name) or ()
            shown[name] = [inner.render(row, titles) for row in rows]
        return shown


def many_ids(record: Record, name: str) -> list[int]:
    """The ids behind a to-many link of a loaded record."""
    given = record.values.get(name)
    if given is not None:
        return list(given)
    return [row.id for row in record.relations.get(name) or () if row.id is not None]


def _titled(value: Any, slot: Slot, titles: Titles) -> dict[str, Any]:
    if isinstance(value, Ref):
        title = titles.get(value.entity, {}).get(value.id)
        return {"entity": value.entity, "id": value.id, "title": title}
    return _pair(value, titles.get(slot.target or "", {}))


def _pair(id_: int, titles: Mapping[int, str]) -> dict[str, Any]:
    return {"id": id_, "title": titles.get(id_)}


def build_renderer(
    compiled: Compiled,
    entity: str,
    readable_of: ReadableOf,
    fields: Iterable[str] = (),
    *,
    versioned: bool = True,
) -> Renderer:
    """Make the renderer of a list of fields; none means all that may be read."""
    whole, readable = compiled.entity(entity), readable_of(entity)
    slots: list[Slot] = []
    many: list[tuple[str, str]] = []
    lines: list[tuple[str, Renderer]] = []
    for name in fields or everything(whole, readable):
        field = whole.fields.get(name)
        if "." in name:
            slots.append(_path_slot(compiled, entity, name))
        elif field is None:
            if name not in ("id", "version"):
                slots.append(_stamp_slot(name))
        elif field.kind == "group":
            slots.extend(
                value_slot(whole.fields[member])
                for member in field.members
                if member in readable
            )
        elif name in whole.lines:
            lines.append((name, lines_renderer(compiled, whole, name, readable_of)))
        elif name in whole.associations:
            many.append((name, whole.associations[name].target))
        else:
            slots.append(value_slot(field))
    return Renderer(tuple(slots), tuple(many), tuple(lines), versioned)


def lines_renderer(
    compiled: Compiled, owner: CompiledEntity, name: str, readable_of: ReadableOf
) -> Renderer:
    """The renderer of owned rows: without the link back and without versions."""
    lines = owner.lines[name]
    child = compiled.entity(lines.child)
    names = everything(child, readable_of(child.id))
    shown = [one for one in names if one != lines.back and one not in PSEUDO]
    return build_renderer(compiled, child.id, readable_of, shown, versioned=False)


def everything(whole: CompiledEntity, readable: frozenset[str]) -> list[str]:
    """All names of an entity that may be read, groups as one, then the stamps.

    What is `hidden` is in no answer that does not ask for it by name.
    """
    names = [
        name
        for name, field in whole.fields.items()
        if field.group is None
        and not field.definition.hidden
        and not field.type.write_only
        and (
            any(member in readable for member in field.members)
            if field.kind == "group"
            else name in readable
        )
    ]
    return [*names, *STAMPS]


def value_slot(field: CompiledField) -> Slot:
    """The slot of a field with one value."""
    place: tuple[str, ...] = (field.name,)
    if field.group is not None:
        place = (field.group, field.name.removeprefix(f"{field.group}_"))
    target = field.targets[0] if field.kind == "link" else None
    return Slot(
        field.name,
        place,
        None if target else encoder(field.type, field.definition),
        target,
        field.kind == "reference",
    )


def encoder(type_: FieldType, definition: Any) -> Encode | None:
    """How a value that is not null becomes JSON; None where it stays as it is."""
    plain = type(type_)._json is FieldType._json
    if plain and type(type_).to_json is FieldType.to_json:
        return None
    return lambda value: type_.to_json(value, definition)


def _stamp_slot(name: str) -> Slot:
    if name.endswith("_by"):
        return Slot(name, (name,), None, USER)
    return Slot(name, (name,), moment_text if name.endswith("_at") else None)


def moment_text(value: datetime) -> str:
    """A moment in UTC with `Z`."""
    moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    return moment.isoformat()[:-6] + "Z"


def _path_slot(compiled: Compiled, entity: str, path: str) -> Slot:
    """The slot of a dotted path, which the services have checked."""
    whole = compiled.entity(entity)
    steps = path.split(".")
    while len(steps) > 1:
        field = whole.fields.get(steps[0])
        if field is not None and field.kind == "group":
            steps[:2] = [f"{steps[0]}_{steps[1]}"]
            continue
        target = USER if field is None else field.targets[0]
        whole = compiled.entity(target)
        del steps[0]
    last = whole.fields.get(steps[0])
    slot = _stamp_slot(steps[0]) if last is None else value_slot(last)
    return Slot(path, (path,), slot.encode, slot.target, slot.reference)
