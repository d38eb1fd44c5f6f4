"""Working time: weekly hours, holidays and other exceptions in one time zone.

The calendar functions of the language make one per calendar and transaction. Lengths
are real elapsed time: a shift over the night of a clock change is an hour shorter or
longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from core.expressions import exact
from core.expressions.errors import EvaluationError

Hours = tuple[time, time]
Spans = tuple[tuple[datetime, datetime], ...]
_DAY = timedelta(days=1)
_NONE = timedelta(0)
# A hundred years: whoever looks further has a calendar without working time.
_FURTHEST = 36_525


@dataclass(slots=True)
class WorkCalendar:
    """`weekly`: hours by ISO weekday; `special`: hours of single days, none = off.

    An interval that ends at 00:00 lasts until midnight.
    """

    zone: tzinfo
    weekly: Mapping[int, Sequence[Hours]]
    special: Mapping[date, Sequence[Hours]]
    _spans: dict[date, Spans] = field(default_factory=dict)

    def hours(self, day: date) -> Sequence[Hours]:
        """The working hours of a day."""
        found = self.special.get(day)
        return self.weekly.get(day.isoweekday(), ()) if found is None else found

    def spans(self, day: date) -> Spans:
        """The working intervals of a day in UTC, in order."""
        found = self._spans.get(day)
        if found is None:
            made = ((self._at(day, a), self._end(day, b)) for a, b in self.hours(day))
            found = tuple(sorted(span for span in made if span[0] < span[1]))
            self._spans[day] = found
        return found

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, tzinfo=self.zone).astimezone(UTC)

    def _end(self, day: date, clock: time) -> datetime:
        return self._at(day if clock > time(0) else day + _DAY, clock)

    def is_workday(self, day: date) -> bool:
        """Whether anybody works on the day."""
        return bool(self.spans(day))

    def share(self, day: date) -> Decimal:
        """How much of an ordinary working day the day is: 0, 1 or a part."""
        if not self.spans(day):
            return Decimal(0)
        ordinary = _length(self.weekly.get(day.isoweekday(), ()))
        worked = _length(self.hours(day))
        if day not in self.special or ordinary == _NONE or worked >= ordinary:
            return Decimal(1)
        second = timedelta(seconds=1)
        return exact.divide(worked // second, ordinary // second) or Decimal(0)

    def add_workdays(self, day: date, count: int) -> date:
        """The count-th working day after the day (before it, if negative).

        0 gives the day itself, or the next working day if it is none.
        """
        if count == 0:
            return next(d for d in self._days(day, 1) if self.spans(d))
        step, left = (1, count) if count > 0 else (-1, -count)
        for current in self._days(day + step * _DAY, step):
            if self.spans(current):
                left -= 1
                if not left:
                    return current
        raise _no_time()

    def workdays_between(self, a: date, b: date) -> Decimal:
        """Working days after a up to and with b; negative if b is earlier."""
        if b < a:
            return -self.workdays_between(b, a)
        _check(a, b)
        days = (a + timedelta(days=n) for n in range(1, (b - a).days + 1))
        return sum((self.share(day) for day in days), Decimal(0))

    def work_between(self, a: datetime, b: datetime) -> timedelta:
        """Working time from a to b; negative if b is earlier."""
        if b < a:
            return -self.work_between(b, a)
        first, last = self._day(a), self._day(b)
        _check(first, last)
        total = _NONE
        for number in range((last - first).days + 1):
            for start, end in self.spans(first + timedelta(days=number)):
                total += max(_NONE, min(end, b) - max(start, a))
        return total

    def add_work(self, start: datetime, length: timedelta) -> datetime:
        """The moment so much working time after the start (before it, if negative)."""
        if length < _NONE:
            return self._back(start, -length)
        if length == _NONE:
            return start
        for day in self._days(self._day(start), 1):
            for begin, end in self.spans(day):
                begin = max(begin, start)
                if end - begin >= length:
                    return begin + length
                length -= max(_NONE, end - begin)
        raise _no_time()

    def _back(self, start: datetime, length: timedelta) -> datetime:
        for day in self._days(self._day(start), -1):
            for begin, end in reversed(self.spans(day)):
                end = min(end, start)
                if end - begin >= length:
                    return end - length
                length -= max(_NONE, end - begin)
        raise _no_time()

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def _days(self, start: date, step: int) -> Iterator[date]:
        current = start
        try:
            for _ in range(_FURTHEST):
                yield current
                current += step * _DAY
        except OverflowError:
            pass
        raise _no_time()


def _length(hours: Sequence[Hours]) -> timedelta:
    total = _NONE
    for start, end in hours:
        first = timedelta(hours=start.hour, minutes=start.minute, seconds=start.second)
        last = timedelta(hours=end.hour, minutes=end.minute, seconds=end.second)
        total += (last or _DAY) - first
    return total


def _check(a: date, b: date) -> None:
    if (b - a).days > _FURTHEST:
        raise EvaluationError("the days lie more than a hundred years apart")


def _no_time() -> EvaluationError:
    return EvaluationError("the calendar has no working time there")
