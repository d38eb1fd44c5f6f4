"""Small kinds for tests of reading: enough shapes to show each mistake."""

from dataclasses import field
from typing import Literal

from core.frozen import frozen
from core.source import (
    BoolExpr,
    Described,
    Duration,
    Expr,
    Filled,
    Id,
    Ids,
    Int,
    ListOf,
    Map,
    Name,
    Names,
    OrderPath,
    Part,
    Piece,
    Raw,
    Ref,
    RefMap,
    Text,
    TextMap,
    Value,
    Values,
    key,
)


@frozen(kw_only=True)
class Guard(Piece):
    """A condition with its reason."""

    check: Expr
    say: Filled | None = None


@frozen(kw_only=True)
class SampleField(Part):
    """One field."""

    type: Name
    required: BoolExpr = False
    length: Int | None = None
    default: Value | None = None
    formula: Expr | None = field(default=None, metadata=key(excludes=("default",)))
    choices: TextMap[Text] | Ref | None = None
    guard: ListOf[Guard] = ()


@frozen(kw_only=True)
class Rule(Part):
    """A condition that every record keeps."""

    check: Expr
    level: Literal["error", "warn"] = "error"
    at: Names = ()


@frozen(kw_only=True)
class Timer(Described):
    """Something that happens later."""

    in_: Names = ()
    after: Duration | Expr | None = None
    do: ListOf[Raw] = ()


@frozen(kw_only=True)
class SampleEntity(Described):
    """A kind of record."""

    fields: Map[SampleField]
    rules: Map[Rule] = field(default_factory=Map)
    timers: Map[Timer] = field(default_factory=Map)
    uses: Ids = ()
    order: ListOf[OrderPath] = ()
    part_of: RefMap[Id] = field(default_factory=Map)
    set: Values = field(default_factory=Map)
    columns: Literal["all"] | Names = ()
