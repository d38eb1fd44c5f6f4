"""Clocks in pages and API: how they stand, and what happened to them."""

from __future__ import annotations

import re

import pytest

from core.services import Actor
from core.storage import clock, clock_note
from tests.unit.web_pages.test_files import send


@pytest.fixture
def poster(library, clerk):
    clerk.get("/")
    yield send(clerk, "/library/poster", name="Watched").location
    with library.application.database.writing() as connection:
        for table in (clock, clock_note):
            connection.execute(table.delete())


def _table(page: str) -> str:
    found = re.search(
        r'<table class="i-grid" aria-label="Clocks">.*?</table>', page, re.S
    )
    assert found is not None
    return found[0]


def _set(library, poster: str, name: str) -> None:
    number = int(poster.rpartition("/")[2])
    with library.application.transaction(Actor.system()) as tx:
        tx.update("library.poster", number, {"name": name})


def test_the_page_shows_how_a_clock_stands(library, clerk, poster):
    page = clerk.get(poster)
    table = _table(page)
    for text in ("First look", "Running", ">0:00<", ">2:00<", " left"):
        assert text in table
    assert "has begun" in page
    _set(library, poster, "Away")
    page = clerk.get(poster)
    assert "Paused" in page
    assert "stands still" in page
    _set(library, poster, "Seen")
    page = clerk.get(poster)
    assert "In time" in page
    assert "ended in time" in page
    assert " left" not in _table(page)
