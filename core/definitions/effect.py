"""Effects: what an action does, one effect name per map.

Read inside `do:` of actions; executed by core.services.effects inside the
transaction of the user's click. `when` skips, `as` names the result.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from core.frozen import frozen
from core.source import (
    Expr,
    Filled,
    Id,
    Int,
    ListOf,
    Map,
    Name,
    Names,
    Part,
    Value,
    Values,
)


@frozen(kw_only=True)
class CreateEffect(Part):
    """A new record of `entity`."""

    entity: Id
    values: Values = field(default_factory=Map)


@frozen(kw_only=True)
class UpdateEffect(Part):
    """Sets fields of a linked record, of lines or of an inverse; at most `max` rows."""

    in_: Expr
    as_: Name | None = None
    where: Expr | None = None
    set: Values = field(default_factory=Map)
    max: Int = 1000


@frozen(kw_only=True)
class MapEffect(Part):
    """Runs a mapping over this record, `record`, or several `records`."""

    mapping: Id
    record: Expr | None = None
    records: Expr | None = None
    ask: Values = field(default_factory=Map)


@frozen(kw_only=True)
class ActivityEffect(Part):
    """Plans something in the timeline of this record, or of `record`.

    It is for `to`, by default for who acts; `due` is a day.
    """

    summary: Filled
    type: Literal["todo", "call", "mail", "meeting"] = "todo"
    to: Expr | None = None
    due: Expr | None = None
    record: Expr | None = None


@frozen(kw_only=True)
class TransitionEffect(Part):
    """Moves this record, or `record`, to another state as its button would."""

    name: Name
    record: Expr | None = None
    ask: Values = field(default_factory=Map)


@frozen(kw_only=True)
class EmitEffect(Part):
    """Raises the event `<entity of this record>.<event>`."""

    event: Name


@frozen(kw_only=True)
class CopyEffect(Part):
    """A copy of this record, or of `record`, with its lines; `set` stands instead.

    `keep` names fields that are copied although they say `copy: false`.
    """

    record: Expr | None = None
    set: Values = field(default_factory=Map)
    keep: Names = ()


@frozen(kw_only=True)
class NumberEffect(Part):
    """Draws a number now, into a field that has none yet; its numbering says how."""

    into: Name


@frozen(kw_only=True)
class NotifyEffect(Part):
    """Tells people in the product about this record, or `record`.

    Without `to` those who follow it are told.
    """

    text: Filled
    to: Expr | None = None
    level: Literal["info", "ok", "warn", "bad"] = "info"
    record: Expr | None = None


@frozen(kw_only=True)
class EscalateEffect(Part):
    """Lets somebody else look at this record, and notes why.

    `field`, a link to a user, gets the first of `to`, who is told; without it each of
    them gets an activity for today. `text` is the reason.
    """

    to: Expr
    text: Filled | None = None
    field: Name | None = None


@frozen(kw_only=True)
class MailEffect(Part):
    """Sends a mail about this record, or `record`, once everything is saved.

    `to` and `cc` are addresses, or records with a field of the type `email`. `attach`
    names fields of files beside those of the template.
    """

    template: Id
    to: Value
    cc: Value | None = None
    attach: Names = ()
    record: Expr | None = None


@frozen(kw_only=True)
class ForEachEffect(Part):
    """Effects for each of several rows, which stand under the name `as`.

    At most `max` of them: 1,000 within a save, 100,000 in a schedule.
    """

    in_: Expr
    as_: Name | None = None
    where: Expr | None = None
    max: Int | None = None
    do: ListOf[EffectDef] = ()


@frozen(kw_only=True)
class StartEffect(Part):
    """Starts a flow about this record, or `record`; of one `key` there is one.

    Without `key` it is the one that the flow says. `input` are facts handed over.
    """

    flow: Id
    record: Expr | None = None
    key: Expr | None = None
    input: Values = field(default_factory=Map)


@frozen(kw_only=True)
class StopEffect(Part):
    """Cancels a flow of this record, or `record`, and undoes its steps."""

    flow: Id
    record: Expr | None = None
    key: Expr | None = None


@frozen(kw_only=True)
class EffectDef(Part):
    """Exactly one of the effect keys; which one is checked by the registry."""

    when: Expr | None = None
    as_: Name | None = None
    set: Values | None = None
    create: CreateEffect | None = None
    update: UpdateEffect | None = None
    map: MapEffect | None = None
    transition: TransitionEffect | None = None
    archive: Expr | None = None
    delete: Expr | None = None
    activity: ActivityEffect | None = None
    comment: Filled | None = None
    refuse: Filled | None = None
    emit: EmitEffect | None = None
    copy: CopyEffect | None = None
    number: NumberEffect | None = None
    notify: NotifyEffect | None = None
    escalate: EscalateEffect | None = None
    start: StartEffect | None = None
    stop: StopEffect | None = None
    mail: MailEffect | None = None
    assign: Id | None = None
    for_each: ForEachEffect | None = None
    choose: ListOf[ChooseDef] = ()


@frozen(kw_only=True)
class ChooseDef(Part):
    """One way of `choose`: the first whose `when` holds is taken, `else` otherwise."""

    when: Expr | None = None
    do: ListOf[EffectDef] = ()
    else_: ListOf[EffectDef] = ()


#: The keys of which an effect has exactly one.
EFFECT_NAMES: tuple[str, ...] = (
    "set",
    "create",
    "update",
    "map",
    "transition",
    "archive",
    "delete",
    "activity",
    "comment",
    "refuse",
    "emit",
    "copy",
    "number",
    "notify",
    "escalate",
    "start",
    "stop",
    "mail",
    "assign",
    "for_each",
    "choose",
)
