"""The merge itself, in one transaction: lock, check, move, archive, take values over.

Called by `Transaction.merge` for pages and API. It moves what the actor does not see as
well: a record that is gone must not keep anything. There is no way back, so nothing is
done before versions and rights of all records are right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.expressions import Record
from core.services.archiving import set_archived
from core.services.batch import Batch, Change
from core.services.deletion import remove
from core.services.errors import NotAllowed, Problem, ValidationFailed
from core.services.merging.about import move_about
from core.services.merging.moving import Mover
from core.services.merging.pointers import point
from core.services.merging.preview import takeable
from core.services.scene import Scene
from core.services.steps_input import not_found, permitted, stale
from core.services.trail import MERGED, MERGED_INTO, leave_trace
from core.services.upkeep import settle

if TYPE_CHECKING:
    from core.services.transactions import Transaction

#: So many records become one at once.
MOST = 10


def merge(
    tx: Transaction,
    entity: str,
    survivor: int,
    others: Sequence[int],
    take: Mapping[str, int],
    versions: Mapping[int, int],
) -> Record:
    """Merge records into the survivor and return it.

    take: field -> id of the record whose value the survivor gets. versions: id ->
    version that the actor has seen; StaleRecord if it is another one by now.
    """
    scene, compiled = tx.scene, tx.runtime.compiled.entity(entity)
    ids = [survivor, *others]
    check_mergeable(scene, compiled, ids)
    with scene.atomic():
        records = _locked(scene, compiled, ids, versions)
        values = _taken(tx, compiled, records, survivor, take)
        mover = Mover(tx, compiled, records[survivor], [records[i] for i in others])
        moved = mover.move_all()
        move_about(scene, compiled, survivor, others)
        given_up = _give_up(scene, compiled, records, survivor, values)
        settle(scene)
        _put_away(tx, compiled, others)
        if values:
            tx.update(entity, survivor, values, accept_warnings=True)
        point(scene, entity, survivor, others)
        _trace(tx, compiled, survivor, others, moved, given_up)
        settle(scene)
    return tx.get(entity, survivor)


def check_mergeable(
    scene: Scene, entity: CompiledEntity, ids: Sequence[int], verb: str = "merge"
) -> None:
    """Raise unless the actor may merge these records of this entity."""
    if entity.duplicates is None or entity.owner is not None:
        raise _refused(f"{entity.plural} cannot be merged.")
    scene.access.require(entity.id, verb)
    if len(set(ids)) != len(ids):
        raise _refused("A record cannot be merged with itself.")
    if not 2 <= len(ids) <= MOST:
        raise _refused(f"Merge 2 to {MOST} records at once.")
    seen = permitted(scene, entity, "read", ids)
    allowed = permitted(scene, entity, verb, ids)
    for id_ in ids:
        if id_ not in seen:
            raise not_found(entity, id_)
        if id_ not in allowed:
            raise NotAllowed(
                f"You may see this {entity.label}, but you may not merge it.",
                entity=entity.id,
                id=id_,
                verb=verb,
            )


def _refused(message: str) -> ValidationFailed:
    return ValidationFailed([Problem(None, "not_mergeable", message)])


def _locked(
    scene: Scene,
    entity: CompiledEntity,
    ids: Sequence[int],
    versions: Mapping[int, int],
) -> dict[int, Record]:
    """The records as they are, under locks that keep others from leading to them."""
    scene.begin_writing()
    table = entity.table
    if scene.connection.dialect.name == "postgresql":
        lock = sa.select(table.c.id).where(table.c.id.in_(ids)).order_by(table.c.id)
        scene.connection.execute(lock.with_for_update()).all()
    records = scene.loader.load(entity.id, ids)
    for id_ in ids:
        record = records.get(id_)
        if record is None:
            raise not_found(entity, id_)
        expected = versions.get(id_)
        if expected is not None and expected != record["version"]:
            raise stale(scene, entity, record, expected)
        if record.values.get("archived"):
            raise _refused("One of the records is archived. Restore it first.")
    companies = {record.values.get("company") for record in records.values()}
    if entity.has_company and len(companies) > 1:
        raise _refused("The records belong to different companies.")
    return records


def _taken(
    tx: Transaction,
    entity: CompiledEntity,
    records: Mapping[int, Record],
    survivor: int,
    take: Mapping[str, int],
) -> dict[str, Any]:
    """The values that the survivor takes over from the others."""
    offered = takeable(tx, entity, list(records))
    values: dict[str, Any] = {}
    for name, id_ in take.items():
        if name not in offered or id_ not in records:
            message = "This value cannot be taken over."
            raise ValidationFailed([Problem(name, "not_takeable", message)])
        value = records[id_].values.get(name)
        if id_ != survivor and value != records[survivor].values.get(name):
            values[name] = value
    return values


def _give_up(
    scene: Scene,
    entity: CompiledEntity,
    records: Mapping[int, Record],
    survivor: int,
    values: Mapping[str, Any],
) -> dict[int, dict[str, Any]]:
    """Empty unique values of the others that the survivor takes: none has them twice.

    Returns what was emptied by record, for its audit.
    """
    unique = {name for one in entity.uniques for name in one.fields} & values.keys()
    emptied: dict[int, dict[str, Any]] = {}
    for name in sorted(unique):
        column = entity.table.c[name]
        for id_, record in records.items():
            if id_ == survivor or record.values.get(name) != values[name]:
                continue
            if not column.nullable:
                label = entity.fields[name].label
                text = f"{label} is unique and never empty: the record keeps its own."
                raise ValidationFailed([Problem(name, "not_takeable", text)])
            scene.connection.execute(
                entity.table.update()
                .where(entity.table.c.id == id_)
                .values({name: None})
            )
            field = entity.fields[name]
            kept = field.type.to_json(record.values[name], field.definition)
            emptied.setdefault(id_, {})[name] = [kept, None]
    return emptied


def _put_away(tx: Transaction, entity: CompiledEntity, others: Sequence[int]) -> None:
    """Archive the others; what is not archived is deleted, its state in the audit."""
    batch = fresh_batch(tx, entity, others, entity.definition.archive)
    if entity.definition.archive:
        set_archived(batch, True)
    else:
        remove(batch)


def fresh_batch(
    tx: Transaction, entity: CompiledEntity, ids: Sequence[int], archives: bool = True
) -> Batch:
    """A batch of stored records as they are now, with full rights."""
    found = tx.scene.loader.load(entity.id, ids)
    changes = [
        Change(n, {}, Record(entity.id, id_, dict(found[id_].values)), found[id_])
        for n, id_ in enumerate(ids)
    ]
    verb: Any = "archive" if archives else "delete"
    return Batch(tx.scene, entity, verb, changes, tx.via, True, tx=tx, sovereign=True)


def _trace(
    tx: Transaction,
    entity: CompiledEntity,
    survivor: int,
    others: Sequence[int],
    moved: Mapping[str, Any],
    given_up: Mapping[int, dict[str, Any]],
) -> None:
    """Say in the audit of all what became of them."""
    kept = [survivor, *(others if entity.definition.archive else ())]
    batch = fresh_batch(tx, entity, kept)
    what: list[dict[str, Any]] = [{**moved, MERGED: list(others)}]
    what += [
        {**given_up.get(one, {}), MERGED_INTO: [None, survivor]} for one in kept[1:]
    ]
    leave_trace(batch, batch.changes, "merged", what)
