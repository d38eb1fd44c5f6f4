"""Checks schedules: when they run, their condition, effects and rows.

Called by core.registry.build; the checked expressions stand under `schedule <id>/...`.
"""

from __future__ import annotations

from datetime import time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.definitions import ScheduleDef
from core.diagnostics import did_you_mean
from core.expressions.slots import SCHEDULE
from core.registry.check_effects import EffectChecker
from core.registry.check_more_effects import MOST_SCHEDULED, check_for_each
from core.registry.checker import Checker

LAST = "last"
WEEKDAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
_BY_WEEKDAY = ("day", "week")
_LONGEST = MappingProxyType({"month": 31, "quarter": 92, "year": 366})
_SHORTEST = timedelta(minutes=1)


def check_schedules(checker: Checker) -> None:
    """Check all schedules; those that are due at no time are taken out."""
    schedules = checker.documents.of("schedule", ScheduleDef)
    for id_, schedule in list(schedules.items()):
        if not _is_due(checker, schedule):
            del schedules[id_]
            continue
        at, module = f"schedule {id_}", id_.partition(".")[0]
        checker.condition(schedule.when, f"{at}/when", None, SCHEDULE)
        effects = EffectChecker(checker, module, None, SCHEDULE)
        effects.check(schedule.do, f"{at}/do", {})
        if schedule.for_each is not None:
            body = schedule.for_each
            check_for_each(effects, body, f"{at}/for_each", {}, MOST_SCHEDULED)
        if not schedule.do and schedule.for_each is None:
            text = "the schedule says nothing of what to do"
            checker.diagnostics.error(
                "E204", text, schedule.span, help="add 'do' or 'for_each'"
            )


def clock_time(text: str | None) -> time | None:
    """A time of day such as `08:00`; midnight without one, None if it is none."""
    if text is None:
        return time(0)
    try:
        found = time.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is None else None


def _is_due(checker: Checker, schedule: ScheduleDef) -> bool:
    wrong: list[tuple[str, str, str | None]] = []
    if clock_time(schedule.at_) is None:
        wrong.append(
            ("at", f"'{schedule.at_}' is no time of day", 'write it like "08:00"')
        )
    try:
        ZoneInfo(schedule.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        text = f"there is no time zone '{schedule.zone}'"
        wrong.append(("zone", text, "such as Europe/Berlin"))
    every = schedule.every
    if isinstance(every, timedelta) or every == "hour":
        if isinstance(every, timedelta) and every < _SHORTEST:
            wrong.append(("every", "a schedule runs once a minute at most", None))
        wrong += [
            (key, f"'{key}' says when in a day; this runs by the clock alone", None)
            for key in ("at", "days")
            if schedule.gave(key)
        ]
    else:
        wrong += _days(every, schedule.days)
    for key, text, help_ in wrong:
        checker.diagnostics.error("E205", text, schedule.at(key), help=help_)
    return not wrong


def _days(every: str, days: tuple[str, ...]) -> list[tuple[str, str, str | None]]:
    if every in _BY_WEEKDAY:
        return [
            ("days", f"'{day}' is no weekday", did_you_mean(day, WEEKDAYS))
            for day in days
            if day not in WEEKDAYS
        ]
    most = _LONGEST[every]
    return [
        ("days", f"'{day}' is no day of a {every}", f"1 to {most}, or 'last'")
        for day in days
        if day != LAST and not (day.isdecimal() and 1 <= int(day) <= most)
    ]
