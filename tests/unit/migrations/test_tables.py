"""Changes of YAML become changes of tables, and the data stay."""

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from core.expressions import search_index
from core.migrations import PlanRefused
from core.storage.tables import external_id
from core.storage.tables import module as module_table
from tests.unit.migrations.conftest import ROW, Bench

D = Decimal


def test_a_first_plan_creates_everything(bench: Bench) -> None:
    bench.write("name: {type: text, search: true}", "by: {type: link, to: base.user}")
    texts = bench.apply()
    assert "create table shop_book (11 columns, 3 indexes)" in texts
    user = bench.insert("base.user", name="Ada")
    book = bench.insert("shop.book", name="Notes", by=user)
    assert bench.rows("shop.book", "id", "by") == [(book, user)]


def test_links_to_nothing_are_refused_by_the_database(bench: Bench) -> None:
    bench.write("by: {type: link, to: base.user}")
    bench.apply()
    with pytest.raises(sa.exc.IntegrityError):
        bench.insert("shop.book", by=99)


def test_ids_are_never_given_twice(bench: Bench) -> None:
    bench.write("name: {type: text}")
    bench.apply()
    first = bench.insert("shop.book", name="a")
    bench.run("DELETE FROM shop_book")
    assert bench.insert("shop.book", name="b") > first


def test_new_columns_are_filled_with_their_defaults(bench: Bench) -> None:
    bench.write("name: {type: text}")
    bench.apply()
    bench.insert("shop.book", name="a")
    bench.write(
        "name: {type: text}",
        "sold: {type: boolean}",
        "good: {type: boolean, default: true}",
        "price: {type: decimal, default: 9.50}",
        'note: {type: text, default: "it\'s 5 %"}',
        "kind: {type: choice, choices: {a: A, b: B}, default: b}",
    )
    bench.apply()
    names = ("sold", "good", "price", "note", "kind")
    assert bench.rows("shop.book", *names) == [(False, True, D("9.5"), "it's 5 %", "b")]


def test_search_columns_are_filled_from_their_field(bench: Bench) -> None:
    bench.write("name: {type: text}", "note: {type: text}")
    bench.apply()
    bench.insert("shop.book", name="a", note="Élan" + "x" * 250)
    bench.write("name: {type: text}", "note: {type: text, search: true}")
    assert "fill column shop_book.note__fold" in bench.apply()
    assert bench.rows("shop.book", "note__fold") == [("elan" + "x" * 250,)]


def test_indexes_come_and_go(bench: Bench) -> None:
    bench.write("name: {type: text}", "day: {type: date, index: true}")
    bench.apply()
    bench.write("name: {type: text}", "day: {type: date}", indexes="[[day, name]]")
    assert bench.apply() == [
        "drop index ix_shop_book__day",
        "add index ix_shop_book__day__name on day, name, id",
    ]


def test_fields_and_entities_are_renamed_by_was(bench: Bench) -> None:
    bench.write(
        "name: {type: text, search: true}",
        "by: {type: link, to: base.user}",
        "about: {type: reference, to: [shop.book, base.user]}",
        "tags: {type: links, to: base.user}",
    )
    bench.apply()
    user = bench.insert("base.user", name="Ada")
    values = {"name": "Notes", "by": user, "about": 1, "about_entity": "shop.book"}
    book = bench.insert("shop.book", **values)
    bench.run(f"INSERT INTO shop_book__tags (source, target) VALUES ({book}, {user})")
    with bench.database.writing() as connection:
        key = {"entity": "shop.book", "key": "one", "record": book}
        connection.execute(sa.insert(external_id).values(key))
    bench.remove()
    bench.write(
        "title: {type: text, search: true, was: name}",
        "author: {type: link, to: base.user, was: by}",
        "about: {type: reference, to: [shop.work, base.user]}",
        "people: {type: links, to: base.user, was: tags}",
        name="work",
        was="book",
    )
    texts = bench.apply()
    assert "rename table shop_book to shop_work" in texts
    assert "rename column shop_work.name to title" in texts
    assert "rename column shop_work.name__fold to title__fold" in texts
    assert not [text for text in texts if text.startswith(("create", "drop table"))]
    names = ("title", "author", "about", "about_entity")
    assert bench.rows("shop.work", *names) == [("Notes", user, 1, "shop.work")]
    with bench.database.reading() as connection:
        assert connection.scalar(sa.select(external_id.c.entity)) == "shop.work"
        rows = connection.exec_driver_sql("SELECT source FROM shop_work__people")
        assert rows.scalar_one() == book
    with pytest.raises(sa.exc.IntegrityError):
        bench.insert("shop.work", author=99)


