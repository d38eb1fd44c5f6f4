"""Indexes serve the lists: by key in both directions, without sorting."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.compiler import Compiled
from core.migrations import apply_plan, make_plan
from core.storage import Database, create_database
from tests.unit.compiler.world import world

BOOK = """\
entity: shop.book
title: name
company: optional
order: [-day, name]
fields:
  name: {type: text, required: true}
  day: {type: date}
  state: {type: choice, choices: {open: Open, sold: Sold}}
  by: {type: link, to: base.user}
  isbn: {type: text, unique: true}
filters:
  open: {where: state == 'open'}
"""


@pytest.fixture
def compiled(database_url: str, tmp_path: Path) -> Iterator[tuple[Compiled, Database]]:
    database = create_database(database_url)
    made = world(tmp_path, {"entities/book.yml": BOOK}).compiled(database.kind)
    apply_plan(make_plan(made, database), made, database, tmp_path)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    fixed = {"version": 1, "created_at": at, "updated_at": at, "archived": False}
    rows = [
        {
            **fixed,
            "name": f"Book {n}",
            "name__fold": f"book {n % 50}",
            "day": date(2026, 1, 1) + timedelta(n % 90) if n % 7 else None,
            "state": "sold" if n % 9 else "open",
        }
        for n in range(500)
    ]
    with database.writing() as connection:
        connection.execute(sa.insert(made.tables["shop.book"]), rows)
    yield made, database
    database.dispose()


def explained(database: Database, statement: sa.Select[tuple[int]]) -> str:
    text = statement.compile(
        database.engine, compile_kwargs={"literal_binds": True}
    ).string
    with database.writing() as connection:
        if database.kind == "postgresql":
            # So small a table would be read as a whole else.
            for name in ("seqscan", "bitmapscan", "incremental_sort"):
                connection.exec_driver_sql(f"SET LOCAL enable_{name} = off")
            rows = connection.exec_driver_sql(f"EXPLAIN {text}")
            return "\n".join(row[0] for row in rows)
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")
        return "\n".join(row[3] for row in rows)


ORDERS = (
    ("name__fold", "id"),
    ("-name__fold", "-id"),
    ("day", "id"),
    ("-day", "-id"),
    ("-day", "name__fold", "id"),
    ("-id",),
)


@pytest.mark.parametrize("order", ORDERS)
def test_a_page_is_read_without_sorting(
    compiled: tuple[Compiled, Database], order: tuple[str, ...]
) -> None:
    made, database = compiled
    table = made.tables["shop.book"]
    terms = []
    for key in order:
        column = table.c[key.removeprefix("-")]
        term = column.desc() if key.startswith("-") else column.asc()
        if column.nullable:
            low = key.startswith("-")
            term = term.nulls_last() if low else term.nulls_first()
        terms.append(term)
    text = explained(database, sa.select(table.c.id).order_by(*terms).limit(25))
    if "day" in order or order == ("-day", "-id"):
        # Nothing orders by the day alone, so nothing is kept for it.
        assert "ix_shop_book__day " not in text
        return
    assert "Sort" not in text
    assert "TEMP B-TREE" not in text


def test_links_and_filters_find_their_rows(
    compiled: tuple[Compiled, Database],
) -> None:
    made, database = compiled
    table = made.tables["shop.book"]
    for condition, index in (
        (table.c.by == 1, "ix_shop_book__by"),
        (table.c.state == "open", "ix_shop_book__state"),
    ):
        assert index in explained(database, sa.select(table.c.id).where(condition))


def test_indexes_are_named_once_and_reach_their_columns(tmp_path: Path) -> None:
    made = world(tmp_path, {"entities/book.yml": BOOK}).compiled()
    spec = next(spec for spec in made.specs() if spec.name == "shop_book")
    names = [index.name for index in spec.indexes]
    assert len(names) == len(set(names))
    assert {
        "uq_shop_book__isbn",
        "ix_shop_book__by",
        "ix_shop_book__company",
        "ix_shop_book__name__fold",
        "ix_shop_book__day_down__name__fold",
    } <= set(names)
    unique = next(index for index in spec.indexes if index.unique)
    assert unique.terms == ("(COALESCE(company, 0))", "isbn")
