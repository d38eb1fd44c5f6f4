"""`menu:` the entries a module adds to the navigation."""

from __future__ import annotations

from dataclasses import field

from core.frozen import frozen
from core.source import Bool, Described, Expr, Id, Int, Map, Name, Part, Refs, Text


@frozen(kw_only=True)
class MenuItemDef(Part):
    """One entry: an entity's list, a view, a dashboard, settings, or an address.

    With `action` it runs that action of `entity`, one whose place is the list.
    """

    entity: Id | None = None
    view: Id | None = None
    dashboard: Id | None = None
    settings: Name | None = None
    url: Text | None = None
    action: Name | None = None
    filter: Expr | None = None
    count: Bool = False
    roles: Refs = ()
    icon: Text | None = None
    items: Map[MenuItemDef] = field(default_factory=Map)


@frozen(kw_only=True)
class MenuDef(Described):
    """A folding group of the navigation."""

    icon: Text | None = None
    order: Int = 100
    items: Map[MenuItemDef] = field(default_factory=Map)
