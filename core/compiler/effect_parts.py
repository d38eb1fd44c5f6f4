"""What effects read: every expression and text in them.

Asked by all builders that load what a list of effects needs before it runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.compiler.effects import (
    ArchiveRecord,
    Choose,
    CopyRecord,
    CreateRecord,
    DeleteRecord,
    Effect,
    Escalate,
    ForEach,
    KeepComment,
    MapRecords,
    Notify,
    PlanActivity,
    Refuse,
    SendMail,
    SetFields,
    StartFlow,
    StopFlow,
    TakeTransition,
    UpdateRecords,
)
from core.compiler.parts import Computed, FilledText


def parts_of(effects: tuple[Effect, ...]) -> Iterator[Computed | FilledText | None]:
    """Everything in effects that reads something of the record."""
    for effect in effects:
        yield effect.when
        if isinstance(effect, SetFields | CreateRecord | UpdateRecords | CopyRecord):
            yield from (value for _, value in effect.values)
        if isinstance(effect, MapRecords):
            yield effect.records
        if isinstance(effect, MapRecords | TakeTransition):
            yield from (value for _, value in effect.ask)
        if isinstance(effect, UpdateRecords):
            yield from (effect.rows, effect.where)
        elif isinstance(
            effect, ArchiveRecord | DeleteRecord | TakeTransition | CopyRecord
        ):
            yield effect.target
        elif isinstance(effect, PlanActivity):
            yield from (effect.summary, effect.to, effect.due, effect.target)
        elif isinstance(effect, KeepComment):
            yield effect.body
        elif isinstance(effect, Refuse):
            yield effect.say
        elif isinstance(effect, Notify):
            yield from (effect.say, effect.to, effect.target)
        elif isinstance(effect, Escalate):
            yield from (effect.to, effect.say)
        elif isinstance(effect, SendMail):
            yield from (effect.target, effect.to.value)
            yield None if effect.cc is None else effect.cc.value
        elif isinstance(effect, StartFlow | StopFlow):
            yield from (effect.target, effect.key)
            if isinstance(effect, StartFlow):
                yield from (value for _, value in effect.input)
        elif isinstance(effect, ForEach):
            yield from (effect.rows, effect.where)
            yield from parts_of(effect.effects)
        elif isinstance(effect, Choose):
            for when, then in effect.ways:
                yield when
                yield from parts_of(then)
