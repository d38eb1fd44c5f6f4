"""The navigation of the modules: their menus, narrowed to what somebody may open.

Handed to the shell; entries that lead nowhere for the reader are not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from core.compiler import Compiled
from core.definitions import MenuItemDef
from core.services import Actor
from core.web.menus import MenuGroup, MenuLink
from core.web.pages.dashboard_open import BASE, is_open
from core.web.pages.labels import Labels
from core.web.pages.screen import address_of, is_for, may
from core.web.state import application
from core.web.wording import language

#: Stands for a number that is yet to be asked for.
COUNT = "?"


def module_menus(actor: Actor) -> tuple[MenuGroup, ...]:
    """The groups of all modules in order, with the counts that entries ask for."""
    groups = menu_groups(actor)
    if not any(link.count for group in groups for link in group.links):
        return groups
    from core.web.pages.menu_counts import with_counts

    return with_counts(actor, groups)


def menu_groups(actor: Actor) -> tuple[MenuGroup, ...]:
    """The groups of all modules in order; COUNT stands where a count is asked for."""
    compiled: Compiled = application().compiled
    labels = Labels(compiled.registry, language())
    menus = sorted(compiled.registry.menus.items(), key=lambda pair: pair[1].order)
    groups = []
    for name, menu in menus:
        links = tuple(_links(compiled, labels, actor, f"menu {name}", menu.items))
        if links:
            icon = menu.icon or "category"
            groups.append(MenuGroup(labels.at(f"menu {name}"), icon, links))
    return tuple(groups)


def _links(
    compiled: Compiled,
    labels: Labels,
    actor: Actor,
    place: str,
    items: Mapping[str, MenuItemDef],
) -> Iterator[MenuLink]:
    """Entries and, behind them, those of entries that only hold others."""
    for id_, item in items.items():
        at = f"{place}/items/{id_}"
        if not is_for(compiled, actor, compiled.registry.set_by(at), item.roles):
            continue
        href = _href(compiled, actor, item)
        if href:
            count = COUNT if item.count and href.startswith("/") else ""
            yield MenuLink(labels.at(at), href, item.icon or "", count)
        yield from _links(compiled, labels, actor, at, item.items)


def _href(compiled: Compiled, actor: Actor, item: MenuItemDef) -> str:
    """Where an entry leads; empty for one that holds others or is closed."""
    if item.dashboard is not None:
        board = compiled.registry.dashboards.get(item.dashboard)
        shown = board is not None and is_open(compiled, actor, board)
        return f"{BASE}/{item.dashboard}" if shown else ""
    if item.settings is not None:
        return f"/settings/{item.settings}" if actor.is_admin else ""
    entity, view = item.entity, None
    if item.view is not None:
        view = compiled.registry.views.get(item.view)
        entity = view.entity if view is not None else None
    if entity is None or entity not in compiled.registry.entities:
        return _own(item.url)
    if not may(compiled, actor, entity, "read"):
        return ""
    if item.action is not None:
        return _action(compiled, actor, entity, item.action)
    if view is not None and not is_for(compiled, actor, view.id, view.roles):
        return ""
    pairs = {"view": item.view if view is not None else None}
    if item.filter is not None:
        pairs |= {"tab": "all", "where": str(item.filter)}
    query = urlencode({key: text for key, text in pairs.items() if text})
    return address_of(entity) + (f"?{query}" if query else "")


def _action(compiled: Compiled, actor: Actor, entity: str, action: str) -> str:
    """The page of a button of the list, empty for who may not press it."""
    known = compiled.entity(entity).actions.get(action)
    if known is None or not is_for(compiled, actor, entity, known.roles):
        return ""
    may_press = may(compiled, actor, entity, action)
    return f"{address_of(entity)}/actions/{action}" if may_press else ""


def _own(url: str | None) -> str:
    """An address of this site or of the web; no scripts."""
    return url if url and url.startswith(("/", "https://", "http://")) else ""


def menu_entities(actor: Actor, deep: bool = True) -> list[str]:
    """The entities that the menus lead to for somebody, in their order.

    deep: with those behind entries that hold others, such as lists for set-up.
    """
    compiled: Compiled = application().compiled
    menus = sorted(compiled.registry.menus.values(), key=lambda menu: menu.order)
    found = (entity for menu in menus for entity in _entities(menu.items, deep))
    return [
        entity
        for entity in dict.fromkeys(found)
        if entity in compiled.registry.entities and may(compiled, actor, entity, "read")
    ]


def _entities(items: Mapping[str, MenuItemDef], deep: bool) -> Iterator[str]:
    for item in items.values():
        if item.entity is not None and item.action is None:
            yield item.entity
        if deep:
            yield from _entities(item.items, deep)
