"""What a list and a form consist of: frozen, without HTML, labels as written.

Made by `ViewCompiler`; drawn by the pages, which translate the labels by the addresses
of fields and sections.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from core.compiler.parts import CompiledField, CompiledInverse, Computed
from core.expressions import Typed
from core.frozen import frozen

Style = Literal["ok", "warn", "bad", "info", "quiet", "strong"]


@frozen(kw_only=True)
class Column:
    """A column of a list; `field` is None for what every record has (`created_at`)."""

    path: str
    label: str
    field: CompiledField | None
    width: int | None = None
    total: bool = False
    edit: bool = False
    pin: bool = False


@frozen
class RowStyle:
    """A tone for the rows for which `when` is true."""

    when: Computed
    style: Style


@frozen
class ViewFilter:
    """A filter offered above a list; `named`: it is the entity's, `?filter=@id`."""

    id: str
    label: str
    where: Typed
    default: bool
    roles: tuple[str, ...]
    named: bool


@frozen(kw_only=True)
class ListView:
    """A list: columns in order, default order, filters, and its own row condition.

    In an `editable` one every column that may be set is changed in place, those that
    the reader chose himself as well. `dates` are the fields between which a row counts,
    where the view shows one day.
    """

    id: str
    entity: str
    label: str
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    filters: tuple[ViewFilter, ...]
    row_styles: tuple[RowStyle, ...]
    editable: bool
    group: tuple[str, ...]
    where: Typed | None
    dates: tuple[str, str] | None
    roles: tuple[str, ...]


@frozen(kw_only=True)
class Card:
    """What a card of a board shows; without a title the record's own."""

    title: Column | None
    lines: tuple[Column, ...]
    badge: Column | None
    image: Column | None


@frozen(kw_only=True)
class BoardView:
    """A board: a column per value of `field`, sums and limits per column.

    `limits` by key of the choice or external id; `stale` marks cards that rest too
    long.
    """

    id: str
    entity: str
    label: str
    field: CompiledField
    card: Card
    sums: tuple[Column, ...]
    limits: Mapping[str, int]
    stale: Computed | None
    order: tuple[str, ...]
    filters: tuple[ViewFilter, ...]
    where: Typed | None
    dates: tuple[str, str] | None
    roles: tuple[str, ...]


@frozen(kw_only=True)
class CalendarView:
    """A calendar: when a record begins and ends, its title and colour.

    `start` and `end` are dates (whole days) or datetimes; without `end` a record takes
    its day, or an hour.
    """

    id: str
    entity: str
    label: str
    start: CompiledField
    end: CompiledField | None
    title: Column | None
    color: Column | None
    order: tuple[str, ...]
    filters: tuple[ViewFilter, ...]
    where: Typed | None
    dates: tuple[str, str] | None
    roles: tuple[str, ...]


@frozen(kw_only=True)
class TreeView:
    """A tree: columns of a list, opened along `parent`."""

    id: str
    entity: str
    label: str
    parent: CompiledField
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    filters: tuple[ViewFilter, ...]
    where: Typed | None
    dates: tuple[str, str] | None
    roles: tuple[str, ...]


#: What shows many records: all of these have filters, order and a condition.
ManyView = ListView | BoardView | CalendarView | TreeView


@frozen(kw_only=True)
class Item:
    """A field in a form; conditions of the view come on top of those of the field."""

    path: str
    label: str
    field: CompiledField | None
    widget: str | None = None
    readonly: bool | Computed = False
    visible: bool | Computed = True
    span: int = 1
    help: str | None = None


@frozen(kw_only=True)
class Section:
    """A titled group of items; a `wide` one is a single grid of lines."""

    id: str
    label: str
    columns: int
    items: tuple[Item, ...]
    visible: bool | Computed
    collapsed: bool
    wide: bool


@frozen(kw_only=True)
class Tab:
    """A page of a form with sections of its own."""

    id: str
    label: str
    sections: tuple[Section, ...]
    visible: bool | Computed


@frozen(kw_only=True)
class Button:
    """A count of an inverse that leads to its list, or an action."""

    id: str
    label: str
    icon: str | None
    inverse: CompiledInverse | None
    action: str | None
    where: Typed | None


@frozen(kw_only=True)
class FormView:
    """A form: header, sections, tabs, buttons, and the fields of its quick form."""

    id: str
    entity: str
    label: str
    header: tuple[Item, ...]
    sections: tuple[Section, ...]
    tabs: tuple[Tab, ...]
    buttons: tuple[Button, ...]
    quick: tuple[str, ...]
    roles: tuple[str, ...]
