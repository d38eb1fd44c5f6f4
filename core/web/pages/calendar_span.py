"""The days that a calendar shows, and the rows that fall on them as a filter.

Days are the reader's own: moments are cut at midnight of his zone, whole days have no
zone and never shift.
"""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode

from babel.dates import format_date, format_interval

from core.compiler.view_models import CalendarView
from core.frozen import frozen
from core.web.pages.list_state import ListState
from core.web.pages.screen import Screen
from core.web.wording import say

SCALES = ("month", "week", "day")
_MARGIN = 2


@frozen
class Span:
    """The days from `first` to `last`; `day` is the one that the address names."""

    scale: str
    day: date
    first: date
    last: date

    @property
    def days(self) -> list[date]:
        """All days in order."""
        count = (self.last - self.first).days + 1
        return [self.first + timedelta(days=number) for number in range(count)]

    def moved(self, steps: int) -> date:
        """The day to show one step further or back."""
        if self.scale != "month":
            return self.day + timedelta(days=steps * (7 if self.scale == "week" else 1))
        number = self.day.year * 12 + self.day.month - 1 + steps
        return date(number // 12, number % 12 + 1, 1)

    def title(self, screen: Screen) -> str:
        """The span in words."""
        locale = screen.locale.babel()
        if self.scale == "day":
            return str(format_date(self.day, "full", locale=locale))
        if self.scale == "month":
            return str(format_date(self.day, "MMMM yyyy", locale=locale))
        between = format_interval(self.first, self.last, "yMMMd", locale=locale)
        return f"{between} · {say('Week {week}', week=self.first.isocalendar().week)}"


def span_of(screen: Screen, scale: str, day: str, today: date) -> Span:
    """The span that an address names; nonsense in it counts as not said."""
    kind = scale if scale in SCALES else "month"
    try:
        chosen = date.fromisoformat(day)
    except ValueError:
        chosen = today
    if not date(1900, 1, 1) <= chosen <= date(2200, 1, 1):
        chosen = today
    begin = screen.locale.babel().first_week_day
    if kind == "day":
        return Span(kind, chosen, chosen, chosen)
    if kind == "week":
        first = _week(chosen, begin)
        return Span(kind, chosen, first, first + timedelta(days=6))
    first = _week(chosen.replace(day=1), begin)
    return Span(kind, chosen, first, first + timedelta(days=41))


def _week(day: date, begin: int) -> date:
    """The first day of the week that a day lies in."""
    return day - timedelta(days=(day.weekday() - begin) % 7)


def address(state: ListState, scale: str, day: date) -> str:
    """The address of a calendar at a day."""
    there = state.href(scale=scale)
    return f"{there}&{urlencode({'day': day.isoformat()})}"


def condition(view: CalendarView, span: Span, today: date) -> str:
    """The rows that fall on the days of a span."""
    start = view.start.name
    end = view.end.name if view.end is not None else ""
    if view.start.type.name == "date":
        begins, ends = start, end
        near = []
    else:
        begins, ends = f"date({start})", f"date({end})" if end else ""
        # What is surely far away is left out by the index, without looking at days.
        after = (span.last - today).days + _MARGIN
        near = [f"{start} <= now() + days({after})"]
        if not end:
            before = (span.first - today).days - _MARGIN
            near.append(f"{start} >= now() + days({before})")
    first, last = _literal(span.first), _literal(span.last)
    parts = [*near, f"{begins} <= {last}"]
    if ends:
        open_ = f"({end} is null and {begins} >= {first})"
        parts.append(f"({ends} >= {first} or {open_})")
    else:
        parts.append(f"{begins} >= {first}")
    return " and ".join(parts)


def _literal(day: date) -> str:
    return f"date({day.year}, {day.month}, {day.day})"
