"""The shipped modules over a fresh database of either kind, ready to import into."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.app import Application, build_application
from core.cli.setup import apply_with_data
from core.config import ROOT, AppConfig
from core.migrations import make_plan


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Application]:
    config = AppConfig(
        home=tmp_path,
        database_url=database_url,
        secret_key="k" * 48,
        modules_paths=(ROOT / "modules",),
    )
    made = build_application(config)
    apply_with_data(made, make_plan(made.compiled, made.database))
    yield made
    made.close()
