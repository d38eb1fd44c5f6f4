"""Beside the list, and what the search box offers: views, dashboards, new records."""

from __future__ import annotations

import pytest


@pytest.fixture
def book(library):
    return library.make("library.book", title="Ink", owner=None, pages=12)


def test_a_record_is_shown_beside_its_list(library, boss, book):
    page = boss.get(f"/library/book/{book}/peek")
    assert "Ink" in page
    assert "<html" not in page
    assert f"/library/book/{book}/edit" in page
    assert "data-peek-panel" in boss.get("/library/book?tab=all")
    reader = library.person("otto").get(f"/library/book/{book}/peek")
    assert "/edit" not in reader
    assert "12" not in reader, "pages are closed to readers"
    boss.get("/library/book/99999/peek", 404)


def test_the_search_box_offers_views_and_dashboards_that_are_open(library):
    def hrefs(who: str, text: str) -> list[str]:
        answer = library.person(who).client.get(f"/search?q={text}")
        return [item["href"] for item in answer.json["items"]]

    assert "/dashboards/library.desk" in hrefs("vera", "desk")
    assert "/dashboards/library.back_room" in hrefs("vera", "back")
    assert hrefs("mara", "back") == []
