"""One meaning, whatever runs it: Python, SQLite and PostgreSQL give the same values.

Generated expressions run over rows made by chance; many stand in one SELECT.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from core.diagnostics import Diagnostics
from core.expressions import (
    FILTER,
    Env,
    EvaluationError,
    Scope,
    TableBinding,
    Typed,
    install_functions,
    register_functions,
    to_python,
    to_sql,
    typecheck,
)
from tests.fuzz.expression_maker import Maker
from tests.unit.expressions.rows import World
from tests.unit.expressions.shop import Shop, tables

ZONE = "Europe/Berlin"
NOW = datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)
TODAY = date(2026, 3, 29)
PER_SELECT = 40
SELECTS = 60
WORLDS = 4

pytestmark = pytest.mark.filterwarnings("error")


class Database:
    """A database with several worlds, each in tables of its own."""

    def __init__(self, url: str) -> None:
        self.engine = sa.create_engine(url)
        self.dialect = self.engine.dialect.name
        if self.dialect == "sqlite":
            sa.event.listen(
                self.engine, "connect", lambda raw, _: register_functions(raw)
            )
        self.worlds = []
        with self.engine.begin() as connection:
            if self.dialect == "postgresql":
                install_functions(connection)
            for seed in range(WORLDS):
                metadata = sa.MetaData()
                made, pairs = tables(metadata)
                for table in metadata.tables.values():
                    table.name = f"w{seed}_{table.name}"
                metadata.create_all(connection)
                world = World(seed)
                world.store(connection, made, pairs)
                self.worlds.append((world, made, pairs))

    def values(self, typed: list[Typed], world: int) -> list[tuple[Any, ...]]:
        """One row per order, one column per expression."""
        _, made, pairs = self.worlds[world]
        binding = TableBinding(
            made,
            {"this": made["shop.order"]},
            {
                "me": 1,
                "company": 1,
                "now": NOW,
                "today": TODAY,
                "zone": ZONE,
                "settings.shop.days": 5,
            },
            associations=pairs,
        )
        columns = [
            to_sql(t, binding, self.dialect).label(f"c{i}") for i, t in enumerate(typed)
        ]
        order = made["shop.order"]
        query = sa.select(*columns).select_from(order).order_by(order.c.id)
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]


def in_python(typed: Typed, world: World) -> list[Any] | None:
    """The value for each order; None where one of them cannot be computed."""
    run = to_python(typed)
    found = []
    for order in world.records["shop.order"]:
        env = Env(
            this=order,
            me=world.records["base.user"][0],
            company=world.records["base.company"][0],
            settings={"shop.days": 5},
            now=NOW,
            today=TODAY,
            zone=ZoneInfo(ZONE),
            rows=world.rows,
        )
        try:
            found.append(run(env))
        except EvaluationError:
            return None
    return found


def well_typed(seed: int, count: int) -> list[Typed]:
    """Generated expressions that the checker takes."""
    maker, scope = Maker(seed), Scope(Shop(), "shop.order", FILTER)
    found: list[Typed] = []
    while len(found) < count:
        typed = typecheck(maker.any_kind(), scope, Diagnostics())
        if typed is not None:
            found.append(typed)
    return found


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path_factory.mktemp('fuzz')}/fuzz.db")
        yield made
        made.engine.dispose()
        return
    server = request.getfixturevalue("postgres_server")
    url = server.create_database()
    made = Database(url)
    yield made
    made.engine.dispose()
    server.drop_database(url)


@settings(max_examples=SELECTS, derandomize=True, deadline=None)
@given(seed=st.integers(0, 2**32), world=st.integers(0, WORLDS - 1))
def test_python_and_sql_agree(database: Database, seed: int, world: int) -> None:
    rows = database.worlds[world][0]
    expected: list[tuple[Typed, list[Any]]] = []
    for typed in well_typed(seed, PER_SELECT):
        values = in_python(typed, rows)
        if values is not None:
            expected.append((typed, values))
    found = database.values([t for t, _ in expected], world)
    for position, (typed, values) in enumerate(expected):
        column = [row[position] for row in found]
        assert column == values, typed.text
