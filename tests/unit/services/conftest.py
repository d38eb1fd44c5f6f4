"""A small world for the tests of the services: modules in YAML, databases, actors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from core.compiler import Compiled, compile_application
from core.diagnostics import Diagnostics, render_all
from core.fieldtypes import builtin_catalog
from core.migrations import apply_plan, make_plan
from core.registry import Registry, build_registry, discover, order
from core.services import Actor, Reader, Runtime, Transaction, reading, transaction
from core.services.seed import apply_data
from core.storage.tables import create_system_tables
from tests.unit.prepared import database_at, prepared

WORLD = Path(__file__).parent / "world"


def registry_of(*folders: Path) -> Registry:
    """The registry of module folders; mistakes in them fail the test."""
    diagnostics = Diagnostics()
    modules = order(
        discover(folders, diagnostics, entry_points=False), None, diagnostics
    )
    registry = build_registry(modules, builtin_catalog(), diagnostics)
    assert not diagnostics.has_errors, render_all(
        diagnostics,
        lambda file: Path(file).read_text() if Path(file).exists() else None,
    )
    return registry


@dataclass(frozen=True)
class World:
    """One database with the modules of the world, and who acts in it."""

    runtime: Runtime
    actors: Mapping[str, Actor]

    def tx(
        self, actor: str = "system", via: str = "python"
    ) -> AbstractContextManager[Transaction]:
        return transaction(self.runtime, self.actors[actor], via)

    def reader(self, actor: str = "system") -> AbstractContextManager[Reader]:
        return reading(self.runtime, self.actors[actor])

    def acting(self, name: str, **changes: Any) -> World:
        """The same world where one of the actors is another."""
        actor = replace(self.actors[name], **changes)
        return replace(self, actors={**self.actors, name: actor})

    def id(self, external: str) -> int:
        with self.reader() as reader:
            found = reader.scene.ref_id(external)
        assert found is not None, external
        return found


def actors_of(runtime: Runtime) -> dict[str, Actor]:
    """The people of the world with their ids in this database."""
    with reading(runtime, Actor.system()) as reader:
        ref = reader.scene.ref_id
        north, south = ref("base.company.north"), ref("base.company.south")
        ann, bob = ref("base.user.ann"), ref("base.user.bob")
    assert None not in (north, south, ann, bob)

    def actor(user: int | None, name: str, *roles: str) -> Actor:
        return Actor(
            user,
            name,
            frozenset(roles),
            companies=(north or 0,),
            company=north,
        )

    return {
        "system": replace(Actor.system(), company=north),
        "admin": replace(
            actor(ann, "Ann"), is_admin=True, companies=(north or 0, south or 0)
        ),
        "ann": actor(ann, "Ann", "shop.clerk"),
        "bob": actor(bob, "Bob", "shop.clerk"),
        "boss": actor(bob, "Bob", "shop.boss"),
        "outsider": actor(bob, "Bob", "shop.outsider"),
        "nobody": actor(bob, "Bob"),
    }


def make_world(registry: Registry, url: str, home: Path) -> World:
    """Create the tables of a registry in an empty database and apply its data."""
    compiled, _ = prepared(
        ("world", id(registry)), url, lambda: _install(registry, url, home)
    )
    return World(Runtime(compiled, database_at(url)), {})


def _install(registry: Registry, url: str, home: Path) -> tuple[Compiled, Registry]:
    """Fill a database; what is kept holds the registry, so its id stays its own."""
    database = database_at(url)
    compiled = compile_application(registry, builtin_catalog(), database.kind)
    with database.writing() as connection:
        create_system_tables(connection)
    apply_plan(make_plan(compiled, database), compiled, database, home)
    with transaction(Runtime(compiled, database), Actor.system(), "seed") as tx:
        apply_data(tx)
    database.dispose()
    return compiled, registry


@pytest.fixture(scope="session")
def registry() -> Registry:
    return registry_of(WORLD)


@pytest.fixture
def make(registry: Registry, tmp_path: Path) -> Iterator[Callable[[str], World]]:
    """A function that makes a world in the database of a URL."""
    made: list[World] = []

    def create(url: str) -> World:
        world = make_world(registry, url, tmp_path)
        made.append(world)
        return replace(world, actors=actors_of(world.runtime))

    yield create
    for world in made:
        world.runtime.database.dispose()


@pytest.fixture
def world(make: Callable[[str], World], database_url: str) -> World:
    return make(database_url)
