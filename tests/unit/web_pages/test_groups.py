"""Grouped lists and sums: exact over all rows, per currency, with rows on demand."""

from __future__ import annotations

import html
import re

import pytest

SUMS = "/library/book?view=library.sums"


@pytest.fixture
def books(library):
    ada = library.make("library.author", name="Ada Quill")
    rows = [
        ("A", "novel", "10.10", "EUR", ada, "2026-01-05"),
        ("B", "novel", "20.20", "EUR", None, "2026-01-31"),
        ("C", "poem", "500", "JPY", ada, "2026-03-01"),
        ("D", "poem", "1", "EUR", ada, None),
    ]
    for title, kind, price, code, author, day in rows:
        library.make(
            "library.book",
            title=title,
            kind=kind,
            price=price,
            currency=code,
            author=author,
            published=day,
            pages=10,
            owner=None,
        )
    for number in range(30):
        library.make("library.book", title=f"M{number}", kind="manual", owner=None)


def words(text: str) -> str:
    plain = html.unescape(re.sub(r"<[^>]+>", " ", text))
    return re.sub(r"\s+", " ", plain).strip()


def heads(page: str) -> list[str]:
    found = re.findall(r'<tr role="row" class="grp".*?</tr>', page, re.DOTALL)
    return [words(one) for one in found]


def sums(page: str) -> str:
    return words(page.partition("<tfoot>")[2].partition("</tfoot>")[0])


def test_sums_are_those_of_all_rows_not_of_the_page(boss, books):
    page = boss.get(f"{SUMS}&group=none&tab=all")
    assert "1 to 25 of 34" in page
    assert sums(page) == "Sum of all Sum: 500 JPY · 31.30 EUR Sum: 40"
    narrowed = boss.get(f"{SUMS}&group=none&tab=all&f=kind:is:novel")
    assert sums(narrowed) == "Sum of all Sum: 30.30 EUR Sum: 20"


def test_the_groups_of_the_view_have_counts_and_sums(boss, books):
    page = boss.get(f"{SUMS}&tab=all")
    assert heads(page) == [
        "Novel 2 30.30 EUR 20",
        "Poem 2 500 JPY · 1 EUR 20",
        "Manual 30 0 EUR 0",
    ]
    assert sums(page) == "Sum of all Sum: 500 JPY · 31.30 EUR Sum: 40"
    assert "3 groups, 34 records" in page


def test_up_to_three_levels_by_the_address(boss, books):
    page = boss.get(f"{SUMS}&tab=all&group=author,published,kind&f=kind:in:novel,poem")
    assert [re.sub(r" \S+ (EUR|JPY).*", "", one) for one in heads(page)] == [
        "Ada Quill 3",
        "Without 1",
        "Poem 1",
        "Jan 2026 1",
        "Novel 1",
        "Mar 2026 1",
        "Poem 1",
        "Without 1",
        "Jan 2026 1",
        "Novel 1",
    ]


def test_rows_of_a_group_come_on_demand(boss, books):
    page = boss.get(f"{SUMS}&tab=all&group=published")
    links = [html.unescape(one) for one in re.findall(r'data-group="([^"]+)"', page)]
    shown = [
        re.findall(r'class="ttl"[^>]*>([^<]*)', boss.get(link)) for link in links[1:]
    ]
    assert shown == [["A", "B"], ["C"]]
    empty = re.findall(r'class="ttl"[^>]*>([^<]*)', boss.get(links[0]))
    assert len(empty) == 31
    assert boss.get(f"/library/book/group{SUMS[13:]}&g=x&g=y", 400)


def test_what_may_not_be_read_neither_groups_nor_adds_up(library, books):
    page = library.person("otto").get(f"{SUMS}&tab=all&group=owner")
    assert "<tfoot>" not in page
    assert heads(page) == []
