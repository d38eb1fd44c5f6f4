"""The columns of a board: values of a choice, or the records that a link may lead to.

The condition of the link may read other fields of the card (the steps of one process
only); these fields become the scope of the board: one value is shown at a time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.compiler import CompiledField
from core.compiler.view_models import BoardView
from core.expressions import Record
from core.fieldtypes import BadValue
from core.frozen import frozen
from core.services import Candidates, Query, Reader
from core.services.order_terms import target_of
from core.web.pages.chips import Chip
from core.web.pages.list_state import ListState
from core.web.pages.screen import Screen

_MOST_COLUMNS = 60
_MOST_SCOPES = 30


@frozen
class BoardColumn:
    """One column: its key as it stands in addresses, the value, label and tone."""

    key: str
    value: Any
    label: str
    tone: str
    limit: int | None = None


@frozen
class Scope:
    """A field of which the board shows one value, and the values there are."""

    field: CompiledField
    value: int
    options: tuple[tuple[int, str], ...]

    @property
    def condition(self) -> str:
        """The rows of this scope."""
        return f"{self.field.name}.id == {self.value}"

    def links(self, state: ListState) -> list[tuple[str, str, bool]]:
        """Address, label and whether it is shown, per value."""
        name = self.field.name
        others = tuple(chip for chip in state.chips if chip.path != name)
        return [
            (
                state.href(chips=(*others, Chip(name, "is", str(id_)))),
                label,
                id_ == self.value,
            )
            for id_, label in self.options
        ]


def scopes_of(
    screen: Screen, reader: Reader, view: BoardView, state: ListState
) -> list[Scope]:
    """The scope of a board: the links that the condition of its columns reads."""
    where = view.field.where
    names = {path[0] for path in where.reads.this} if where is not None else set()
    found = []
    for name in sorted(names):
        field = screen.entity.fields.get(name)
        readable = reader.access.of(screen.id).readable
        if field is None or field.kind != "link" or name not in readable:
            continue
        scope = _scope(screen, reader, state, field)
        if scope is not None:
            found.append(scope)
    return found


def _scope(
    screen: Screen, reader: Reader, state: ListState, field: CompiledField
) -> Scope | None:
    target = field.targets[0]
    if not reader.access.can(target, "read"):
        return None
    query = Query(
        fields=("id",),
        limit=_MOST_SCOPES,
        candidates=Candidates(screen.id, field.name, {}),
    )
    ids = [r.id for r in reader.search(target, query).items if r.id is not None]
    chip = next((c for c in state.chips if c.path == field.name), None)
    chosen = chip.value if chip is not None and chip.operator == "is" else ""
    wanted = int(chosen) if chosen.isdecimal() else _usual(screen, reader, field)
    if wanted is not None and wanted not in ids:
        ids.append(wanted)
    titles = reader.titles(target, ids)
    options = tuple((id_, titles[id_]) for id_ in ids if id_ in titles)
    if not options:
        return None
    value = wanted if wanted in titles else options[0][0]
    return Scope(field, value or options[0][0], options)


def _usual(screen: Screen, reader: Reader, field: CompiledField) -> int | None:
    """What a new record would lead to, if that needs nothing of the record."""
    default = next((d for d in screen.entity.defaults if d.field == field.name), None)
    if default is None or default.value.reads.this:
        return None
    value = default.value.run(reader.scene.env(default.value.reads))
    try:
        plain = value.id if isinstance(value, Record) else value
        found = field.type.coerce(plain, field.definition)
    except BadValue:
        return None
    return found if isinstance(found, int) else None


def columns_of(
    screen: Screen, reader: Reader, view: BoardView, scopes: list[Scope]
) -> list[BoardColumn]:
    """The columns in the order of their values."""
    field = view.field
    if field.kind != "link":
        return [
            BoardColumn(
                key, key, *screen.labels.choice(field, key), view.limits.get(key)
            )
            for key, _ in screen.labels.choices(field)
        ]
    values = {scope.field.name: scope.value for scope in scopes}
    return _limited(reader, view, _linked(screen, reader, field, values))


def _linked(
    screen: Screen, reader: Reader, field: CompiledField, values: dict[str, int]
) -> list[BoardColumn]:
    target = field.targets[0]
    if not reader.access.can(target, "read"):
        return []
    query = Query(
        fields=("id",),
        limit=_MOST_COLUMNS,
        candidates=Candidates(screen.id, field.name, values),
    )
    ids = [r.id for r in reader.search(target, query).items if r.id is not None]
    titles = reader.titles(target, ids)
    return [BoardColumn(str(id_), id_, titles.get(id_, str(id_)), "") for id_ in ids]


def _limited(
    reader: Reader, view: BoardView, columns: list[BoardColumn]
) -> list[BoardColumn]:
    if not view.limits:
        return columns
    limits = {reader.scene.ref_id(key): most for key, most in view.limits.items()}
    return [replace(one, limit=limits.get(one.value)) for one in columns]


def with_strays(
    screen: Screen,
    reader: Reader,
    view: BoardView,
    columns: list[BoardColumn],
    values: list[Any],
    nothing: str,
) -> list[BoardColumn]:
    """The columns and those that only cards have: no value, or one no longer offered.

    What is counted somewhere must be seen somewhere.
    """
    known = {column.value for column in columns}
    strays = [value for value in values if value not in known]
    field = view.field
    target = target_of(screen.entity, field.name)
    titles: dict[int, str] = {}
    if target is not None and reader.access.can(target, "read"):
        titles = reader.titles(target, [one for one in strays if one is not None])
    found = list(columns)
    for value in strays:
        if value is None:
            found.insert(0, BoardColumn("", None, nothing, ""))
        elif field.kind == "link":
            found.append(
                BoardColumn(str(value), value, titles.get(value, "\u2013"), "")
            )
        else:
            label, tone = screen.labels.choice(field, value)
            found.append(BoardColumn(value, value, label, tone))
    return found
