"""Checks clocks: when they count, how long it may take, what is done about it.

Called by core.registry.build; hands on the expressions by which core.compiler.clocks
measures time, `between` and `after`, which read the calendar.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from core.definitions import BreachDef, ClockDef, WarnDef
from core.diagnostics import Span
from core.expressions.slots import AFTERWARDS, CLOCK
from core.expressions.types import DATETIME, DURATION, Kind, Type
from core.registry.check_effects import EffectChecker
from core.registry.checker import Checker
from core.registry.clocks import kept_by
from core.source import ExprText, parse_duration

#: Names of the expressions that measure: from, until and how long.
SINCE, UNTIL, LENGTH = "clock_since", "clock_until", "clock_length"
CONDITIONS = ("start", "stop", "pause", "restart")
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)\s*%")
_WHOLE = Decimal(100)
_MEASURED: Mapping[str, Type] = MappingProxyType(
    {SINCE: DATETIME, UNTIL: DATETIME, LENGTH: DURATION}
)


def check_clocks(checker: Checker) -> None:
    """Check all clocks; those without an entity were taken out before."""
    for clock in checker.documents.of("clock", ClockDef).values():
        _conditions(checker, clock)
        _measure(checker, clock)
        _doing(checker, clock)


def share_of(at: str) -> Decimal | None:
    """The share of the target that a warning names, None for a length of time."""
    found = _SHARE.fullmatch(at.strip())
    return None if found is None else Decimal(found[1]) / _WHOLE


def _conditions(checker: Checker, clock: ClockDef) -> None:
    at, own = f"clock {clock.id}", frozenset(kept_by(clock).values())
    for key in CONDITIONS:
        text = getattr(clock, key)
        typed = checker.condition(text, f"{at}/{key}", clock.entity, CLOCK)
        read = set() if typed is None else {path[0] for path in typed.reads}
        for name in sorted(read & own):
            message = f"'{name}' is kept by this clock, so '{key}' cannot read it"
            checker.diagnostics.error("E435", message, clock.at(key))


def _measure(checker: Checker, clock: ClockDef) -> None:
    at, span = f"clock {clock.id}", clock.at("target")
    if isinstance(clock.target, ExprText):
        typed = checker.expression(clock.target, f"{at}/target", clock.entity, CLOCK)
        if typed is not None and typed.type.kind is not Kind.DURATION:
            text = f"a length of time is needed here, this is {typed.type}"
            checker.diagnostics.error("E419", text, span)
    elif clock.target <= timedelta(0):
        checker.diagnostics.error("E205", "the target is longer than nothing", span)
    if clock.calendar is None:
        return
    text = clock.calendar.text
    whole = ExprText(f"work_between({SINCE}, {UNTIL}, {text})", clock.at("calendar"))
    between = checker.expression(
        whole, f"{at}/between", clock.entity, CLOCK, names=_MEASURED
    )
    if between is not None:
        whole = ExprText(f"add_work({SINCE}, {LENGTH}, {text})", clock.at("calendar"))
        checker.expression(whole, f"{at}/after", clock.entity, CLOCK, names=_MEASURED)
        checker.expression(clock.calendar, f"{at}/calendar", clock.entity, CLOCK)


def _doing(checker: Checker, clock: ClockDef) -> None:
    at = f"clock {clock.id}"
    for index, warn in enumerate(clock.warn):
        _when(checker, clock, warn)
        _effects(checker, clock, warn, f"{at}/warn/{index}")
    for index, breach in enumerate(clock.breach):
        _effects(checker, clock, breach, f"{at}/breach/{index}")


def _when(checker: Checker, clock: ClockDef, warn: WarnDef) -> None:
    share = share_of(warn.at_)
    if share is not None:
        if not 0 < share < 1:
            text = "a warning comes before the end: more than 0 %, less than 100 %"
            _bad(checker, text, warn.at("at"), "what comes later stands in 'breach'")
        return
    before = parse_duration(warn.at_)
    if before is None:
        text = f"'{warn.at_}' is no share of the target and no length of time"
        _bad(checker, text, warn.at("at"), "write '75 %' or '30 minutes'")
    elif isinstance(clock.target, timedelta) and before >= clock.target:
        text = f"'{warn.at_}' before the end is before the clock begins"
        _bad(checker, text, warn.at("at"), "the target is not longer than that")


def _effects(
    checker: Checker, clock: ClockDef, one: WarnDef | BreachDef, at: str
) -> None:
    if one.repeat is not None and one.repeat.most < 1:
        _bad(checker, "'most' is 1 or more", one.repeat.at("most"))
    if one.repeat is not None and one.repeat.every <= timedelta(0):
        text = "'every' is longer than nothing"
        _bad(checker, text, one.repeat.at("every"))
    module = checker.author_of(at) or clock.id.partition(".")[0]
    effects = EffectChecker(checker, module, clock.entity, AFTERWARDS)
    effects.check(one.do, f"{at}/do", {})


def _bad(checker: Checker, text: str, span: Span, help_: str | None = None) -> None:
    checker.diagnostics.error("E205", text, span, help=help_)
