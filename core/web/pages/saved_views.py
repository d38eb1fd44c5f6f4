"""Saved views of lists, boards and calendars: opened by address, saved, deleted.

`list_page` asks `saved_address`, `list_frame` draws `saved_bar`; the API turns the
state of a view into a query by `state_of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from core.compiler.view_models import ListView, ManyView
from core.frozen import frozen
from core.services import Reader, ValidationFailed
from core.services.saved_views import (
    LONGEST_NAME,
    SavedView,
    begin_with,
    change_view,
    delete_view,
    may_change,
    save_view,
    saved_views,
    sharable_roles,
    usual_view_of,
    view_saved,
)
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.chips import Chip
from core.web.pages.columns import chosen_columns
from core.web.pages.list_state import UNSAVED, ListState, read_state
from core.web.pages.screen import Screen, open_screen
from core.web.wording import say

#: In the form: shared with everybody who may open the list.
EVERYBODY = "*"
_USUAL_SCALE = "month"


@frozen
class SavedBar:
    """What the bar of views shows: tabs, the open view, and the form that saves."""

    tabs: list[dict[str, Any]]
    current: SavedView | None
    changed: bool
    mine: bool
    roles: list[tuple[str, str]]
    chosen: tuple[str, ...]
    query: str
    longest_name: int = LONGEST_NAME


def state_of(base: str, document: Mapping[str, Any], saved: str = "") -> ListState:
    """The state that a saved view holds."""

    def chips(name: str) -> tuple[Chip, ...]:
        found = (Chip.read(text) for text in document.get(name, ()))
        return tuple(chip for chip in found if chip is not None)

    return ListState(
        base=base,
        tab=document.get("tab", ""),
        search=document.get("search", ""),
        chips=chips("chips"),
        either=chips("either"),
        expression=document.get("filter", ""),
        sort=tuple(document.get("order", ())),
        view=document.get("view", ""),
        group=tuple(document.get("group", ())),
        columns=tuple(document.get("columns", ())),
        scale=document.get("scale", ""),
        saved=saved,
    )


def document_of(state: ListState) -> dict[str, Any]:
    """What a saved view keeps of a state: everything but the place in it."""
    found: dict[str, Any] = {
        "view": state.view,
        "tab": state.tab,
        "search": state.search,
        "chips": [chip.written() for chip in state.chips],
        "either": [chip.written() for chip in state.either],
        "filter": state.expression,
        "order": list(state.sort),
        "group": list(state.group),
        "columns": list(state.columns),
        "scale": "" if state.scale == _USUAL_SCALE else state.scale,
    }
    return {name: value for name, value in found.items() if value}


def saved_address(
    screen: Screen, state: ListState, args: MultiDict[str, str]
) -> str | None:
    """Where an address that only names a saved view, or nothing at all, leads to."""
    if args and (set(args) != {"saved"} or state.saved in ("", UNSAVED)):
        return None
    with screen.reading() as reader:
        id_ = int(state.saved) if args else usual_view_of(reader, screen.id)
        if id_ is None:
            return None
        view = view_saved(reader, screen.id, id_)
    there = state_of(screen.base, view.state, str(id_)).href()
    # A view that keeps nothing is opened where it is: there is nowhere else to go.
    return None if args and there == state.href() else there


def saved_bar(screen: Screen, state: ListState, view: ManyView) -> SavedBar:
    """The saved views of an entity beside the tabs of its view."""
    with screen.reading() as reader:
        found = saved_views(reader, screen.id)
        current = next((one for one in found if str(one.id) == state.saved), None)
        kept = _with_columns(screen, reader, state, view)
        roles = sharable_roles(reader, screen.id)
        mine = current is not None and may_change(reader, current)
    before = {} if current is None else _plain(current.state)
    changed = current is not None and document_of(state) != before
    return SavedBar(
        tabs=[_tab(screen, one, one == current, changed) for one in found],
        current=current,
        changed=changed,
        mine=mine,
        roles=[(EVERYBODY, say("Everybody who may open this list"))]
        + [(one, _role(screen, one)) for one in roles],
        chosen=_chosen(current),
        query=kept.query(),
    )


def _plain(document: Mapping[str, Any]) -> dict[str, Any]:
    return document_of(state_of("", document))


def _with_columns(
    screen: Screen, reader: Reader, state: ListState, view: ManyView
) -> ListState:
    """The state with the columns that are shown, so that a saved view keeps them."""
    if state.columns or not isinstance(view, ListView):
        return state
    return replace(state, columns=tuple(chosen_columns(screen, reader) or ()))


def _tab(
    screen: Screen, view: SavedView, current: bool, changed: bool
) -> dict[str, Any]:
    return {
        "label": view.name,
        "href": f"{screen.base}?saved={view.id}",
        "current": current,
        "changed": current and changed,
        "icon": "lock" if view.roles is None else "users",
    }


def _role(screen: Screen, role: str) -> str:
    label = screen.compiled.registry.rights.roles[role].definition.label
    return str(label or role)


def _chosen(view: SavedView | None) -> tuple[str, ...]:
    if view is None or view.roles is None:
        return ()
    return view.roles or (EVERYBODY,)


@login_required_page
def keep_view(module: str, name: str) -> ResponseReturnValue:
    """Save the state of the list: as a new view, or into the one that is open."""
    screen = open_screen(module, name)
    asked = MultiDict(parse_qsl(request.form.get("query", "")))
    state = replace(read_state(screen.base, asked), page=1, cursor="")
    try:
        saved = _save(screen, state)
    except ValidationFailed as refused:
        notify(say("The view was not saved."), "bad", sub=refused.message)
        return redirect(state.href())
    notify(say("The view '{name}' was saved.", name=saved.name))
    return redirect(f"{screen.base}?saved={saved.id}")


def _save(screen: Screen, state: ListState) -> SavedView:
    form = request.form
    ticked = [one for one in form.getlist("roles") if one]
    roles = None if not ticked else [] if EVERYBODY in ticked else ticked
    name, kept = form.get("name", ""), document_of(state)
    known = state.saved if state.saved != UNSAVED else ""
    with screen.writing() as tx:
        if form.get("as") == "new" or not known:
            saved = save_view(tx, screen.id, name, kept, roles)
        else:
            changes = {"name": name, "state": kept, "roles": roles}
            saved = change_view(tx, screen.id, int(known), changes)
        if form.get("usual") == "1":
            begin_with(tx, screen.id, saved.id)
        elif usual_view_of(tx, screen.id) == saved.id:
            begin_with(tx, screen.id, None)
    return saved


@login_required_page
def act_on_view(module: str, name: str, view: int) -> ResponseReturnValue:
    """Delete a saved view, or begin with it from now on, or no longer."""
    screen = open_screen(module, name)
    act = request.form.get("act", "")
    with screen.writing() as tx:
        if act == "delete":
            delete_view(tx, screen.id, view)
            notify(say("The view was deleted."))
        elif act in ("begin", "end"):
            begin_with(tx, screen.id, view if act == "begin" else None)
            usual = say("This list begins with the view now.")
            notify(usual if act == "begin" else say("This list begins as delivered."))
        else:
            abort(400)
    return redirect(f"{screen.base}?saved={UNSAVED if act == 'delete' else view}")
