"""A running set of the shipped modules with their data, on both databases."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.compiler import compile_application
from core.diagnostics import Diagnostics
from core.fieldtypes import builtin_catalog
from core.migrations import apply_plan, make_plan
from core.registry import Registry, build_registry, discover, order
from core.services import Actor, Reader, Runtime, Transaction, reading, transaction
from core.services.seed import Seeder
from core.storage import create_database

ROOT = Path(__file__).parents[2]


class Business:
    """One installation: work in it as somebody with roles."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        with transaction(runtime, Actor.system(), "seed") as tx:
            Seeder(tx).apply(runtime.compiled.registry.data)
        with transaction(runtime, Actor.system()) as tx:
            self.company = tx.resolve("base.company", "MAIN")

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


@pytest.fixture
def business(
    shipped: Registry, database_url: str, tmp_path: Path
) -> Iterator[Business]:
    database = create_database(database_url)
    compiled = compile_application(shipped, builtin_catalog(), database.kind)
    apply_plan(make_plan(compiled, database), compiled, database, tmp_path)
    yield Business(Runtime(compiled, database))
    database.dispose()
