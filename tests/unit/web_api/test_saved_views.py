"""Saved views through the API: their life, and lists that begin with one."""

from __future__ import annotations

import pytest

from core.storage import saved_view, usual_view

VIEWS = "library/book/views"


@pytest.fixture(autouse=True)
def books(library, boss):
    for number, kind in enumerate(("novel", "poem", "manual")):
        boss.make(
            "library/book", title=f"Book {number}", kind=kind, price=str(number + 1)
        )
    yield
    with library.application.database.writing() as connection:
        connection.execute(usual_view.delete())
        connection.execute(saved_view.delete())


def test_the_life_of_a_view(boss):
    made = boss.make(VIEWS, name="Poems", state={"filter": "kind == 'poem'"})
    assert (made["version"], made["roles"], made["usual"]) == (1, None, False)
    path = f"{VIEWS}/{made['id']}"
    assert boss.get(path) == made
    changed = boss("PATCH", path, {"name": "Verse", "version": 1, "usual": True}).json
    assert (changed["name"], changed["version"], changed["usual"]) == ("Verse", 2, True)
    assert boss("PATCH", path, {"name": "x", "version": 1}).status_code == 409
    assert [one["name"] for one in boss.get(VIEWS)["items"]] == ["Verse"]
    assert boss("DELETE", path).status_code == 204
    assert boss("GET", path).status_code == 404


def test_a_list_begins_with_a_view_and_is_narrowed_further(boss):
    state = {
        "filter": "price >= 2",
        "chips": ["kind:in:poem,manual"],
        "order": ["-title"],
        "columns": ["title"],
    }
    made = boss.make(VIEWS, name="Dear", state=state)
    page = boss.get("library/book", saved=made["id"])
    assert [one["title"] for one in page["items"]] == ["Book 2", "Book 1"]
    assert set(page["items"][0]) == {"id", "version", "title"}
    page = boss.get("library/book", saved=made["id"], filter="price < 3", order="title")
    assert [one["title"] for one in page["items"]] == ["Book 1"]
    assert boss.get("library/book/count", saved=made["id"]) == {"count": 2}
    assert boss.get("library/book/count", saved=made["id"], filter="price < 3") == {
        "count": 1
    }


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ({"filter": "nothing > 1"}, "bad_query"),
        ({"filter": "1) or (1 == 1"}, "bad_query"),
        ({"columns": ["nothing"]}, "bad_query"),
        ({"order": ["nothing"]}, "bad_query"),
        ({"colour": "red"}, "validation_failed"),
        ({"order": "title"}, "validation_failed"),
        ({"search": "x" * 300}, "validation_failed"),
        ({"view": "library.author_list"}, "validation_failed"),
    ],
)
def test_a_state_that_cannot_be_shown_is_refused(boss, state, code):
    answer = boss("POST", VIEWS, {"name": "Bad", "state": state})
    assert answer.json["code"] == code
    assert boss.get(VIEWS)["items"] == []


def test_a_view_leaks_no_field_to_those_it_is_shared_with(library, boss):
    otto = library.as_user("otto")
    state = {"filter": "secret == 'x'", "columns": ["title"]}
    hidden = boss.make(VIEWS, name="Secret", state=state, roles=[])
    assert otto("GET", f"library/book?saved={hidden['id']}").status_code == 400
    state = {"columns": ["title", "price"]}
    shown = boss.make(VIEWS, name="Prices", state=state, roles=[])
    answer = otto("GET", f"library/book?saved={shown['id']}")
    assert answer.status_code == 400
    assert "price" in answer.json["detail"]


def test_another_may_use_a_shared_view_but_not_change_it(library, boss, clerk):
    made = boss.make(VIEWS, name="Poems", state={"search": "Book"}, roles=[])
    path = f"{VIEWS}/{made['id']}"
    assert clerk.get(path)["may_change"] is False
    assert clerk("PATCH", path, {"name": "Mine"}).status_code == 403
    assert clerk("DELETE", path).status_code == 403
    assert clerk("PATCH", path, {"usual": True}).json["usual"] is True
    assert boss.get(path)["usual"] is False
    private = boss.make(VIEWS, name="Mine", state={})
    assert clerk("GET", f"{VIEWS}/{private['id']}").status_code == 404


def test_a_key_for_reading_saves_no_view(library):
    key = library.with_key("vera", "read")
    assert key("GET", VIEWS).status_code == 200
    assert key("POST", VIEWS, {"name": "No"}).status_code == 403


def test_who_may_not_read_the_records_has_no_views_of_them(library):
    assert library.as_user("zoe")("GET", VIEWS).status_code == 403
