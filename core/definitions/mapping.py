"""`mapping:` how records of one entity, or foreign data, become records of another.

Read by core.registry, which checks it; run by core.services.mapping for the effect
`map`, the REST API and Python.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from core.definitions.effect import EffectDef
from core.fieldtypes.spec import FieldDef
from core.frozen import frozen
from core.source import (
    Bool,
    Described,
    Expr,
    Filled,
    Id,
    Int,
    ListOf,
    Map,
    Name,
    Names,
    Part,
    Piece,
    RefMap,
    Text,
    TextMap,
    Values,
)


@frozen(kw_only=True)
class MappingLinesDef(Part):
    """Rows that become lines of the target; bare names are those of the source row.

    `open` is what is still to take: rows with none left are skipped, `fields` reads it
    as `open`. `group_by` merges rows, read as `rows`. `link` on the new line leads to
    the source row, `back` on the source row to the new line or its document. `match`
    names fields of the line by which one that is there already is changed.
    """

    from_: Expr
    to: Name
    where: Expr | None = None
    match: Names = ()
    open_: Expr | None = None
    group_by: ListOf[Expr] = ()
    link: Name | None = None
    back: Name | None = None
    fields: Values = field(default_factory=Map)


@frozen(kw_only=True)
class ForeignDef(Piece):
    """Data from outside, read as `src.<name>`.

    `schema` names the columns of a table, the keys of JSON objects or the elements of
    XML with their types; address books, calendars and mails have the names of their
    format.
    """

    format: Literal["csv", "json", "xml", "mail", "vcard", "icalendar"]
    schema: Map[FieldDef] = field(default_factory=Map)


@frozen(kw_only=True)
class MissingDef(Piece):
    """A record with these constants is made where a text names none."""

    create: Values


@frozen(kw_only=True)
class RejectDef(Part):
    """Foreign data for which `check` does not hold is left out; `say` tells why."""

    check: Expr
    say: Filled


@frozen(kw_only=True)
class MappingDef(Described):
    """A record, or several of a group, becomes a record of `to`.

    `when` must hold for every source, `where` chooses among several. `match` names
    fields of the target by which one that is there is found; `update` changes it.
    `then` are effects on each source afterwards, which see the target as `target`.
    `version` counts up when files made of it for somebody would mean something else.
    Of foreign data: `external` keeps its ids by namespace, the first one finds a record
    again; `missing` says what happens where the text of a link names nothing.
    """

    from_: Id | ForeignDef
    to: Id
    when: Expr | None = None
    where: Expr | None = None
    group_by: ListOf[Expr] = ()
    ask: Map[FieldDef] = field(default_factory=Map)
    match: Names = ()
    update: Bool = True
    version: Int = 1
    fields: Values = field(default_factory=Map)
    lines: Map[MappingLinesDef] = field(default_factory=Map)
    link: Name | None = None
    then: ListOf[EffectDef] = ()
    external: Values = field(default_factory=Map)
    value_maps: Map[TextMap[Text]] = field(default_factory=Map)
    missing: RefMap[Literal["leave"] | MissingDef] = field(default_factory=Map)
    reject: Map[RejectDef] = field(default_factory=Map)

    @property
    def source(self) -> str:
        """The entity it takes records of; empty for foreign data."""
        return self.from_ if isinstance(self.from_, str) else ""

    @property
    def foreign(self) -> ForeignDef | None:
        """The foreign data it takes; None for records."""
        return self.from_ if isinstance(self.from_, ForeignDef) else None
