"""Automations: what is done by itself when something has happened to a record.

`react` is the last step of core.services.write; archiving and deleting call
`react_to` themselves. Effects run with full rights, under the name of who caused them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from core.compiler import CompiledAutomation, compile_automation
from core.expressions import Record
from core.services.batch import Batch, Change
from core.services.effects import Stage, run_effects
from core.services.errors import AppError, StaleRecord, TransitionRefused
from core.services.runtime import Runtime
from core.services.sentences import sentence

if TYPE_CHECKING:
    from core.services.transactions import Transaction

KIND = "automation"


def automation_of(runtime: Runtime, id: str) -> CompiledAutomation:
    """An automation, compiled at its first use; KeyError if there is none."""
    compiled = runtime.compiled
    made: CompiledAutomation = runtime.plans.get(
        (KIND, id), lambda: compile_automation(compiled.registry, compiled.catalog, id)
    )
    return made


def react(batch: Batch) -> None:
    """Run what reacts to this save inside its transaction."""
    from core.services.trail import announced

    for word, changes in announced(batch):
        react_to(batch, word, changes)


def react_to(batch: Batch, word: str, changes: Sequence[Change]) -> None:
    """Run the automations of an event that happen inside its transaction."""
    ran = False
    for automation in _concerned(batch, word):
        if automation.after:
            continue
        met = [change for change in changes if _is_met(automation, word, change)]
        records = _loaded(batch, automation, met)
        for change in met:
            # What ran before may have changed the record.
            known = _loaded(batch, automation, [change]) if ran else records
            ran = _run(batch, automation, change, known) or ran
    if ran:
        _refresh(batch, changes)


def afterwards(batch: Batch, word: str, changes: Sequence[Change]) -> dict[int, Any]:
    """Id of a record -> what the worker is to do about the event, and for whom."""
    found: dict[int, Any] = {}
    for automation in _concerned(batch, word):
        if not automation.after:
            continue
        met = [change for change in changes if _is_met(automation, word, change)]
        records = _loaded(batch, automation, met)
        for change in met:
            stage = _stage(batch, automation, change, records)
            if stage is not None and _holds(batch.tx, stage):
                one = found.setdefault(change.record.id or 0, _behalf(batch))
                one["after"].append(automation.id)
    return found


def _behalf(batch: Batch) -> dict[str, Any]:
    actor = batch.scene.actor
    around = {
        "language": actor.language,
        "zone": actor.zone,
        "company": actor.company,
        "companies": list(actor.companies),
    }
    return {"after": [], "for": around, "chain": list(batch.tx.origins)}


def fetch_leaving(batch: Batch) -> None:
    """Load what automations read of records that are about to be deleted."""
    for automation in _concerned(batch, "deleted"):
        for change in batch.changes:
            records = [change.record]
            batch.scene.loader.fill(
                batch.entity.id, records, automation.action.reads.this
            )


def run_one(tx: Transaction, id: str, record: int) -> bool:
    """Do what an automation does about a record; False if that is gone meanwhile."""
    automation = automation_of(tx.runtime, id)
    paths = automation.action.reads.this
    found = tx.scene.loader.load(automation.entity, [record], paths).get(record)
    if found is None:
        return False
    entity = tx.runtime.compiled.entity(automation.entity)
    with tx.scene.atomic():
        perform(tx, automation, Stage(entity, found, {}, automation.action))
    return True


def perform(tx: Transaction, automation: CompiledAutomation, stage: Stage) -> None:
    """Run the effects under the automation's name; TransitionRefused if one fails."""
    run_by_itself(tx, f"{KIND} {automation.id}", stage)


def run_by_itself(tx: Transaction, origin: str, stage: Stage) -> None:
    """Run effects under the name of what does them; TransitionRefused if one fails."""
    facts = {"id": stage.record.id, "action": stage.action.id}
    with (
        tx.acting_for(origin),
        refused_by(stage.action.label, stage.entity.id, **facts),
    ):
        run_effects(tx, stage, stage.action.effects)


@contextmanager
def refused_by(label: str, entity: str, **facts: Any) -> Iterator[None]:
    """Say of what acts by itself that it could not, and why."""
    try:
        yield
    except (TransitionRefused, StaleRecord):
        raise
    except AppError as error:
        text = "'{action}' could not be done: {what}"
        said = sentence(text, action=label, what=error.message)
        told = {"entity": entity, **facts}
        raise TransitionRefused(str(said), said, **told) from error


def _concerned(batch: Batch, word: str) -> Iterator[CompiledAutomation]:
    runtime = batch.scene.runtime
    reactions = runtime.compiled.registry.reactions
    for id_ in reactions.get(f"{batch.entity.id}.{word}", ()):
        yield automation_of(runtime, id_)


def _is_met(automation: CompiledAutomation, word: str, change: Change) -> bool:
    if change.failed:
        return False
    limited = automation.changes and word == "updated"
    return not limited or not automation.changes.isdisjoint(change.changed)


def _run(
    batch: Batch,
    automation: CompiledAutomation,
    change: Change,
    records: Mapping[int, Record],
) -> bool:
    """Run one automation for one record; whether there was something to do."""
    tx = batch.tx
    stage = _stage(batch, automation, change, records)
    if stage is None or not _holds(tx, stage):
        return False
    try:
        perform(tx, automation, stage)
    except AppError as error:
        if not batch.partial or "rows" in error.facts:
            raise
        raise TransitionRefused(error.message, rows=[change.row]) from error
    return True


def _stage(
    batch: Batch,
    automation: CompiledAutomation,
    change: Change,
    records: Mapping[int, Record],
) -> Stage | None:
    """The record as it is now, with the values before; None if it is gone."""
    record = records.get(change.record.id or 0)
    if record is None:
        return None
    if change.old is not None:
        paths = automation.action.reads.of.get("old", frozenset())
        batch.scene.loader.fill(batch.entity.id, [change.old], paths)
    return Stage(
        batch.entity, record, {}, automation.action, old=change.old, reacts=True
    )


def _loaded(
    batch: Batch, automation: CompiledAutomation, changes: Sequence[Change]
) -> dict[int, Record]:
    """The records as they are now; deleted ones as they were."""
    if batch.verb == "delete":
        return {change.record.id or 0: change.record for change in changes}
    ids = [change.record.id or 0 for change in changes]
    paths = automation.action.reads.this
    return batch.scene.loader.load(batch.entity.id, ids, paths)


def _holds(tx: Transaction, stage: Stage) -> bool:
    when = stage.action.when
    return when is None or when.run(stage.env(tx)) is True


def _refresh(batch: Batch, changes: Sequence[Change]) -> None:
    """Let the caller see the records as automations have left them."""
    if batch.verb == "delete":
        return
    ids = [change.record.id for change in changes if change.record.id]
    found = batch.scene.loader.load(batch.entity.id, ids)
    for change in changes:
        now = found.get(change.record.id or 0)
        if now is not None and now["version"] != change.record.values["version"]:
            change.record.values.update(now.values)
            change.record.relations.clear()
