"""The page of many records in any of their views, and its filter dialog.

Registered by `register`; everything it shows follows from the address.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.compiler.view_models import BoardView, CalendarView, ListView, TreeView
from core.services import BadQuery
from core.web.auth import login_required_page
from core.web.pages.board_page import board_page
from core.web.pages.calendar_page import calendar_page
from core.web.pages.columns import all_columns
from core.web.pages.filter_dialog import changed_state
from core.web.pages.list_actions import list_buttons, selection_buttons
from core.web.pages.list_frame import frame_of
from core.web.pages.list_groups import (
    MOST_LEVELS,
    UNGROUPED,
    condition_of,
    dimensions_of,
    group_names,
    groupable,
)
from core.web.pages.list_model import (
    ListModel,
    build_list,
    columns_for,
    query_of,
    range_text,
    rows_for,
)
from core.web.pages.list_state import ListState, read_state
from core.web.pages.saved_views import saved_address
from core.web.pages.screen import Screen, open_screen
from core.web.pages.tree_page import tree_page
from core.web.pages.view_choice import view_of

#: Rows of a group that are shown in place; the list behind it has all.
GROUP_ROWS = 100


@login_required_page
def show_list(module: str, name: str) -> ResponseReturnValue:
    """The records of an entity in the view and state of its address."""
    screen = open_screen(module, name)
    state = read_state(screen.base, request.args)
    begun = saved_address(screen, state, request.args)
    if begun:
        return redirect(begun)
    if "_path" in request.args or "_clear" in request.args:
        return redirect(changed_state(screen, state, request.args).href())
    view = view_of(screen, state)
    if isinstance(view, BoardView):
        return board_page(screen, state, view)
    if isinstance(view, CalendarView):
        return calendar_page(screen, state, view)
    if isinstance(view, TreeView):
        return tree_page(screen, state, view)
    return _list_page(screen, state, view)


def _list_page(screen: Screen, state: ListState, view: ListView) -> ResponseReturnValue:
    problem = None
    try:
        model = build_list(screen, view, state)
    except BadQuery as refused:
        # The list stays usable: it says what is wrong and keeps the filters to mend.
        problem = refused.message
        model = ListModel([], [], 0, False, None, {})
    page = render_template(
        "pages/list.html",
        **frame_of(screen, state, view, model.titles),
        **_context(screen, state, view, model),
        problem=problem,
    )
    return page, 400 if problem else 200


def _context(
    screen: Screen, state: ListState, view: ListView, model: ListModel
) -> dict[str, Any]:
    known = all_columns(screen, view)
    shown = [column.path for column in model.columns]
    rest = [path for path in known if path not in shown]
    label = screen.labels.column
    with screen.reading() as reader:
        whole = list_buttons(screen, reader)
        chosen = selection_buttons(screen, reader)
    return {
        "model": model,
        "list_buttons": whole,
        "selection_buttons": chosen,
        "group_links": _group_links(screen, state, view),
        "has_totals": bool(model.totals),
        "range_text": range_text(state, model),
        "previous": state.href(page=state.page - 1) if state.page > 1 else "",
        "following": _following(state, model),
        "chooser": [(p, label(known[p]), p in shown) for p in (*shown, *rest)],
        "sort_order": {
            term.lstrip("-"): ("desc" if term.startswith("-") else "asc", number)
            for number, term in enumerate(state.sort, 1)
        },
    }


def _following(state: ListState, model: ListModel) -> str:
    if not model.following:
        return ""
    return state.href(page=state.page + 1, cursor=model.following)


def _group_links(
    screen: Screen, state: ListState, view: ListView
) -> list[tuple[str, str, bool]]:
    """Address, label and whether it groups already, per field to group by."""
    names = group_names(screen, view, state)
    found = []
    for name, label in groupable(screen):
        others = tuple(one for one in names if one != name)
        fresh = others if name in names else (*names, name)[-MOST_LEVELS:]
        off = (UNGROUPED,) if view.group else ()
        found.append((state.href(group=fresh or off), label, name in names))
    return found


@login_required_page
def show_group(module: str, name: str) -> ResponseReturnValue:
    """The rows of one group of a grouped list, as rows of its table."""
    screen = open_screen(module, name)
    state = read_state(screen.base, request.args)
    view = view_of(screen, state)
    if not isinstance(view, ListView):
        abort(404)
    with screen.reading() as reader:
        levels = dimensions_of(screen, reader, view, state)
        condition = condition_of(levels, request.args.getlist("g"))
        query = query_of(screen, view, state)
        both = f"({query.filter}) and {condition}" if query.filter else condition
        asked = replace(query, filter=both, limit=GROUP_ROWS)
        columns = columns_for(screen, reader, view, state)
        rows, page = rows_for(screen, reader, view, columns, asked)
    everything = state.href(
        group=(UNGROUPED,),
        expression=f"({state.expression}) and {condition}"
        if state.expression
        else condition,
    )
    return render_template(
        "pages/_rows.html",
        rows=rows,
        columns=columns,
        rest=everything if page.next else "",
    )
