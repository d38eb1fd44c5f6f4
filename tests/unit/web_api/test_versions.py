"""Old versions of records, going back to them, and copies."""

from __future__ import annotations

import pytest


@pytest.fixture
def book(boss):
    author = boss.make("library/author", name="Jane")
    return boss.make(
        "library/book",
        title="First",
        isbn="1-1",
        author=author["id"],
        price="5.00",
        editions=[
            {"year": 1900, "copies": 2, "price": "3.00"},
            {"year": 1950, "copies": 1, "price": "4.00"},
        ],
    )


def change(boss, book, **values):
    answer = boss("PATCH", f"library/book/{book['id']}", values)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_going_back_sets_what_later_saves_changed(boss, book):
    path = f"library/book/{book['id']}"
    change(boss, book, title="Second", author=None)
    now = change(boss, book, title="Third", rating="3.00")
    shown = boss.get(f"{path}/versions/1")
    assert (shown["version"], shown["current"]) == (1, 3)
    found = {one["field"]: (one["now"], one["then"]) for one in shown["changes"]}
    assert found.pop("rating")[1] is None
    assert found == {
        "title": ("Third", "First"),
        "author": (None, book["author"]),
    }
    done = boss("POST", f"{path}/versions/1/restore", {"version": now["version"]})
    assert done.status_code == 200, done.text
    assert (done.json["title"], done.json["author"]) == ("First", book["author"])
    assert (done.json["rating"], done.json["version"]) == (None, 4)
    assert boss.get(f"{path}/versions/4")["changes"] == []


def test_rows_of_lines_come_back_change_back_and_go(boss, book):
    kept, gone = book["editions"]
    rows = [
        {"id": kept["id"], "copies": 7},
        {"year": 2000, "price": "9.00", "copies": 3},
    ]
    change(boss, book, editions=rows)
    path = f"library/book/{book['id']}"
    done = boss("POST", f"{path}/versions/1/restore").json
    found = [(r["year"], r["copies"], float(r["price"])) for r in done["editions"]]
    assert found == [(1900, 2, 3), (1950, 1, 4)]
    assert done["editions"][0]["id"] == kept["id"]
    assert done["editions"][1]["id"] != gone["id"]
    assert done["worth"] == book["worth"]


def test_going_back_obeys_versions_rules_and_rights(library, boss, clerk, book):
    path = f"library/book/{book['id']}"
    change(boss, book, title="Second", pages=600)
    change(boss, book, pages=100, kind="manual")
    stale = boss("POST", f"{path}/versions/2/restore", {"version": 1})
    assert stale.status_code == 409
    # A poem has no 600 pages: version 2 can no longer be saved as a poem.
    change(boss, book, kind="poem", pages=100)
    change(boss, book, pages=400)
    assert boss("GET", f"{path}/versions/99").status_code == 404
    otto = library.as_user("otto")
    assert otto("POST", f"{path}/versions/1/restore").status_code == 403
    assert clerk("GET", f"{path}/versions/1").status_code == 404


def test_a_broken_rule_stops_going_back(boss, book):
    change(boss, book, pages=600)
    change(boss, book, pages=100)
    path = f"library/book/{book['id']}"
    book = change(boss, book, kind="poem")
    done = boss("POST", f"{path}/versions/3/restore")
    assert done.status_code == 200
    change(boss, book, kind="novel", pages=600)
    change(boss, book, kind="poem", pages=1)
    # Version 6 was a novel of 600 pages; only its pages cannot come back alone.
    assert boss("POST", f"{path}/versions/6/restore").status_code == 200


def test_a_field_that_nobody_sets_stays(boss, book):
    path = f"library/book/{book['id']}"
    boss("POST", f"{path}/actions/lend", {"ask": {"to": "Tom"}})
    shown = boss.get(f"{path}/versions/1")
    open_ = {one["field"]: one["open"] for one in shown["changes"]}
    assert open_["state"] is False
    done = boss("POST", f"{path}/versions/1/restore").json
    assert done["state"] == "lent"


def test_what_one_may_not_read_is_not_shown_by_old_versions(library, boss, book):
    change(boss, book, secret="x", title="Second")
    otto = library.as_user("otto")
    shown = otto.get(f"library/book/{book['id']}/versions/1")
    assert [one["field"] for one in shown["changes"]] == ["title"]


def test_a_copy_takes_lines_but_no_unique_values_and_no_state(boss, book):
    path = f"library/book/{book['id']}"
    boss("POST", f"{path}/actions/lend", {"ask": {"to": "Tom"}})
    answer = boss("POST", f"{path}/copy", {"title": "Copy"})
    assert answer.status_code == 201, answer.text
    made = answer.json
    assert answer.headers["Location"].endswith(f"/library/book/{made['id']}")
    assert (made["title"], made["isbn"], made["state"]) == ("Copy", None, "here")
    assert (made["borrower"], made["version"]) == (None, 1)
    assert [row["year"] for row in made["editions"]] == [1900, 1950]
    assert made["editions"][0]["id"] != book["editions"][0]["id"]
    assert made["worth"] == book["worth"]


def test_a_copy_needs_both_reading_and_creating(library, boss, book):
    otto = library.as_user("otto")
    assert otto("POST", f"library/book/{book['id']}/copy").status_code == 403
    key = library.with_key("vera", "read")
    assert key("POST", f"library/book/{book['id']}/copy").status_code == 403
