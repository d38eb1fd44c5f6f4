"""Takes back what one person did to many records in one go: a change or an archiving.

Pages ask. The audit says which records they were and what they held; everything is
saved again like any other change, so rights and rules hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.frozen import frozen
from core.services.request import Outcome
from core.services.transition_states import is_state
from core.storage import tables

if TYPE_CHECKING:
    from core.services.transactions import Transaction

_KINDS = frozenset({"value", "link", "links", "reference"})
Row = tuple[int, Mapping[str, Any], int | None]


@frozen
class Trail:
    """The entries of the audit that one go has left: those after `after`, to `last`.

    Others may write at once, so the moment belongs to it as well.
    """

    after: int
    last: int
    at: datetime


def audited_so_far(tx: Transaction) -> int:
    """The number of the latest entry of the audit, 0 for none."""
    newest = sa.select(sa.func.max(tables.audit.c.id))
    return int(tx.scene.connection.scalar(newest) or 0)


def trail_since(tx: Transaction, after: int) -> Trail:
    """What the transaction has left in the audit since `after`."""
    return Trail(after, audited_so_far(tx), tx.scene.moment.now)


def take_back(tx: Transaction, entity: str, trail: Trail) -> list[Outcome]:
    """Undo what the actor did to records of an entity; each is told by itself.

    Values that somebody changed since stay as they are and are reported.
    """
    table = tables.audit
    found = tx.scene.connection.execute(
        sa.select(table.c.record, table.c.version, table.c.action, table.c.changes)
        .where(
            table.c.id > trail.after,
            table.c.id <= trail.last,
            table.c.entity == entity,
            table.c.actor == tx.actor.user_id,
            table.c.at == trail.at,
        )
        .order_by(table.c.id)
    ).all()
    changed = [
        (row.record, row.changes or {}, row.version)
        for row in found
        if row.action == "updated"
    ]
    archived = [row.record for row in found if row.action == "archived"]
    restored = [row.record for row in found if row.action == "restored"]
    # They were accepted in this state before.
    return [
        *put_back(tx, entity, changed),
        *tx.restore_many(entity, archived),
        *tx.archive_many(entity, restored),
    ]


def put_back(tx: Transaction, entity: str, rows: Sequence[Row]) -> list[Outcome]:
    """Give records the values that they had before changes as the audit has them.

    rows: id, name -> (old, new), and the version that the changes led to.
    """
    compiled = tx.runtime.compiled.entity(entity)
    values = [(id_, old_values(compiled, made), version) for id_, made, version in rows]
    done = tx.update_many(entity, values, partial=True, accept_warnings=True)
    for (id_, made, _), outcome in zip(rows, done, strict=True):
        followed = _followed(compiled, made)
        if followed and not outcome.problems:
            # What followed the change by itself would follow once more, from now.
            with tx.with_full_rights():
                tx.update(entity, id_, followed)
    return done


def can_take_back(tx: Transaction, entity: str, trail: Trail) -> bool:
    """Whether taking back would undo all that was done, and not a part of it.

    What was made or deleted, other entities, states and closed fields stay as they are.
    """
    table = tables.audit
    found = tx.scene.connection.execute(
        sa.select(table.c.entity, table.c.action, table.c.changes).where(
            table.c.id > trail.after, table.c.id <= trail.last, table.c.at == trail.at
        )
    ).all()
    compiled = tx.runtime.compiled.entity(entity)
    return bool(found) and all(
        row.entity == entity
        and row.action in ("updated", "archived", "restored")
        and (row.action != "updated" or _is_reversible(compiled, row.changes or {}))
        for row in found
    )


def _is_reversible(entity: CompiledEntity, changes: Mapping[str, Any]) -> bool:
    known = old_values(entity, changes)
    for name in changes:
        field = entity.fields.get(name)
        if field is None or field.computed:
            continue
        if name not in known and name not in _followed(entity, changes):
            return False
    return True


def old_values(entity: CompiledEntity, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The old values of fields that somebody may set; computed ones follow."""
    found: dict[str, Any] = {}
    for name, change in changes.items():
        field = entity.fields.get(name)
        if field is None or field.kind not in _KINDS or field.computed or field.once:
            continue
        if field.definition.readonly is not True:
            found[name] = change[0]
    return found


def _followed(entity: CompiledEntity, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The old values of closed fields that follow others by themselves."""
    found: dict[str, Any] = {}
    for name, change in changes.items():
        field = entity.fields.get(name)
        if field is None or field.kind not in _KINDS or is_state(entity, name):
            continue
        closed = field.definition.readonly is True
        if closed and field.definition.derive is not None:
            found[name] = change[0]
    return found
