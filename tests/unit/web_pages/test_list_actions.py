"""Buttons of a list and of chosen records: page, press, counts, undo, rights, menu."""

from __future__ import annotations

import html
import re

import pytest

LIST = "/library/book"
TIDY = f"{LIST}/actions/tidy"


@pytest.fixture
def books(library):
    owner = library.people["vera"]
    kinds = ("novel", "novel", "manual")
    return [
        library.make("library.book", title=f"B{n}", kind=kind, owner=owner)
        for n, kind in enumerate(kinds)
    ]


@pytest.fixture
def at_list(boss):
    boss.get(f"{LIST}?tab=all")
    return boss


def told(library, books, name):
    return [library.read("library.book", one)[name] for one in books]


def undo_of(page: str) -> str:
    return html.unescape(re.search(r'data-undo-url="([^"]+)"', page)[1])


def test_menu_and_list_lead_to_a_page_that_does_nothing_yet(library, at_list, books):
    page = at_list.get(f"{LIST}?tab=all")
    assert f'href="{TIDY}"' in page, "the menu"
    assert f'href="{TIDY}?tab=all"' in page, "the list"
    assert f'action="{LIST}/actions/greet?tab=all"' in page, "nothing is asked"
    page = at_list.get(TIDY)
    assert "All novels here get this number of pages." in page
    assert 'name="ask.pages"' in page
    assert f"{TIDY}/lookup/by" in page
    assert told(library, books, "pages") == [None] * 3


def test_the_list_is_acted_upon_and_undo_takes_it_back(library, at_list, books):
    page = at_list.post(TIDY, **{"ask.pages": "0"})
    assert page.status_code == 422
    assert at_list.post(TIDY).status_code == 422
    assert at_list.post(TIDY, **{"ask.pages": "12"}).location == LIST
    assert told(library, books, "pages") == [12, 12, None]
    page = at_list.get(LIST)
    assert "Done: Tidy the shelf" in page
    assert at_list.post(undo_of(page)).json == {}
    assert told(library, books, "pages") == [None] * 3


def test_what_was_made_cannot_be_taken_back(library, at_list, books):
    assert at_list.post(f"{LIST}/actions/greet").status_code == 302
    page = at_list.get(LIST)
    assert "Done: Note the count" in page
    assert "data-undo-url" not in page


def test_a_button_that_is_not_ready_says_why(library, at_list):
    assert "There is nothing to tidy." in at_list.get(f"{LIST}?tab=all")
    assert "There is nothing to tidy." in at_list.get(TIDY)
    at_list.post(TIDY, **{"ask.pages": "12"})
    assert "There is nothing to tidy." in at_list.get("/library/author")


def test_chosen_records_are_asked_once_and_told_one_by_one(library, at_list, books):
    page = at_list.post(f"{LIST}/bulk?tab=all", action="do:rate", ids=books).text
    assert "3 Books: B0, B1, B2" in page
    assert 'name="ask.rating"' in page
    at = f"{LIST}/actions/rate?tab=all"
    chosen = ",".join(map(str, books))
    assert at_list.post(at, ids=chosen).status_code == 422
    assert told(library, books, "rating") == [None] * 3
    page = at_list.post(at, ids=chosen, **{"ask.rating": "7"}).text
    assert [str(one) for one in told(library, books, "rating")[:2]] == ["7.00", "7.00"]
    assert told(library, books, "rating")[2] is None
    assert "Rate: done for 2 records." in page
    assert "1 was refused" in page
    assert f'{LIST}/{books[2]}">B2</a>: A manual is not rated.' in page
    assert f'name="ids" value="{books[2]}"' in page
    assert at_list.post(undo_of(page)).json == {}
    assert told(library, books, "rating") == [None] * 3


def test_a_button_that_asks_nothing_acts_at_once(library, at_list, books):
    page = at_list.get(f"{LIST}?tab=all")
    assert 'value="do:sign"' in page
    answer = at_list.post(f"{LIST}/bulk?tab=all", action="do:sign", all="1")
    assert answer.status_code == 302
    assert told(library, books, "signed") == [True] * 3
    assert "Sign: done for 3 records." in at_list.get(f"{LIST}?tab=all")


def test_lists_and_records_keep_their_buttons_apart(library, at_list, books):
    record = f"{LIST}/{books[0]}"
    page = at_list.get(record)
    assert "Tidy the shelf" not in page.partition("i-rec-main")[2]
    assert f"{record}/actions/rate" in page, "one record is a choice as well"
    assert at_list.get(f"{LIST}/actions/lend", 404)
    at_list.get(record)
    assert at_list.post(f"{LIST}/actions/lend").status_code == 404
    at_list.post(f"{record}/actions/tidy", **{"ask.pages": "12"})
    assert told(library, books, "pages") == [None] * 3


def test_who_lacks_the_verb_finds_no_button_and_is_refused(library, clerk, books):
    page = clerk.get(f"{LIST}?tab=all")
    assert "tidy" not in page
    assert "do:rate" not in page
    assert clerk.get(TIDY, 403)
    clerk.get(LIST)
    assert clerk.post(TIDY, **{"ask.pages": "12"}).status_code == 403
    answer = clerk.post(f"{LIST}/bulk?tab=all", action="do:sign", ids=books[:1])
    assert answer.status_code in (302, 403)
    assert told(library, books, "signed")[0] is not True


def test_links_of_the_form_offer_what_may_be_chosen(library, at_list, books):
    ada = library.make("library.author", name="Ada Quill")
    assert "Ada Quill" in at_list.get(f"{TIDY}/lookup/by?q=ada")
    answer = at_list.post(TIDY, **{"ask.pages": "3", "ask.by": str(ada)})
    assert answer.status_code == 302
    assert at_list.get(f"{TIDY}/lookup/pages", 404)
