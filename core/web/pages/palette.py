"""The source of the search box: records by their words, views, new ones to begin.

The shell's palette asks; what it lists the reader may open.
"""

from __future__ import annotations

from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from core.compiler import Compiled
from core.services import Actor, Reader
from core.web.auth import login_required_page
from core.web.pages.dashboard_open import BASE, is_open
from core.web.pages.labels import Labels
from core.web.pages.navigation import menu_entities, menu_groups
from core.web.pages.screen import Screen, acting, screen_of
from core.web.pages.view_choice import KINDS, offered_views, view_label
from core.web.state import application
from core.web.wording import say

_EACH = 4
_ENTITIES = 12
_LEAST = 2


@login_required_page
def search_all() -> ResponseReturnValue:
    """Records and new records that fit the typed words."""
    text = request.args.get("q", "").strip()[:100]
    if len(text) < _LEAST:
        return jsonify(items=[])
    actor = acting()
    screens = [screen_of(entity) for entity in menu_entities(actor)[:_ENTITIES]]
    items = [item for screen in screens for item in _create(screen, text)]
    items += _views(actor, screens, text)
    with application().reader(actor) as reader:
        for screen in screens:
            items += _records(screen, reader, text)
    return jsonify(items=items)


def _views(actor: Actor, screens: list[Screen], text: str) -> list[dict[str, Any]]:
    """Views and dashboards by their name, those of the menus left out."""
    compiled: Compiled = application().compiled
    known = {link.href for group in menu_groups(actor) for link in group.links}
    found: list[tuple[str, str, str, str]] = [
        (view_label(screen, view), screen.labels.plural(screen.entity), href, view.type)
        for screen in screens
        for view in offered_views(screen)
        if (href := f"{screen.base}?view={view.id}") and view.label
    ]
    found += [
        (
            Labels(compiled.registry, actor.language).at(f"dashboard {board.id}"),
            "",
            f"{BASE}/{board.id}",
            "",
        )
        for board in compiled.registry.dashboards.values()
        if board.entity is None and is_open(compiled, actor, board)
    ]
    return [
        {
            "title": title,
            "subtitle": about,
            "href": href,
            "icon": KINDS[kind][0] if kind else "layout-dashboard",
            "group": say("Views"),
        }
        for title, about, href, kind in found
        if href not in known and text.casefold() in f"{about} {title}".casefold()
    ]


def _create(screen: Screen, text: str) -> list[dict[str, Any]]:
    label = screen.labels.entity(screen.id)
    title = say("New") + ": " + label
    if not screen.can("create") or text.casefold() not in title.casefold():
        return []
    return [
        {
            "title": title,
            "subtitle": "",
            "href": f"{screen.base}/new",
            "icon": "plus",
            "group": say("Create"),
        }
    ]


def _records(screen: Screen, reader: Reader, text: str) -> list[dict[str, Any]]:
    if not screen.entity.search_fields:
        return []
    group = screen.labels.plural(screen.entity)
    icon = screen.entity.definition.icon or "file-text"
    return [
        {
            "title": one.title,
            "subtitle": one.subtitle or "",
            "href": screen.href(one.id),
            "icon": icon,
            "group": group,
        }
        for one in reader.lookup(screen.id, text, _EACH)
    ]
