"""`dashboard:` figures, lists and charts on one page, of a business or of a record.

Read by core.registry, which checks it; drawn by core.web.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from core.definitions.entity import FilterDef
from core.definitions.view import ItemDef
from core.frozen import frozen
from core.source import (
    Described,
    Duration,
    Expr,
    Id,
    Int,
    ListOf,
    Map,
    OrderPath,
    Part,
    Path,
    Refs,
    Text,
)


@frozen(kw_only=True)
class GroupingDef(Part):
    """What the bars of a chart stand for; `grain` cuts dates into periods."""

    of: Expr
    grain: Literal["day", "week", "month", "quarter", "year"] | None = None


@frozen(kw_only=True)
class CompareDef(Part):
    """The same figure over other rows, to see what changed."""

    where: Expr


@frozen(kw_only=True)
class TileDef(Part):
    """One tile: exactly one of number, list, chart, view and text.

    `where`, `value` and `rows` are about the rows of the entity that number, list or
    `from` names; `this` is the record of the page. `span` counts twelfths of the width.
    """

    number: Id | None = None
    list: Id | None = None
    chart: Literal["bar", "column", "line", "area", "pie", "funnel"] | None = None
    view: Id | None = None
    text: Text | None = None
    from_: Id | None = None
    where: Expr | None = None
    value: Expr | None = None
    rows: Expr | GroupingDef | None = None
    compare: CompareDef | None = None
    columns: ListOf[Path | ItemDef] = ()
    order: ListOf[OrderPath] = ()
    limit: Int | None = None
    drill: Id | None = None
    span_: Int | None = None
    icon: Text | None = None
    roles: Refs = ()


@frozen(kw_only=True)
class DashboardDef(Described):
    """A page of tiles; with `entity` it shows one record of it.

    `filters` stand above the tiles; all tiles obey those that are chosen, and hand them
    on to the lists that they lead to.
    """

    entity: Id | None = None
    roles: Refs = ()
    filters: Map[FilterDef] = field(default_factory=Map)
    refresh: Duration | None = None
    tiles: Map[TileDef] = field(default_factory=Map)
