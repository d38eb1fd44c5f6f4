"""A long list of values as one parameter, whichever database."""

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.storage import among, create_database


@pytest.mark.parametrize(
    ("kind", "stored", "others"),
    [
        (sa.String(20), "a", ["b", "it's", "{a,b}", 'x"y', "NULL"]),
        (sa.BigInteger, 7, [8, 9]),
        (sa.Date, date(2026, 2, 28), [date(2026, 3, 1)]),
        (sa.Numeric(12, 2), Decimal("1.50"), [Decimal("1.51")]),
    ],
)
def test_values_are_found(database_url: str, kind, stored, others) -> None:
    database = create_database(database_url)
    table = sa.Table("kept", sa.MetaData(), sa.Column("value", kind))
    with database.writing() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"value": stored}, {"value": None}])
        statement = sa.select(table.c.value).where(
            among(table.c.value, "values", connection)
        )
        found = connection.scalars(statement, {"values": [*others, stored]}).all()
        assert found == [stored]
        assert connection.scalars(statement, {"values": others}).all() == []
        table.drop(connection)
    database.dispose()
