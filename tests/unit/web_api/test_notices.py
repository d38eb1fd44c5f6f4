"""Notices through the API: the caller's own, as long as he may read the record."""

from __future__ import annotations

import pytest

from core.services import Actor
from core.services.timeline.from_effects import tell
from core.storage.timeline_tables import notice_text, notification


@pytest.fixture
def told(library, boss):
    id_ = boss.make("library/visitor", name="Ada")["id"]
    vera, otto = (library.people[name] for name in ("vera", "otto"))
    with library.application.transaction(Actor.system()) as tx:
        for text in ("One", "Two"):
            tell(tx, ("library.visitor", id_), text, "warn", [vera, otto])
    yield id_
    with library.application.database.writing() as connection:
        for table in (notice_text, notification):
            connection.execute(table.delete())


def test_notices_are_listed_and_marked_as_read(boss, told):
    found = boss.get("notices")
    assert [one["text"] for one in found["items"]] == ["Two", "One"]
    assert found["unread"] == 2
    first = found["items"][0]
    assert (first["entity"], first["record"], first["level"]) == (
        "library.visitor",
        told,
        "warn",
    )
    marked = boss("POST", f"notices/read?notice={first['id']}")
    assert marked.json == {"unread": 1}
    assert [one["text"] for one in boss.get("notices", unread="1")["items"]] == ["One"]
    assert boss("POST", "notices/read").json == {"unread": 0}
    assert [one["read"] for one in boss.get("notices")["items"]] == [True, True]


def test_nobody_sees_or_reads_those_of_others(library, boss, told):
    otto = library.as_user("otto")
    # He may not read visitors, so he is told of none of them.
    assert otto.get("notices")["items"] == []
    number = boss.get("notices")["items"][0]["id"]
    otto("POST", f"notices/read?notice={number}")
    otto("POST", "notices/read")
    assert boss.get("notices")["unread"] == 2
    assert library.app.test_client().get("/api/v1/notices").status_code == 401
