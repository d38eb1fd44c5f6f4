"""A running set of the shipped modules with their data, on both databases."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from core.compiler import Compiled, compile_application
from core.diagnostics import Diagnostics
from core.fieldtypes import builtin_catalog
from core.migrations import apply_plan, make_plan
from core.registry import Registry, build_registry, discover, order
from core.services import Actor, Reader, Runtime, Transaction, reading, transaction
from core.services.seed import Seeder
from core.storage import Database
from tests.unit.prepared import database_at, prepared

ROOT = Path(__file__).parents[2]


class Business:
    """One installation: work in it as somebody with roles."""

    def __init__(self, runtime: Runtime, company: int | None) -> None:
        self.runtime = runtime
        self.company = company

    def load_demo(self) -> None:
        with transaction(self.runtime, Actor.system(), "seed") as tx:
            Seeder(tx).apply(self.runtime.compiled.registry.demo)

    def somebody(self, login: str, *roles: str) -> Actor:
        """A new user with these roles, working for the main company."""
        values = {
            "login": login,
            "name": login.title(),
            "companies": [self.company],
            "current_company": self.company,
        }
        with transaction(self.runtime, Actor.system()) as tx:
            user = tx.create("base.user", values)
        return Actor(
            user_id=user.id,
            name=login,
            roles=frozenset(roles),
            is_admin=False,
            language="en",
            zone="Europe/Berlin",
            companies=(self.company,),
            company=self.company,
        )

    def do(self, actor: Actor, work: Callable[[Transaction], Any]) -> Any:
        with transaction(self.runtime, actor) as tx:
            return work(tx)

    def see(self, actor: Actor, look: Callable[[Reader], Any]) -> Any:
        with reading(self.runtime, actor) as reader:
            return look(reader)


@pytest.fixture(scope="session")
def shipped() -> Registry:
    diagnostics = Diagnostics()
    places = (ROOT / "modules", ROOT / "docs" / "examples")
    found = discover(places, diagnostics, entry_points=False)
    registry = build_registry(
        order(found, None, diagnostics), builtin_catalog(), diagnostics
    )
    assert not diagnostics.has_errors
    return registry


@pytest.fixture(scope="session")
def compiled(shipped: Registry) -> Callable[[str], Compiled]:
    return cache(lambda kind: compile_application(shipped, builtin_catalog(), kind))


@pytest.fixture
def business(
    compiled: Callable[[str], Compiled], database_url: str, tmp_path: Path
) -> Iterator[Business]:
    def make() -> int | None:
        with _opened(database_url) as database:
            return _installed(compiled(database.kind), database, tmp_path)

    company = prepared("modules and examples", database_url, make)
    with _opened(database_url) as database:
        yield Business(Runtime(compiled(database.kind), database), company)


def _installed(compiled: Compiled, database: Database, folder: Path) -> int | None:
    apply_plan(make_plan(compiled, database), compiled, database, folder)
    with transaction(Runtime(compiled, database), Actor.system(), "seed") as tx:
        Seeder(tx).apply(compiled.registry.data)
        return tx.resolve("base.company", "MAIN")


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = database_at(url)
    try:
        yield database
    finally:
        database.dispose()
