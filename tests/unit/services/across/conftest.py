"""A world with trees, rows that count for a time, and conditions across rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.registry import Registry
from core.services import Actor
from tests.unit.services.conftest import (
    WORLD,
    World,
    actors_of,
    make_world,
    registry_of,
)

PLANT = Path(__file__).parent / "world"


@pytest.fixture(scope="session")
def plant_registry() -> Registry:
    return registry_of(WORLD, PLANT)


@pytest.fixture
def plant(
    plant_registry: Registry, database_url: str, tmp_path: Path
) -> Iterator[World]:
    made = make_world(plant_registry, database_url, tmp_path)
    actors = actors_of(made.runtime)
    hand = replace(actors["ann"], roles=frozenset({"plant.hand"}))
    yield replace(made, actors={**actors, "hand": hand, "system": Actor.system()})
    made.runtime.database.dispose()
