"""Dashboards: figures that equal the lists they lead to, charts, rights, one record."""

from __future__ import annotations

import html
import json
import re

import pytest

from core.testing.statements import counting

DESK = "/dashboards/library.desk"


@pytest.fixture
def books(library):
    ada = library.make("library.author", name="Ada Quill")
    ben = library.make("library.author", name="Ben Ink")
    rows = [
        ("A", "novel", "10.10", "EUR", ada, 50, "2026-01-05", "vera"),
        ("B", "novel", "20.20", "EUR", ada, 150, "2026-03-01", "mara"),
        ("C", "novel", "500", "JPY", ben, 200, "2026-03-31", None),
        ("this", "poem", "1", "EUR", ada, 10, None, "mara"),
    ]
    for title, kind, price, code, author, pages, day, owner in rows:
        library.make(
            "library.book",
            title=title,
            kind=kind,
            price=price,
            currency=code,
            author=author,
            pages=pages,
            published=day,
            owner=library.people[owner] if owner else None,
        )
    return ada


def tile(page: str, name: str) -> str | None:
    found = re.search(
        rf'<(a|section)[^>]*data-tile="{name}"[^>]*>.*?</\1>', page, re.DOTALL
    )
    return found[0] if found else None


def words(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", text))).strip()


def figure(page: str, name: str) -> str:
    found = re.search(r'class="f">(.*?)</div>', tile(page, name) or "", re.DOTALL)
    assert found, name
    return words(found[1])


def href(page: str, name: str) -> str:
    found = re.search(r'href="([^"]+)"', tile(page, name) or "")
    assert found, name
    return html.unescape(found[1])


def chart(page: str, name: str) -> dict:
    found = re.search(rf'data-chart-data="{name}">(.*?)</script>', page, re.DOTALL)
    assert found, name
    return json.loads(found[1])


def test_figures_stand_apart_by_currency(boss, books):
    page = boss.get(DESK)
    assert figure(page, "books") == "4"
    assert figure(page, "worth") == "500JPY · 30.30EUR"
    assert "50 % all" in words(tile(page, "share") or "").replace("\u00a0", " ")


@pytest.mark.parametrize("who", ["vera", "mara", "nils"])
def test_a_figure_equals_the_list_behind_it(library, books, who):
    person = library.person(who)
    page = person.get(DESK)
    for name in ("books", "share"):
        shown = person.get(href(page, name))
        rows = len(re.findall(r"<tr role=\"row\" data-row", shown))
        assert figure(page, name) == str(rows), name


def test_each_part_of_a_chart_equals_the_list_behind_it(boss, books):
    page = boss.get(DESK)
    for name in ("writers", "months"):
        data = chart(page, name)
        for at, link in enumerate(data["links"]):
            count = data["series"][0]["values"][at]
            rows = len(re.findall(r"<tr role=\"row\" data-row", boss.get(link)))
            assert rows == count, (name, data["labels"][at])


def test_charts_have_labels_in_order_and_no_gaps(boss, books):
    page = boss.get(DESK)
    kinds = chart(page, "kinds")
    assert kinds["labels"] == ["Novel", "Poem"]
    assert {one["name"]: one["values"] for one in kinds["series"]} == {
        "JPY": [500, 0],
        "EUR": [30.3, 1],
    }
    assert chart(page, "writers")["labels"] == ["Ada Quill", "Ben Ink"]
    months = chart(page, "months")
    assert months["labels"] == ["Without", "Jan 2026", "Feb 2026", "Mar 2026"]
    assert months["series"][0]["values"] == [1, 1, 0, 2]
    table = tile(page, "months") or ""
    assert "Feb 2026" in words(table.partition("<table")[2])


def test_tiles_of_others_and_closed_fields_are_not_there(library, books):
    boss, clerk = library.person("vera"), library.person("mara")
    assert tile(boss.get(DESK), "bosses")
    page = clerk.get(DESK)
    assert tile(page, "bosses") is None
    assert tile(page, "secrets") is None, "the field is closed to clerks"
    assert tile(page, "hidden") is None
    assert figure(page, "books") == "3"
    clerk.get("/dashboards/library.back_room", 404)
    boss.get("/dashboards/library.back_room")
    clerk.get("/dashboards/library.none", 404)


def test_a_list_tile_has_few_rows_in_its_order(boss, books):
    assert re.findall(r'class="ttl"[^>]*>([^<]*)', tile(boss.get(DESK), "latest")) == [
        "this",
        "C",
    ]


def test_a_record_has_its_own_page_of_tiles(library, boss, books):
    page = boss.get(f"/dashboards/library.author_page/{books}")
    assert figure(page, "books") == "3"
    assert "Ada Quill" in page
    names = re.findall(r'class="ttl"[^>]*>([^<]*)', tile(page, "others") or "")
    assert names == ["A", "B"], "a text that reads this is no record"
    shown = boss.get(href(page, "books"))
    assert len(re.findall(r"<tr role=\"row\" data-row", shown)) == 3
    assert f"/dashboards/library.author_page/{books}" in boss.get(
        f"/library/author/{books}"
    )
    boss.get("/dashboards/library.author_page/999", 404)
    boss.get("/dashboards/library.author_page", 404)
    library.person("zoe").get(f"/dashboards/library.author_page/{books}", 404)


def test_a_closed_figure_leaves_those_about_the_same_rows_open(library, books):
    assert tile(library.person("vera").get(DESK), "kept")
    page = library.person("mara").get(DESK)
    assert tile(page, "kept") is None, "the field is closed to clerks"
    assert (figure(page, "books"), figure(page, "pages")) == ("3", "360")


def test_figures_about_the_same_rows_cost_one_statement(library, boss, books):
    boss.get(DESK)
    with counting(library.application.database.engine) as statements:
        boss.get(DESK)
    about = [text for text in statements if "FROM library_book" in text]
    counted = [text for text in about if "count(" in text.lower()]
    # Three figures over all books are one statement; three charts, three figures with
    # conditions, one to compare with, and the count of the list.
    assert len(counted) == 9


COUNTER = "/dashboards/library.counter"


@pytest.mark.parametrize(
    ("query", "count", "dear", "titles"),
    [
        ("", "3", "2", ["A", "B", "C"]),
        ("?filter=-", "4", "3", ["A", "B", "C", "this"]),
        ("?filter=novels&filter=long", "2", "2", ["B", "C"]),
        ("?filter=long", "2", "2", ["B", "C"]),
    ],
)
def test_all_tiles_obey_the_filters_above_them(boss, books, query, count, dear, titles):
    page = boss.get(COUNTER + query)
    assert figure(page, "books") == count
    assert figure(page, "dear") == dear
    assert sum(chart(page, "writers")["series"][0]["values"]) == int(count)
    assert re.findall(r'class="ttl"[^>]*>([^<]*)', tile(page, "some")) == titles
    shown = boss.get(href(page, "dear"))
    assert len(re.findall(r"<tr role=\"row\" data-row", shown)) == int(dear)


def test_a_filter_turns_on_and_off(library, books):
    page = library.person("vera").get(COUNTER)
    bar = page.partition('class="i-filters"')[2].partition("</div>")[0]
    links = dict(
        re.findall(r'href="([^"]+)"[^>]*>(?:<svg.*?</svg>)?(\w+)', html.unescape(bar))
    )
    assert list(links.values()) == ["Novels", "Long", "Secret"]
    assert list(links) == [
        f"{COUNTER}?filter=-",
        f"{COUNTER}?filter=novels&filter=long",
        f"{COUNTER}?filter=novels&filter=secret",
    ]
    assert bar.count("aria-current") == 1
    clerk = library.person("mara").get(f"{COUNTER}?filter=secret")
    assert (
        "Secret" not in clerk.partition('class="i-filters"')[2].partition("</div>")[0]
    )
    assert figure(clerk, "books") == "3", "a filter of others says nothing"
