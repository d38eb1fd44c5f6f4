"""Lists: what they show, how their address narrows them, what is done to many."""

from __future__ import annotations

import html
import json
import re

import pytest

from core.services import Actor
from core.testing.statements import counting


def titles(page: str) -> list[str]:
    return re.findall(r'<a class="ttl" href="[^"]+">([^<]*)</a>', page)


@pytest.fixture
def shelf(library):
    ada = library.make("library.author", name="Ada Quill")
    for number, kind in enumerate(("novel", "poem", "manual", "novel")):
        library.make(
            "library.book",
            title=f"Book {number}",
            kind=kind,
            author=ada,
            price=str(number * 10 + 5),
            published=f"20{10 + number}-05-01",
            owner=None,
        )
    return ada


def test_rows_have_titles_money_and_states(boss, shelf):
    boss.get("/library/book?tab=all")
    boss.post("/library/book/columns", column=["title", "kind", "price", "author"])
    page = boss.get("/library/book?tab=all")
    boss.post("/library/book/columns", reset="1")
    assert titles(page) == ["Book 0", "Book 1", "Book 2", "Book 3"]
    assert '15.00<span class="cur">EUR</span>' in page
    assert "Ada Quill" in page
    assert "1 to 4 of 4" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("f=kind:is:poem", "1"),
        ("f=kind:in:poem,manual", "12"),
        ("f=kind:is_not:novel", "12"),
        ("f=price:gt:20", "23"),
        ("f=price:between:10..30", "12"),
        ("f=title:contains:ook+3", "3"),
        ("f=title:is:Book+2", "2"),
        ("f=published:from:2012-01-01", "23"),
        ("f=published:within:this_year", ""),
        ("f=created_at:within:today", "0123"),
        ("f=isbn:none", "0123"),
        ("f=tags:some", ""),
        ("f=kind:is:novel&o=price:lt:10&o=price:gt:30", "03"),
        ("where=price+%3E+10+and+kind+%3D%3D+%27novel%27", "3"),
        ("q=book+1", "1"),
        ("tab=novels", "03"),
        ("sort=-price", "3210"),
        ("sort=author,-title", "3210"),
    ],
)
def test_the_address_says_what_is_shown(boss, shelf, query, found):
    tab = "" if "tab=" in query else "&tab=all"
    page = boss.get(f"/library/book?{query}{tab}")
    assert titles(page) == [f"Book {number}" for number in found]


def test_chips_by_author_are_shown_by_name(boss, shelf):
    page = boss.get(f"/library/book?tab=all&f=author:is:{shelf}")
    assert len(titles(page)) == 4
    assert '<span class="v">Ada Quill</span>' in page


@pytest.mark.parametrize(
    "query",
    ["f=price:gt:many", "f=nothing:is:1", "where=foo(", "f=kind:between:1..2",
     "f=secret:is:x", "where=secret+is+null", "sort=secret", "cursor=abc"],
)  # fmt: skip
def test_what_is_not_understood_is_said_and_the_list_stays(clerk, shelf, query):
    page = clerk.get(f"/library/book?tab=all&{query}", 400)
    assert "This filter cannot be used" in page


def test_the_dialog_becomes_an_address(boss, shelf):
    answer = boss.client.get(
        "/library/book?tab=all&f=kind:is:poem&_path=price&_operator=gt&_value=1,000.5"
    )
    assert answer.status_code == 302
    assert answer.location.endswith("f=kind%3Ais%3Apoem&f=price%3Agt%3A1000.5")
    part = boss.get("/library/book/filter-value?_path=author")
    assert 'data-url="/library/author/lookup"' in part


def test_pages_go_forth_and_back(boss, library):
    with library.application.transaction(Actor.system()) as tx:
        rows = [{"title": f"Book {n:03}", "price": "5"} for n in range(60)]
        tx.create_many("library.book", rows)
    first = boss.get("/library/book?tab=all")
    assert "1 to 25 of 60" in first
    onward = re.search(r'href="([^"]+)" aria-label="Next page"', first)[1]
    second = boss.get(onward.replace("&amp;", "&"))
    assert titles(second)[0] == "Book 025"
    back = re.search(r'href="([^"]+)" aria-label="Previous page"', second)[1]
    assert titles(boss.get(back.replace("&amp;", "&")))[0] == "Book 000"


def test_rights_hold_in_lists(library, shelf):
    reader = library.person("otto")
    page = reader.get("/library/book?tab=all")
    assert titles(page)
    assert "EUR" not in page
    assert "/library/book/new" not in page
    library.person("zoe").get("/library/book", 403)
    reader.get("/library/nothing", 404)