SMALL = "type: decimal, digits: 12, places: 2"


@pytest.mark.parametrize(
    ("old", "new", "value", "expected"),
    [
        ("type: text, length: 10", "type: text, length: 300", "abc", "abc"),
        ("type: text, length: 10", "type: longtext", "abc", "abc"),
        (SMALL, "type: decimal, digits: 16, places: 4", D("12.34"), D("12.34")),
        (SMALL, "type: decimal, digits: 30, places: 6", D("-12.34"), D("-12.34")),
        ("type: integer", "type: decimal, digits: 20, places: 2", 7, D(7)),
    ],
)
def test_columns_grow(
    bench: Bench, old: str, new: str, value: Any, expected: Any
) -> None:
    bench.write(f"worth: {{{old}, index: true}}")
    bench.apply()
    bench.insert("shop.book", worth=value)
    bench.insert("shop.book", worth=None)
    bench.write(f"worth: {{{new}, index: true}}")
    bench.apply()
    assert bench.rows("shop.book", "worth") == [(expected,), (None,)]


@pytest.mark.parametrize(
    ("old", "new", "bad", "good"),
    [
        ("type: text, length: 100", "type: text, length: 3", "abcd", "abc"),
        (SMALL, "type: decimal, digits: 12, places: 1", D("1.25"), D("1.5")),
        (SMALL, "type: decimal, digits: 4, places: 2", D("100.00"), D("10.00")),
        ("type: text", "type: integer", "seven", "7"),
    ],
)
def test_columns_shrink_while_every_value_fits(
    bench: Bench, old: str, new: str, bad: Any, good: Any
) -> None:
    bench.write(f"worth: {{{old}, index: true}}")
    bench.apply()
    bench.insert("shop.book", worth=good)
    row = bench.insert("shop.book", worth=bad)
    bench.write(f"worth: {{{new}, index: true}}")
    with pytest.raises(PlanRefused, match=f"row {row}"):
        bench.apply()
    bench.run(f"DELETE FROM shop_book WHERE id = {row}")
    bench.apply()
    assert [str(value) for (value,) in bench.rows("shop.book", "worth")] == [str(good)]


def test_what_cannot_be_converted_is_started_anew_only_while_empty(
    bench: Bench,
) -> None:
    bench.write("worth: {type: text}")
    bench.apply()
    bench.insert("shop.book", worth="x")
    bench.write("worth: {type: link, to: base.user}")
    plan = bench.plan()
    assert "loses_data" in [step.risk for step in plan.steps]
    with pytest.raises(PlanRefused, match="1 row hold a value"):
        bench.apply()
    bench.run("UPDATE shop_book SET worth = NULL")
    bench.apply()
    with pytest.raises(sa.exc.IntegrityError):
        bench.insert("shop.book", worth=99)


def test_a_field_with_data_is_not_dropped(bench: Bench) -> None:
    bench.write("name: {type: text}", "note: {type: text}", "flag: {type: boolean}")
    bench.apply()
    bench.insert("shop.book", name="a", note="keep me", flag=True)
    bench.write("name: {type: text}")
    plan = bench.plan()
    assert {step.risk for step in plan.steps} == {"loses_data"}
    assert "hidden: true" in plan.text()
    with pytest.raises(PlanRefused, match="'note' is gone"):
        bench.apply()
    bench.run("UPDATE shop_book SET note = NULL, flag = FALSE")
    columns = ["drop column shop_book.note", "drop column shop_book.flag"]
    assert bench.apply() == columns


def test_a_link_without_values_is_dropped(bench: Bench) -> None:
    bench.write("name: {type: text}", "by: {type: link, to: base.user}")
    bench.apply()
    bench.insert("shop.book", name="a")
    bench.write("name: {type: text}")
    bench.apply()
    assert bench.rows("shop.book", "name") == [("a",)]


def test_an_entity_with_data_is_not_dropped(bench: Bench) -> None:
    bench.write("name: {type: text}")
    bench.apply()
    bench.insert("shop.book", name="a")
    bench.remove()
    with pytest.raises(PlanRefused, match=r"shop\.book is gone"):
        bench.apply()
    bench.run("DELETE FROM shop_book")
    assert bench.apply() == ["drop table shop_book"]


