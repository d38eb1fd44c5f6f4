"""The shipped modules over a fresh database of either kind, ready to import into."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.app import Application, build_application
from core.cli.setup import apply_with_data
from core.config import ROOT, AppConfig
from core.migrations import make_plan
from core.registry import Registry
from core.storage.files import open_files
from tests.unit.exchange.library import Library
from tests.unit.prepared import database_at, prepared
from tests.unit.services.conftest import WORLD, make_world, registry_of


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Application]:
    config = AppConfig(
        home=tmp_path,
        database_url=database_url,
        secret_key="k" * 48,
        modules_paths=(ROOT / "modules",),
    )

    def install() -> Application:
        made = build_application(config)
        apply_with_data(made, make_plan(made.compiled, made.database))
        made.close()
        return made

    made = prepared("shipped modules", database_url, install)
    database = database_at(database_url)
    files = open_files(config.files_config)
    runtime = replace(made.runtime, database=database, files=files)
    yield replace(made, config=config, database=database, runtime=runtime)
    database.dispose()


@pytest.fixture(scope="session")
def shelves() -> Registry:
    return registry_of(WORLD, Path(__file__).parent / "world")


@pytest.fixture
def library(shelves: Registry, database_url: str, tmp_path: Path) -> Iterator[Library]:
    made = make_world(shelves, database_url, tmp_path)
    yield Library(made.runtime, tmp_path)
    made.runtime.database.dispose()
