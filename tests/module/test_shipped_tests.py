"""The test documents that the shipped modules bring along hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.app import Definitions, read_definitions
from core.config import ROOT, AppConfig
from core.jobs.simulator import Laboratory

FILES = sorted((ROOT / "modules").glob("*/tests/*.yml"))


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> AppConfig:
    return AppConfig(
        home=tmp_path_factory.mktemp("home"),
        database_url="sqlite://",
        secret_key="0123456789abcdef0123456789abcdef",
        modules_paths=(ROOT / "modules",),
    )


@pytest.fixture(scope="module")
def shipped(config: AppConfig) -> Definitions:
    read = read_definitions(config)
    assert not len(read.diagnostics)
    return read


@pytest.fixture(scope="module")
def laboratory(config: AppConfig) -> Iterator[Laboratory]:
    with Laboratory(config) as made:
        yield made


@pytest.mark.parametrize(
    "file", FILES, ids=lambda file: f"{file.parts[-3]}.{file.stem}"
)
def test_the_tests_of_a_file_hold(
    file: Path, shipped: Definitions, laboratory: Laboratory
) -> None:
    scenarios = shipped.registry.scenarios.values()
    mine = [one for one in scenarios if Path(one.span.file).resolve() == file]
    assert mine
    assert [one.differences for one in laboratory.run(mine)] == [()] * len(mine)
