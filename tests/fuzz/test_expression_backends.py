"""One meaning, whatever runs it: Python, SQLite, PostgreSQL and the browser agree.

Generated expressions run over rows made by chance; many stand in one SELECT, or travel
to the browser together.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser

from core.diagnostics import Diagnostics
from core.expressions import (
    BROWSER_FUNCTIONS,
    FILTER,
    Env,
    EvaluationError,
    Scope,
    TableBinding,
    Typed,
    install_functions,
    register_functions,
    runs_in_browser,
    to_python,
    to_sql,
    typecheck,
)
from core.expressions.folding import characters, fold, lower, upper
from core.testing import browser as chromium
from tests.fuzz.browser_side import FAILED, BrowserSide, wire
from tests.fuzz.expression_maker import Maker
from tests.unit.expressions.rows import World
from tests.unit.expressions.shop import Shop, tables

ZONE = "Europe/Berlin"
NOW = datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)
TODAY = date(2026, 3, 29)
PER_SELECT = 40
SELECTS = 60
BATCHES = 80
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


def in_python(typed: Typed, world: World) -> list[Any]:
    """The value for each order, FAILED where it cannot be computed."""
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
            found.append(FAILED)
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
        if FAILED not in values:
            expected.append((typed, values))
    found = database.values([t for t, _ in expected], world)
    for position, (typed, values) in enumerate(expected):
        column = [row[position] for row in found]
        assert column == values, typed.text


@pytest.fixture(scope="module")
def side(browser: Browser) -> Iterator[BrowserSide]:
    worlds = [World(seed) for seed in range(WORLDS)]
    with chromium.open_page(browser, chromium.DESKTOP) as page:
        yield BrowserSide(page, worlds)


@settings(max_examples=BATCHES, derandomize=True, deadline=None)
@given(seed=st.integers(0, 2**32), world=st.integers(0, WORLDS - 1))
def test_python_and_the_browser_agree(side: BrowserSide, seed: int, world: int) -> None:
    """Even about what cannot be computed."""
    rows = side.worlds[world][0]
    around = {
        "now": NOW.isoformat(),
        "today": TODAY.isoformat(),
        "zone": ZONE,
        "settings": {"shop.days": "5"},
    }
    made = [t for t in well_typed(seed, PER_SELECT) if runs_in_browser(t)]
    assert len(made) > PER_SELECT / 2
    for typed, found in zip(made, side.values(made, world, around), strict=True):
        expected = [wire(value) for value in in_python(typed, rows)]
        assert found == expected, typed.text


def test_the_browser_has_a_body_for_what_is_said_to_run_there(
    side: BrowserSide,
) -> None:
    assert set(side.page.evaluate("window.functions")) == BROWSER_FUNCTIONS


def test_case_and_accents_are_the_same_for_every_character(side: BrowserSide) -> None:
    """Those that Python's and Chromium's editions of Unicode both know."""
    known = [c for c in characters() if _is_known(c)]
    found = side.page.evaluate("(texts) => window.cases(texts)", known)
    expected = [[fold(c), lower(c), upper(c)] for c in known]
    assert [
        (hex(ord(c)), *pair)
        for c, *pair in zip(known, found, expected, strict=True)
        # A later edition may give a letter a new counterpart.
        if pair[0] != pair[1] and all(_is_known(x) for x in "".join(pair[0]))
    ] == []


def _is_known(character: str) -> bool:
    return unicodedata.category(character) not in {"Cn", "Cs"}
