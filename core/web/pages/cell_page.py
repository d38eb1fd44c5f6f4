"""Cells of a list that are changed in place: the input of a cell, and its save.

`list.html` marks the cells, the script asks here. A save is an ordinary one with the
version that the reader saw; the whole row comes back, since other cells may follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from flask import abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from core.compiler import CompiledField
from core.compiler.view_models import ListView
from core.fieldtypes import BadValue
from core.services import AppError, Query, Reader, StaleRecord, ValidationFailed
from core.web.auth import login_required_page
from core.web.pages.board_page import explained
from core.web.pages.columns import ShownColumn
from core.web.pages.form_input import value_of
from core.web.pages.form_measures import DraftMeasures
from core.web.pages.inputs import Inputs, wanted_titles
from core.web.pages.list_model import columns_for, rows_for
from core.web.pages.list_state import ListState, read_state
from core.web.pages.screen import Screen, open_screen
from core.web.pages.view_choice import view_of
from core.web.wording import say


@login_required_page
def edit_cell(module: str, name: str, id: int, field: str) -> ResponseReturnValue:
    """The input of one cell; 409 with the reason where it cannot be changed now."""
    screen, state, view = _opened(module, name)
    with screen.reading() as reader:
        shown = _column(columns_for(screen, reader, view, state), field)
        if not reader.permitted(screen.id, "update", [id]):
            return jsonify(detail=say("This record is not yours to change.")), 409
        version = reader.get(screen.id, id, ("version",))["version"]
        draft = reader.evaluate(screen.id, {}, id)
        if field in draft.readonly or field not in draft.visible:
            why = say("{what} cannot be changed here.", what=screen.labels.field(shown))
            return jsonify(detail=why), 409
        values = dict(draft.values)
        if field in screen.entity.associations:
            values[field] = reader.get(screen.id, id, (field,))[field]
        page = render_template(
            "pages/_cell.html",
            input={
                **_input(screen, reader, shown, values, id),
                "name": field,
                "id": "cell-input",
                "label": screen.labels.field(shown),
                "required": field in draft.required,
            },
            draft=_sent_along(screen, reader, shown, values),
            version=version,
        )
    return page


def _opened(module: str, name: str) -> tuple[Screen, ListState, ListView]:
    screen = open_screen(module, name)
    state = read_state(screen.base, request.args)
    view = view_of(screen, state)
    if not isinstance(view, ListView):
        abort(404)
    return screen, state, view


def _column(columns: Sequence[ShownColumn], field: str) -> CompiledField:
    """The field of a column that may be changed in place; 404 for another one."""
    found = next((c for c in columns if c.path == field and c.edit), None)
    if found is None or found.field is None:
        abort(404)
    return found.field


def _input(
    screen: Screen,
    reader: Reader,
    shown: CompiledField,
    values: Mapping[str, Any],
    id_: int,
) -> dict[str, Any]:
    wanted = wanted_titles({shown.name: shown}, values)
    titles = {
        (entity, one): title
        for entity, ids in wanted.items()
        for one, title in reader.titles(entity, sorted(ids)).items()
    }
    hints = DraftMeasures(screen, reader).of(screen.entity, shown, values)
    inputs = Inputs(screen, MappingProxyType(titles), id_)
    return inputs.input_of(shown, values.get(shown.name), hints)


def _sent_along(
    screen: Screen, reader: Reader, shown: CompiledField, values: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """The values of the record that decide what a picker offers."""
    if shown.where is None:
        return []
    readable = reader.access.of(screen.id).readable
    names = {path[0] for path in shown.where.reads.this if path}
    inputs = Inputs(screen)
    return [
        (name, inputs.text(screen.entity.fields[name], values.get(name)))
        for name in sorted(names & readable & screen.entity.fields.keys())
        if name != shown.name
    ]


@login_required_page
def save_cell(module: str, name: str, id: int, field: str) -> ResponseReturnValue:
    """Save one cell; answers with the row anew, or with the reason why not."""
    screen, state, view = _opened(module, name)
    version = request.form.get("version", "")
    try:
        with screen.writing() as tx:
            shown = _column(columns_for(screen, tx, view, state), field)
            value = value_of(screen, shown, request.form.getlist(field))
            saved = tx.update(
                screen.id,
                id,
                {field: value},
                int(version) if version.isdecimal() else None,
                accept_warnings=request.form.get("accept") == "1",
            )
    except BadValue as bad:
        return jsonify(detail=f"{bad.message}."), 422
    except StaleRecord:
        with screen.reading() as reader:
            row = _row(screen, reader, view, state, id)
        said = say("Somebody else was faster. The row shows how it is now.")
        return jsonify(detail=said, row=row), 409
    except ValidationFailed as failed:
        return explained(screen, id, failed), 422
    except AppError as refused:
        return jsonify(detail=refused.message), 409
    with screen.reading() as reader:
        row = _row(screen, reader, view, state, id)
    undo = f"{screen.href(id)}/take-back?version={saved['version']}"
    said = say("{what} was saved.", what=screen.labels.field(shown))
    return jsonify(row=row, text=said, undo=undo)


def _row(
    screen: Screen, reader: Reader, view: ListView, state: ListState, id_: int
) -> str:
    """The row as the list draws it, empty if the reader no longer sees it."""
    columns = columns_for(screen, reader, view, state)
    asked = Query(filter=f"id == {id_}", archived="yes", limit=1)
    rows, _ = rows_for(screen, reader, view, columns, asked)
    return render_template("pages/_rows.html", rows=rows, columns=columns, rest="")
