"""Warns of icons that there are none of: they would silently stay empty.

Called by core.registry.build after everything that may have an icon is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.definitions import DashboardDef, MenuItemDef
from core.definitions.icons import icon_names
from core.diagnostics import did_you_mean
from core.registry.checker import Checker
from core.source import Described, Part


def check_icons(checker: Checker) -> None:
    """Report each icon of entities, buttons, filters, views, tiles and menus."""
    known = icon_names()
    for part in _parts(checker):
        name = getattr(part, "icon", None)
        if name is None or name in known:
            continue
        text = f"there is no icon '{name}', so nothing is shown"
        help_ = did_you_mean(name, known) or "the reference lists all icons"
        checker.diagnostics.warn("W425", text, part.at("icon"), None, help_)


def _parts(checker: Checker) -> Iterator[Part | Described]:
    documents = checker.documents
    for entity in documents.entities.values():
        yield entity
        yield from entity.actions.values()
        yield from entity.filters.values()
    for view in documents.views.values():
        yield from view.buttons.values()
        yield from view.filters.values()
    for board in documents.of("dashboard", DashboardDef).values():
        yield from board.tiles.values()
    for menu in documents.menus.values():
        yield menu
        yield from _items(menu.items.values())


def _items(items: Iterable[MenuItemDef]) -> Iterator[Part | Described]:
    for item in items:
        yield item
        yield from _items(item.items.values())
