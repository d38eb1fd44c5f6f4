"""Durations as authors write them."""

from datetime import timedelta

import pytest

from core.source import parse_duration


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("30 days", timedelta(days=30)),
        ("1 day", timedelta(days=1)),
        ("1 hour 30 minutes", timedelta(minutes=90)),
        ("1 hour, 30 minutes", timedelta(minutes=90)),
        ("1.5 hours", timedelta(minutes=90)),
        ("2 Weeks", timedelta(days=14)),
        ("0 minutes", timedelta()),
        ("PT90M", timedelta(minutes=90)),
        ("P1DT2H", timedelta(hours=26)),
        ("P2W", timedelta(days=14)),
        ("PT0.5S", timedelta(milliseconds=500)),
    ],
)
def test_durations(text, value):
    assert parse_duration(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "days", "30", "3 months", "1 year", "P1M", "-1 day", "1 day x",
     "999999999 weeks", "1 day" * 50, "1e3 days", "٣ days days"],
)  # fmt: skip
def test_no_durations(text):
    assert parse_duration(text) is None
