"""The first day of a period in SQLite's own functions is that of the Python body."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from core.expressions import EvaluationError, builtin_catalogue
from core.expressions.sqlforms import Sql
from core.expressions.types import DATE, TEXT

DAYS = [
    *(date(2023, 1, 1) + timedelta(days=number) for number in range(800)),
    *(date(1, 1, day) for day in (1, 7, 8)),
    date(1999, 12, 31),
    date(9999, 12, 31),
]


@pytest.mark.parametrize("unit", ["week", "month", "quarter", "year"])
def test_both_bodies_find_the_same_day(unit):
    (function,) = builtin_catalogue().get("start_of")

    def expected(day: date) -> str | None:
        try:
            return function.python(day, unit).isoformat()
        except EvaluationError:
            return None

    days = sa.Table("days", sa.MetaData(), sa.Column("day", sa.String()))
    word = Sql(sa.literal(unit, sa.String()), TEXT)
    made = function.sqlite(Sql(days.c.day, DATE), word).element
    with sa.create_engine("sqlite://").connect() as connection:
        days.create(connection)
        connection.execute(days.insert(), [{"day": day.isoformat()} for day in DAYS])
        found = connection.execute(sa.select(days.c.day, made)).all()
    assert dict(map(tuple, found)) == {day.isoformat(): expected(day) for day in DAYS}
