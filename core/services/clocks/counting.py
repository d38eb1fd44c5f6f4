"""How time counts: the stretches in which a clock ran, measured by a calendar.

Used by core.services.clocks; knows no database. Lengths and moments are exact to the
microsecond, moments are in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from core.frozen import frozen

#: When a clock began to run and when it stood still again; None: it runs.
Stretch = tuple[datetime, datetime | None]
NOTHING = timedelta(0)


@frozen
class Measure:
    """Working time of a calendar; without one all time counts.

    Both yield None where the calendar has no working time any more.
    """

    between: Callable[[datetime, datetime], timedelta | None]
    after: Callable[[datetime, timedelta], datetime | None]


def _all_between(since: datetime, until: datetime) -> timedelta | None:
    return until - since


def _all_after(since: datetime, length: timedelta) -> datetime | None:
    try:
        return since + length
    except OverflowError:
        return None


ALL_TIME = Measure(_all_between, _all_after)


def counted(measure: Measure, stretches: Sequence[Stretch], now: datetime) -> timedelta:
    """How much time has counted until now.

    A stretch that ends before it began, since the clock of the machine was set back,
    counts nothing.
    """
    return sum(
        (
            _length(measure, since, now if end is None else end)
            for since, end in stretches
        ),
        NOTHING,
    )


def moment_at(
    measure: Measure, stretches: Sequence[Stretch], amount: timedelta
) -> datetime | None:
    """When so much time has counted; None if it stands still before that."""
    left = max(amount, NOTHING)
    for since, end in stretches:
        if end is None:
            return measure.after(since, left)
        length = _length(measure, since, end)
        if left <= length:
            return measure.after(since, left)
        left -= length
    return None


def _length(measure: Measure, since: datetime, end: datetime) -> timedelta:
    return max(measure.between(since, end) or NOTHING, NOTHING)
