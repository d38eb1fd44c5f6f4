"""The grid of a lines field in a form: columns, rows of inputs, and the empty row.

Called by the form's maker for each lines field; child rows follow the same inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.compiler import CompiledEntity, CompiledField, CompiledLines
from core.web.pages.cells import NUMERIC
from core.web.pages.inputs import NOT_IN_GRID, Inputs
from core.web.pages.screen import Screen

if TYPE_CHECKING:
    from core.web.pages.form_model import FormMaker


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
    below = screen.other(lines.child)
    rows = maker.values.get(name) or ()
    numbers = maker.draft.sent.numbers.get(name) or range(len(rows))
    closed = name in maker.draft.state.readonly or name not in maker.writable
    box = _Grid(maker, below, name, lines, columns, closed)
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
        "rows": [
            box.row(number, row) for number, row in zip(numbers, rows, strict=False)
        ],
        "empty": box.row("__n__", _fresh(child)),
        "readonly": closed,
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


class _Grid:
    """Makes the rows of one grid."""

    def __init__(
        self,
        maker: FormMaker,
        screen: Screen,
        name: str,
        lines: CompiledLines,
        columns: list[CompiledField],
        closed: bool,
    ) -> None:
        self.maker = maker
        self.screen = screen
        self.name = name
        self.lines = lines
        self.columns = columns
        self.closed = closed
        self.inputs = replace(Inputs(screen), titles=maker.inputs.titles)
        rights = maker.reader.access.of(screen.id)
        self.writable = rights.writable

    def row(self, number: int | str, values: Mapping[str, Any]) -> dict[str, Any]:
        """One row; `number` stands in the names of its inputs."""
        cells = [self._cell(number, field, values) for field in self.columns]
        whole = self.maker.errors.get(f"{self.name}-{number}-", "")
        bad = bool(whole) or any(cell.get("error") for cell in cells)
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
        kind = field.type.widget(field.definition).kind
        open_ = field.writable and not field.computed and field.name in self.writable
        if self.closed or not open_ or kind in NOT_IN_GRID:
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
