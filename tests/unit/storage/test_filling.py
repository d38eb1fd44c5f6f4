"""Many rows at once: every type comes back as it went, whichever way they went in."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.storage import StorageError, create_database, insert_rows, violation_of
from core.storage.filling import STREAM_FROM
from core.storage.tables import DOCUMENT, UtcDateTime
from core.testing.plugin import FreshDatabase

_SIZES = (1, STREAM_FROM - 1, STREAM_FROM, STREAM_FROM * 3)


def _table() -> sa.Table:
    return sa.Table(
        "kept things",
        sa.MetaData(),
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("select", sa.String(40), unique=True),
        sa.Column("amount", sa.Numeric(18, 4)),
        sa.Column("open", sa.Boolean),
        sa.Column("day", sa.Date),
        sa.Column("at", UtcDateTime()),
        sa.Column("clock", sa.Time),
        sa.Column("document", DOCUMENT),
        sa.Column("bytes", sa.LargeBinary),
    )


def _row(number: int) -> dict[str, object]:
    odd = number % 2 == 1
    return {
        "id": number,
        "select": f"tab\t line\n back\\ \\N {number} é € 漢",
        "amount": Decimal("-12345678901234.0001") if odd else None,
        "open": odd,
        "day": date(2024, 2, 29) if odd else None,
        "at": datetime(2026, 3, 29, 1, 30, tzinfo=UTC) + timedelta(seconds=number),
        "clock": time(23, 59, 59) if odd else None,
        "document": {"a": ["x", None, 'q"'], "n": number},
        "bytes": bytes(range(256)) if odd else None,
    }


@pytest.mark.parametrize("size", _SIZES)
def test_rows_come_back_as_they_went_in(database_url: str, size: int) -> None:
    database, table = create_database(database_url), _table()
    rows = [_row(number) for number in range(1, size + 1)]
    if database.kind == "sqlite":
        # Exact decimals are a type of their own there; this table has the plain one.
        rows = [{**row, "amount": None} for row in rows]
    with database.writing() as connection:
        table.create(connection)
        insert_rows(connection, table, rows)
    with database.reading() as connection:
        found = connection.execute(table.select().order_by(table.c.id))
        assert [dict(row) for row in found.mappings()] == rows
    database.dispose()


@pytest.mark.parametrize("size", _SIZES[1:])
def test_a_value_given_twice_is_an_integrity_error(
    database_url: str, size: int
) -> None:
    database, table = create_database(database_url), _table()
    rows = [{**_row(n), "amount": None} for n in range(1, size + 1)]
    rows[-1]["select"] = rows[0]["select"]
    with database.writing() as connection:
        table.create(connection)
    with (
        pytest.raises(sa.exc.IntegrityError) as caught,
        database.writing() as connection,
    ):
        insert_rows(connection, table, rows)
    assert violation_of(caught.value).kind == "unique"
    with database.reading() as connection:
        count = sa.select(sa.func.count()).select_from(table)
        assert connection.scalar(count) == 0
    database.dispose()


def test_a_stream_into_a_read_only_transaction_is_told_as_such(
    fresh_database: FreshDatabase,
) -> None:
    database = create_database(fresh_database("postgresql"))
    table = _table()
    with database.writing() as connection:
        table.create(connection)
    rows = [_row(number) for number in range(STREAM_FROM)]
    with pytest.raises(StorageError) as caught, database.reading() as connection:
        insert_rows(connection, table, rows)
    assert caught.value.reason == "read_only"
    database.dispose()
