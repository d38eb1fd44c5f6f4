"""Possible duplicates and merging through the API."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def two(boss: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    one = boss.make("library/visitor", name="Ann Berg", mail="ann@berg.example")
    answer = boss(
        "POST",
        "library/visitor?accept_warnings=1",
        {"name": "Anne Berg", "mail": "ann@berg.example", "shelf": "B2"},
    )
    assert answer.status_code == 201, answer.text
    return one, answer.json


def test_a_warning_is_answered(boss: Any, two: Any) -> None:
    body = {"name": "X", "mail": "ann@berg.example"}
    answer = boss("POST", "library/visitor", body)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["code"] == "library.visitor/duplicates"


def test_suspects(boss: Any, two: Any) -> None:
    ids = [one["id"] for one in two]
    (pair,) = boss.get("library/visitor/duplicates")["items"]
    assert pair["ids"] == ids
    assert set(pair["fields"]) == {"mail", "name"}
    (one,) = boss.get(f"library/visitor/{ids[0]}/duplicates")["items"]
    assert (one["id"], one["title"]) == (ids[1], "Anne Berg")
    draft = {"values": {"name": "Q", "mail": "ann@berg.example"}}
    answer = boss("POST", "library/visitor/duplicates", draft)
    assert {one["id"] for one in answer.json["items"]} == set(ids)


def test_two_are_kept_apart(boss: Any, two: Any) -> None:
    ids = [one["id"] for one in two]
    address = "library/visitor/duplicates"
    assert boss("POST", f"{address}/apart", {"ids": ids[:1]}).status_code == 422
    assert boss("POST", f"{address}/apart", {"ids": ids[::-1]}).json == {"ids": ids}
    assert boss.get(address)["items"] == []
    (kept,) = boss.get(f"{address}/apart")["items"]
    assert kept["ids"] == ids
    assert boss("POST", f"{address}/together", {"ids": ids}).status_code == 200
    assert len(boss.get(address)["items"]) == 1


def test_merge(boss: Any, two: Any) -> None:
    one, other = two
    visit = boss.make("library/visit", topic="T", visitor=other["id"])
    address = f"library/visitor/{one['id']}/merge"
    body = {
        "version": one["version"],
        "records": [{"id": other["id"], "version": other["version"]}],
        "take": {"shelf": other["id"]},
    }
    stale = {**body, "records": [{"id": other["id"], "version": 7}]}
    assert boss("POST", address, stale).status_code == 409
    answer = boss("POST", address, body)
    assert answer.status_code == 200, answer.text
    assert answer.json["shelf"] == "B2"
    assert boss.get(f"library/visit/{visit['id']}")["visitor"] == one["id"]
    moved = boss("GET", f"library/visitor/{other['id']}")
    assert moved.status_code == 301
    assert moved.headers["Location"].endswith(f"/library/visitor/{one['id']}")
    (latest, *_) = boss.get(f"library/visitor/{one['id']}/history")["items"]
    assert (latest["action"], latest["merged"]) == ("merged", [other["id"]])


def test_who_may_not(library: Any, two: Any) -> None:
    clerk = library.as_user("mara")
    address = f"library/visitor/{two[0]['id']}/merge"
    answer = clerk("POST", address, {"records": [{"id": two[1]["id"]}]})
    assert answer.status_code in (403, 404)
    key = library.with_key("vera", "read")
    answer = key("POST", address, {"records": [{"id": two[1]["id"]}]})
    assert answer.status_code == 403
