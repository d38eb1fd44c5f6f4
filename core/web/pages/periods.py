"""Relative dates of filters: `this month`, `last 7 days`, as first and last day.

Chips offer them by key; here they become expressions, so a kept address stays true.
"""

from collections.abc import Mapping
from types import MappingProxyType

#: Key: label, first day, last day (None: no bound).
PERIODS: Mapping[str, tuple[str, str | None, str | None]] = MappingProxyType(
    {
        "today": ("today", "today()", "today()"),
        "yesterday": ("yesterday", "today() - days(1)", "today() - days(1)"),
        "tomorrow": ("tomorrow", "today() + days(1)", "today() + days(1)"),
        "this_week": (
            "this week",
            "start_of(today(), 'week')",
            "end_of(today(), 'week')",
        ),
        "next_week": (
            "next week",
            "start_of(today() + days(7), 'week')",
            "end_of(today() + days(7), 'week')",
        ),
        "last_week": (
            "last week",
            "start_of(today() - days(7), 'week')",
            "end_of(today() - days(7), 'week')",
        ),
        "this_month": (
            "this month",
            "start_of(today(), 'month')",
            "end_of(today(), 'month')",
        ),
        "next_month": (
            "next month",
            "start_of(today() + months(1), 'month')",
            "end_of(today() + months(1), 'month')",
        ),
        "last_month": (
            "last month",
            "start_of(today() - months(1), 'month')",
            "end_of(today() - months(1), 'month')",
        ),
        "this_quarter": (
            "this quarter",
            "start_of(today(), 'quarter')",
            "end_of(today(), 'quarter')",
        ),
        "this_year": (
            "this year",
            "start_of(today(), 'year')",
            "end_of(today(), 'year')",
        ),
        "last_7_days": ("last 7 days", "today() - days(7)", "today()"),
        "last_30_days": ("last 30 days", "today() - days(30)", "today()"),
        "next_7_days": ("next 7 days", "today()", "today() + days(7)"),
        "next_30_days": ("next 30 days", "today()", "today() + days(30)"),
        "past": ("in the past", None, "today() - days(1)"),
        "future": ("in the future", "today() + days(1)", None),
    }
)


def within(value: str, key: str) -> str:
    """The condition that a day lies in a period; KeyError for an unknown one."""
    _, first, last = PERIODS[key]
    parts = [f"{value} >= {first}"] if first else []
    if last:
        parts.append(f"{value} <= {last}")
    return " and ".join(parts)
