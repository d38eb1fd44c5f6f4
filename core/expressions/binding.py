"""Where the SQL back end finds tables, columns and parameters.

The compiler binds expressions to its tables with `TableBinding`; others may implement
the protocol. One binding serves one statement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import sqlalchemy as sa

from core.expressions.env import Env


class Binding(Protocol):
    """Tables and parameters for one statement.

    Parameters are asked for by name: `me` and `company` (ids), `now`, `today`, `zone`
    (name of the time zone), and the names of values such as `params.year` or
    `settings.sales.days`.
    """

    def table(self, entity: str) -> sa.FromClause:
        """The table of an entity."""

    def association(self, entity: str, field: str) -> sa.FromClause:
        """The table with columns `source` and `target` of a many-to-many field."""

    def column(self, row: sa.FromClause, entity: str, field: str) -> Any:
        """A column of a row of this entity's table."""

    def row(self, name: str) -> sa.FromClause | None:
        """The table row a variable stands for; None: it is a value or parameter."""

    def outer(self) -> tuple[sa.FromClause, ...]:
        """All rows that variables stand for."""

    def parameter(self, name: str) -> Any:
        """The Python value of a parameter, or a SQLAlchemy bind parameter for it."""

    def ref(self, external_id: str) -> int | None:
        """The id of the record with this external id."""

    def env(self) -> Env | None:
        """Where variables that are no rows are evaluated in Python; None: nowhere."""


class TableBinding:
    """A binding over a map of tables.

    `rows` maps variable names (`this`, `it`) to the FROM elements they stand for.
    Variables that are records but no rows (the record being edited in the condition of
    a link) are evaluated in Python with `env` and become values.
    """

    def __init__(
        self,
        tables: Mapping[str, sa.FromClause],
        rows: Mapping[str, sa.FromClause],
        parameters: Mapping[str, Any] | None = None,
        *,
        associations: Mapping[tuple[str, str], sa.FromClause] | None = None,
        ref: Callable[[str], int | None] | None = None,
        env: Env | None = None,
    ) -> None:
        self._tables = tables
        self._rows = rows
        self._parameters = parameters or {}
        self._associations = associations or {}
        self._ref = ref
        self._env = env

    def table(self, entity: str) -> sa.FromClause:
        """The table of an entity."""
        return self._tables[entity]

    def association(self, entity: str, field: str) -> sa.FromClause:
        """The table of a many-to-many field."""
        return self._associations[entity, field]

    def column(self, row: sa.FromClause, entity: str, field: str) -> Any:
        """The column whose key is the field's name."""
        return row.c[field]

    def row(self, name: str) -> sa.FromClause | None:
        """The FROM element of a variable."""
        return self._rows.get(name)

    def outer(self) -> tuple[sa.FromClause, ...]:
        """All of them."""
        return tuple(self._rows.values())

    def parameter(self, name: str) -> Any:
        """The parameter's value."""
        return self._parameters[name]

    def ref(self, external_id: str) -> int | None:
        """The id of a shipped record."""
        return None if self._ref is None else self._ref(external_id)

    def env(self) -> Env | None:
        """The surroundings of Python-bound variables."""
        return self._env
