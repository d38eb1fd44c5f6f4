"""The grid of a lines field in a form: columns, rows of inputs, and the empty row.

Called by the form's maker for each lines field; child rows follow the same inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.compiler import CompiledEntity, CompiledField, CompiledLines
from core.web.pages.cells import NUMERIC
from core.web.pages.inputs import READ_ONLY_KINDS, Inputs
from core.web.pages.properties import (
    is_properties,
    line_properties,
    line_properties_box,
)
from core.web.pages.screen import Screen

if TYPE_CHECKING:
    from core.web.pages.form_model import FormMaker

#: The number of a row in the names of its inputs, and its values.
_Row = tuple[int | str, Mapping[str, Any]]


def line_columns(screen: Screen, lines: CompiledLines) -> list[CompiledField]:
    """The fields of a line that a grid shows, in order."""
    child = screen.compiled.entity(lines.child)
    rights = screen.compiled.access.of(screen.actor.roles, admin=screen.actor.is_admin)
    access = rights.entity(lines.child)
    view = screen.compiled.views.list_of(lines.child)
    names = [c.path for c in view.columns if c.path in child.fields]
    needed = [n for n, test in child.required.items() if test is True]
    found = []
    for name in dict.fromkeys([*names, *needed]):
        field = child.fields[name]
        kept = field.kind not in ("lines", "group") and name != lines.back
        seen = name in access.readable or name in access.writable
        if kept and seen and name not in lines.fixed and not field.definition.hidden:
            found.append(field)
    return found


def line_page(screen: Screen, id_: Any) -> str:
    """Where a line's own lines are edited; empty if it has none or is not saved."""
    below = any(has_page(screen, one) for one in screen.entity.lines)
    return screen.href(id_) if id_ and below else ""


def has_page(screen: Screen, name: str) -> bool:
    """Whether the lines of this field may be seen at all."""
    rights = screen.compiled.access.of(screen.actor.roles, admin=screen.actor.is_admin)
    access = rights.entity(screen.id)
    hidden = screen.entity.fields[name].definition.hidden
    return name in access.readable and not hidden


def widest(columns: Sequence[CompiledField]) -> str:
    """The column that takes the room that is left: the first text, else a link."""
    for kinds in (("text", "longtext"), ("link",)):
        for field in columns:
            if field.type.name in kinds:
                return field.name
    return columns[0].name if columns else ""


def lines_box(maker: FormMaker, name: str) -> dict[str, Any]:
    """Columns, rows and the empty row of a lines field."""
    screen = maker.screen
    lines = screen.entity.lines[name]
    child = screen.compiled.entity(lines.child)
    # To-many fields of a line have forms of their own: a draft does not repeat them.
    columns = [c for c in line_columns(screen, lines) if c.kind != "links"]
    rows = maker.values.get(name) or ()
    numbers = maker.draft.sent.numbers.get(name) or range(len(rows))
    shown: list[_Row] = [*zip(numbers, rows, strict=False), ("__n__", _fresh(child))]
    box = _Grid(maker, name, columns, shown)
    return {
        "name": name,
        "label": screen.labels.field(screen.entity.fields[name]),
        "columns": [
            {
                "label": screen.labels.field(one),
                "numeric": one.type.name in NUMERIC,
                "fill": one.name == widest(columns),
                "required": child.required.get(one.name) is True,
            }
            for one in columns
        ],
        "rows": [box.row(number, row) for number, row in shown[:-1]],
        "empty": box.row(*shown[-1]),
        "readonly": box.closed,
        "error": maker.errors.get(name, ""),
    }


def _fresh(child: CompiledEntity) -> dict[str, Any]:
    """What a new row begins with: literal defaults; the rest comes with evaluation."""
    from core.expressions import Env

    return {
        default.field: default.value.run(Env())
        for default in child.defaults
        if default.value.typed is None
        and child.fields[default.field].kind not in ("link", "links", "reference")
    }


