"""What the tests of the architecture share: the files of the project, parsed."""

from collections.abc import Iterator

import pytest

from tests.architecture.sources import read


@pytest.fixture(scope="package", autouse=True)
def sources() -> Iterator[None]:
    """Let go of the parsed files when all these tests have run."""
    yield
    read.cache_clear()
