"""All values of a column say how its days and numbers are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exchange.survey import DateVotes, MarkVotes, iso_day


def dates(*texts: str) -> DateVotes:
    votes = DateVotes()
    for text in texts:
        votes.count(text)
    return votes


def marks(*texts: str) -> MarkVotes:
    votes = MarkVotes()
    for text in texts:
        votes.count(text)
    return votes


@pytest.mark.parametrize(
    ("texts", "order", "warned"),
    [
        (["12/08/1948", "31/12/1950"], "dmy", False),
        (["12/08/1948", "12/31/1950"], "mdy", False),
        (["12/08/1948"], "mdy", True),
        (["08/08/1948"], "mdy", False),
        (["31/12/1950", "12/31/1950", "30/12/1950"], "dmy", True),
        (["1948-12-08", "soon", ""], "mdy", False),
        (["31.12.48 10:30"], "dmy", False),
    ],
)
def test_the_order_of_days(texts: list[str], order: str, warned: bool) -> None:
    votes = dates(*texts)
    assert votes.order("mdy") == order
    assert (votes.warning("Day", "mdy") is not None) == warned


@pytest.mark.parametrize(
    ("texts", "mark", "warned"),
    [
        (["1.5"], ".", False),
        (["1,5"], ",", False),
        (["1,234.50"], ".", False),
        (["1.234,50"], ",", False),
        (["1,234,567"], ".", False),
        (["1.234.567"], ",", False),
        (["1.500"], ".", True),
        (["1.500", "2,25"], ",", False),
        (["0.500"], ".", False),
        (["1.5", "1,5", "2.5"], ".", True),
        (["EUR 1,50", "12 kg", "x", ""], ",", False),
        (["12", "7"], ".", False),
    ],
)
def test_the_decimal_mark(texts: list[str], mark: str, warned: bool) -> None:
    votes = marks(*texts)
    assert votes.mark(".") == mark
    assert (votes.warning("Price", ".") is not None) == warned


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("31/12/1999", "dmy", "1999-12-31"),
        ("12/31/1999", "mdy", "1999-12-31"),
        ("99/12/31", "ymd", "1999-12-31"),
        ("1.2.03", "dmy", "2003-02-01"),
        ("1.2.69 10:30", "dmy", "1969-02-01 10:30"),
        ("1999-12-31", "mdy", "1999-12-31"),
        ("31/12/1999", "mdy", "1999-31-12"),
        ("soon", "dmy", "soon"),
    ],
)
def test_days_in_iso_form(text: str, order, day: str) -> None:
    assert iso_day(text, order) == day


@given(st.dates(), st.sampled_from(["dmy", "mdy", "ymd"]), st.sampled_from("./- "))
def test_every_day_is_read_as_it_was_written(day, order, between) -> None:
    parts = {"d": f"{day.day}", "m": f"{day.month:02}", "y": f"{day.year:04}"}
    text = between.join(parts[one] for one in order)
    expected = text if order == "ymd" else day.isoformat()
    assert iso_day(text, order) == expected


@given(st.text(max_size=20))
def test_no_text_upsets_the_survey(text: str) -> None:
    dates(text).warning("A", "dmy")
    marks(text).warning("A", ".")
    iso_day(text, "dmy")
