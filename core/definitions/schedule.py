"""`schedule:` what happens by itself at certain times.

Read by core.registry.check_schedules; run by the worker, each run once.
"""

from __future__ import annotations

from typing import Literal

from core.definitions.effect import EffectDef, ForEachEffect
from core.frozen import frozen
from core.source import Bool, Described, Duration, Expr, ListOf, Text


@frozen(kw_only=True)
class ScheduleDef(Described):
    """Runs every so often; what was missed while nothing ran is made up once.

    `at` is a time of day in `zone`. `days` are weekdays for `day` and `week`, else the
    number of the day in the month, quarter or year, or `last`. `do` happens once in a
    run; with `for_each` each row is a transaction of its own, and a run that was
    interrupted goes on behind the last one that was done.
    """

    every: Literal["hour", "day", "week", "month", "quarter", "year"] | Duration
    at_: Text | None = None
    days: ListOf[Text] = ()
    zone: Text = "UTC"
    when: Expr | None = None
    do: ListOf[EffectDef] = ()
    for_each: ForEachEffect | None = None
    enabled: Bool = True