EXTRA = {
    "module.yml": "module: extra\ntitle: Extra\nversion: 2.0.0\n"
    "depends: {shop: '>=1.0'}\n",
    "entities/shelf.yml": "entity: extra.shelf\nfields:\n  name: {type: text}\n",
    "extensions/shop.book.yml": "extend: {entity: shop.book}\nfields:\n"
    "  shelf: {type: link, to: extra.shelf}\n  worn: {type: boolean}\n",
}


def test_a_module_that_is_off_keeps_tables_and_columns(bench: Bench) -> None:
    bench.write("name: {type: text}")
    bench.world.write("extra", EXTRA)
    bench.apply()
    shelf = bench.insert("extra.shelf", name="A")
    bench.insert("shop.book", name="a", shelf=shelf, worn=True)
    assert bench.apply(["shop"]) == ["drop index ix_shop_book__shelf"]
    off = bench.compiled(["shop"]).tables["shop.book"]
    assert "worn" not in off.c
    with bench.database.writing() as connection:
        connection.execute(sa.insert(off).values(**ROW, name="b"))
    bench.apply(["shop", "extra"])
    assert bench.rows("shop.book", "name", "shelf", "worn") == [
        ("a", shelf, True),
        ("b", None, False),
    ]
    with bench.database.reading() as connection:
        state = sa.select(module_table.c.state).where(module_table.c.name == "extra")
        assert connection.scalar(state) == "enabled"


def test_uniques_keep_duplicates_out(bench: Bench) -> None:
    fields = ("name: {type: text}", "open: {type: boolean}")
    bench.write(*fields)
    bench.apply()
    bench.insert("shop.book", name="a", open=True)
    twin = bench.insert("shop.book", name="a", open=True)
    bench.write(*fields, constraints="{one: {unique: [name], where: open}}")
    with pytest.raises(PlanRefused, match="more than once"):
        bench.apply()
    bench.run(f"UPDATE shop_book SET open = FALSE WHERE id = {twin}")
    bench.apply()
    bench.insert("shop.book", name="a", open=False)
    with pytest.raises(sa.exc.IntegrityError):
        bench.insert("shop.book", name="a", open=True)


def test_uniques_hold_within_a_company(bench: Bench) -> None:
    bench.write("name: {type: text, unique: true}", company="optional")
    bench.apply()
    one, two = (bench.insert("base.company", name=n) for n in "ab")
    for company in (one, two, None):
        bench.insert("shop.book", name="x", company=company)
    for company in (one, None):
        with pytest.raises(sa.exc.IntegrityError):
            bench.insert("shop.book", name="x", company=company)


def test_on_delete_can_change(bench: Bench) -> None:
    bench.write("by: {type: link, to: base.user}")
    bench.apply()
    user = bench.insert("base.user", name="Ada")
    bench.insert("shop.book", by=user)
    bench.write("by: {type: link, to: base.user, on_delete: clear}")
    bench.apply()
    bench.run("DELETE FROM base_user")
    assert bench.rows("shop.book", "by") == [(None,)]


def test_a_search_index_comes_follows_and_goes(bench: Bench) -> None:
    bench.write("body: {type: longtext}", "note: {type: text}")
    bench.apply()
    long = "x" * 5000 + " Küche"
    bench.insert("shop.book", body=long, note="a")
    bench.write("body: {type: longtext, search: true}", "note: {type: text}")
    assert "add search index fx_shop_book on body__fold" in bench.apply()
    _finds(bench, "body__fold", "kuche", 1)
    bench.write(
        "head: {type: longtext, search: true, was: body}",
        "note: {type: text, search: true}",
    )
    bench.apply()
    _finds(bench, "head__fold", "kuche", 1)
    bench.run("UPDATE shop_book SET head__fold = 'garden'")
    _finds(bench, "head__fold", "kuche", 0)
    _finds(bench, "head__fold", "arden", 1)
    bench.write("head: {type: longtext}", "note: {type: text}")
    assert any(text.startswith("drop index fx_") for text in bench.apply())


def _finds(bench: Bench, key: str, part: str, count: int) -> None:
    table = bench.compiled().tables["shop.book"]
    conditions = search_index(table, [key], [sa.literal(part)], bench.database.kind)
    with bench.database.reading() as connection:
        number = sa.select(sa.func.count()).select_from(table).where(*conditions)
        assert connection.execute(number).scalar_one() == count
