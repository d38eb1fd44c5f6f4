"""What stands around many records in every view: tabs, chips, the switch of views.

Lists, boards, calendars and trees draw it from `frame_of`; all of it follows from the
address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request

from core.compiler.view_models import ManyView
from core.services import BadQuery
from core.web.pages import chips as chips_
from core.web.pages.chips import Chip
from core.web.pages.filter_dialog import dialog_model
from core.web.pages.list_model import current_tab, offered_filters, shown_day
from core.web.pages.list_state import ALL, ARCHIVED, UNSAVED, ListState
from core.web.pages.saved_views import saved_bar
from core.web.pages.screen import Screen
from core.web.pages.view_choice import switch_of, view_name
from core.web.wording import say

Titles = Mapping[tuple[str, int], str]
_VERBS = ("create", "update", "archive", "delete", "export", "import")


def frame_of(
    screen: Screen, state: ListState, view: ManyView, titles: Titles
) -> dict[str, Any]:
    """The names that `pages/_list_bars.html` and its pages use."""
    tab = current_tab(screen, view, state)
    saved = saved_bar(screen, state, view)
    return {
        "screen": screen,
        "state": state,
        "view": view,
        "tab": tab,
        "tabs": [*_tabs(screen, view, state, tab), *saved.tabs],
        "saved": saved,
        "switch": switch_of(screen, state, view),
        "view_name": view_name(screen, view.id),
        "heading": screen.labels.plural(screen.entity),
        "one": screen.labels.entity(screen.id),
        "module_label": module_label(screen),
        "chips": _chips(screen, state, titles),
        "either": _chips(screen, state, titles, True),
        "may": {
            **{verb: screen.can(verb) for verb in _VERBS},
            "edit": may_change_many(screen),
            "bulk": screen.can("bulk"),
            "merge": screen.entity.duplicates is not None and screen.can("merge"),
        },
        "day": shown_day(screen, state) if view.dates is not None else None,
        "archives": screen.entity.definition.archive,
        "dialog": dialog_model(screen, state, request.args, titles),
    }


def may_change_many(screen: Screen) -> bool:
    """Whether the person may change several records of the entity at once."""
    return screen.can("update") and screen.can("bulk")


def module_label(screen: Screen) -> str:
    """The title of the module that an entity belongs to."""
    return module_title(screen, screen.id.partition(".")[0])


def module_title(screen: Screen, name: str) -> str:
    """The title of a module: that of its menu, else its own."""
    registry = screen.compiled.registry
    if name in registry.menus:
        return screen.labels.at(f"menu {name}")
    source = registry.modules.get(name)
    return source.definition.title if source is not None else name


def _tabs(
    screen: Screen, view: ManyView, state: ListState, tab: str
) -> list[dict[str, Any]]:
    narrowed, opened = state.narrowed, state.saved not in ("", UNSAVED)
    # From a saved view a tab leads to the list as delivered.
    fresh = ListState(screen.base, view=state.view, day=state.day, saved=UNSAVED)
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
            "href": (fresh if opened else state).href(tab=id_),
            "current": id_ == tab and not opened,
            "changed": id_ == tab and narrowed and not opened,
            "icon": "archive" if id_ == ARCHIVED else "",
        }
        for id_, label in found
    ]


def _chips(
    screen: Screen, state: ListState, titles: Titles, either: bool = False
) -> list[dict[str, str]]:
    group = state.either if either else state.chips
    mark = "o" if either else "f"
    return [
        {
            **_words(screen, chip, titles),
            "edit": state.href() + _joint(state) + f"edit={mark}{number}",
            "remove": state.without(chip, either),
        }
        for number, chip in enumerate(group)
    ]


def _joint(state: ListState) -> str:
    return "&" if "?" in state.href() else "?"


def _words(screen: Screen, chip: Chip, titles: Titles) -> dict[str, str]:
    try:
        about = chips_.find(screen, chip.path)
    except BadQuery:
        return {"name": chip.path, "operator": chip.operator, "value": chip.value}
    return {
        "name": about.label,
        "operator": say(chips_.OPERATORS[chip.operator]),
        "value": chips_.value_text(screen, about, chip, titles),
    }
