"""The day of a moment in SQLite's own functions is that of the Python body."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from core.expressions import Env, builtin_catalogue, register_functions
from core.expressions.sqlforms import Sql
from core.expressions.storage_types import moment_text
from core.expressions.types import DATETIME, TEXT, Kind

ZONES = (
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
)
#: Every quarter of an hour of some days, changes of the clock among them, and odd ones.
STARTS = (
    datetime(2026, 3, 28, 0, 7, tzinfo=UTC),
    datetime(2026, 10, 24, 0, 7, tzinfo=UTC),
    datetime(2011, 12, 29, 0, 7, tzinfo=UTC),
    datetime(2000, 1, 1, 0, 7, tzinfo=UTC),
    datetime(2059, 12, 29, 0, 7, tzinfo=UTC),
    datetime(1945, 5, 24, 0, 7, tzinfo=UTC),
)
MOMENTS = [
    *(start + timedelta(minutes=15 * n) for start in STARTS for n in range(300)),
    *(
        datetime(2026, 1, 1, hour, 59, 59, 999_999, tzinfo=UTC) + shift
        for hour in range(24)
        for shift in (timedelta(0), timedelta(microseconds=1))
    ),
]


@pytest.fixture
def moments():
    table = sa.Table("moments", sa.MetaData(), sa.Column("at", sa.String()))
    with sa.create_engine("sqlite://").connect() as connection:
        register_functions(connection.connection.driver_connection)
        table.create(connection)
        rows = [{"at": moment_text(moment)} for moment in MOMENTS]
        connection.execute(table.insert(), rows)
        yield connection, table.c.at


def _day_function():
    (function,) = (
        one for one in builtin_catalogue().get("date") if len(one.params) == 1
    )
    assert function.params[0].kinds == {Kind.DATETIME}
    return function


@pytest.mark.parametrize("zone", ZONES)
def test_both_bodies_find_the_same_day(moments, zone):
    connection, at = moments
    function = _day_function()
    named = sa.bindparam("zone", zone, type_=sa.String())
    made = function.sqlite(Sql(at, DATETIME), Sql(named, TEXT)).element
    found = dict(map(tuple, connection.execute(sa.select(at, made))))
    env = Env(zone=ZoneInfo(zone))
    assert found == {
        moment_text(one): function.python(env, one).isoformat() for one in MOMENTS
    }


def test_rows_are_told_by_the_clock(moments):
    """Without the Python body a day of this century is known away from midnight."""
    connection, at = moments
    connection.connection.driver_connection.create_function(
        "x_day_of", 2, lambda *_: "asked"
    )
    named = sa.bindparam("zone", "Europe/Berlin", type_=sa.String())
    made = _day_function().sqlite(Sql(at, DATETIME), Sql(named, TEXT)).element
    found = dict(map(tuple, connection.execute(sa.select(at, made))))
    asked = {text for text, day in found.items() if day == "asked"}
    assert asked
    told = {text[11:13] for text in asked if "2000-01-02" < text < "2059-12-30"}
    assert told == {"22"}


def test_no_moment_has_no_day(moments):
    connection, _ = moments
    table = sa.Table("gaps", sa.MetaData(), sa.Column("at", sa.String()))
    table.create(connection)
    connection.execute(table.insert(), [{"at": None}])
    named = sa.bindparam("zone", "Europe/Berlin", type_=sa.String())
    made = _day_function().sqlite(Sql(table.c.at, DATETIME), Sql(named, TEXT)).element
    assert connection.execute(sa.select(made)).scalar_one() is None
