"""`entity:` and `trait:`: the data a business keeps, with its rules and buttons.

Read by core.source.structure; composed with traits and extensions by core.registry;
turned into tables and checks by core.compiler.
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
    Path,
    Piece,
    Refs,
    Text,
)


@frozen(kw_only=True)
class RuleDef(Part):
    """A condition every saved record keeps; broken only when `check` is false.

    With `at` it is asked only when one of these buttons was pressed.
    """

    check: Expr
    when: Expr | None = None
    field: Name | None = None
    at_: Names = ()
    level: Literal["error", "warn"] = "error"
    message: Filled | None = None
    roles: Refs = ()


@frozen(kw_only=True)
class ConstraintDef(Part):
    """A condition across rows, kept under a lock or by an index of the database.

    One of `unique`, `no_overlap`, `at_most_one`, `exactly_one`, `group_check` and
    `acyclic` says what holds among the rows with the same `per` for which `where` is
    true. Rows without a value of `per` belong to no group.
    """

    unique: Names = ()
    no_overlap: Names = ()
    at_most_one: Expr | None = None
    exactly_one: Expr | None = None
    group_check: Expr | None = None
    acyclic: Path | None = None
    per: Names = ()
    where: Expr | None = None
    level: Literal["error", "warn"] = "error"
    message: Filled | None = None


@frozen(kw_only=True)
class SpreadDef(Part):
    """An amount that is shared out among rows, exact to the last cent."""

    amount: Expr
    over: Name
    by: Expr
    into: Name
    where: Expr | None = None
    residual: Literal["largest", "last", "first"] = "largest"


@frozen(kw_only=True)
class EffectiveDef(Part):
    """Rows that count from one day to another; the dates are added as fields."""

    from_: Name
    to: Name
    per: Names = ()
    gaps: Bool = True


@frozen(kw_only=True)
class FilterDef(Part):
    """A named filter: a tab of the list, `?filter=@name` in the API."""

    where: Expr
    default: Bool = False
    roles: Refs = ()
    icon: Text | None = None


@frozen(kw_only=True)
class ActionDef(Part):
    """A button; `ask` opens a small form whose answers are `ask.<name>`."""

    icon: Text | None = None
    place: Literal["record", "list", "selection"] = "record"
    when: Expr | None = None
    say: Filled | None = None
    ask: Map[FieldDef] = field(default_factory=Map)
    confirm: Filled | None = None
    roles: Refs = ()
    do: ListOf[EffectDef] = ()


@frozen(kw_only=True)
class RetentionDef(Piece):
    """What becomes of old records: `after` this time since the day in `from`."""

    from_: Name
    after: Duration
    where: Expr | None = None
    do: Literal["erase", "archive", "delete"] = "erase"
    fields: Names = ()


@frozen(kw_only=True)
class MatchDef(Piece):
    """What two records have alike to be suspected; all that it names must agree.

    `exact`: equal values, texts with `search` without case and accents. `phone`: equal
    numbers however they are written. `fuzzy`: texts that are `score` % alike. A path
    is a field of the record, or a field of its lines (`numbers.value`), of which one
    pair of rows must agree.
    """

    exact: ListOf[Path] = ()
    phone: ListOf[Path] = ()
    fuzzy: ListOf[Path] = ()
    score: Int = 90


@frozen(kw_only=True)
class DuplicatesDef(Piece):
    """Which records may stand for the same thing: one of `match` suffices.

    `action` warn asks the writer once, block refuses. Records outside `where` and
    archived ones are left alone.
    """

    match: ListOf[MatchDef]
    where: Expr | None = None
    action: Literal["warn", "block"] = "warn"


@frozen(kw_only=True)
class FeedsDef(Piece):
    """Records of this entity stand in the timeline of what the links `of` lead to.

    `due` (a day or moment), `done` (true or false) and `person` (a link to a user)
    name the fields that say when, whether it is done, and by whom. `steps` puts the
    transitions of the records there as well, and who got them by which assignment.
    """

    of: Names
    due: Name | None = None
    done: Name | None = None
    person: Name | None = None
    steps: Bool = False


@frozen(kw_only=True)
class EntityDef(Described):
    """One entity: its fields, rules, buttons, filters and default order."""

    plural: Text | None = None
    icon: Text | None = None
    title: Expr | None = None
    subtitle: Expr | None = None
    image: Name | None = None
    key: Name | None = None
    order: ListOf[OrderPath] = ()
    fields: Map[FieldDef]
    uses: Ids = ()
    part_of: Map[Id] = field(default_factory=Map)
    own_rights: Bool = False
    acts_as: Literal["currency", "unit", "country"] | None = None
    company: Literal["none", "optional", "required"] = "none"
    tree: Name | None = None
    effective: EffectiveDef | None = None
    timeline: Bool = False
    feeds: FeedsDef | None = None
    archive: Bool = False
    rules: Map[RuleDef] = field(default_factory=Map)
    constraints: Map[ConstraintDef] = field(default_factory=Map)
    spreads: Map[SpreadDef] = field(default_factory=Map)
    filters: Map[FilterDef] = field(default_factory=Map)
    actions: Map[ActionDef] = field(default_factory=Map)
    duplicates: DuplicatesDef | None = None
    indexes: ListOf[Names] = ()
    retention: RetentionDef | None = None
    search: Names | Map[Int] = ()
    api: Bool = True


@frozen(kw_only=True)
class TraitDef(Described):
    """A group of fields and rules that entities mix in or embed."""

    title: Expr | None = None
    fields: Map[FieldDef]
    rules: Map[RuleDef] = field(default_factory=Map)
    constraints: Map[ConstraintDef] = field(default_factory=Map)
