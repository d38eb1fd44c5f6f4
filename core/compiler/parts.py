"""The parts of a compiled entity: frozen values with closures ready to run.

Made by the builders beside this file; the write path, the query and the pages read
them. `Compute` takes the surroundings of one evaluation and returns a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any, Literal

import sqlalchemy as sa

from core.definitions import FilterDef, RuleDef
from core.expressions import Env, Typed
from core.expressions.binding import Binding
from core.expressions.types import Path
from core.fieldtypes import FieldType
from core.fieldtypes.spec import FieldDef
from core.frozen import frozen

Compute = Callable[[Env], Any]
MakeText = Callable[[Env], str]
ToColumn = Callable[[Binding], "sa.ColumnElement[Any]"]
FieldKind = Literal["value", "link", "reference", "links", "lines", "group"]
NO_PATHS: frozenset[Path] = frozenset()


@frozen
class Reads:
    """What must be loaded before something runs; each path ends in a value.

    `this`: paths from the record. `of`: paths from other roots: `me`, `company`, `old`,
    names of the slot, `rows:<entity>`.
    """

    this: frozenset[Path] = NO_PATHS
    of: Mapping[str, frozenset[Path]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    @property
    def relations(self) -> frozenset[Path]:
        """The relation paths of the record to prefetch, shortest prefixes included."""
        return frozenset(p[:n] for p in self.this for n in range(1, len(p)))

    def __or__(self, other: Reads) -> Reads:
        roots = {
            name: self.of.get(name, NO_PATHS) | other.of.get(name, NO_PATHS)
            for name in {*self.of, *other.of}
        }
        return Reads(self.this | other.this, MappingProxyType(roots))


NOTHING_READ = Reads()


@frozen
class Computed:
    """An expression ready to run; `typed` is its checked form (None: a literal)."""

    run: Compute
    reads: Reads = NOTHING_READ
    typed: Typed | None = None


@frozen
class FilledText:
    """A text with expressions in it, ready to be filled."""

    run: MakeText
    reads: Reads = NOTHING_READ


@frozen
class CompiledBuild:
    """Rows of a lines field that a mapping makes of `items`, while `while_` holds."""

    mapping: str
    items: Computed
    while_: Computed | None


@frozen(kw_only=True)
class CompiledField:
    """One field under its flat name (`billing_street` for a member of a group).

    `columns`: keys of its columns in the entity's table; none for lines, links, groups
    and computed fields that are not stored. `writable`: a writer may give a value at
    all (rights and `readonly` come on top). `numbering`: id, for fields that a series
    fills. `offered`: choice keys with a condition.
    """

    name: str
    definition: FieldDef
    type: FieldType
    label: str
    kind: FieldKind = "value"
    columns: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    group: str | None = None
    members: tuple[str, ...] = ()
    computed: bool = False
    stored: bool = True
    sensitive: bool = False
    writable: bool = True
    folded: bool = False
    once: bool = False
    numbering: str | None = None
    where: Computed | None = None
    build: CompiledBuild | None = None
    offered: Mapping[str, Computed] = field(
        default_factory=lambda: MappingProxyType({})
    )


@frozen
class CompiledDefault:
    """Fills an empty field of a new record; the result still goes through coerce."""

    field: str
    value: Computed


@frozen
class CompiledDerive:
    """A suggestion that follows its inputs.

    `watch`: paths; the value is computed again when one of them changes. It rests
    unless `while_` is true, and while `frozen` is.
    """

    field: str
    value: Computed
    watch: frozenset[Path]
    while_: Computed | None = None
    frozen: Computed | None = None


@frozen
class CompiledFormula:
    """A computed field; in `formulas` (stored) or in `virtuals` (computed on read).

    `sql` is None where the expression has no SQL form: then `value.run` computes it
    from a record with `value.reads` loaded. `heavy`: a stored one that reads long lists
    of other documents; a save works it out only when the record itself calls for it.
    """

    field: str
    value: Computed
    frozen: Computed | None = None
    sql: ToColumn | None = None
    heavy: bool = False


@frozen
class CompiledRule:
    """A rule of the record: broken when `check` is False, and `when` is not False.

    With `at` it is asked when one of these buttons was pressed, else at every save.
    """

    id: str
    definition: RuleDef
    check: Computed
    when: Computed | None
    field: str | None
    level: Literal["error", "warn"]
    message: FilledText
    roles: tuple[str, ...]
    reads: Reads
    at: tuple[str, ...] = ()


@frozen
class CompiledUnique:
    """Fields that are unique together; `index` is the name of the database's index.

    `scoped`: unique within the company. `columns` as SQLite names them in its errors.
    One of the level warn has an index that does not refuse.
    """

    id: str
    index: str
    fields: tuple[str, ...]
    columns: tuple[str, ...]
    where: Computed | None
    message: FilledText | None
    scoped: bool
    level: str = "error"


@frozen
class CompiledBounds:
    """The least and the greatest value a field may have; results are to be coerced."""

    field: str
    least: Computed | None
    greatest: Computed | None


@frozen
class CompiledLines:
    """A field of owned rows: the child entity and its link back.

    `where` narrows the child's rows (root: the child); `fixed` are the values new rows
    get from its equalities.
    """

    field: str
    child: str
    back: str
    where: Computed | None
    fixed: Mapping[str, Any]
    least: Computed | None
    greatest: Computed | None


@frozen
class CompiledInverse:
    """A read-only to-many: the rows of `entity` whose `back` field leads here."""

    name: str
    entity: str
    back: str
    kind: Literal["link", "reference", "links"]


@frozen
class CompiledOwner:
    """The entity that owns the rows, and the link to it."""

    field: str
    entity: str


@frozen
class CompiledFilter:
    """A named filter of lists and the API."""

    id: str
    definition: FilterDef
    label: str
    where: Typed
    default: bool
    roles: tuple[str, ...]


@frozen
class Association:
    """The table of a many-to-many field: columns `source` and `target`.

    `through` names the entity whose rows make the connection; then `table` is a
    subquery over it and can only be read.
    """

    field: str
    target: str
    table: sa.FromClause
    through: str | None = None


@frozen
class Conditions:
    """Defaults, limits and states of a set of fields (an entity's, or an `ask`'s)."""

    defaults: tuple[CompiledDefault, ...]
    required: Mapping[str, bool | Computed]
    readonly: Mapping[str, bool | Computed]
    visible: Mapping[str, bool | Computed]
    bounds: Mapping[str, CompiledBounds]
