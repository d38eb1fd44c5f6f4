"""`mapping:` how records of one entity become records of another.

Read by core.registry, which checks it; run by core.services.mapping for the effect
`map`, the REST API and Python.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from core.definitions.effect import EffectDef
from core.fieldtypes.spec import FieldDef
from core.source import (
    Bool,
    Described,
    Expr,
    Id,
    ListOf,
    Map,
    Name,
    Names,
    Part,
    Values,
)


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingDef(Described):
    """A record, or several of a group, becomes a record of `to`.

    `when` must hold for every source, `where` chooses among several. `match` names
    fields of the target by which one that is there is found; `update` changes it.
    `then` are effects on each source afterwards, which see the target as `target`.
    """

    from_: Id
    to: Id
    when: Expr | None = None
    where: Expr | None = None
    group_by: ListOf[Expr] = ()
    ask: Map[FieldDef] = field(default_factory=Map)
    match: Names = ()
    update: Bool = True
    fields: Values = field(default_factory=Map)
    lines: Map[MappingLinesDef] = field(default_factory=Map)
    link: Name | None = None
    then: ListOf[EffectDef] = ()
