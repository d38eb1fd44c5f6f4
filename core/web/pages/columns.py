"""The columns of a list: those of the view, or the reader's own choice.

Lists ask `shown_columns`; the column chooser shows `all_columns` and keeps a choice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from urllib.parse import parse_qsl

from flask import redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from core.compiler import CompiledField
from core.compiler.view_models import Column, ListView
from core.frozen import frozen
from core.services import Reader
from core.services.scene import USER
from core.web.auth import login_required_page
from core.web.pages.cells import NUMERIC
from core.web.pages.inputs import READ_ONLY_KINDS
from core.web.pages.labels import STAMPS
from core.web.pages.list_state import MOST_COLUMNS, UNSAVED, read_state
from core.web.pages.preferences import preference, set_preference
from core.web.pages.screen import Screen, open_screen
from core.web.state import application

_LONGEST_NAME = 40
#: What takes more room than a cell has, or a file: its form is the place.
_FORM_ONLY = frozenset(
    {"file", "image", "secret", "longtext", "richtext", "json", "properties"}
)
_HIDDEN_KINDS = frozenset({"lines", "group"})


@frozen
class ShownColumn:
    """A column as the list draws it; `card` is its place on a phone's card."""

    path: str
    label: str
    field: CompiledField | None
    css: str
    sortable: bool
    numeric: bool
    edit: bool = False


def readable_path(screen: Screen, path: str) -> bool:
    """Whether the reader may see every step of a path."""
    *steps, last = path.split(".")
    here = screen
    for step in steps:
        if not _readable(here, step):
            return False
        field = here.entity.fields.get(step)
        if field is None or not field.targets:
            return field is not None and field.kind == "group"
        here = here.other(field.targets[0])
        if not here.can("read"):
            return False
    return last in dict(STAMPS) or _readable(here, last)


def _readable(screen: Screen, name: str) -> bool:
    rights = screen.compiled.access.of(screen.actor.roles, admin=screen.actor.is_admin)
    field = screen.entity.fields.get(name)
    write_only = field is not None and field.type.write_only
    return name in rights.entity(screen.id).readable and not write_only


def all_columns(screen: Screen, view: ListView) -> dict[str, Column]:
    """Every column that the reader may choose, those of the view first."""
    found = {c.path: c for c in view.columns if readable_path(screen, c.path)}
    for name, field in screen.entity.fields.items():
        if name in found or field.kind in _HIDDEN_KINDS or field.definition.hidden:
            continue
        if readable_path(screen, name):
            found[name] = Column(
                path=name, label=field.label, field=field, edit=view.editable
            )
    for name, label in STAMPS:
        stamped = name not in ("archived", "archived_at")
        if name not in found and stamped:
            found[name] = Column(path=name, label=label, field=None)
    return found


def shown_columns(
    screen: Screen, view: ListView, chosen: Sequence[str] | None
) -> list[ShownColumn]:
    """The columns to draw, in order."""
    known = all_columns(screen, view)
    usual = [c.path for c in view.columns if c.path in known]
    paths = [path for path in chosen or () if path in known] or usual or ["id"]
    places = _cards([known[path] for path in paths])
    return [
        _shown(screen, known[path], place)
        for path, place in zip(paths, places, strict=True)
    ]


def _shown(screen: Screen, column: Column, place: str) -> ShownColumn:
    field = column.field
    numeric = field is not None and field.type.name in NUMERIC
    css = " ".join(part for part in (place, "i-num" if numeric else "") if part)
    return ShownColumn(
        path=column.path,
        label=screen.labels.column(column),
        field=field,
        css=css,
        sortable=_sortable(screen, column),
        numeric=numeric,
        edit=column.edit and _writable(screen, column),
    )


def _writable(screen: Screen, column: Column) -> bool:
    """Whether the reader may set a column's field in place, on some records."""
    field = column.field
    if field is None or "." in column.path or not screen.can("update"):
        return False
    if not field.writable or field.computed or field.once:
        return False
    if field.kind in READ_ONLY_KINDS or field.type.name in _FORM_ONLY:
        return False
    return column.path in screen.rights.entity(screen.id).writable


def _sortable(screen: Screen, column: Column) -> bool:
    field = column.field
    if field is None:
        return True
    if not field.type.sortable or field.kind in ("links", "lines", "group"):
        return False
    formula = screen.entity.virtuals.get(column.path)
    return formula is None or formula.sql is not None


def _cards(columns: Sequence[Column]) -> list[str]:
    """Which part of a phone's card each column fills; the rest is hidden there."""
    places: list[str] = []
    for number, column in enumerate(columns):
        place = "c-title" if number == 0 else _place(column)
        places.append("p-hide" if place in places else place)
    return places


def _place(column: Column) -> str:
    field = column.field
    if field is None:
        return "p-hide"
    if field.kind == "link":
        return "c-own" if field.targets[0] == USER else "c-party"
    kind = field.type.name
    if kind == "choice":
        return "c-stage"
    if kind in ("money", "quantity"):
        return "c-amt"
    return {"date": "c-date", "text": "c-party"}.get(kind, "p-hide")


@login_required_page
def choose_columns(module: str, name: str) -> ResponseReturnValue:
    """Keep the chosen columns; without any the view's own come back.

    Within a saved view the address takes them: they are that view's, not the person's.
    """
    screen = open_screen(module, name)
    view = screen.compiled.views.list_of(screen.id)
    known = all_columns(screen, view)
    chosen = [path for path in request.form.getlist("column") if path in known]
    keep = chosen[:MOST_COLUMNS] if "reset" not in request.form else None
    back = request.form.get("back", "")
    back = back if back.startswith(f"{screen.base}?") else screen.base
    state = read_state(screen.base, MultiDict(parse_qsl(back.partition("?")[2])))
    if state.columns or state.saved not in ("", UNSAVED):
        return redirect(state.href(columns=tuple(keep or ())))
    if screen.actor.user_id is not None:
        set_preference(
            application().database, screen.actor.user_id, preference_of(screen.id), keep
        )
    return redirect(back)


def chosen_columns(screen: Screen, reader: Reader) -> Sequence[str] | None:
    """The columns that the person keeps for an entity, None for those of the view."""
    name = preference_of(screen.id)
    kept: Sequence[str] | None = preference(
        reader.scene.connection, screen.actor.user_id, name
    )
    return kept


def preference_of(entity: str) -> str:
    """The name under which the columns of an entity are kept, at most 40 characters."""
    name = f"columns {entity}"
    if len(name) <= _LONGEST_NAME:
        return name
    return f"columns #{hashlib.blake2b(entity.encode(), digest_size=12).hexdigest()}"
