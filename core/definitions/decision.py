"""`decision:` a table from inputs to outputs, written here or kept by users as rows.

Read by core.registry, which checks it; run by core.services.decisions whenever an
expression calls `decide(...)`.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from core.fieldtypes.spec import FieldDef
from core.frozen import frozen
from core.source import (
    Described,
    Expr,
    Id,
    ListOf,
    Map,
    Number,
    OrderPath,
    Part,
    Piece,
    Text,
    Values,
)


@frozen(kw_only=True)
class DecisionRowDef(Part):
    """One row: what holds, and what then comes out."""

    when: Expr | None = None
    then: Values


@frozen(kw_only=True)
class DecisionColumnDef(Part):
    """How a field of the rows meets the inputs; an empty field meets everything."""

    equal: Expr | None = None
    within: Expr | None = None
    at_least: Expr | None = None
    from_: Expr | None = None
    until: Expr | None = None
    holds: Expr | None = None


@frozen(kw_only=True)
class BandDef(Piece):
    """One bracket: up to where, the percentage of that part, an amount besides."""

    upto: Number | None = None
    rate: Number
    fixed: Number | None = None


@frozen(kw_only=True)
class BandsDef(Piece):
    """The brackets from a day on."""

    valid: Text
    rows: ListOf[BandDef]


@frozen(kw_only=True)
class DecisionDef(Described):
    """Typed inputs and outputs, and exactly one of rows, entity and bands."""

    inputs: Map[FieldDef]
    outputs: Map[FieldDef]
    mode: Literal["first", "best", "all", "bands"] = "first"
    rows: Map[DecisionRowDef] = field(default_factory=Map)
    entity: Id | None = None
    columns: Map[Literal["equal"] | DecisionColumnDef] = field(default_factory=Map)
    where: Expr | None = None
    order: ListOf[OrderPath] = ()
    bands: ListOf[BandsDef] = ()
    otherwise: Values = field(default_factory=Map)
    on_none: Literal["null", "refuse"] = "null"
