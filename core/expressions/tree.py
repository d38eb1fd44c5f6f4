"""The checked expression: a frozen tree in which every node knows its type.

The type checker builds it; the Python and SQL back ends, the JSON serializer and
explain walk it. Overloads, coercions and paths are resolved, so no back end decides
anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from core.expressions.types import Path, Type
from core.frozen import frozen

if TYPE_CHECKING:
    from core.expressions.function import Function
    from core.expressions.schema import Member

Extent = tuple[int, int]


@frozen
class Node:
    """Any part of the tree; `extent` is its start and end in the expression's text."""

    type: Type
    extent: Extent


@frozen
class Literal(Node):
    """A constant: a Python value as described in the package's docstring."""

    value: Any


@frozen
class Variable(Node):
    """A record or value by name: this, old, me, company, names of the slot, loops.

    Loop variables are called `#1`, `#2` ...; settings `settings.<module>.<field>`.
    """

    name: str


@frozen
class Read(Node):
    """The value of a column of a record; null if the record is."""

    of: Node
    name: str
    member: Member


@frozen
class Follow(Node):
    """The record behind a link, or behind a reference if it is of the type's entity."""

    of: Node
    name: str
    member: Member


@frozen
class Identity(Node):
    """The id of a record, as the value of a link to it."""

    of: Node


@frozen
class External(Node):
    """A record named by its external id."""

    key: str


@frozen
class Narrow(Node):
    """A reference as a link to one of its entities; null if it leads elsewhere."""

    of: Node


@frozen
class Widen(Node):
    """A link as the value of a reference."""

    of: Node


@frozen
class Call(Node):
    """A function or operator applied; null handling is the function's."""

    function: Function
    args: tuple[Node, ...]


@frozen
class Logic(Node):
    """`and`, `or`, `not` in three-valued logic."""

    operator: str
    args: tuple[Node, ...]


@frozen
class Conditional(Node):
    """`then if test else other`."""

    test: Node
    then: Node
    other: Node


@frozen
class Coalesce(Node):
    """The first argument that is not null."""

    args: tuple[Node, ...]


@frozen
class IsNull(Node):
    """Whether the value is null; never null itself."""

    of: Node


@frozen
class OneOf(Node):
    """`x in [a, b]`: the same as `x == a or x == b`."""

    needle: Node
    items: tuple[Node, ...]


@frozen
class Among(Node):
    """`x in <list of records or values>`; null only if x is."""

    needle: Node
    select: Select


@frozen
class ToMany(Node):
    """The records of a to-many member, in the target's order.

    `by_reference`: the target leads back by a reference, `by_links`: by a many-to-many
    field, else by a link.
    """

    of: Node
    name: str
    member: Member
    order: tuple[str, ...] = ()
    by_reference: bool = False
    by_links: bool = False


@frozen
class AllRows(Node):
    """`rows(entity, field=value)`: equalities as (member, value)."""

    equal: tuple[tuple[Member, Node], ...]
    order: tuple[str, ...] = ()


@frozen
class Items(Node):
    """A literal list."""

    items: tuple[Node, ...]


@frozen
class Bind:
    """One loop: the variable takes each item of the source, a list-typed node."""

    variable: str
    source: Node


@frozen
class Select(Node):
    """A list: the item for each combination of the binds for which `where` is true."""

    binds: tuple[Bind, ...]
    where: Node | None
    item: Node


@frozen
class Aggregate(Node):
    """`sum`, `count`, `first` ... over a list; `args` are those after the list."""

    name: str
    select: Select
    args: tuple[Node, ...] = ()


@frozen
class Parts(Node):
    """A whole group of fields: its members by their short names."""

    names: tuple[str, ...]
    parts: tuple[Node, ...]


@frozen
class GroupPart(Node):
    """A group on the way to one of its members; never part of a finished tree."""

    of: Node
    member: Member

    def whole(self) -> Parts:
        """The group as one value."""
        group = self.member
        flat = [replace(m, name=f"{group.name}_{m.name}") for m in group.members]
        reads = tuple(Read(m.type, self.extent, self.of, m.name, m) for m in flat)
        names = tuple(m.name for m in group.members)
        return Parts(self.type, self.extent, names, reads)


@frozen
class Uses:
    """What an expression depends on beside the record.

    `rows` are entities read by rows(), `external` the ids given to ref(), `settings`
    are `module.field`, `functions` the names of called functions.
    """

    me: bool = False
    company: bool = False
    clock: bool = False
    old: bool = False
    memory: bool = False
    sensitive: bool = False
    rows: frozenset[str] = frozenset()
    settings: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    external: frozenset[str] = frozenset()


@frozen
class Typed:
    """A checked expression.

    `reads` are the paths read from the root record, each from its first name to a value
    (`("lines", "product", "name")`): what to prefetch, and the order of formulas.
    `reads_of` holds the same for other starting points: `me`, `old`, `company`, names
    of the slot, and `rows:<entity>` for rows().
    """

    tree: Node
    text: str
    entity: str | None
    reads: frozenset[Path] = frozenset()
    reads_of: Mapping[str, frozenset[Path]] = field(default_factory=dict)
    uses: Uses = Uses()

    @property
    def type(self) -> Type:
        """The type of the value."""
        return self.tree.type
