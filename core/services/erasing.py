"""Overwrites values for good: in the record, its audit, and what is searched.

Called by retention and by the erasing of personal data. The record itself stays, so
that what leads to it still does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.expressions import Record
from core.services.sealing import amend
from core.services.transactions import Transaction
from core.storage import tables

#: What stands where a text must stand.
ERASED = "\u2013"


def erase_fields(
    tx: Transaction, entity: str, id: int, names: Sequence[str]
) -> list[str]:
    """Overwrite fields of a record and of its audit; returns the fields erased.

    ValidationFailed if a required value that is no text would have to go.
    """
    compiled = tx.runtime.compiled.entity(entity)
    wanted = [name for one in names for name in _members(compiled, one)]
    values = {name: _nothing(compiled, name, id) for name in wanted}
    with tx.with_full_rights():
        tx.update(entity, id, values, accept_warnings=True)
    also = derived_from(compiled, frozenset(wanted))
    _scrub(tx, entity, id, frozenset(wanted) | also)
    external = tables.external_id
    where = (external.c.entity == entity, external.c.record == id)
    tx.scene.connection.execute(external.delete().where(*where))
    return wanted


def is_erased(compiled: CompiledEntity, record: Record, names: Sequence[str]) -> bool:
    """Whether nothing is left in the fields of a record that was read with them."""
    for one in names:
        for name in _members(compiled, one):
            value = record.values.get(name)
            if name in compiled.lines:
                value = record.relations.get(name)
            nothing = _nothing(compiled, name, record.id or 0)
            if value not in (None, (), "", False) and value != nothing:
                return False
    return True


def _members(compiled: CompiledEntity, name: str) -> tuple[str, ...]:
    field = compiled.fields[name]
    if field.kind == "group":
        return tuple(field.members)
    return (name,) if field.writable else ()


def _nothing(compiled: CompiledEntity, name: str, id_: int) -> Any:
    field = compiled.fields[name]
    if field.kind in ("lines", "links"):
        return []
    if field.definition.required is True and field.type.text_like:
        return f"{ERASED} {id_}" if field.definition.unique else ERASED
    return None


def derived_from(compiled: CompiledEntity, names: frozenset[str]) -> frozenset[str]:
    """Computed fields that repeat what was erased, as the audit keeps them too."""
    found: set[str] = set()
    for formula in compiled.formulas:
        roots = {path[0] for path in formula.value.reads.this}
        if roots & (names | found):
            found.add(formula.field)
    return frozenset(found)


def _scrub(tx: Transaction, entity: str, id_: int, names: frozenset[str]) -> None:
    """Take the values out of the audit; that the field was changed stays."""
    audit = tables.audit
    connection = tx.scene.connection
    where = (audit.c.entity == entity, audit.c.record == id_)
    rows = connection.execute(sa.select(audit.c.id, audit.c.changes).where(*where))
    scrubbed = []
    for row in rows.all():
        changes = dict(row.changes or {})
        hit = names & changes.keys()
        for name in hit:
            before = changes[name]
            lines = before and isinstance(before[0], dict) and "id" in before[0]
            changes[name] = [] if lines else [None, None]
        if hit:
            connection.execute(
                audit.update().where(audit.c.id == row.id).values(changes=changes)
            )
            scrubbed.append(row.id)
    amend(tx, scrubbed)
