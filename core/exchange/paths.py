"""The places of an entity that a column may fill, written as paths.

`name`, `billing.street`, `country`, `country.alpha3`, `parent@shop.member`,
`addresses[main].street`, `addresses`, `@shop.member`, `id` and `version`. Called by
mapping, import and export; hands on slots that know the field behind a path.
"""

from __future__ import annotations

import re
from typing import Literal

from core.compiler import Compiled, CompiledEntity, CompiledField
from core.diagnostics import suggestion
from core.exchange.errors import BadMapping
from core.frozen import frozen
from core.registry import choices_of

_PATH = re.compile(
    r"(?P<name>[a-z][a-z0-9_]*)(?:\[(?P<label>[^\[\]]{1,80})\])?"
    r"(?:\.(?P<inner>[a-z][a-z0-9_]*))?(?:\.(?P<by>[a-z][a-z0-9_]*))?"
    r"(?:@(?P<space>[a-z0-9_][a-z0-9_.-]*))?"
)
_SPACE = re.compile(r"@[a-z0-9_][a-z0-9_.-]{0,79}")
_NUMBERED = re.compile(r"(.*?)[ _#-]*(\d+)")
LINKS = frozenset({"link", "links", "reference"})


@frozen
class LineLabel:
    """Which row of a lines field is meant: `addresses[main]`, `contact_points[fax 2]`.

    `choice` is the field of the row and its key that the label stands for; `number`
    tells apart several rows of one label, from 1.
    """

    lines: str
    text: str
    choice: tuple[str, str] | None
    number: int


@frozen
class Slot:
    """A path with what it leads to.

    `name` is the (flat) field to write; `by` says how a link finds its target: None by
    anything that names it, a field of the target, `id`, or `@namespace`.
    """

    path: str
    kind: Literal["id", "version", "external", "field", "lines"]
    name: str = ""
    field: CompiledField | None = None
    by: str | None = None
    label: LineLabel | None = None

    @property
    def is_link(self) -> bool:
        """Whether its texts name other records."""
        return self.field is not None and self.field.kind in LINKS


def is_space(path: str) -> bool:
    """Whether a path names ids of another system, as `@shop.member`."""
    return _SPACE.fullmatch(path) is not None


def slot_at(compiled: Compiled, entity: str, path: str) -> Slot:
    """Return what a path leads to; BadMapping if there is nothing to fill."""
    if path == "id":
        return Slot(path, "id")
    if path == "version":
        return Slot(path, "version")
    if path.startswith("@"):
        if not is_space(path):
            raise BadMapping(
                f"'{path}' is no name for external ids; write it like @shop.member."
            )
        return Slot(path, "external")
    parts = _PATH.fullmatch(path)
    if parts is None:
        raise BadMapping(
            f"'{path}' is no path; write it like name or addresses[main].street."
        )
    owner = compiled.entity(entity)
    if parts["label"] is not None:
        return _line_slot(compiled, owner, path, parts)
    field = _field(owner, parts["name"], path)
    if field.kind == "lines":
        if parts["inner"]:
            raise BadMapping(
                f"'{path}' names no row; write it like {field.name}[main]."
                f"{parts['inner']}."
            )
        return Slot(path, "lines", field.name, _open(field, path))
    return _plain_slot(compiled, owner, path, field, parts["inner"], parts["by"], parts)


def _line_slot(
    compiled: Compiled, owner: CompiledEntity, path: str, parts: re.Match[str]
) -> Slot:
    lines = owner.lines.get(parts["name"])
    if lines is None or owner.fields[parts["name"]].computed:
        _field(owner, parts["name"], path)
        raise BadMapping(f"'{path}': '{parts['name']}' has no rows.")
    if not parts["inner"]:
        raise BadMapping(f"'{path}' needs a field of the row behind the bracket.")
    child = compiled.entity(lines.child)
    field = _field(child, parts["inner"], path)
    if field.kind == "lines" or field.name == lines.back:
        raise BadMapping(f"'{path}' leads to rows of rows; import them as JSON.")
    label = line_label(child, lines.field, parts["label"].strip())
    by, more = parts["by"], None
    if field.kind == "group":
        by, more = None, parts["by"]
    return _plain_slot(compiled, child, path, field, more or by, None, parts, label)


def _plain_slot(
    compiled: Compiled,
    owner: CompiledEntity,
    path: str,
    field: CompiledField,
    inner: str | None,
    by: str | None,
    parts: re.Match[str],
    label: LineLabel | None = None,
) -> Slot:
    if field.kind == "group":
        field = _member(owner, field, inner, path)
        inner = by
    _open(field, path)
    if field.kind in LINKS:
        way = f"@{parts['space']}" if parts["space"] else inner
        if way and not way.startswith("@") and way != "id":
            for target in field.targets:
                _searchable(compiled.entity(target), way, path)
        return Slot(path, "field", field.name, field, way, label)
    if inner or parts["space"]:
        raise BadMapping(f"'{path}': {field.label} is no link, nothing lies behind it.")
    return Slot(path, "field", field.name, field, None, label)


def _member(
    owner: CompiledEntity, group: CompiledField, inner: str | None, path: str
) -> CompiledField:
    flat = f"{group.name}_{inner}"
    if inner is None or flat not in group.members:
        cut = len(group.name) + 1
        hint = suggestion(inner or "", [name[cut:] for name in group.members])
        raise BadMapping(f"'{path}' names no part of {group.label}.{hint}")
    return owner.fields[flat]


def _field(owner: CompiledEntity, name: str, path: str) -> CompiledField:
    field = owner.fields.get(name)
    if field is None:
        hint = suggestion(name, list(owner.fields))
        raise BadMapping(f"'{path}': {owner.label} has no field '{name}'.{hint}")
    return field


def _open(field: CompiledField, path: str) -> CompiledField:
    if not field.writable:
        raise BadMapping(f"'{path}': {field.label} is computed and cannot be filled.")
    return field


def _searchable(target: CompiledEntity, name: str, path: str) -> None:
    if name not in target.table.c or name not in target.fields:
        hint = suggestion(name, [n for n in target.fields if n in target.table.c])
        raise BadMapping(
            f"'{path}': {target.plural} cannot be found by '{name}'.{hint}"
        )


def line_label(child: CompiledEntity, lines: str, text: str) -> LineLabel:
    """What a label in brackets stands for among the choices of the row's entity."""
    numbered = _NUMBERED.fullmatch(text)
    word, number = (numbered[1], int(numbered[2])) if numbered else (text, 1)
    for candidate, place in ((text, 1), (word, number)):
        for field in choice_fields(child):
            keys = {choice.key for choice in choices_of(field.definition)}
            if candidate in keys:
                return LineLabel(lines, text, (field.name, candidate), place)
    return LineLabel(lines, text, None, max(number, 1))


def choice_fields(child: CompiledEntity) -> list[CompiledField]:
    """The fields of a row by which one tells which row it is."""
    return [
        field
        for field in child.fields.values()
        if field.definition.type in ("choice", "multichoice") and field.writable
    ]
