"""The page of jobs: what waits and failed, tried again; schedules run at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.storage import insert_rows, job

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def failed(library):
    """A job that was given up."""
    row = {
        "consumer": "automation:library.remind",
        "event": 1,
        "key": "library.book:7",
        "payload": {"id": "library.remind"},
        "state": "dead",
        "attempts": 9,
        "due_at": NOW,
        "ended_at": NOW,
        "at": NOW,
        "said": "<b>It is closed.</b>",
    }
    with library.application.database.writing() as connection:
        connection.execute(job.delete())
        insert_rows(connection, job, [row])
    yield row
    with library.application.database.writing() as connection:
        connection.execute(job.delete())


def test_what_was_given_up_is_tried_again(library, failed):
    admin = library.person("admin")
    page = admin.get("/jobs")
    assert "&lt;b&gt;It is closed." in page
    assert "library.book:7" in page
    assert "No module brings a schedule." in page
    assert "library.book:7" in admin.get("/jobs?state=dead&kind=automation")
    assert "There are no such jobs." in admin.get("/jobs?kind=timer")
    assert 'href="/jobs?kind=timer&amp;state=dead"' in admin.get("/jobs?state=dead")
    assert admin.post("/jobs", act="replay").location == "/jobs"
    page = admin.get("/jobs")
    assert "1 job will be tried again." in page
    assert "There are no such jobs." in admin.get("/jobs?state=dead")
    assert admin.post("/jobs", act="run", schedule="library.none").status_code == 404
    assert admin.post("/jobs", act="nonsense").status_code == 400


def test_others_do_not_see_them(library, boss):
    boss.get("/jobs", 403)
