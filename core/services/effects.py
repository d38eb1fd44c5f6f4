"""Runs the effects of an action inside the transaction of the click.

Called by core.services.actions. Each effect sees what the ones before it wrote: the
record is read again after every change, results stand under their `as` names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from core.compiler import (
    ArchiveRecord,
    AssignRecord,
    Choose,
    CompiledAction,
    CompiledEntity,
    Computed,
    CopyRecord,
    CreateRecord,
    DeleteRecord,
    DrawNumber,
    Effect,
    EmitEvent,
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
from core.expressions import Env, Record, Ref
from core.frozen import frozen
from core.services.errors import TransitionRefused

if TYPE_CHECKING:
    from core.services.transactions import Transaction


@frozen
class NoRecord:
    """What effects are about that concern no record, as those of schedules."""

    id: str = ""


NO_RECORD = NoRecord()
Take = Mapping[str, Mapping[int, Any]]


@dataclass(slots=True)
class Stage:
    """What the effects of one click share: the record, names in reach, the action.

    take: mapping -> its lines -> source row -> how much of what is open, not all.
    reacts: `old` holds what was stored before an event; else it is as `this`.
    """

    entity: CompiledEntity | NoRecord
    record: Record
    names: dict[str, Any]
    action: CompiledAction
    take: Mapping[str, Take] = field(default_factory=dict)
    old: Record | None = None
    reacts: bool = False

    def env(self, tx: Transaction, extra: dict[str, Any] | None = None) -> Env:
        """The surroundings of an expression of the action."""
        names = self.names if extra is None else {**self.names, **extra}
        old = self.old if self.reacts else self.record
        return tx.scene.env(self.action.reads, this=self.record, old=old, names=names)


def run_effects(tx: Transaction, stage: Stage, effects: Iterable[Effect]) -> None:
    """Run effects in order; TransitionRefused by `refuse`, else as the writes raise."""
    for effect in effects:
        if effect.name is not None:
            # What later effects read as null if this one is skipped.
            stage.names.setdefault(effect.name, None)
        if effect.when is not None and effect.when.run(stage.env(tx)) is not True:
            continue
        result = _RUNNERS[type(effect)](tx, stage, effect)
        if effect.name is not None:
            stage.names[effect.name] = result


def _set(tx: Transaction, stage: Stage, effect: SetFields) -> None:
    env = stage.env(tx)
    values = {name: value.run(env) for name, value in effect.values}
    tx.update(stage.entity.id, stage.record.id or 0, plain(values))
    reload(tx, stage)


def _create(tx: Transaction, stage: Stage, effect: CreateRecord) -> Record:
    env = stage.env(tx)
    values = {name: value.run(env) for name, value in effect.values}
    made = tx.create(effect.entity, plain(values))
    paths = _paths_behind(stage, effect.name)
    loaded = tx.scene.loader.load(effect.entity, [made.id or 0], paths)
    return loaded[made.id or 0]


def _update(tx: Transaction, stage: Stage, effect: UpdateRecords) -> None:
    found = effect.rows.run(stage.env(tx))
    ids = list(ids_of(found))
    if not ids:
        return
    paths = _paths_behind(stage, effect.row)
    rows = tx.scene.loader.load(effect.entity, ids, paths)
    changes = []
    for id_ in ids:
        env = stage.env(tx, {effect.row: rows[id_]})
        if effect.where is not None and effect.where.run(env) is not True:
            continue
        values = {name: value.run(env) for name, value in effect.values}
        changes.append((id_, plain(values), None))
    if len(changes) > effect.most:
        raise TransitionRefused(
            f"This would change {len(changes)} records; {effect.most} are allowed.",
            action=stage.action.id,
        )
    if changes:
        tx.update_many(effect.entity, changes)
    reload(tx, stage)


def _map(tx: Transaction, stage: Stage, effect: MapRecords) -> Record | None:
    env = stage.env(tx)
    found = stage.record if effect.records is None else effect.records.run(env)
    ids = list(ids_of(found))
    if not ids:
        return None
    ask = {name: plain(value.run(env)) for name, value in effect.ask}
    made = tx.map(effect.mapping, ids, ask, stage.take.get(effect.mapping))[0]
    reload(tx, stage)
    paths = _paths_behind(stage, effect.name)
    loaded = tx.scene.loader.load(effect.target, [made.id or 0], paths)
    return loaded[made.id or 0]


def _transition(tx: Transaction, stage: Stage, effect: TakeTransition) -> None:
    from core.services.actions import take_transition

    env = stage.env(tx)
    found = stage.record if effect.target is None else effect.target.run(env)
    ask = {name: plain(value.run(env)) for name, value in effect.ask}
    for id_ in ids_of(found):
        take_transition(tx, effect.entity, id_, effect.transition, ask)
    reload(tx, stage)


def _archive(tx: Transaction, stage: Stage, effect: ArchiveRecord) -> None:
    for id_ in _target(tx, stage, effect.target):
        tx.archive(effect.entity, id_)
    reload(tx, stage)


def _delete(tx: Transaction, stage: Stage, effect: DeleteRecord) -> None:
    for id_ in _target(tx, stage, effect.target):
        tx.delete(effect.entity, id_)


def _activity(tx: Transaction, stage: Stage, effect: PlanActivity) -> None:
    from core.services.timeline.from_effects import plan

    env = stage.env(tx)
    to = None if effect.to is None else effect.to.run(env)
    due = None if effect.due is None else effect.due.run(env)
    people = list(ids_of(to))
    if effect.to is None and tx.actor.user_id is not None:
        people = [tx.actor.user_id]
    for id_ in _about(stage, effect.target, env):
        about = (effect.entity, id_)
        plan(tx, about, effect.summary.run(env), effect.type, due, people)


def _about(stage: Stage, target: Computed | None, env: Env) -> Iterable[int]:
    """The records that an effect is about, by default that of the stage."""
    return ids_of(stage.record if target is None else target.run(env))


def _comment(tx: Transaction, stage: Stage, effect: KeepComment) -> None:
    from core.services.timeline.from_effects import note

    at = (stage.entity.id, stage.record.id or 0)
    note(tx, at, effect.body.run(stage.env(tx)))


def _refuse(tx: Transaction, stage: Stage, effect: Refuse) -> None:
    raise TransitionRefused(
        effect.say.run(stage.env(tx)),
        entity=stage.entity.id,
        id=stage.record.id,
        action=stage.action.id,
    )


def _emit(tx: Transaction, stage: Stage, effect: EmitEvent) -> None:
    from core.services.trail import announce

    batch = tx.batch(stage.entity.id, "update", [(stage.record.id, {}, None)])
    for change in batch.changes:
        change.record = change.old = stage.record
    announce(batch, effect.event, batch.changes)
    reload(tx, stage)


def _copy(tx: Transaction, stage: Stage, effect: CopyRecord) -> Record | None:
    from core.services.copying import copy_whole

    env = stage.env(tx)
    values = plain({name: value.run(env) for name, value in effect.values})
    for id_ in _about(stage, effect.target, env):
        made = copy_whole(tx, effect.entity, id_, values, effect.keep)
        paths = _paths_behind(stage, effect.name)
        return tx.scene.loader.load(effect.entity, [made], paths)[made]
    return None


def _number(tx: Transaction, stage: Stage, effect: DrawNumber) -> None:
    from core.services.write import save

    batch = tx.batch(stage.entity.id, "update", [(stage.record.id, {}, None)])
    batch.draws = (effect.numbering,)
    save(batch)
    reload(tx, stage)


def _notify(tx: Transaction, stage: Stage, effect: Notify) -> None:
    from core.services.timeline.from_effects import tell

    env = stage.env(tx)
    people = None if effect.to is None else list(ids_of(effect.to.run(env)))
    for id_ in _about(stage, effect.target, env):
        about = (effect.entity, id_)
        tell(tx, about, effect.say.run(env), effect.level, people)


def _escalate(tx: Transaction, stage: Stage, effect: Escalate) -> None:
    from core.services.escalating import escalate

    escalate(tx, stage, effect)


def _start(tx: Transaction, stage: Stage, effect: StartFlow) -> None:
    from core.services.flows.starting import start

    env = stage.env(tx)
    key = None if effect.key is None else effect.key.run(env)
    given = {name: plain(value.run(env)) for name, value in effect.input}
    entity = tx.runtime.compiled.registry.flows[effect.flow].subject
    for id_ in _about(stage, effect.target, env):
        record = tx.scene.loader.load(entity, [id_]).get(id_)
        if record is not None:
            start(tx, effect.flow, record, key, given)


def _stop(tx: Transaction, stage: Stage, effect: StopFlow) -> None:
    from core.services.flows.ending import stop
    from core.services.flows.starting import key_text

    env = stage.env(tx)
    key = None if effect.key is None else key_text(effect.key.run(env))
    entity = tx.runtime.compiled.registry.flows[effect.flow].subject
    for id_ in _about(stage, effect.target, env):
        stop(tx, effect.flow, entity, id_, key)
    reload(tx, stage)


def _mail(tx: Transaction, stage: Stage, effect: SendMail) -> None:
    from core.services.mails.queue import run_effect

    run_effect(tx, effect, stage.env(tx), stage.record)


def _assign(tx: Transaction, stage: Stage, effect: AssignRecord) -> None:
    from core.services.assigning import assign

    assign(tx, effect.assignment, stage.record.id or 0)
    reload(tx, stage)


def _for_each(tx: Transaction, stage: Stage, effect: ForEach) -> None:
    ids = list(dict.fromkeys(ids_of(effect.rows.run(stage.env(tx)))))
    if len(ids) > effect.most:
        raise TransitionRefused(
            f"This is about {len(ids)} records; {effect.most} are allowed.",
            action=stage.action.id,
        )
    for id_ in ids:
        run_for_row(tx, stage, effect, id_)
    reload(tx, stage)


def run_for_row(tx: Transaction, stage: Stage, effect: ForEach, id: int) -> bool:
    """Run the effects for one row as it is now; False if it is not meant."""
    paths = _paths_behind(stage, effect.row)
    row = tx.scene.loader.load(effect.entity, [id], paths).get(id)
    if row is None:
        return False
    before = dict(stage.names)
    stage.names[effect.row] = row
    try:
        if effect.where is not None and effect.where.run(stage.env(tx)) is not True:
            return False
        run_effects(tx, stage, effect.effects)
    finally:
        # What was made for one row is not there for the next.
        stage.names.clear()
        stage.names.update(before)
    return True


def _choose(tx: Transaction, stage: Stage, effect: Choose) -> None:
    for condition, effects in effect.ways:
        if condition is None or condition.run(stage.env(tx)) is True:
            run_effects(tx, stage, effects)
            return


def reload(tx: Transaction, stage: Stage) -> None:
    """Read the record of the stage again, as the writes before have left it."""
    if stage.record.id is None:
        return
    id_, paths = stage.record.id, stage.action.reads.this
    loaded = tx.scene.loader.load(stage.entity.id, [id_], paths).get(id_)
    if loaded is not None:
        stage.record = loaded


def _paths_behind(stage: Stage, name: str | None) -> frozenset[tuple[str, ...]]:
    return stage.action.reads.of.get(name or "", frozenset())


def _target(tx: Transaction, stage: Stage, target: Computed) -> Iterable[int]:
    return ids_of(target.run(stage.env(tx)))


def ids_of(found: Any) -> Iterable[int]:
    """The ids of a record, of several, or of what leads to them."""
    if found is None:
        return
    if isinstance(found, Record):
        yield found.id or 0
    elif isinstance(found, Ref):
        yield found.id
    elif isinstance(found, tuple | list):
        for one in found:
            yield from ids_of(one)
    else:
        yield found


def plain(value: Any) -> Any:
    """Records as their ids, so that values go through coerce like a user's."""
    if isinstance(value, Record):
        return value.id
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple) and not isinstance(value, Ref):
        return [plain(one) for one in value]
    return value


_RUNNERS: MappingProxyType[type[Effect], Callable[..., Any]] = MappingProxyType(
    {
        SetFields: _set,
        CreateRecord: _create,
        UpdateRecords: _update,
        MapRecords: _map,
        TakeTransition: _transition,
        ArchiveRecord: _archive,
        DeleteRecord: _delete,
        PlanActivity: _activity,
        KeepComment: _comment,
        Refuse: _refuse,
        EmitEvent: _emit,
        CopyRecord: _copy,
        DrawNumber: _number,
        Notify: _notify,
        Escalate: _escalate,
        StartFlow: _start,
        StopFlow: _stop,
        SendMail: _mail,
        AssignRecord: _assign,
        ForEach: _for_each,
        Choose: _choose,
    }
)
