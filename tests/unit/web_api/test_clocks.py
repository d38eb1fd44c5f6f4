"""Clocks over the API: how they stand, and what happened to them."""

from __future__ import annotations

import pytest

from core.storage import clock, clock_note


@pytest.fixture
def poster(library, boss):
    yield boss.make("library/poster", name="Watched")["id"]
    with library.application.database.writing() as connection:
        for table in (clock, clock_note):
            connection.execute(table.delete())


def test_how_a_clock_stands(boss, poster):
    (one,) = boss.get(f"library/poster/{poster}/clocks")["items"]
    assert (one["clock"], one["state"], one["target"]) == (
        "library.look",
        "running",
        "PT2H",
    )
    assert one["left"].startswith("PT1H59M")
    assert one["ended_at"] is None
    boss("PATCH", f"library/poster/{poster}", {"name": "Away", "version": 1})
    (one,) = boss.get(f"library/poster/{poster}/clocks")["items"]
    assert (one["state"], one["due"]) == ("paused", None)
    noted = boss.get(f"library/poster/{poster}/timeline", kind="clock")["items"]
    assert [entry["what"] for entry in noted] == ["paused", "started"]
    assert noted[1]["due"] is not None
    answer = boss("GET", "library/poster/999999/clocks")
    assert answer.status_code == 404
    assert boss("GET", f"library/poster/{poster}/clocks?x=1").status_code == 400
