"""Figures over many records: groups, periods, measures, rights."""

from __future__ import annotations

import pytest

from core.web.api.aggregates import measure_text, split_terms

PATH = "library/book/aggregate"


@pytest.fixture(autouse=True)
def books(boss):
    author = boss.make("library/author", name="Jane")["id"]
    rows = (
        ("A", "novel", "10.10", "2026-01-05", author, "EUR"),
        ("B", "novel", "20.20", "2026-01-30", author, "EUR"),
        ("C", "poem", "5", "2026-02-01", None, "EUR"),
        ("D", "poem", "700", None, None, "JPY"),
    )
    for title, kind, price, published, by, currency in rows:
        boss.make(
            "library/book",
            title=title,
            kind=kind,
            price=price,
            published=published,
            author=by,
            currency=currency,
            secret="x",
        )
    return author


def figures(found):
    return [
        (g["keys"], g["count"], [[a["value"] for a in v] for v in g["values"]])
        for g in found["groups"]
    ]


def test_sums_by_group_apart_by_currency(boss):
    found = boss.get(PATH, by="kind", measures="sum(price),count,max(published)")
    assert found["by"] == ["kind"]
    assert [m["kind"] for m in found["measures"]] == ["money", "integer", "date"]
    novels, poems = found["groups"]
    assert (novels["keys"], novels["count"]) == (["novel"], 2)
    assert novels["values"][0][0]["value"] == "30.3"
    assert novels["values"][0][0]["code"] == "EUR"
    assert novels["values"][2][0]["value"] == "2026-01-30"
    amounts = {(one["value"], one["code"]) for one in poems["values"][0]}
    assert amounts == {("5", "EUR"), ("700", "JPY")}
    assert found["more"] is False


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("published:month", [None, "2026-01-01", "2026-02-01"]),
        ("published:year", [None, "2026-01-01"]),
        ("published:quarter", [None, "2026-01-01"]),
        ("published:day", [None, "2026-01-05", "2026-01-30", "2026-02-01"]),
        ("published", [None, "2026-01-05", "2026-01-30", "2026-02-01"]),
        ("year(published)", [None, 2026]),
        ("price > 100", [False, True]),
    ],
)
def test_groups_by_periods_and_expressions(boss, by, keys):
    found = boss.get(PATH, by=by)
    assert [group["keys"][0] for group in found["groups"]] == keys
    assert sum(group["count"] for group in found["groups"]) == 4


def test_links_are_ids_or_titled(boss, books):
    found = boss.get(PATH, by="author", measures="avg(price)", filter="kind=='novel'")
    assert figures(found) == [([books], 2, [["15.15"]])]
    found = boss.get(PATH, by="author,kind", titles="1")
    assert found["groups"][-1]["keys"] == [{"id": books, "title": "Jane"}, "novel"]
    found = boss.get(PATH, by="author.name", measures="min(price)", filter="price < 30")
    assert [group["keys"] for group in found["groups"]] == [[None], ["Jane"]]


def test_without_groups_there_is_one_figure(boss):
    found = boss.get(PATH, measures="count,count_distinct(kind)")
    assert figures(found) == [([], 4, [[4], [2]])]
    nothing = boss.get(PATH, measures="count,sum(price)", filter="price < 0")
    assert nothing["groups"][0]["count"] == 0


def test_filters_search_and_named_filters_narrow(boss):
    assert boss.get(PATH, filter="@novels")["groups"][0]["count"] == 2
    assert boss.get(PATH, q="A")["groups"][0]["count"] == 1
    text = "sum(r.price for r in rows if r.kind == 'novel'),count"
    found = boss.get(PATH, measures=text, filter="currency.code == 'EUR'")
    assert [v[0]["value"] for v in found["groups"][0]["values"]] == ["30.3", 3]


def test_figures_equal_the_list(boss):
    listed = boss.get("library/book", filter="kind == 'novel'", fields="price")
    total = sum(float(one["price"]) for one in listed["items"])
    found = boss.get(PATH, filter="kind == 'novel'", measures="sum(price)")
    assert float(found["groups"][0]["values"][0][0]["value"]) == pytest.approx(total)


@pytest.mark.parametrize(
    "query",
    [
        {"by": "nothing"},
        {"by": "kind:month"},
        {"by": "published:fortnight"},
        {"by": "kind,author,state,published"},
        {"measures": "sum(title)"},
        {"measures": "sum(price"},
        {"measures": "price"},
        {"measures": "sum(nothing)"},
        {"measures": ",".join(f"sum(r.price + {n} for r in rows)" for n in range(13))},
        {"colour": "red"},
    ],
)
def test_what_is_not_understood_is_refused(boss, query):
    answer = boss("GET", PATH, query_string=query)
    assert answer.status_code == 400, answer.text


def test_rows_and_fields_are_those_one_may_read(library, boss):
    mara = library.as_user("mara")
    assert mara.get(PATH)["groups"][0]["count"] == 0
    otto = library.as_user("otto")
    assert otto.get(PATH, by="kind")["groups"][0]["count"] == 2
    for query in ({"by": "secret"}, {"measures": "max(secret)"}, {"by": "price"}):
        assert otto("GET", PATH, query_string=query).status_code == 400
    assert library.as_user("zoe")("GET", PATH).status_code == 403


def test_a_key_reaches_what_its_scopes_name(library):
    key = library.with_key("vera", "library.book:read")
    assert key("GET", f"{PATH}?by=kind").status_code == 200
    assert key("GET", f"{PATH}?by=author.name").status_code == 403
    assert key("GET", f"{PATH}?measures=max(author.name)").status_code == 403
    titled = key.get(PATH, by="author", titles="1")
    assert all(
        group["keys"][0] is None or group["keys"][0]["title"] is None
        for group in titled["groups"]
    )


def test_terms_are_split_outside_of_brackets_and_quotes():
    text = "sum(r.a for r in rows if r.b == 'x,y'), count ,max(c), count"
    assert split_terms(text) == [
        "sum(r.a for r in rows if r.b == 'x,y')",
        "count",
        "max(c)",
    ]
    assert measure_text("sum(a.b)") == "sum(rows.a.b)"
    assert measure_text("sum(rows.a)") == "sum(rows.a)"
    assert measure_text("count") == "count(rows)"
