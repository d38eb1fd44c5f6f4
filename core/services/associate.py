"""Writes many-to-many fields: rows of an association table, or of a `through` entity.

Called by the step `write_row`, after the records themselves are written.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.compiler import Association
from core.compiler.tables import through_fields
from core.expressions import Record
from core.services.batch import Batch, Change

Pairs = list[tuple[int, int]]


def associate(batch: Batch) -> None:
    """Write what changed in the many-to-many fields of a batch."""
    for name, association in batch.entity.associations.items():
        added, removed = _differences(batch, name)
        if association.through is not None:
            _through(batch, name, association.through, added, removed)
        elif added or removed:
            _table(batch, association, added, removed)


def _differences(batch: Batch, name: str) -> tuple[Pairs, Pairs]:
    added: Pairs = []
    removed: Pairs = []
    for change in batch.changes:
        if change.failed:
            continue
        new = set(change.record.values.get(name) or ())
        if change.old is None:
            old: set[int] = set()
        elif name in change.changed:
            old = set(change.old.values.get(name) or ())
        else:
            continue
        id_ = change.record.id or 0
        added += [(id_, one) for one in sorted(new - old)]
        removed += [(id_, one) for one in sorted(old - new)]
    return added, removed


def _table(
    batch: Batch, association: Association, added: Pairs, removed: Pairs
) -> None:
    connection, table = batch.scene.connection, association.table
    assert isinstance(table, sa.Table)
    if removed:
        statement = table.delete().where(
            table.c.source == sa.bindparam("b_source"),
            table.c.target == sa.bindparam("b_target"),
        )
        connection.execute(
            statement, [{"b_source": one, "b_target": two} for one, two in removed]
        )
    if added:
        connection.execute(
            table.insert(), [{"source": one, "target": two} for one, two in added]
        )


def _through(
    batch: Batch, name: str, through: str, added: Pairs, removed: Pairs
) -> None:
    """Make and delete the rows that connect; they are records with a history."""
    from core.services.deletion import delete_rows
    from core.services.write import save

    scene = batch.scene
    compiled = scene.runtime.compiled
    definition = batch.entity.fields[name].definition
    links = through_fields(compiled.registry, batch.entity.id, definition)
    if links is None or not (added or removed):
        return
    back, pick = links
    rows = compiled.entity(through)
    if removed:
        table = rows.table
        condition = sa.or_(
            *(sa.and_(table.c[back] == a, table.c[pick] == b) for a, b in removed)
        )
        delete_rows(scene, rows, scene.loader.where(through, condition))
    if added:
        changes = [
            Change(number, _values(back, pick, pair), Record(through, None))
            for number, pair in enumerate(added)
        ]
        save(Batch(scene, rows, "create", changes, batch.via, True, True, tx=batch.tx))


def _values(back: str, pick: str, pair: tuple[int, int]) -> dict[str, Any]:
    return {back: pair[0], pick: pair[1]}
