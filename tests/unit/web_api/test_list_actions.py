"""Buttons of a list over the API: for all, for several records, and for whom."""

from __future__ import annotations

import pytest

TIDY = "library/book/actions/tidy"
RATE = "library/book/actions/rate"


@pytest.fixture
def books(library, boss):
    made = [
        boss.make("library/book", title=f"B{n}", kind=kind, price="5")
        for n, kind in enumerate(("novel", "manual"))
    ]
    return [one["id"] for one in made]


def test_a_list_has_buttons_of_its_own(boss, books):
    answer = boss("POST", TIDY, {"ask": {"pages": 12}})
    assert answer.json == {"done": 1, "refused": 0, "items": []}
    assert boss.get(f"library/book/{books[0]}")["pages"] == 12
    assert boss.get(f"library/book/{books[1]}")["pages"] is None
    wrong = boss("POST", TIDY, {"ask": {"pages": 0, "colour": "red"}})
    assert wrong.status_code == 422
    assert {one["field"] for one in wrong.json["errors"]} >= {"colour"}


def test_several_records_are_told_one_by_one(boss, books):
    answer = boss("POST", RATE, {"ask": {"rating": "7"}, "ids": [*books, 10**9]})
    assert answer.status_code == 200
    assert (answer.json["done"], answer.json["refused"]) == (1, 2)
    first, second, third = answer.json["items"]
    assert first == {"id": books[0], "done": True, "errors": []}
    assert second["errors"][0]["message"] == "A manual is not rated."
    assert third["errors"][0]["code"] == "not_found"
    assert boss("POST", RATE, {"ask": {"rating": "7"}}).status_code == 422
    assert boss("POST", RATE, {"ids": books}).status_code == 422
    many = boss("POST", RATE, {"ask": {"rating": "7"}, "ids": list(range(1, 1200))})
    assert many.status_code == 422


def test_a_button_stands_in_one_place_only(boss, clerk, books):
    at = f"library/book/{books[0]}/actions"
    assert boss("POST", f"{at}/tidy", {"ask": {"pages": 12}}).status_code == 409
    assert "tidy" not in [one["id"] for one in boss.get(at)["items"]]
    assert boss("POST", "library/book/actions/lend", {}).status_code == 409
    assert boss("POST", "library/book/actions/nothing", {}).status_code == 409
    assert clerk("POST", TIDY, {"ask": {"pages": 12}}).status_code == 403
    rated = clerk("POST", RATE, {"ask": {"rating": "7"}, "ids": books})
    assert rated.status_code == 403


def test_the_document_describes_them(boss):
    paths = boss.get("openapi.json")["paths"]
    one = paths["/library/book/actions/tidy"]["post"]
    schema = one["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["ask"]
    many = paths["/library/book/actions/rate"]["post"]["requestBody"]
    assert many["content"]["application/json"]["schema"]["required"] == ["ask", "ids"]
    assert "/library/book/{id}/actions/rate" in paths
    assert "/library/book/{id}/actions/tidy" not in paths