def test_strangers_sign_in_first(library):
    answer = library.app.test_client().get("/library/book?tab=all")
    assert answer.status_code == 302
    assert "/login/" in answer.location


def test_many_are_archived_and_taken_back(boss, library):
    ids = [library.make("library.author", name=f"A{n}") for n in range(3)]
    boss.get("/library/author")
    answer = boss.post("/library/author/bulk?tab=all", action="archive", ids=ids[:2])
    assert answer.status_code == 302
    page = boss.get("/library/author?tab=all")
    assert titles(page) == ["A2"]
    undo = re.search(r'data-undo-url="([^"]+)"', page)[1].replace("&amp;", "&")
    assert boss.post(undo).json == {}
    assert len(titles(boss.get("/library/author?tab=all"))) == 3


def test_all_that_match_are_deleted_and_refusals_named(boss, library):
    kept = library.make("library.author", name="Kept")
    library.make("library.author", name="Gone")
    library.make("library.book", title="B", author=kept, price="5")
    boss.get("/library/author")
    boss.post("/library/author/bulk?tab=all", action="delete", all="1")
    page = boss.get("/library/author?tab=all")
    assert titles(page) == ["Kept"]
    assert "1 record deleted." in page
    assert "1 was refused." in page


def test_writing_needs_the_token_of_the_page(boss, library):
    id_ = library.make("library.author", name="A")
    answer = boss.client.post(
        "/library/author/bulk", data={"action": "delete", "ids": id_}
    )
    assert answer.status_code == 400
    assert library.read("library.author", id_)


def test_columns_are_kept(boss, library):
    library.make("library.book", title="B", pages=77, price="5")
    boss.get("/library/book")
    boss.post("/library/book/columns", column=["title", "pages", "secret2"])
    page = boss.get("/library/book?tab=all")
    assert re.findall(r'<th scope="col"', page) == ['<th scope="col"'] * 2
    assert "77" in page
    boss.post("/library/book/columns", reset="1")
    assert "Price" in boss.get("/library/book?tab=all")


def test_text_of_users_is_escaped(boss, library):
    evil = "<script>alert(1)</script>"
    id_ = library.make("library.book", title=evil, blurb=evil, price="5")
    for path in (
        "/library/book?tab=all",
        f"/library/book/{id_}",
        f"/library/book/{id_}/edit",
    ):
        assert evil not in boss.get(path)


def test_a_list_costs_few_statements(boss, library, shelf):
    boss.get("/library/book?tab=all")
    with counting(library.application.database.engine) as statements:
        boss.get("/library/book?tab=all")
    assert len(statements) <= 20, "\n".join(map(str, statements))


def test_a_list_offers_the_formats_of_its_file(library, boss, shelf):
    page = boss.get("/library/book?tab=all&q=Book")
    offer = html.unescape(re.search(r'hx-get="([^"]*/exports[^"]*)"', page)[1])
    menu = html.unescape(boss.get(offer))
    links = re.findall(r'<a [^>]*href="([^"]+)"', menu)
    assert [link.rpartition("format=")[2] for link in links] == ["csv", "xlsx", "json"]
    rows = json.loads(boss.get(links[2]))
    assert [row["title"] for row in rows] == [f"Book {n}" for n in range(4)]
    library.person("mara").get("/library/book/exports", 403)


def test_however_many_are_archived_all_come_back(library, boss):
    with library.application.transaction(Actor.system()) as tx:
        made = tx.create_many(
            "library.author", [{"name": f"A{n:03}"} for n in range(12)]
        )
    other = library.make("library.author", name="Other")
    boss.get("/library/author?tab=all")
    ids = [one.id for one in made]
    boss.post("/library/author/bulk?tab=all", action="archive", ids=ids)
    page = boss.get("/library/author?tab=all")
    assert titles(page) == ["Other"]
    assert "12 records archived." in page
    undo = html.unescape(re.search(r'data-undo-url="([^"]+)"', page)[1])
    stranger = library.person("mara")
    stranger.get("/library/author")
    assert stranger.post(undo).status_code == 409, "nobody undoes what others did"
    boss.post(f"/library/author/{other}/archive")
    assert boss.post(undo).json == {}
    with library.application.reader(Actor.system()) as reader:
        assert reader.count("library.author") == 12, "and nothing else with them"
    for broken in ("after=1", "after=x&last=2&at=2026-01-01", "after=1&last=2&at=no"):
        assert boss.post(f"/library/author/undo?{broken}").status_code == 400
