"""Which view of an entity a page shows, and the switch between them.

Lists, boards, calendars and trees of one entity share one address; `?view=` names the
view, everything else in the address stays when the reader switches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from flask import abort

from core.compiler.view_models import ManyView
from core.definitions import ViewDef
from core.web.pages.list_state import ListState
from core.web.pages.screen import Screen, is_for
from core.web.wording import say

#: Type of view -> icon and what it is called where several lists have no name.
KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "list": ("list", "List"),
        "kanban": ("layout-kanban", "Board"),
        "calendar": ("calendar", "Calendar"),
        "tree": ("hierarchy", "Tree"),
    }
)


def view_of(screen: Screen, state: ListState) -> ManyView:
    """The view that the address names, else the usual list; 404 for no such view."""
    views = screen.compiled.views
    if not state.view:
        return views.list_of(screen.id)
    written = screen.compiled.registry.views.get(state.view)
    if written is None or written.entity != screen.id or not _is_open(screen, written):
        abort(404)
    if written.type == "list":
        return views.list_of(screen.id, state.view)
    if written.type == "kanban":
        return views.board_of(screen.id, state.view)
    if written.type == "calendar":
        return views.calendar_of(screen.id, state.view)
    if written.type == "tree":
        return views.tree_of(screen.id, state.view)
    abort(404)


def offered_views(screen: Screen) -> Iterator[ViewDef]:
    """The views of an entity that the reader may choose from, the usual list first."""
    usual = screen.compiled.registry.views_of[screen.id, "list"]
    yield usual
    for view in screen.compiled.views.of(screen.id):
        fits = view.type in KINDS and not view.hidden and _is_open(screen, view)
        if view.id != usual.id and fits:
            yield view


def switch_of(
    screen: Screen, state: ListState, view: ManyView
) -> list[dict[str, object]]:
    """The choices of the view switch; empty where there is only one view."""
    found: list[dict[str, object]] = []
    usual = screen.compiled.registry.views_of[screen.id, "list"].id
    for one in offered_views(screen):
        icon, word = KINDS[one.type]
        found.append(
            {
                "label": view_label(screen, one) or say(word),
                "href": state.href(view="" if one.id == usual else one.id),
                "icon": icon,
                "current": one.id == view.id,
            }
        )
    return found if len(found) > 1 else []


def view_label(screen: Screen, view: ViewDef) -> str:
    """What a view is called, empty where nobody gave it a name."""
    return screen.labels.at(f"view {view.id}") if view.label else ""


def view_name(screen: Screen, view_id: str) -> str:
    """The name of a view beside the entity's usual list, empty for that."""
    usual = screen.compiled.registry.views_of[screen.id, "list"].id
    written = screen.compiled.registry.views.get(view_id)
    if written is None or view_id == usual:
        return ""
    return view_label(screen, written)


def _is_open(screen: Screen, view: ViewDef) -> bool:
    return is_for(screen.compiled, screen.actor, view.id, view.roles)
