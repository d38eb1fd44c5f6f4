"""What an author may say of one field: every key of a field in an entity.

Read by core.source.structure from YAML; interpreted by the field type named in
`type`, which owns the meaning of the keys of its own (`choices`, `to`, `currency` ...).
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from core.frozen import frozen
from core.source import (
    Bool,
    BoolExpr,
    Expr,
    Id,
    Ids,
    Int,
    ListOf,
    Map,
    Name,
    Part,
    Path,
    Raw,
    RefMap,
    Text,
    Value,
    key,
)


@frozen(kw_only=True)
class ChoiceDef(Part):
    """One value of a choice: its colour, rank and the condition that offers it."""

    color: Text | None = None
    rank: Int | None = None
    when: Expr | None = None


@frozen(kw_only=True)
class DeriveDef(Part):
    """A suggested value that follows its inputs until somebody types another."""

    value: Expr
    watch: ListOf[Path] = ()
    while_: Expr | None = None


@frozen(kw_only=True)
class BuildDef(Part):
    """Rows that a mapping makes and remakes of other rows, while a condition holds."""

    mapping: Id
    in_: Expr
    while_: Expr | None = None


@frozen(kw_only=True)
class CaseDef(Part):
    """One line of `cases`: the first whose `when` holds gives the value."""

    when: Expr | None = None
    then: Value | None = None
    else_: Value | None = None


@frozen(kw_only=True)
class FieldDef(Part):
    """One field: its type, its limits and where its value comes from."""

    type: Name
    placeholder: Text | None = None
    # when it must, may or may not be filled
    required: BoolExpr = False
    readonly: BoolExpr = False
    visible: BoolExpr = True
    once: Bool = False
    # where its value comes from
    default: Value | None = field(
        default=None, metadata=key(excludes=("formula", "cases"))
    )
    derive: Expr | DeriveDef | None = field(
        default=None, metadata=key(excludes=("formula", "cases"))
    )
    formula: Expr | None = field(default=None, metadata=key(excludes=("cases",)))
    cases: ListOf[CaseDef] = ()
    stored: Bool | None = None
    frozen: Expr | None = None
    # limits
    min: Value | None = None
    max: Value | None = None
    length: Int | None = None
    pattern: Text | None = None
    digits: Int | None = None
    places: Int | None = None
    unique: Bool = False
    index: Bool = False
    search: Bool = False
    copy: Bool | None = None
    track: Bool | None = None
    per_company: Bool = False
    sensitive: Bool = False
    declassify: Bool = False
    # own keys of types
    currency: Path | None = None
    per: Path | None = None
    unit: Path | None = None
    three_state: Bool = False
    zone: Text | None = None
    choices: Id | RefMap[Text | ChoiceDef] | None = None
    ordered: Bool = False
    of: Id | None = None
    to: Ids = ()
    where: Expr | None = None
    inverse: Name | None = None
    on_delete: Literal["restrict", "clear", "cascade"] = "restrict"
    create: Bool = False
    through: Id | None = None
    build: BuildDef | None = None
    numbering: Id | None = None
    accept: ListOf[Text] = ()
    size: Text | None = None
    multiple: Bool = False
    schema: Raw | None = None
    result: Name | None = None
    defined_by: Path | None = None
    # change
    convert: Expr | None = None
    values_was: Map[Name] = field(default_factory=Map)
