"""The registry, compiled: everything of an entity at its first use.

Made by `compile_application` once per generation; services and pages ask it for
entities, rights and views.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import registry as dialects

from core.compiler.access import AccessCompiler
from core.compiler.build import EntityBuilder
from core.compiler.entity import CompiledEntity
from core.compiler.first_use import FirstUse
from core.compiler.specs import table_specs
from core.compiler.table_spec import TableSpec
from core.compiler.tables import Tables
from core.compiler.upkeep import Upkeep, compile_upkeep
from core.compiler.views import ViewCompiler
from core.expressions import Env, TableBinding
from core.fieldtypes import FieldTypeCatalog
from core.frozen import frozen
from core.registry import Registry


@frozen
class Compiled:
    """All entities of one registry for one kind of database; read-only."""

    registry: Registry
    catalog: FieldTypeCatalog
    dialect: str
    access: AccessCompiler
    views: ViewCompiler
    _tables: Tables
    _entities: Mapping[str, CompiledEntity]
    _upkeep: Mapping[str, Upkeep]

    @property
    def metadata(self) -> sa.MetaData:
        """The metadata of the business tables."""
        return self._tables.metadata

    @property
    def tables(self) -> Mapping[str, sa.Table]:
        """The table of each entity."""
        return self._tables.of

    @property
    def association_tables(self) -> Mapping[tuple[str, str], sa.FromClause]:
        """The table of each many-to-many field, by entity and field."""
        return self._tables.associations

    def ids(self) -> tuple[str, ...]:
        """The ids of all entities in load order."""
        return tuple(self.registry.entities)

    def entity(self, id: str) -> CompiledEntity:
        """One entity; KeyError if there is none of this id."""
        return self._entities[id]

    @property
    def upkeep(self) -> Upkeep:
        """What the stored formulas of all entities follow."""
        return self._upkeep[""]

    def binding(
        self,
        rows: Mapping[str, sa.FromClause],
        parameters: Mapping[str, Any] | None = None,
        *,
        env: Env | None = None,
        ref: Callable[[str], int | None] | None = None,
    ) -> TableBinding:
        """Where `to_sql` finds tables; `rows`: `this`, `it` ... -> FROM element."""
        return TableBinding(
            self._tables.of,
            rows,
            parameters,
            associations=self._tables.associations,
            ref=ref,
            env=env,
        )

    def specs(self) -> tuple[TableSpec, ...]:
        """All tables as plain data, with indexes and foreign keys, for migrations."""
        return table_specs(
            self.registry, self.catalog, self._tables, dialect_named(self.dialect)
        )


def compile_application(
    registry: Registry, catalog: FieldTypeCatalog, dialect: str
) -> Compiled:
    """Compile a registry for `sqlite` or `postgresql`."""
    tables = Tables(registry, catalog)
    upkeep = FirstUse(("",), lambda _: compile_upkeep(registry, catalog))
    builder = EntityBuilder(
        registry, catalog, tables, dialect, lambda key: key in upkeep[""].heavy
    )
    entities = FirstUse(registry.entities, builder.build)
    return Compiled(
        registry=registry,
        catalog=catalog,
        dialect=dialect,
        access=AccessCompiler(registry, catalog),
        views=ViewCompiler(registry, entities.__getitem__),
        _tables=tables,
        _entities=entities,
        _upkeep=upkeep,
    )


@cache
def dialect_named(name: str) -> sa.Dialect:
    """The SQLAlchemy dialect for statements that are made without a connection."""
    driver = "postgresql.psycopg" if name == "postgresql" else name
    made: sa.Dialect = dialects.load(driver)()
    return made
