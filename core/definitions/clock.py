"""`clock:` time that counts for a record only while it should.

Read by core.registry.clocks, which makes fields of the entity belong to it, and by
core.registry.check_clocks; counted by core.services.clocks in the save that starts,
stops or pauses it.
"""

from __future__ import annotations

from core.definitions.effect import EffectDef
from core.definitions.workflow import RepeatDef
from core.frozen import frozen
from core.source import (
    Bool,
    Described,
    Duration,
    Expr,
    Id,
    ListOf,
    Name,
    Piece,
    Text,
)


@frozen(kw_only=True)
class WarnDef(Piece):
    """What is done before the time is over.

    `at` is a share of the target (`75 %`) or so long before its end (`30 minutes`).
    """

    at_: Text
    do: ListOf[EffectDef] = ()
    repeat: RepeatDef | None = None


@frozen(kw_only=True)
class BreachDef(Piece):
    """What is done `at` so long after the time is over; `0 minutes`: at its end."""

    at_: Duration
    do: ListOf[EffectDef] = ()
    repeat: RepeatDef | None = None


@frozen(kw_only=True)
class ClockDef(Described):
    """Counts time of each record of `entity` from when `start` is true until `stop` is.

    While `pause` is true it stands still; when `restart` becomes true it begins again.
    `target` is how long it may take, in working time of `calendar` where one is named.
    `due`, `elapsed` and `state` name fields of the record that the clock keeps.
    """

    entity: Id
    start: Expr
    stop: Expr | None = None
    pause: Expr | None = None
    restart: Expr | None = None
    target: Duration | Expr
    calendar: Expr | None = None
    due: Name | None = None
    elapsed: Name | None = None
    state: Name | None = None
    warn: ListOf[WarnDef] = ()
    breach: ListOf[BreachDef] = ()
    enabled: Bool = True