def line_properties_boxes(maker: FormMaker, name: str) -> dict[str, dict[str, Any]]:
    """The inputs of the properties of all rows that a draft sent, by their name."""
    numbers = maker.draft.sent.numbers.get(name, [])
    shown = list(zip(numbers, maker.values.get(name) or (), strict=False))
    columns = line_columns(maker.screen, maker.screen.entity.lines[name])
    grid = _Grid(maker, name, [one for one in columns if is_properties(one)], shown)
    return {
        f"{name}-{number}-{field}": box
        for field, boxes in grid.given.items()
        for number, box in boxes.items()
    }


class _Grid:
    """Makes the rows of one grid."""

    def __init__(
        self,
        maker: FormMaker,
        name: str,
        columns: list[CompiledField],
        rows: Sequence[_Row],
    ) -> None:
        self.maker = maker
        self.name = name
        self.lines = maker.screen.entity.lines[name]
        self.screen = screen = maker.screen.other(self.lines.child)
        self.columns = columns
        self.closed = name in maker.draft.state.readonly or name not in maker.writable
        self.inputs = replace(Inputs(screen), titles=maker.inputs.titles)
        self.writable = maker.reader.access.of(screen.id).writable
        self.rows = rows
        self.given = {one.name: self._given(one) for one in columns if self._asked(one)}

    def _asked(self, field: CompiledField) -> bool:
        """Whether a cell of the column holds inputs of properties."""
        return is_properties(field) and self._open(field)

    def _open(self, field: CompiledField) -> bool:
        own = field.writable and not field.computed and field.name in self.writable
        kind = field.type.widget(field.definition).kind
        return own and not self.closed and kind not in READ_ONLY_KINDS

    def _given(self, field: CompiledField) -> dict[int | str, dict[str, Any]]:
        """The inputs of the properties of each row, in one reading."""
        entity = self.screen.entity
        found = line_properties(self.maker, entity, field, [r for _, r in self.rows])
        return {
            number: line_properties_box(
                self.maker,
                f"{self.name}-{number}-{field.name}",
                defined,
                row.get(field.name),
            )
            for (number, row), defined in zip(self.rows, found, strict=True)
        }

    def row(self, number: int | str, values: Mapping[str, Any]) -> dict[str, Any]:
        """One row; `number` stands in the names of its inputs."""
        cells = [self._cell(number, field, values) for field in self.columns]
        whole = self.maker.errors.get(f"{self.name}-{number}-", "")
        bad = bool(whole) or any(cell.get("error") or cell.get("bad") for cell in cells)
        id_ = values.get("id") or ""
        made = {"number": number, "id": id_, "cells": cells, "bad": bad}
        return {**made, "error": whole, "page": line_page(self.screen, id_)}

    def _cell(
        self, number: int | str, field: CompiledField, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        maker, entity = self.maker, self.screen.entity
        name = f"{self.name}-{number}-{field.name}"
        value = values.get(field.name)
        hints = maker.measures.of(entity, field, values, maker.values)
        numeric = field.type.name in NUMERIC
        fill = field.name == widest(self.columns)
        cell: dict[str, Any] = {"name": name, "numeric": numeric, "fill": fill}
        if field.name in self.given:
            error = maker.errors.get(name, "")
            return {**cell, **self.given[field.name][number], "error": error}
        if not self._open(field):
            text = maker.texts.text(field, value, hints, maker.inputs.title)
            return {**cell, "text": text}
        made = self.inputs.input_of(field, value, hints)
        maker.keep_text(made, name)
        error = maker.errors.get(name, "")
        made.update(
            name=name,
            label=self.screen.labels.field(field),
            required=entity.required.get(field.name) is True,
            readonly=entity.readonly.get(field.name) is True,
            invalid=bool(error),
            unit=None,
        )
        if "url" in made:
            self._narrow(made, number)
        return {**cell, "input": made, "error": error}

    def _narrow(self, made: dict[str, Any], number: int | str) -> None:
        """Pickers of a line send its own values, and say which document it is in."""
        made["prefix"] = f"{self.name}-{number}-"
        if self.maker.draft.id is not None:
            made["url"] += f"?{self.lines.back}={self.maker.draft.id}"
