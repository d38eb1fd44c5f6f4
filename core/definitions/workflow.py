"""`workflow:` the states of a record, and the ways from one to another.

Read by core.registry.workflows, which makes of it what entities know already: a state
field that nobody else writes, conditions of fields, and buttons.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from core.definitions.effect import EffectDef
from core.definitions.entity import ActionDef
from core.fieldtypes.spec import FieldDef
from core.frozen import frozen
from core.source import (
    Bool,
    Described,
    Duration,
    Expr,
    Filled,
    Id,
    Ids,
    Int,
    ListOf,
    Map,
    Name,
    Names,
    Part,
    Piece,
    Refs,
    Text,
    key,
)


@frozen(kw_only=True)
class StateDef(Part):
    """One state; `editable` names the only fields that may be changed in it.

    `readonly`, `required` and `hidden` name fields. `enter` and `leave` are effects of
    every transition into it and out of it.
    """

    kind: Literal["open", "closed"] = "open"
    color: Text | None = None
    readonly: Names = ()
    editable: Names = ()
    required: Names = ()
    hidden: Names = ()  # type: ignore[assignment]
    delete: Bool = True
    enter: ListOf[EffectDef] = ()
    leave: ListOf[EffectDef] = ()


@frozen(kw_only=True)
class GuardDef(Piece):
    """What must be true for a transition; `say` is the answer while it is not."""

    check: Expr
    say: Filled | None = None


@frozen(kw_only=True)
class OfKindDef(Piece):
    """All states of a kind."""

    kind: Literal["open", "closed"]


@frozen(kw_only=True)
class TransitionDef(ActionDef):
    """A button that moves the record to another state.

    It is offered while the record is in a state of `from` (`any`: all of them) and
    `when` is true; while a guard is false it says why. `ask` names fields of the record
    that are filled on the way, or holds fields of its own. `not_by` keeps people away
    who must not decide about their own work. `numbering` draws a number, last of all.
    `undo_of` takes another transition back: it is offered only `within` a while after
    that, ten minutes by default.
    """

    from_: Names | OfKindDef
    to: Name
    guard: ListOf[GuardDef] = ()
    not_by: Expr | None = None
    ask: Names | Map[FieldDef] = ()  # type: ignore[assignment]
    reason: Bool = False
    numbering: Ids = ()
    event: Name | None = None
    auto: Bool = False
    undo_of: Name | None = None
    within: Duration | None = None

    @property
    def questions(self) -> Map[FieldDef]:
        """The fields of the small form, once the registry has put them together."""
        return self.ask if isinstance(self.ask, Map) else Map()


@frozen(kw_only=True)
class RepeatDef(Piece):
    """How often something is done again: after each `every`, `most` times in all."""

    every: Duration
    most: Int


@frozen(kw_only=True)
class TimerDef(Described):
    """What happens when a record has been in states for so long, or at a moment.

    `after` counts from entering the states of `in`, in working time of `calendar` where
    one is named; `at` is a day or a moment, and follows the fields that it reads.
    Leaving the states ends it.
    """

    in_: Names
    after: Duration | Expr | None = field(default=None, metadata=key(excludes=("at",)))
    at_: Expr | None = None
    calendar: Expr | None = None
    when: Expr | None = None
    do: ListOf[EffectDef] = ()
    repeat: RepeatDef | None = None


@frozen(kw_only=True)
class EscalationDef(TimerDef):
    """The timer of an approval that nobody has decided; the registry adds it."""


@frozen(kw_only=True)
class VerdictDef(TransitionDef):
    """The button by which somebody decides an approval; the registry adds it."""

    approves: bool = True


@frozen(kw_only=True)
class LevelDef(Piece):
    """One step of an approval: `need` different people of `roles` or of `users`.

    `when` skips the level while it is not true.
    """

    when: Expr | None = None
    need: Int = 1
    roles: Refs = ()
    users: Expr | None = None


@frozen(kw_only=True)
class EscalateDef(Piece):
    """Who is told, and may decide as well, when it takes longer than `after`.

    The time counts from entering the state, in working time of `calendar` if named.
    """

    after: Duration | Expr
    to: Expr
    calendar: Expr | None = None


@frozen(kw_only=True)
class ApprovalDef(Part):
    """What has to be decided in the state of this name, level by level.

    The last approval takes the transition `pass`, a rejection takes `reject`; neither
    is a button in that state. Who asked for the approval and whom the fields `not_by`
    name never decide. A change of a field in `reapprove` begins again. `delegable`:
    deputies decide for those who lent them their roles.
    """

    levels: ListOf[LevelDef]
    not_by: Names = ()
    pass_: Name
    reject: Name | None = None
    reapprove: Names = ()
    delegable: Bool = True
    escalate: EscalateDef | None = None


@frozen(kw_only=True)
class WorkflowDef(Described):
    """The states of one field of an entity; it is the only writer of that field."""

    entity: Id
    state: Name
    initial: Name | None = None
    states: Map[StateDef]
    transitions: Map[TransitionDef] = field(default_factory=Map)
    timers: Map[TimerDef] = field(default_factory=Map)
    approvals: Map[ApprovalDef] = field(default_factory=Map)
