"""Cells of a list that are changed in place: input, save, refusals, rights, undo."""

from __future__ import annotations

import re

import pytest

LIST = "?view=library.desk_list&tab=all"


@pytest.fixture
def book(library):
    ada = library.make("library.author", name="Ada Quill")
    return library.make(
        "library.book", title="Old", kind="novel", author=ada, price="5", owner=None
    )


def cells(page: str) -> list[str]:
    return re.findall(r'data-cell="([^"]+)"', page)


def save(person, book: int, field: str, value, version: int = 1, **more):
    return person.post(
        f"/library/book/{book}/cells/{field}{LIST}",
        **{field: value, "version": str(version), **more},
    )


def test_only_what_may_be_set_opens(library, book):
    page = library.person("vera").get(f"/library/book{LIST}")
    assert cells(page) == [
        *("title", "kind", "price", "pages", "rating", "state", "author", "similar")
    ], "neither paths nor formulas"
    assert "js/cells" in page
    assert not cells(library.person("vera").get("/library/book?tab=all"))
    reader = library.person("otto")
    assert not cells(reader.get(f"/library/book{LIST}"))


def test_a_cell_has_the_input_of_its_field(boss, book):
    made = boss.get(f"/library/book/{book}/cells/price{LIST}")
    assert 'name="price"' in made
    assert 'value="5.00"' in made
    assert 'name="version" value="1"' in made
    made = boss.get(f"/library/book/{book}/cells/author{LIST}")
    assert "data-picker" in made
    assert 'value="Ada Quill"' in made
    boss.get(f"/library/book/{book}/cells/shout{LIST}", 404)
    boss.get(f"/library/book/{book}/cells/isbn{LIST}", 404)
    boss.get(f"/library/book/{book}/cells/title?tab=all", 404)


def test_a_save_brings_the_row_anew_and_can_be_taken_back(library, boss, book):
    boss.get(f"/library/book{LIST}")
    answer = save(boss, book, "title", "New")
    assert answer.status_code == 200, answer.text
    assert "NEW" in answer.json["row"], "the formula followed"
    assert answer.json["text"] == "Title was saved."
    assert library.read("library.book", book)["title"] == "New"
    assert boss.post(answer.json["undo"]).status_code == 200
    assert library.read("library.book", book)["title"] == "Old"


def test_a_refusal_says_why_and_changes_nothing(library, boss, book):
    boss.get(f"/library/book{LIST}")
    for field, value, why in (
        ("title", "", "Title is required."),
        ("price", "abc", "number"),
        ("pages", "0", "1"),
        ("state", "lent", ""),
    ):
        answer = save(boss, book, field, value)
        assert answer.status_code == 422, (field, answer.text)
        assert why in answer.json["detail"]
    record = library.read("library.book", book)
    assert (record["title"], record["version"], record["state"]) == ("Old", 1, "here")


def test_a_warning_is_answered(library, boss, book):
    boss.get(f"/library/book{LIST}")
    answer = save(boss, book, "price", "0")
    assert answer.status_code == 422
    assert answer.json["warning"]
    assert answer.json["detail"] == "A book for nothing? (Price is 0)"
    assert save(boss, book, "price", "0", accept="1").status_code == 200
    assert library.read("library.book", book)["price"] == 0


def test_somebody_else_was_first(library, boss, book):
    boss.get(f"/library/book{LIST}")
    assert save(boss, book, "title", "First").status_code == 200
    answer = save(boss, book, "title", "Second")
    assert answer.status_code == 409
    assert "First" in answer.json["row"]
    assert library.read("library.book", book)["title"] == "First"


def test_what_is_closed_says_so_before(library, boss, book):
    response = boss.client.get(f"/library/book/{book}/cells/state{LIST}")
    assert response.status_code == 409
    assert response.json["detail"] == "State cannot be changed here."


def test_rows_of_others_stay_closed(library, book):
    mara = library.person("mara")
    mara.get(f"/library/book{LIST}")
    other = library.make("library.book", title="O", owner=library.people["vera"])
    response = mara.client.get(f"/library/book/{other}/cells/title{LIST}")
    assert response.status_code in (404, 409)
    assert save(mara, other, "title", "Mine").status_code in (404, 409)
    assert library.read("library.book", other)["title"] == "O"
    reader = library.person("otto")
    reader.get("/library/book")
    assert save(reader, book, "title", "Mine").status_code in (403, 404)
    assert library.read("library.book", book)["title"] == "Old"


def test_many_links_change_in_a_cell(library, boss, book):
    other = library.make("library.book", title="Other")
    boss.get(f"/library/book{LIST}")
    answer = boss.post(
        f"/library/book/{book}/cells/similar{LIST}",
        similar=["", str(other)],
        version="1",
    )
    assert answer.status_code == 200, answer.text
    assert "Other" in answer.json["row"]
    assert "Other" in boss.get(f"/library/book/{book}/cells/similar{LIST}")
