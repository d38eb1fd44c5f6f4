"""Clocks that never begin, never end, or count the night although a calendar is there.

Called by core.registry.check_behaviour.
"""

from __future__ import annotations

from datetime import timedelta

from core.definitions import ClockDef, EntityDef
from core.registry.cases import Condition, find
from core.registry.check_timers import calendar_near
from core.registry.checker import Checker

_DAY = timedelta(days=1)


def check_counting(checker: Checker) -> None:
    """Check the clocks that are free of mistakes."""
    for clock in checker.documents.of("clock", ClockDef).values():
        entity = checker.documents.entities.get(clock.entity)
        address = f"clock {clock.id}"
        broken = any(one.startswith(address) for one in checker.diagnostics.broken)
        if entity is None or broken or entity.id in checker.documents.shaky:
            continue
        _never(checker, clock, entity)
        _nights(checker, clock)


def _never(checker: Checker, clock: ClockDef, entity: EntityDef) -> None:
    if clock.stop is None:
        text = f"nothing stops '{clock.id}', so every record becomes overdue"
        help_ = "say with 'stop' when it ends"
        checker.diagnostics.warn("W448", text, clock.span, None, help_)
    address = f"clock {clock.id}"
    for key in ("start", "stop"):
        typed = checker.expressions.get(f"{address}/{key}")
        if typed is None or not find(entity, [Condition(typed)]).never:
            continue
        word = "begins" if key == "start" else "ends"
        text = f"'{clock.id}' never {word}: its '{key}' holds for no record"
        help_ = "the parts of the condition contradict each other"
        checker.diagnostics.warn("W448", text, clock.at(key), None, help_)


def _nights(checker: Checker, clock: ClockDef) -> None:
    """Hours are usually meant as hours of work."""
    length = clock.target
    whole = not isinstance(length, timedelta) or length % _DAY == timedelta(0)
    if whole or clock.calendar is not None:
        return
    near = calendar_near(checker, clock.entity)
    if near is not None:
        checker.diagnostics.warn(
            "W446",
            f"'{clock.id}' counts nights and weekends",
            clock.at("target"),
            None,
            f"write 'calendar: {near}', or '=hours(...)' if that is meant",
            notes=(f"'{near}' is in reach of the record",),
        )
