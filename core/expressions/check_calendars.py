"""`add_work`, `work_between`, `add_workdays`, `workdays_between` and `is_workday`.

Part of the type checker. A calendar is any record whose entity has a `zone` and the
lines `hours` (`weekday`, `begins`, `ends`) and `exceptions` (`date`, `begins`, `ends`);
it is read once per transaction and kept as a WorkCalendar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, time, tzinfo
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.expressions import syntax as s
from core.expressions.calendars import Hours, WorkCalendar
from core.expressions.check_memory import may_use_memory
from core.expressions.checker import Checker, extent_of, with_article
from core.expressions.coercion import fit
from core.expressions.env import Env
from core.expressions.errors import EvaluationError
from core.expressions.function import Function, takes
from core.expressions.tree import Node
from core.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    DURATION,
    INTEGER,
    Kind,
    Type,
)
from core.frozen import frozen

WEEKDAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
_FUNCTIONS: Mapping[str, tuple[tuple[tuple[str, Type], ...], Type]] = MappingProxyType(
    {
        "add_work": ((("start", DATETIME), ("duration", DURATION)), DATETIME),
        "work_between": ((("a", DATETIME), ("b", DATETIME)), DURATION),
        "add_workdays": ((("d", DATE), ("n", INTEGER)), DATE),
        "workdays_between": ((("a", DATE), ("b", DATE)), DECIMAL),
        "is_workday": ((("d", DATE),), BOOLEAN),
    }
)


@frozen
class _Source:
    """The entities of a calendar, and the links that lead back to it."""

    calendar: str
    hours: str
    hours_back: str
    exceptions: str
    exceptions_back: str


def _rule(name: str) -> Callable[[Checker, s.Call], Node | None]:
    params, result = _FUNCTIONS[name]
    usage = f"{name}({', '.join(p for p, _ in params)}, calendar)"

    def rule(checker: Checker, call: s.Call) -> Node | None:
        if len(call.args) != len(params) + 1 or call.keywords:
            checker.report("E405", f"write {usage}", call)
            return None
        given = [checker.value(a) for a in call.args]
        if any(g is None for g in given) or not may_use_memory(checker, call):
            return None
        *values, calendar = [g for g in given if g is not None]
        pairs = zip(values, params, strict=True)
        fitted = [fit(checker, v, type) for v, (_, type) in pairs]
        source = _source(checker, calendar, call)
        known = [f for f in fitted if f is not None]
        if source is None or len(known) < len(fitted):
            return None
        function = _function(name, source, result)
        return checker.call(function, (*known, calendar), extent_of(call))

    return rule


def _source(checker: Checker, calendar: Node, call: s.Call) -> _Source | None:
    schema, type = checker.scope.schema, calendar.type
    entity = schema.entity(type.entity) if type.kind is Kind.LINK else None
    hours = None if entity is None else entity.member("hours")
    exceptions = None if entity is None else entity.member("exceptions")
    if (
        entity is not None
        and hours is not None
        and exceptions is not None
        and entity.member("zone") is not None
        and hours.target
        and exceptions.target
    ):
        return _Source(
            entity.id,
            hours.target,
            hours.back or "",
            exceptions.target,
            exceptions.back or "",
        )
    checker.report(
        "E406",
        f"{call.function} needs a calendar, not {with_article(type)}",
        call.args[-1],
        "a calendar has a zone and the lines hours and exceptions",
    )
    return None


def _function(name: str, source: _Source, result: Type) -> Function:
    count = len(_FUNCTIONS[name][0])

    def run(env: Env, *values: Any) -> Any:
        calendar = _calendar(env, source, values[count])
        return getattr(calendar, name)(*values[:count])

    params = tuple(takes(p, type.kind) for p, type in _FUNCTIONS[name][0])
    return Function(
        name, (*params, takes("calendar", Kind.LINK)), result, run, needs_env=True
    )


def _calendar(env: Env, source: _Source, id: int) -> WorkCalendar:
    key = ("work calendar", source.calendar, id)
    found: WorkCalendar | None = env.memory.get(key)
    if found is None:
        found = env.memory[key] = _read(env, source, id)
    return found


def _read(env: Env, source: _Source, id: int) -> WorkCalendar:
    assert env.rows is not None
    own = env.rows(source.calendar, {"id": id})
    zone = own[0].get("zone") if own else None
    weekly: dict[int, list[Hours]] = {}
    for row in env.rows(source.hours, {source.hours_back: id}):
        day = WEEKDAYS.index(row["weekday"]) + 1
        weekly.setdefault(day, []).append((row["begins"], row["ends"]))
    special: dict[date, list[Hours]] = {}
    for row in env.rows(source.exceptions, {source.exceptions_back: id}):
        hours = special.setdefault(row["date"], [])
        if row["begins"] is not None:
            hours.append((row["begins"], row["ends"] or time(0)))
    return WorkCalendar(_zone(zone) if zone else env.zone, weekly, special)


def _zone(name: str) -> tzinfo:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise EvaluationError(f"the calendar's time zone '{name}' is unknown") from None


CALENDARS: Mapping[str, Callable[[Checker, s.Call], Node | None]] = MappingProxyType(
    {name: _rule(name) for name in _FUNCTIONS}
)
