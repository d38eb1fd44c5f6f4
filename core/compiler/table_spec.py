"""Tables as the database has or shall have them: plain frozen data.

Derived from compiled tables for a snapshot, stored as JSON, compared and turned into
statements by core.migrations.
"""

from __future__ import annotations

from core.frozen import frozen


@frozen
class TypeSpec:
    """The type of a column: what it means, and how the database spells it.

    kind: `text integer small boolean decimal datetime date time duration choices json
    binary`, else the name of a module's own type. `length` of texts (None: no limit),
    `digits` and `places` of decimals.
    """

    kind: str
    sql: str
    length: int | None = None
    digits: int | None = None
    places: int | None = None


@frozen
class ColumnSpec:
    """A column; `default` is SQL, used for rows that exist when it is added.

    `fill` is SQL for what these rows shall hold instead. `field` is the field it
    belongs to (None: the platform's own), `module` who declared it; `kept`: that
    module is off.
    """

    name: str
    type: TypeSpec
    nullable: bool = True
    default: str | None = None
    fill: str | None = None
    field: str | None = None
    module: str = ""
    kept: bool = False


@frozen
class FieldSpec:
    """What must be known of a field when its definition has changed later.

    `formula` is the text of a stored formula. `renamed` are former keys of choices with
    the keys that took their place. `lent`: keys of choices that another module has
    added, with its name.
    """

    name: str
    type: str
    length: int | None = None
    digits: int | None = None
    places: int | None = None
    choices: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    was: tuple[str, ...] = ()
    formula: str | None = None
    renamed: tuple[tuple[str, str], ...] = ()
    lent: tuple[tuple[str, str], ...] = ()


@frozen
class IndexSpec:
    """An index; `terms` and `where` are SQL, `columns` the columns they name.

    method: `btree` finds and orders whole values, `trigram` finds parts of texts.
    """

    name: str
    terms: tuple[str, ...]
    columns: tuple[str, ...]
    unique: bool = False
    where: str | None = None
    method: str = "btree"


@frozen
class ForeignKeySpec:
    """A column that holds ids of another table; on_delete: restrict, clear, cascade."""

    name: str
    column: str
    target: str
    on_delete: str = "restrict"


@frozen
class TableSpec:
    """A table; `owner` is its entity, `field` the many-to-many field it keeps.

    `was` are former names of the table, `renamed` maps a column to its former names.
    `kept`: the module is off, or the entity is gone while the table holds data.
    """

    name: str
    owner: str
    columns: tuple[ColumnSpec, ...]
    primary: tuple[str, ...] = ("id",)
    field: str | None = None
    indexes: tuple[IndexSpec, ...] = ()
    foreign_keys: tuple[ForeignKeySpec, ...] = ()
    fields: tuple[FieldSpec, ...] = ()
    was: tuple[str, ...] = ()
    renamed: tuple[tuple[str, tuple[str, ...]], ...] = ()
    kept: bool = False

    def column(self, name: str) -> ColumnSpec | None:
        """The column of this name."""
        return next((c for c in self.columns if c.name == name), None)
