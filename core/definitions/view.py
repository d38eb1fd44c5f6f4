"""`view:` a list or form that replaces the generated one, a board, calendar or tree."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from core.definitions.entity import FilterDef
from core.frozen import frozen
from core.source import (
    Bool,
    BoolExpr,
    Described,
    Expr,
    Id,
    Int,
    ListOf,
    Map,
    Name,
    Names,
    OrderPath,
    Part,
    Path,
    RefMap,
    Refs,
    Text,
)


@frozen(kw_only=True)
class ItemDef(Part):
    """A field shown by a view: name or path, with what differs from its definition."""

    field: Path
    widget: Name | None = None
    readonly: BoolExpr = False
    visible: BoolExpr = True
    span_: Int = 1
    width: Int | None = None
    total: Literal["sum"] | None = None
    edit: Bool = False
    pin: Bool = False


@frozen(kw_only=True)
class SectionDef(Part):
    """A titled group of fields in one to three columns."""

    fields: ListOf[Path | ItemDef] = ()
    columns: Int = 2
    visible: BoolExpr = True
    collapsed: Bool = False


@frozen(kw_only=True)
class TabDef(Part):
    """A tab of a form with sections of its own."""

    sections: Map[SectionDef] = field(default_factory=Map)
    visible: BoolExpr = True


@frozen(kw_only=True)
class ButtonDef(Part):
    """A smart button: the count of an inverse, leading to its list."""

    inverse: Name | None = None
    action: Name | None = None
    where: Expr | None = None
    icon: Text | None = None


@frozen(kw_only=True)
class RowStyleDef(Part):
    """A tone for the rows of a list for which `when` holds."""

    when: Expr
    style: Literal["ok", "warn", "bad", "info", "quiet", "strong"]


@frozen(kw_only=True)
class CardDef(Part):
    """A card of a board: fields or paths; the title is the record's without one."""

    title: Path | None = None
    lines: ListOf[Path] = ()
    badge: Path | None = None
    image: Path | None = None


@frozen(kw_only=True)
class ViewDef(Described):
    """A way to see an entity; the keys of the other types are refused.

    `as_of` shows the rows that count on one day, which the reader may change.
    """

    entity: Id
    type: Literal["form", "list", "kanban", "calendar", "tree"]
    default: Bool = True
    where: Expr | None = None
    roles: Refs = ()
    order: ListOf[OrderPath] = ()
    filters: Map[FilterDef] = field(default_factory=Map)
    as_of: Bool = False
    # form
    header: ListOf[Path | ItemDef] = ()
    sections: Map[SectionDef] = field(default_factory=Map)
    tabs: Map[TabDef] = field(default_factory=Map)
    buttons: Map[ButtonDef] = field(default_factory=Map)
    quick: Names = ()
    # list
    columns: ListOf[Path | ItemDef] = ()
    row_style: ListOf[RowStyleDef] = ()
    group: Names = ()
    totals: Names = ()
    editable: Bool = False
    # kanban
    column_by: Name | None = None
    card: CardDef | None = None
    sums: Names = ()
    limits: RefMap[Int] = field(default_factory=Map)
    stale: Expr | None = None
    # calendar
    start: Name | None = None
    end: Name | None = None
    title: Path | None = None
    color: Path | None = None
    # tree
    parent: Name | None = None
