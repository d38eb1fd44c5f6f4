"""A database and the YAML that is applied to it, for the tests of migrations."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.compiler import Compiled
from core.migrations import Plan, apply_plan, find_drift, make_plan, stored_snapshot
from core.storage import Database, create_database
from tests.unit.compiler.world import World, world

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
ROW = {"version": 1, "created_at": NOW, "updated_at": NOW, "archived": False}


@dataclass
class Bench:
    """A database and the YAML that is applied to it."""

    world: World
    database: Database
    home: Path

    def write(self, *fields: str, name: str = "book", **extra: str) -> None:
        body = "".join(f"  {line}\n" for line in fields)
        head = "".join(f"{key}: {value}\n" for key, value in extra.items())
        text = f"entity: shop.{name}\n{head}fields:\n{body}"
        self.world.write("shop", {f"entities/{name}.yml": text})

    def remove(self, name: str = "book") -> None:
        self.world.write("shop", {f"entities/{name}.yml": ""})

    def compiled(self, enabled: list[str] | None = None) -> Compiled:
        return self.world.compiled(self.database.kind, enabled)

    def plan(self, enabled: list[str] | None = None) -> Plan:
        return make_plan(self.compiled(enabled), self.database, NOW)

    def apply(self, enabled: list[str] | None = None) -> list[str]:
        """Plan and apply; the database must then be exactly as wanted."""
        compiled = self.compiled(enabled)
        plan = make_plan(compiled, self.database, NOW)
        apply_plan(plan, compiled, self.database, self.home, now=NOW)
        with self.database.reading() as connection:
            assert find_drift(connection, stored_snapshot(connection)) == ()
        assert self.plan(enabled).is_empty
        return [step.operation.text() for step in plan.steps]

    def insert(self, entity: str, **values: Any) -> int:
        table = self.compiled().tables[entity]
        with self.database.writing() as connection:
            made = connection.execute(sa.insert(table).values(**ROW, **values))
            return int(made.inserted_primary_key[0])

    def rows(self, entity: str, *names: str) -> list[tuple[Any, ...]]:
        table = self.compiled().tables[entity]
        columns = [table.c[name] for name in names]
        with self.database.reading() as connection:
            found = connection.execute(sa.select(*columns).order_by(table.c.id))
            return [tuple(row) for row in found]

    def run(self, statement: str) -> None:
        with self.database.writing() as connection:
            connection.exec_driver_sql(statement)


@pytest.fixture
def bench(database_url: str, tmp_path: Path) -> Iterator[Bench]:
    made = world(tmp_path / "modules", {})
    database = create_database(database_url)
    yield Bench(made, database, tmp_path / "home")
    database.dispose()
