"""Boards: exact heads over all rows, cards, moves with their refusals and undo."""

from __future__ import annotations

import re

import pytest

from core.services import Actor
from core.testing.statements import counting

SHELF = "/library/book?view=library.shelf"


@pytest.fixture
def books(library):
    ada = library.make("library.author", name="Ada Quill")
    rows = [
        ("A", "novel", "10.10", "EUR"),
        ("B", "novel", "20.20", "EUR"),
        ("C", "novel", "500", "JPY"),
        ("D", "manual", "1", "EUR"),
        ("E", "manual", None, "EUR"),
    ]
    return {
        title: library.make(
            "library.book",
            title=title,
            kind=kind,
            price=price,
            currency=code,
            author=ada,
            pages=1000 if title == "A" else 10,
            owner=None,
        )
        for title, kind, price, code in rows
    }


def head(page: str, column: str) -> str:
    found = re.search(
        rf'data-column="{column}".*?<header[^>]*>(.*?)</header>', page, re.DOTALL
    )
    assert found, column
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", found[1])).strip()


def cards(page: str) -> list[str]:
    return re.findall(r'data-card="\d+"[^>]*data-label="([^"]*)"', page)


def test_columns_show_count_limit_and_sums_apart_by_currency(boss, books):
    page = boss.get(SHELF)
    assert head(page, "novel") == "Novel 3 Price: 500JPY · 30.30EUR"
    assert head(page, "manual") == "Manual 2 2 of 2, full Price: 1EUR"
    assert head(page, "poem").startswith("Poem 0")
    assert sorted(cards(page)) == ["A", "B", "C", "D", "E"]
    assert "Ada Quill" in page
    assert page.count("is-stale") == 1


def test_filters_of_the_address_narrow_heads_and_cards_alike(boss, books):
    page = boss.get(f"{SHELF}&f=price:gt:15")
    assert head(page, "novel").startswith("Novel 2")
    assert sorted(cards(page)) == ["B", "C"]


def test_the_switch_keeps_the_filters(boss, books):
    page = boss.get("/library/book?tab=all&f=price:gt:15")
    assert "view=library.shelf&amp;tab=all&amp;f=price%3Agt%3A15" in page


def test_views_for_roles_are_for_these_roles(boss, clerk, books):
    assert "view=library.owners" in boss.get(SHELF)
    assert "view=library.owners" not in clerk.get(SHELF)
    clerk.get("/library/book?view=library.owners", 404)
    clerk.get("/library/book?view=library.nothing", 404)


def test_a_move_saves_and_answers_with_new_heads(library, boss, books):
    boss.get(SHELF)
    moved = boss.post(f"/library/book/{books['A']}/move{SHELF[13:]}", to="poem")
    assert moved.status_code == 422, "a poem has fewer pages"
    assert moved.json["detail"] == "No poem has 1,000 pages. (Pages is 1,000)"
    assert moved.json["mend"].endswith("/edit")
    moved = boss.post(
        f"/library/book/{books['B']}/move{SHELF[13:]}", to="poem", version="1"
    )
    assert moved.status_code == 200
    assert library.read("library.book", books["B"])["kind"] == "poem"
    assert "20.20" in moved.json["heads"]["poem"]
    assert "10.10" in moved.json["heads"]["novel"]
    assert f'data-card="{books["B"]}"' in moved.json["card"]
    back = boss.post(moved.json["undo"])
    assert back.status_code == 200
    assert library.read("library.book", books["B"])["kind"] == "novel"
    again = boss.post(moved.json["undo"])
    assert again.status_code == 409, "only the last change can be taken back"


def test_a_full_column_a_stale_card_and_a_warning_are_explained(library, boss, books):
    boss.get(SHELF)
    move = f"/library/book/{books['B']}/move{SHELF[13:]}"
    full = boss.post(move, to="manual")
    assert full.status_code == 422
    assert "Manual is full" in full.json["detail"]
    stale = boss.post(move, to="poem", version="7")
    assert stale.status_code == 409
    with library.application.transaction(Actor.system()) as tx:
        tx.update("library.book", books["B"], {"rating": "9.5"})
    warned = boss.post(move, to="poem")
    assert (warned.status_code, warned.json["warning"]) == (422, True)
    assert boss.post(move, to="poem", accept="1").status_code == 200


def test_who_may_not_change_a_card_is_refused_with_the_reason(library, books):
    reader = library.person("otto")
    page = reader.get(SHELF)
    assert "data-card-menu" not in page
    refused = reader.post(f"/library/book/{books['B']}/move{SHELF[13:]}", to="poem")
    assert refused.status_code == 409
    assert "may not" in refused.json["detail"]
    assert library.read("library.book", books["B"])["kind"] == "novel"


def test_fields_that_may_not_be_read_are_neither_added_up_nor_shown(library, books):
    page = library.person("otto").get(SHELF)
    assert "Price" not in page
    assert head(page, "novel") == "Novel 3"


def test_columns_of_a_link_and_cards_without_one(library, boss, books):
    library.make("library.book", title="Z", author=None, owner=None)
    page = boss.get("/library/book?view=library.by_author")
    assert head(page, "") == "Without 1"
    labels = re.findall(r'data-column="\d+" data-label="([^"]*)"', page)
    assert labels == ["Ada Quill"]


def test_further_cards_come_on_demand(library, boss):
    for number in range(23):
        library.make("library.book", title=f"N{number:02}", owner=None)
    page = boss.get(SHELF)
    assert len(cards(page)) == 20
    assert "Show more (3)" in re.sub(r"\s+", " ", page)
    rest = boss.get(f"/library/book/cards{SHELF[13:]}&column=novel&offset=20")
    assert cards(rest) == ["N20", "N21", "N22"]


def test_heads_cost_one_statement_however_many_columns(library, boss, books):
    boss.get(SHELF)
    with counting(library.application.database.engine) as statements:
        boss.get(SHELF)
    groups = [text for text in statements if "GROUP BY" in text]
    assert len(groups) == 1


def test_one_card_is_one(library, boss):
    library.make("library.book", title="Alone", price="5")
    assert "1 card<" in boss.get(SHELF)
    library.make("library.book", title="Together", price="5")
    assert "2 cards<" in boss.get(SHELF)
