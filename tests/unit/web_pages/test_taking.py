"""The small form of a button whose mapping takes what is open: less of it, or none."""

import re

import pytest

from core.services import Actor, Query
from tests.unit.web_api.conftest import emptied

PREFIX = "take.library.reprint.editions."


@pytest.fixture
def book(library):
    emptied(library.application)
    editions = [
        {"year": 1990, "copies": 5, "price": 1},
        {"year": 2001, "copies": 1200, "price": 2},
        {"year": 2002, "copies": 0, "price": 3},
    ]
    return library.make("library.book", title="Dune", kind="novel", editions=editions)


def rows_of(library, book):
    return [row.id for row in library.read("library.book", book).relations["editions"]]


def again(library):
    with library.application.reader(Actor.system()) as reader:
        page = reader.search("library.book", Query(filter="title == 'Dune again'"))
        return [
            [(row["year"], row["copies"]) for row in found.related("editions")]
            for found in (
                reader.get("library.book", one.id, ("editions",)) for one in page.items
            )
        ]


def test_the_form_offers_what_is_open(library, book):
    page = library.person("vera").get(f"/library/book/{book}")
    first, second, gone = rows_of(library, book)
    assert re.search(rf'name="{PREFIX}{first}"', page)
    assert re.search(rf'value="1,200"[^>]*name="{PREFIX}{second}"', page, re.S)
    assert f"{PREFIX}{gone}" not in page


def test_less_is_taken_and_nothing_of_others(library, book):
    boss = library.person("vera")
    boss.get(f"/library/book/{book}")
    first, second, _ = rows_of(library, book)
    fields = {"ask.year": "1999", f"{PREFIX}{first}": "", f"{PREFIX}{second}": "1,000"}
    answer = boss.post(f"/library/book/{book}/actions/reprint", **fields)
    assert answer.status_code == 302
    assert again(library) == [[(1999, 1000)]]


@pytest.mark.parametrize(
    ("text", "said"), [("6", "Between 0 and 5"), ("many", "not a number")]
)
def test_too_much_comes_back_with_what_was_typed(library, book, text, said):
    boss = library.person("vera")
    boss.get(f"/library/book/{book}")
    first, second, _ = rows_of(library, book)
    fields = {"ask.year": "1999", f"{PREFIX}{first}": text, f"{PREFIX}{second}": "7"}
    answer = boss.post(f"/library/book/{book}/actions/reprint", **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert re.search(rf'value="{text}"[^>]*name="{PREFIX}{first}"', answer.text, re.S)
    assert re.search(rf'value="7"[^>]*name="{PREFIX}{second}"', answer.text, re.S)
    assert again(library) == []


def test_nothing_at_all_is_said_so(library, book):
    boss = library.person("vera")
    boss.get(f"/library/book/{book}")
    fields = {f"{PREFIX}{row}": "0" for row in rows_of(library, book)[:2]}
    answer = boss.post(
        f"/library/book/{book}/actions/reprint", **{"ask.year": "1999", **fields}
    )
    assert answer.status_code == 302
    assert "nothing that is left to take" in boss.get(f"/library/book/{book}")
    assert again(library) == []
