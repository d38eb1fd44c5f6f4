"""Questions: filters, search, order, pages, counts, paths, statement budgets."""

from datetime import date

import pytest

from core.services import BadQuery, Query, title_of
from core.testing.statements import counting


@pytest.fixture
def many(world):
    names = ["Émile", "anna", "Bert", "Zoé", None, "bert", "Carl", "Dora", "Éva"]
    with world.tx("boss") as tx:
        rows = [
            {"name": name or "X", "city": name, "discount": n % 4, "code": f"C{n}"}
            for n, name in enumerate(names)
        ]
        return [outcome.id for outcome in tx.create_many("shop.party", rows)]


def pages(reader, **query):
    found, cursor = [], None
    while True:
        page = reader.search("shop.party", Query(cursor=cursor, **query))
        found += [row.id for row in page.items]
        if page.next is None:
            return found
        cursor = page.next


@pytest.mark.parametrize(
    "order",
    [
        ("name",),
        ("-name",),
        ("city",),
        ("-city", "name"),
        ("discount", "-name"),
        ("-discount", "-id"),
        ("owner", "name"),
        ("owner.team.name", "-code"),
        ("-created_at",),
        (),
    ],
)
def test_pages_are_the_whole_list_in_pieces(world, many, order):
    with world.reader("boss") as reader:
        whole = reader.search("shop.party", Query(order=order)).items
        assert pages(reader, order=order, limit=2) == [row.id for row in whole]
        assert len(whole) == len(many)


def test_order_ignores_case_and_accents_and_puts_nulls_first(world, many):
    with world.reader("boss") as reader:
        items = reader.search("shop.party", Query(order=("city",))).items
        assert [row["city"] for row in items] == [
            None, "anna", "Bert", "bert", "Carl", "Dora", "Émile", "Éva", "Zoé",
        ]  # fmt: skip
        backwards = reader.search("shop.party", Query(order=("-city",))).items
        assert [r["city"] for r in backwards][-1] is None


def test_cursors_are_checked(world, many):
    with world.reader("boss") as reader:
        cursor = reader.search("shop.party", Query(limit=2)).next
        for bad in ("x", cursor[:-3], "e30"):
            with pytest.raises(BadQuery):
                reader.search("shop.party", Query(cursor=bad))
        with pytest.raises(BadQuery):
            reader.search("shop.party", Query(cursor=cursor, order=("city",)))


def test_search_filters_and_counts(world, many):
    with world.reader("boss") as reader:
        names = {
            r["name"] for r in reader.search("shop.party", Query(search="ER")).items
        }
        assert names == {"Bert", "bert"}
        assert not reader.search("shop.party", Query(search="100% _")).items
        page = reader.search("shop.party", Query(limit=2, count="exact"))
        assert (len(page.items), page.count) == (2, 9)
        page = reader.search("shop.party", Query(offset=7, count="estimate"))
        assert (len(page.items), page.count, page.estimated) == (2, 9, False)
        assert reader.count("shop.party", Query(filter="discount > 1")) == 4
        assert reader.count("shop.party", Query(named=("mine",))) == 9
        assert reader.count("shop.party", Query(named=("firms",), search="a")) > 0
        for query in (
            Query(filter="discount >"),
            Query(filter="nam == 'x'"),
            Query(filter="x" * 5000),
            Query(named=("nothing",)),
            Query(fields=("nothing",)),
            Query(fields=("owner.nothing",)),
            Query(order=("tags",)),
            Query(limit=0),
            Query(limit=5000),
        ):
            with pytest.raises(BadQuery):
                reader.search("shop.party", query)


def test_an_entity_without_search_fields_is_searched_by_title(world):
    with world.reader("boss") as reader:
        assert [f.title for f in reader.lookup("base.team", "blu")] == ["Blue"]


def test_values_computed_on_read(world, many):
    with world.tx("boss") as tx:
        tx.create("shop.order", {"party": many[0]})
        query = Query(filter="order_count > 0", fields=("name", "order_count"))
        rows = tx.search("shop.party", query).items
        assert [(r.id, r["order_count"]) for r in rows] == [(many[0], 1)]
        assert (
            tx.search("shop.party", Query(order=("-order_count",))).items[0].id
            == (many[0])
        )
        assert tx.get("shop.party", many[0])["order_count"] == 1


def test_paths_titles_and_lines(world, many):
    with world.tx("boss") as tx:
        bolt = world.id("shop.product.bolt")
        lines = [{"product": bolt, "price": 2}, {"product": bolt, "price": 3}]
        for party in many[:3]:
            tx.create(
                "shop.order", {"party": party, "lines": lines, "date": date.today()}
            )
        query = Query(
            fields=(
                "number",
                "party",
                "party.name",
                "party.owner.name",
                "owner.team.name",
                "net",
                "lines",
            )
        )
        rows = tx.search("shop.order", query).items
        assert len(rows) == 3
        assert {row["owner.team.name"] for row in rows} == {"Blue"}
        assert {row["party.owner.name"] for row in rows} == {"Bob"}
        assert {title_of(row, "party") for row in rows} == {"Émile", "anna", "Bert"}
        assert [line["amount"] for line in rows[0].relations["lines"]] == [2, 3]
        assert title_of(rows[0].relations["lines"][0], "product") == "Bolt"


def test_a_list_costs_one_statement_per_link(world, many):
    with world.tx("boss") as tx:
        for party in many:
            tx.create("shop.order", {"party": party, "about": None})
    query = Query(fields=("number", "date", "party", "owner", "currency", "net"))
    with world.reader("boss") as reader:
        reader.search("shop.order", query)
    with (
        world.reader("boss") as reader,
        counting(reader.scene.connection) as statements,
    ):
        reader.search("shop.order", query)
    assert len(statements) <= 4


def test_a_record_costs_few_statements(world, many):
    with world.tx("boss") as tx:
        bolt = world.id("shop.product.bolt")
        lines = [{"product": bolt, "price": 2}] * 20
        order = tx.create("shop.order", {"party": many[0], "lines": lines}).id
    with (
        world.reader("boss") as reader,
        counting(reader.scene.connection) as statements,
    ):
        reader.get("shop.order", order)
    # the record, its lines and their parts, titles behind links of both
    assert len(statements) <= 11


def test_a_save_costs_few_statements(world):
    with world.tx("admin") as tx, counting(tx.scene.connection) as statements:
        tx.create("base.team", {"name": "Green"})
        assert len(statements) <= 4
        statements.clear()
        rows = [{"name": f"T{n}"} for n in range(200)]
        tx.create_many("base.team", rows)
        assert len(statements) <= 4
