"""Days, times and moments: what exists is read, what does not is refused."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fieldtypes import BadValue, Locale, builtin_catalog
from tests.unit.fieldtypes.fields import read_field

CATALOG = builtin_catalog()
BERLIN = Locale("de_DE", "Europe/Berlin")
NEW_YORK = Locale("en_US", "America/New_York")
FRENCH = Locale("fr_FR", "Europe/Paris")
SWEDISH = Locale("sv_SE", "Europe/Stockholm")


def coerce(text, raw, locale=BERLIN):
    field = read_field(text)
    return CATALOG[field.type].coerce(raw, field, locale)


def from_text(text, cell, locale):
    field = read_field(text)
    return CATALOG[field.type].from_text(cell, field, locale)


@pytest.mark.parametrize(
    "raw",
    [
        "2022-04-22",
        " 2022-4-22 ",
        "2022-04-22 00:00:00.000",
        "2022-04-22T00:00:00Z",
        datetime(2022, 4, 22),
        date(2022, 4, 22),
    ],
)
def test_the_spellings_of_one_day_are_equal(raw):
    assert coerce("{type: date}", raw) == date(2022, 4, 22)


@pytest.mark.parametrize(
    "raw",
    [
        *("2026-02-29", "2026-13-01", "0000-01-01", "31.12.2026", "2026-12-31 10:00"),
        *("today", "20261231", 20261231, 1.5, True, datetime(2026, 1, 1, 8), []),
    ],
)
def test_what_is_no_day_is_refused(raw):
    with pytest.raises(BadValue):
        coerce("{type: date}", raw)


def test_the_message_says_which_number_is_wrong():
    with pytest.raises(BadValue) as caught:
        coerce("{type: date}", "2026-02-29")
    assert caught.value.message == (
        "'2026-02-29' is not a date: month 2 of 2026 has no day 29; "
        "write it like 2026-12-31"
    )


@pytest.mark.parametrize(
    ("locale", "cell"),
    [
        (BERLIN, "31.12.2026"),
        (BERLIN, "31.12.26"),
        (BERLIN, "31. Dezember 2026"),
        (BERLIN, "31. Dez. 2026"),
        (NEW_YORK, "12/31/2026"),
        (NEW_YORK, "Dec 31, 2026"),
        (NEW_YORK, "December 31 2026"),
        (NEW_YORK, "12/31/2026 00:00:00"),
        (FRENCH, "31/12/2026"),
        (FRENCH, "31 décembre 2026"),
        (SWEDISH, "2026-12-31"),
        (BERLIN, "2026-12-31 00:00:00.000"),
        (BERLIN, "2026/12/31"),
    ],
)
def test_days_are_read_in_the_order_of_the_locale(locale, cell):
    assert from_text("{type: date}", cell, locale) == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("locale", "cell"),
    [
        (BERLIN, "12/31/2026"),
        (NEW_YORK, "31/12/2026"),
        (BERLIN, "30.02.2026"),
        (BERLIN, "1.1.126"),
        (BERLIN, "gestern"),
        (BERLIN, "31 Foo 2026"),
    ],
)
def test_days_in_another_order_are_refused(locale, cell):
    with pytest.raises(BadValue):
        from_text("{type: date}", cell, locale)


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2026-12-31T10:00Z", datetime(2026, 12, 31, 10, tzinfo=UTC)),
        ("2026-12-31T10:00:00+02:00", datetime(2026, 12, 31, 8, tzinfo=UTC)),
        ("2026-12-31T10:00", datetime(2026, 12, 31, 9, tzinfo=UTC)),
        ("2026-12-31 9:05", datetime(2026, 12, 31, 8, 5, tzinfo=UTC)),
        ("2026-12-31", datetime(2026, 12, 30, 23, tzinfo=UTC)),
        (datetime(2026, 7, 1, 12), datetime(2026, 7, 1, 10, tzinfo=UTC)),
        (
            datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=5))),
            datetime(2026, 7, 1, 7, tzinfo=UTC),
        ),
    ],
)
def test_moments_without_a_zone_are_read_in_that_of_the_reader(raw, moment):
    found = coerce("{type: datetime}", raw)
    assert found == moment
    assert found.utcoffset() == timedelta(0)


def test_a_field_may_have_a_zone_of_its_own():
    found = coerce("{type: datetime, zone: Asia/Tokyo}", "2026-01-01T09:00")
    assert found == datetime(2026, 1, 1, tzinfo=UTC)
    company = Locale("de_DE", "Europe/Berlin", company_zone="Asia/Tokyo")
    found = coerce("{type: datetime, zone: company}", "2026-01-01T09:00", company)
    assert found == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_time_that_the_clocks_skipped_is_refused():
    with pytest.raises(BadValue) as caught:
        coerce("{type: datetime}", "2026-03-29T02:30")
    assert caught.value.code == "skipped_time"
    assert "does not exist in Europe/Berlin" in caught.value.message


def test_of_two_equal_times_the_first_is_meant_unless_it_says_which():
    first = coerce("{type: datetime}", "2026-10-25T02:30")
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    field, type_ = read_field("{type: datetime}"), CATALOG["datetime"]
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert type_.to_text(first, field, BERLIN) == "25.10.2026 02:30"
    assert type_.to_text(second, field, BERLIN) == "25.10.2026 02:30 +0100"
    for moment in (first, second):
        text = type_.to_text(moment, field, BERLIN)
        assert type_.from_text(text, field, BERLIN) == moment


@pytest.mark.parametrize(
    ("locale", "cell"),
    [
        (BERLIN, "31.12.2026 15:30"),
        (BERLIN, "31.12.2026, 15.30"),
        (NEW_YORK, "12/31/2026, 9:30 AM"),
        (NEW_YORK, "12/31/2026 9:30 am"),
        (NEW_YORK, "2026-12-31T14:30:00Z"),
        (BERLIN, "2026-12-31 15:30:00.000"),
    ],
)
def test_moments_of_people_are_read(locale, cell):
    found = from_text("{type: datetime}", cell, locale)
    assert found == datetime(2026, 12, 31, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize("raw", ["0001-01-01T00:00Z", "9999-12-31T23:59Z", 5, "soon"])
def test_moments_out_of_range_are_refused(raw):
    with pytest.raises(BadValue):
        coerce("{type: datetime}", raw)


def test_moments_go_out_with_z():
    field = read_field("{type: datetime}")
    moment = datetime(2026, 12, 31, 10, 0, 0, 5000, tzinfo=UTC)
    assert CATALOG["datetime"].to_json(moment, field) == "2026-12-31T10:00:00.005000Z"


@pytest.mark.parametrize(
    ("locale", "cell", "result"),
    [
        (BERLIN, "08:05", time(8, 5)),
        (BERLIN, "14.30", time(14, 30)),
        (FRENCH, "8h15", time(8, 15)),
        (NEW_YORK, "8:30 PM", time(20, 30)),
        (NEW_YORK, "12:00 AM", time(0)),
        (NEW_YORK, "8 pm", time(20)),
        (BERLIN, "23:59:59.5", time(23, 59, 59, 500000)),
    ],
)
def test_times_of_people_are_read(locale, cell, result):
    assert from_text("{type: time}", cell, locale) == result


@pytest.mark.parametrize("cell", ["24:00", "8", "13:00 PM", "8:60", "noon", "-1:00"])
def test_what_is_no_time_is_refused(cell):
    with pytest.raises(BadValue):
        from_text("{type: time}", cell, NEW_YORK)


@pytest.mark.parametrize(
    "raw", ["PT90M", "1:30", "1 hour 30 minutes", "90 minutes", timedelta(minutes=90)]
)
def test_the_spellings_of_one_duration_are_equal(raw):
    found = coerce("{type: duration}", raw)
    assert found == timedelta(minutes=90)
    field = read_field("{type: duration}")
    assert CATALOG["duration"].to_json(found, field) == "PT1H30M"
    assert CATALOG["duration"].to_text(found, field, BERLIN) == "1:30"


@pytest.mark.parametrize("raw", ["1 month", "P1Y", 90, "1:75", "99999999999:00", ""])
def test_what_is_no_duration_is_refused(raw):
    if raw == "":
        assert coerce("{type: duration}", raw) is None
        return
    with pytest.raises(BadValue):
        coerce("{type: duration}", raw)


def test_limits_hold_for_dates():
    field = "{type: date, min: 2026-01-01, max: 2026-12-31}"
    assert coerce(field, "2026-12-31") == date(2026, 12, 31)
    with pytest.raises(BadValue, match="at most 12/31/2026 is allowed"):
        coerce(field, "2027-01-01")
    with pytest.raises(BadValue, match="at least"):
        from_text(field, "31.12.2025", BERLIN)


@given(st.text(max_size=24), st.sampled_from([BERLIN, NEW_YORK, FRENCH]))
def test_any_text_is_a_value_or_a_bad_value(text, locale):
    for name in ("date", "datetime", "time", "duration"):
        field = read_field(f"{{type: {name}}}")
        for read in (CATALOG[name].from_text, CATALOG[name].coerce):
            try:
                read(text, field, locale)
            except BadValue:
                continue
