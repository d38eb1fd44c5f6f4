"""The tutorial and the guide of the API, block by block, in a shell."""

from pathlib import Path

import pytest

from core.config import ROOT
from tests.docs.blocks import blocks
from tests.docs.follower import Reader, reader_in, serving


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return reader_in(tmp_path)


def test_the_tutorial_works_as_it_stands(reader: Reader) -> None:
    reader.shell(".venv/bin/python cli.py init")
    page = blocks(ROOT / "docs" / "tutorial.md")
    assert len(page) > 30
    first = next(i for i, block in enumerate(page) if "curl" in block[2])
    for block in page[:first]:
        reader.block(*block)
    with serving(reader):
        for block in page[first:]:
            reader.block(*block)


def test_the_guides_of_the_api_work_as_they_stand(reader: Reader) -> None:
    """One after the other: the later ones go on with what the first has made."""
    reader.shell(".venv/bin/python cli.py init && .venv/bin/python cli.py demo load")
    with serving(reader):
        for name, least in (("api", 10), ("webhooks", 5), ("clerk", 3)):
            page = blocks(ROOT / "docs" / "guides" / f"{name}.md")
            assert len(page) > least
            for block in page:
                reader.block(*block)
