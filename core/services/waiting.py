"""What waits for approval: at one record, and everywhere for the one who asks.

Read by pages and the API; who may decide is asked of core.services.approvals.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from core.compiler import CompiledAction, CompiledEntity, CompiledMove
from core.expressions import Record
from core.frozen import frozen
from core.registry.approvals import APPROVE
from core.services import query as gate
from core.services.approvals import against_verdict, approving, standing, who
from core.services.request import Query
from core.services.titles import titles

if TYPE_CHECKING:
    from core.services.reader import Reader

#: Records of one entity that are looked at; more wait longer in the list anyway.
MOST = 500


@frozen
class Progress:
    """How far the approval of a record is: `level` of `levels`, `given` of `need`."""

    workflow: str
    state: str
    level: int
    levels: int
    given: int
    need: int
    people: str


@frozen
class Waiting:
    """A record that the actor may approve now; `since` it was changed last."""

    entity: str
    record: int
    title: str
    since: datetime
    progress: Progress


def progress_of(reader: Reader, entity: str, record: int) -> list[Progress]:
    """How far the approvals of a record are; empty where none is asked."""
    compiled = reader.runtime.compiled.entity(entity)
    found = []
    for action, move in approving(compiled):
        loaded = reader.scene.loader.load(entity, [record], action.reads.this)
        if record in loaded:
            found.append(_progress(reader, action, move, loaded[record]))
    return [one for one in found if one is not None]


def waiting(reader: Reader) -> list[Waiting]:
    """The records that the actor may approve now, the oldest first."""
    found: list[Waiting] = []
    for entity in _asking(reader):
        if reader.access.can(entity, "read"):
            found += _of_entity(reader, reader.runtime.compiled.entity(entity))
    return sorted(found, key=lambda one: (one.since, one.entity, one.record))


def may_approve(reader: Reader) -> bool:
    """Whether the actor may approve records of any entity."""
    return any(
        reader.actor.is_admin or reader.access.can(entity, APPROVE)
        for entity in _asking(reader)
    )


def _asking(reader: Reader) -> list[str]:
    """The entities with approvals, none of which is compiled for this question."""
    workflows = reader.runtime.compiled.registry.workflows.values()
    return sorted({one.entity for one in workflows if one.approvals})


def _of_entity(reader: Reader, entity: CompiledEntity) -> Iterator[Waiting]:
    for action, move in approving(entity):
        states = ", ".join(f"'{state}'" for state in move.approvals)
        asked = Query(filter=f"{move.state} in [{states}]", fields=("id",), limit=MOST)
        page = gate.search(reader.scene, entity.id, asked)
        ids = sorted(
            reader.permitted(entity.id, action.id, [r.id or 0 for r in page.items])
        )
        reads = {*action.reads.this, ("updated_at",)}
        records = reader.scene.loader.load(entity.id, ids, reads)
        mine = {
            id_: progress
            for id_, record in records.items()
            if (progress := _mine(reader, action, move, record)) is not None
        }
        names = titles(reader.scene, entity.id, sorted(mine))
        for id_, progress in mine.items():
            since: datetime = records[id_]["updated_at"]
            yield Waiting(entity.id, id_, names.get(id_, str(id_)), since, progress)


def _mine(
    reader: Reader, action: CompiledAction, move: CompiledMove, record: Record
) -> Progress | None:
    env = reader.scene.env(action.reads, this=record, old=record)
    if against_verdict(reader, action.label, move, env) is not None:
        return None
    return _progress(reader, action, move, record)


def _progress(
    reader: Reader, action: CompiledAction, move: CompiledMove, record: Record
) -> Progress | None:
    env = reader.scene.env(action.reads, this=record, old=record)
    found = standing(reader, move, record, env)
    if found is None or found.level is None or found.turn is None:
        return None
    people = {one.author for one in found.approved_by(found.level)}
    return Progress(
        move.workflow,
        found.approval.state,
        found.open.index(found.level) + 1,
        len(found.open),
        len(people),
        found.turn.need,
        who(reader, found, env),
    )
