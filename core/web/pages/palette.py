"""The source of the search box: records by their words, and new ones to begin.

The shell's palette asks; what it lists the reader may open.
"""

from __future__ import annotations

from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from core.services import Reader
from core.web.auth import login_required_page
from core.web.pages.navigation import menu_entities
from core.web.pages.screen import Screen, acting, screen_of
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
    with application().reader(actor) as reader:
        for screen in screens:
            items += _records(screen, reader, text)
    return jsonify(items=items)


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
