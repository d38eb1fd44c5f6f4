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

    column = sa.column("day", sa.String())
    word = Sql(sa.literal(unit, sa.String()), TEXT)
    made = function.sqlite(Sql(column, DATE), word).element
    rows = sa.values(column, name="days").data([(d.isoformat(),) for d in DAYS])
    with sa.create_engine("sqlite://").connect() as connection:
        found = connection.execute(sa.select(column, made).select_from(rows)).all()
    assert {row[0]: row[1] for row in found} == {
        d.isoformat(): expected(d) for d in DAYS
    }
