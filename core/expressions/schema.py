"""What expressions may know of entities: names, types and relations.

The registry implements these protocols; the type checker and the SQL back end ask them
and nothing else, so that expressions know no definition and no table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from core.expressions import types
from core.expressions.types import Path, Type
from core.frozen import frozen

if TYPE_CHECKING:
    from core.expressions.tree import Typed


class MemberKind(StrEnum):
    """How a name of an entity leads to its value."""

    COLUMN = "column"
    LINK = "link"
    REFERENCE = "reference"
    LINES = "lines"
    INVERSE = "inverse"
    LINKS = "links"
    GROUP = "group"
    ANCESTORS = "ancestors"


TO_MANY = frozenset(
    {
        MemberKind.LINES,
        MemberKind.INVERSE,
        MemberKind.LINKS,
        MemberKind.ANCESTORS,
    }
)


@frozen
class Member:
    """One name of an entity.

    `type` is the value's type: link(E) for links, reference(...) for references,
    list_of(record(E)) for lines, inverse and links. Currency, unit and per paths in it
    are relative to the entity that owns the member. `target` is the other entity,
    `back` the link or reference of the target that leads here (lines, inverse). `where`
    narrows lines to those rows of the target for which it is true (root: the target).
    `stored` is False for formulas that are computed on read and so have no column;
    `computed` is their expression (root: the owner), which the SQL back end inlines.
    `same_as` is a path whose value this member always equals. `indexed` members may
    select `rows()`. `folded` members have a shadow column `<name>__fold` with the
    folded text. `members` are those of a group, under their short names.
    """

    name: str
    type: Type
    kind: MemberKind = MemberKind.COLUMN
    target: str | None = None
    back: str | None = None
    sensitive: bool = False
    where: Typed | None = None
    formula: bool = False
    stored: bool = True
    computed: Typed | None = None
    same_as: Path | None = None
    indexed: bool = False
    folded: bool = False
    members: tuple[Member, ...] = ()

    @property
    def to_many(self) -> bool:
        """Whether the member leads to any number of records."""
        return self.kind in TO_MANY

    def member(self, name: str) -> Member | None:
        """A member of this group, by its short name."""
        return next((m for m in self.members if m.name == name), None)


class EntitySchema(Protocol):
    """One entity as expressions see it."""

    @property
    def id(self) -> str:
        """`module.name`."""

    @property
    def title(self) -> Typed | None:
        """The expression of a record's name; None: its id as text."""

    @property
    def order(self) -> tuple[str, ...]:
        """Default order: column names of the entity, `-` in front for descending."""

    @property
    def tree(self) -> str | None:
        """The link of the entity to itself that makes it a tree."""

    @property
    def effective(self) -> tuple[str, str] | None:
        """The fields that hold the first and the last day on which a row counts."""

    def member(self, name: str) -> Member | None:
        """The member of this name, pseudo-fields included."""

    def names(self) -> Iterable[str]:
        """All names, for suggestions."""


@frozen
class Decision:
    """A decision as expressions see it: what goes in and what comes out.

    `many`: it gives a list. `reads`: the paths its own expressions follow from each
    input that is a link. `id` is an entity of the schema: its members are the outputs.
    """

    name: str
    inputs: Mapping[str, Type]
    outputs: Mapping[str, Member]
    many: bool = False
    reads: Mapping[str, frozenset[Path]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    @property
    def id(self) -> str:
        """The name of the record type that it gives."""
        return f"decision {self.name}"


class Schema(Protocol):
    """All entities, and what else expressions may name."""

    def entity(self, id: str) -> EntitySchema | None:
        """The entity of this id."""

    def entity_ids(self) -> Iterable[str]:
        """All entities, for suggestions."""

    def external(self, external_id: str) -> str | None:
        """The entity of a shipped record such as `crm.stage.won`; None: unknown."""

    def has_role(self, role: str) -> bool:
        """Whether `sales.manager` is a role."""

    def setting(self, module: str, name: str) -> Type | None:
        """The type of `settings.<module>.<name>`; None: unknown."""

    def currency_places(self, code: str) -> int | None:
        """Decimal places of a currency named by a literal code; None: unknown code."""

    def decision(self, id: str) -> Decision | None:
        """The decision of this id."""

    def acting_as(self, word: str) -> str | None:
        """The entity that holds the language's currencies, units or countries."""


def path_name(tree: str) -> str:
    """The column that keeps the ids from the root of a tree: `/1/5/17/`."""
    return f"{tree}__path"


def ancestors_name(tree: str) -> str:
    """The relation from a record of a tree to itself and all above, nearest first."""
    return f"{tree}__up"


def tree_above(name: str) -> str:
    """The link of the tree that such a relation goes up."""
    return name.removesuffix("__up")


def path_member(tree: str) -> Member:
    """The kept path of a record of a tree."""
    return Member(path_name(tree), types.TEXT)


def ancestors_member(entity: str, tree: str) -> Member:
    """A record of a tree and all above it."""
    above = types.list_of(types.record(entity))
    return Member(ancestors_name(tree), above, MemberKind.ANCESTORS, target=entity)


def pseudo_members(user_entity: str) -> tuple[Member, ...]:
    """The members that every entity has without declaring them."""
    user = types.link(user_entity)
    return (
        Member("id", types.INTEGER, indexed=True),
        Member("version", types.INTEGER),
        Member("created_at", types.DATETIME),
        Member("created_by", user, MemberKind.LINK, target=user_entity),
        Member("updated_at", types.DATETIME),
        Member("updated_by", user, MemberKind.LINK, target=user_entity),
        Member("archived", types.BOOLEAN),
        Member("archived_at", types.DATETIME),
    )
