"""The page of a list and its filter dialog.

Registered by `register`; everything it shows follows from the address.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.services import BadQuery
from core.web.auth import login_required_page
from core.web.pages import chips as chips_
from core.web.pages.chips import Chip
from core.web.pages.columns import all_columns
from core.web.pages.filter_dialog import changed_state, dialog_model
from core.web.pages.list_model import (
    ListModel,
    build_list,
    current_tab,
    offered_filters,
    range_text,
    view_of,
)
from core.web.pages.list_state import ALL, ARCHIVED, ListState, read_state
from core.web.pages.screen import Screen, open_screen
from core.web.wording import say


@login_required_page
def show_list(module: str, name: str) -> ResponseReturnValue:
    """The list of an entity in the state of its address."""
    screen = open_screen(module, name)
    state = read_state(screen.base, request.args)
    if "_path" in request.args or "_clear" in request.args:
        return redirect(changed_state(screen, state, request.args).href())
    view = view_of(screen, state)
    problem = None
    try:
        model = build_list(screen, view, state)
    except BadQuery as refused:
        # The list stays usable: it says what is wrong and keeps the filters to mend.
        problem = refused.message
        model = ListModel([], [], 0, False, None, {})
    page = render_template(
        "pages/list.html",
        **_context(screen, state, view, model),
        problem=problem,
    )
    return page, 400 if problem else 200


def _context(
    screen: Screen, state: ListState, view: Any, model: ListModel
) -> dict[str, Any]:
    tab = current_tab(screen, view, state)
    labels = screen.labels
    known = all_columns(screen, view)
    shown = [column.path for column in model.columns]
    rest = [path for path in known if path not in shown]
    return {
        "screen": screen,
        "state": state,
        "model": model,
        "tab": tab,
        "tabs": _tabs(screen, view, state, tab),
        "heading": labels.plural(screen.entity),
        "one": labels.entity(screen.id),
        "module_label": module_label(screen),
        "chips": _chips(screen, state, model),
        "either": _chips(screen, state, model, True),
        "range_text": range_text(state, model),
        "previous": state.href(page=state.page - 1) if state.page > 1 else "",
        "following": _following(state, model),
        "may": {
            verb: screen.can(verb)
            for verb in ("create", "archive", "delete", "export", "import")
        },
        "archives": screen.entity.definition.archive,
        "chooser": [(p, labels.column(known[p]), p in shown) for p in (*shown, *rest)],
        "dialog": dialog_model(screen, state, request.args, model.titles),
        "sort_order": {
            term.lstrip("-"): ("desc" if term.startswith("-") else "asc", number)
            for number, term in enumerate(state.sort, 1)
        },
    }


def module_label(screen: Screen) -> str:
    """The title of the module that an entity belongs to."""
    name = screen.id.partition(".")[0]
    registry = screen.compiled.registry
    if name in registry.menus:
        return screen.labels.at(f"menu {name}")
    source = registry.modules.get(name)
    return source.definition.title if source is not None else name


def _tabs(
    screen: Screen, view: Any, state: ListState, tab: str
) -> list[dict[str, Any]]:
    narrowed = state.narrowed
    found = [
        (one.id, screen.labels.filter(view.id, screen.id, one))
        for one in offered_filters(screen, view)
    ]
    found.append((ALL, say("All")))
    if screen.entity.definition.archive:
        found.append((ARCHIVED, say("Archived")))
    return [
        {
            "label": label,
            "href": state.href(tab=id_),
            "current": id_ == tab,
            "changed": id_ == tab and narrowed,
            "icon": "archive" if id_ == ARCHIVED else "",
        }
        for id_, label in found
    ]


def _chips(
    screen: Screen, state: ListState, model: ListModel, either: bool = False
) -> list[dict[str, str]]:
    group = state.either if either else state.chips
    mark = "o" if either else "f"
    return [
        {
            **_words(screen, chip, model),
            "edit": state.href() + _joint(state) + f"edit={mark}{number}",
            "remove": state.without(chip, either),
        }
        for number, chip in enumerate(group)
    ]


def _joint(state: ListState) -> str:
    return "&" if "?" in state.href() else "?"


def _words(screen: Screen, chip: Chip, model: ListModel) -> dict[str, str]:
    try:
        about = chips_.find(screen, chip.path)
    except BadQuery:
        return {"name": chip.path, "operator": chip.operator, "value": chip.value}
    return {
        "name": about.label,
        "operator": say(chips_.OPERATORS[chip.operator]),
        "value": chips_.value_text(screen, about, chip, model.titles),
    }


def _following(state: ListState, model: ListModel) -> str:
    if not model.following:
        return ""
    return state.href(page=state.page + 1, cursor=model.following)
