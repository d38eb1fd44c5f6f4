"""Compiled actions: what a button does, as frozen values with closures.

Built at first use of an entity; executed by the services inside the transaction of the
click, in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta

from core.compiler.parts import (
    NOTHING_READ,
    CompiledField,
    Computed,
    Conditions,
    FilledText,
    Reads,
)
from core.definitions import ActionDef, TimerDef
from core.frozen import frozen


@frozen(kw_only=True)
class Effect:
    """Common to all: `when` skips unless true, `name` holds the result afterwards."""

    when: Computed | None = None
    name: str | None = None


@frozen(kw_only=True)
class SetFields(Effect):
    """Sets fields of this record."""

    values: tuple[tuple[str, Computed], ...]


@frozen(kw_only=True)
class CreateRecord(Effect):
    """Creates a record of `entity`; a value of a lines field is a list of maps."""

    entity: str
    values: tuple[tuple[str, Computed], ...]


@frozen(kw_only=True)
class UpdateRecords(Effect):
    """Sets fields of the records `rows` yields (one, none or many).

    `where` and `values` see the row under the name `row`; more rows than `most` refuse.
    """

    entity: str
    rows: Computed
    row: str
    where: Computed | None
    values: tuple[tuple[str, Computed], ...]
    most: int


@frozen(kw_only=True)
class MapRecords(Effect):
    """Runs a mapping; `records` yields its sources, None means this record."""

    mapping: str
    target: str
    records: Computed | None
    ask: tuple[tuple[str, Computed], ...]


@frozen(kw_only=True)
class TakeTransition(Effect):
    """Takes a transition of the record that `target` yields; None means this one."""

    entity: str
    transition: str
    target: Computed | None
    ask: tuple[tuple[str, Computed], ...]


@frozen(kw_only=True)
class ArchiveRecord(Effect):
    """Archives the record that `target` yields (an id of `entity`)."""

    entity: str
    target: Computed


@frozen(kw_only=True)
class DeleteRecord(Effect):
    """Deletes the record that `target` yields (an id of `entity`)."""

    entity: str
    target: Computed


@frozen(kw_only=True)
class PlanActivity(Effect):
    """Plans something in the timeline of a record of `entity`.

    `to` yields a user, None means the actor; `target` None means this record.
    """

    entity: str
    target: Computed | None
    type: str
    summary: FilledText
    to: Computed | None
    due: Computed | None


@frozen(kw_only=True)
class KeepComment(Effect):
    """Notes a text in the timeline of this record."""

    body: FilledText


@frozen(kw_only=True)
class Refuse(Effect):
    """Stops everything with this sentence; the transaction is rolled back."""

    say: FilledText


@frozen(kw_only=True)
class EmitEvent(Effect):
    """Raises an event of this record."""

    event: str


@frozen(kw_only=True)
class CopyRecord(Effect):
    """Copies this record, or the one that `target` yields, of `entity`.

    `values` stand instead of what it holds; `keep` are copied although they need not.
    """

    entity: str
    target: Computed | None
    values: tuple[tuple[str, Computed], ...]
    keep: tuple[str, ...]


@frozen(kw_only=True)
class DrawNumber(Effect):
    """Draws a number of a numbering for this record, if it has none."""

    numbering: str


@frozen(kw_only=True)
class Notify(Effect):
    """Tells people about a record of `entity`; `target` None means this one.

    `to` yields users, None means who follows the record.
    """

    entity: str
    target: Computed | None
    say: FilledText
    to: Computed | None
    level: str


@frozen(kw_only=True)
class StartFlow(Effect):
    """Starts a flow about the record that `target` yields; None means this one.

    `key` None means the one of the flow.
    """

    flow: str
    target: Computed | None
    key: Computed | None
    input: tuple[tuple[str, Computed], ...]


@frozen(kw_only=True)
class StopFlow(Effect):
    """Cancels a flow of the record that `target` yields; None means this one."""

    flow: str
    target: Computed | None
    key: Computed | None


@frozen(kw_only=True)
class Receivers:
    """Yields addresses: texts, or records of `entity` whose field `address` has one.

    `language`: the field of these records that says which one they read.
    """

    value: Computed
    entity: str = ""
    address: str = ""
    language: str | None = None


@frozen(kw_only=True)
class SendMail(Effect):
    """Sends a mail about a record of `entity`; `target` None means this one.

    `attach` are fields with files beside those of the template.
    """

    entity: str
    target: Computed | None
    template: str
    to: Receivers
    cc: Receivers | None
    attach: tuple[str, ...]


@frozen(kw_only=True)
class AssignRecord(Effect):
    """Gives this record to somebody by an assignment."""

    assignment: str


@frozen(kw_only=True)
class Escalate(Effect):
    """Lets the people that `to` yields look at this record, in `field` if named."""

    to: Computed
    say: FilledText | None
    field: str | None


@frozen(kw_only=True)
class ForEach(Effect):
    """Runs effects for each record of `entity` that `rows` yields, as `row`."""

    entity: str
    rows: Computed
    row: str
    where: Computed | None
    effects: tuple[Effect, ...]
    most: int


@frozen(kw_only=True)
class Choose(Effect):
    """Runs the effects of the first way whose condition holds; None always holds."""

    ways: tuple[tuple[Computed | None, tuple[Effect, ...]], ...]


@frozen
class CompiledGuard:
    """What must hold for a transition, and the answer while it does not."""

    check: Computed
    say: FilledText | None


@frozen(kw_only=True)
class CompiledLevel:
    """A step of an approval: `need` people of `roles` or `users`, unless skipped."""

    need: int
    roles: tuple[str, ...] = ()
    when: Computed | None = None
    users: Computed | None = None


@frozen(kw_only=True)
class CompiledApproval:
    """What is decided in a state; `passing`, `rejecting` are transitions."""

    state: str
    levels: tuple[CompiledLevel, ...]
    passing: str
    rejecting: str | None = None
    not_by: tuple[Computed, ...] = ()
    reapprove: tuple[str, ...] = ()
    delegable: bool = True
    escalate_to: Computed | None = None


@frozen(kw_only=True)
class CompiledMove:
    """What a transition does beyond other buttons.

    The field `state` gets the value `to`; `asked` are answers that go into fields of
    the record. `not_by` yields people who may not press. `leave` are the effects of
    leaving each state, `enter` those of the new one. `numberings` are drawn last.
    `undoes` is the transition that it takes back within `window` after that.
    `approves` tells the two buttons that decide one of `approvals`, by their states.
    """

    workflow: str
    state: str
    to: str
    event: str
    guards: tuple[CompiledGuard, ...] = ()
    not_by: Computed | None = None
    asked: tuple[str, ...] = ()
    reason: bool = False
    numberings: tuple[str, ...] = ()
    auto: bool = False
    undoes: str | None = None
    window: timedelta | None = None
    leave: Mapping[str, tuple[Effect, ...]] = field(default_factory=dict)
    enter: tuple[Effect, ...] = ()
    approves: bool | None = None
    approvals: Mapping[str, CompiledApproval] = field(default_factory=dict)


@frozen(kw_only=True)
class CompiledAction:
    """A button: offered to `roles` (all if empty) where `when` is true.

    `ask`: fields of the small form, `conditions` their defaults and limits; answers are
    the names `ask.<field>`. `move` makes it a transition. `reads` is all that its
    conditions and effects read.
    """

    id: str
    definition: ActionDef
    label: str
    when: Computed | None = None
    say: FilledText | None = None
    confirm: FilledText | None = None
    ask: Mapping[str, CompiledField] = field(default_factory=dict)
    conditions: Conditions | None = None
    roles: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    move: CompiledMove | None = None
    reads: Reads = NOTHING_READ


@frozen(kw_only=True)
class CompiledTimer:
    """What happens to a record that is in one of `states` of the field `state`.

    `due` yields a day, a moment or None. `follows`: columns whose change moves it.
    `address` is its name for ever.
    """

    address: str
    definition: TimerDef
    state: str
    states: frozenset[str]
    due: Computed
    follows: frozenset[str]
    action: CompiledAction
