"""Fields of many records at once: choice, preview, partial refusals, undo, rights."""

from __future__ import annotations

import html
import re

import pytest

from core.services import Actor

BULK = "/library/book/bulk?tab=all"
EDIT = "/library/book/bulk-edit?tab=all"


@pytest.fixture
def books(library):
    ada = library.make("library.author", name="Ada Quill")
    return [
        library.make(
            "library.book",
            title=f"B{n}",
            kind="novel",
            author=ada,
            price="5",
            pages=100 * n,
            owner=None,
        )
        for n in (3, 4, 6)
    ]


@pytest.fixture
def at_list(boss):
    boss.get("/library/book?tab=all")
    return boss


def chosen(*books: int) -> str:
    return ",".join(map(str, books))


def undo_of(page: str) -> str:
    return html.unescape(re.search(r'data-undo-url="([^"]+)"', page)[1])


def test_the_list_leads_to_the_fields_that_may_be_set(at_list, books):
    assert 'value="edit"' in at_list.get("/library/book?tab=all")
    page = at_list.post(BULK, action="edit", ids=books).text
    assert "Change 3 Books" in page
    assert f'name="ids" value="{chosen(*books)}"' in page
    names = re.findall(r'name="_set" value="(\w+)"', page)
    assert {"kind", "author", "price", "pages", "tags", "about"} <= set(names)
    assert not {"isbn", "state", "shout", "worth", "editions"} & set(names), (
        "neither unique nor closed nor computed fields, and no rows"
    )
    assert "checked" not in page.partition("i-choose-list")[2].partition("</form>")[0]
    everything = at_list.post(BULK, action="edit", all="1").text
    assert "Change 3 Books" in everything
    assert at_list.post(BULK, action="edit").status_code == 302


def test_a_preview_counts_and_keeps_nothing(library, at_list, books):
    answer = at_list.post(
        EDIT, ids=chosen(*books), _set=["kind"], kind="poem", price="9"
    )
    assert answer.status_code == 200
    assert "2 records would change." in answer.text
    assert "1 would be refused:" in answer.text
    assert f'href="/library/book/{books[2]}"' in answer.text
    assert "No poem has 600 pages." in answer.text
    assert [library.read("library.book", one)["version"] for one in books] == [1, 1, 1]
    assert re.search(r'value="kind" checked', answer.text), "the form is kept"


def test_only_ticked_fields_change_and_undo_takes_all_back(library, at_list, books):
    answer = at_list.post(
        EDIT,
        ids=chosen(*books),
        _set=["pages", "published"],
        _act="change",
        pages="120",
        published="2026-01-31",
        kind="poem",
    )
    assert answer.status_code == 302
    assert answer.location.startswith("/library/book?")
    found = [library.read("library.book", one) for one in books]
    assert {one["pages"] for one in found} == {120}
    assert {str(one["published"]) for one in found} == {"2026-01-31"}
    assert {one["kind"] for one in found} == {"novel"}
    page = at_list.get(answer.location)
    assert "3 records changed." in page
    with library.application.reader(Actor.system()) as reader:
        told = reader.history("library.book", books[0], 1)[0]
    assert told.via == "ui"
    assert told.changes["pages"] == [300, 120]
    # Somebody changes one of them before Undo is pressed.
    with library.application.transaction(Actor.system()) as tx:
        tx.update("library.book", books[1], {"pages": 7})
    assert at_list.post(undo_of(page)).json == {}
    found = [library.read("library.book", one)["pages"] for one in books]
    assert found == [300, 7, 600]
    assert "1 record stayed as it is." in at_list.get("/library/book?tab=all")
    assert at_list.post(undo_of(page)).status_code == 409, "once is enough"


def test_what_is_refused_is_named_and_stays_in_the_form(library, at_list, books):
    page = at_list.post(
        EDIT, ids=chosen(*books), _set=["kind"], _act="change", kind="poem"
    ).text
    assert "2 records changed." in page
    assert "1 was refused" in page
    assert "B6</a>: No poem has 600 pages." in page
    assert f'name="ids" value="{books[2]}"' in page
    assert "Change 1 Book" in page
    kinds = [library.read("library.book", one)["kind"] for one in books]
    assert kinds == ["poem", "poem", "novel"]
    assert at_list.post(undo_of(page)).json == {}
    assert library.read("library.book", books[0])["kind"] == "novel"


def test_a_warning_is_answered_for_all(library, at_list, books):
    sent = {"ids": chosen(*books), "_set": ["price"], "price": "0", "_act": "change"}
    page = at_list.post(EDIT, **sent).text
    assert "A book for nothing?" in page
    assert "A warning was not accepted" not in page
    assert 'name="_accept"' in page
    assert at_list.post(EDIT, **sent, _accept="1").status_code == 302
    assert library.read("library.book", books[1])["price"] == 0


def test_values_that_are_none_and_empty_ones(library, at_list, books):
    answer = at_list.post(
        EDIT, ids=chosen(*books), _set=["pages"], _act="change", pages="many"
    )
    assert answer.status_code == 422
    assert 'value="many"' in answer.text
    assert "i-err" in answer.text
    answer = at_list.post(EDIT, ids=chosen(*books), _act="change", pages="7")
    assert answer.status_code == 422, "nothing is chosen"
    at_list.post(EDIT, ids=chosen(*books), _set=["pages"], _act="change", pages="")
    assert library.read("library.book", books[0])["pages"] is None
    page = at_list.post(
        EDIT, ids=chosen(*books), _set=["title"], _act="change", title=""
    ).text
    assert "Title is required." in page


def test_many_need_a_right_of_their_own(library, books):
    clerk = library.person("mara")
    page = clerk.get("/library/book?tab=all")
    assert 'value="edit"' not in page
    assert clerk.post(BULK, action="edit", ids=books).status_code == 403
    answer = clerk.post(
        EDIT, ids=chosen(*books), _set=["pages"], _act="change", pages="1"
    )
    assert answer.status_code == 403


def test_ids_of_nothing_and_of_what_is_not_seen(library, at_list, books):
    page = at_list.post(
        EDIT, ids=f"{books[0]},999999,x", _set=["pages"], _act="change", pages="8"
    ).text
    assert "1 record changed." in page
    assert "#999999: " in page
    assert at_list.post(EDIT, ids="", _set=["pages"]).status_code == 302
