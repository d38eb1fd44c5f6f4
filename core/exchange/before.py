"""The values that a record had before one of its versions, from the audit.

Called by the undo of an import.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.exchange.errors import ExchangeError
from core.services import Transaction
from core.storage import tables


def earlier_values(
    tx: Transaction, compiled: CompiledEntity, id: int, version: int
) -> dict[str, Any]:
    """Return values for an update that takes back the change to this version.

    ExchangeError if the audit does not know what was there before.
    """
    audit = tables.audit
    changes = tx.scene.connection.scalars(
        sa.select(audit.c.changes).where(
            audit.c.entity == compiled.id,
            audit.c.record == id,
            audit.c.version == version,
        )
    ).first()
    if changes is None:
        raise ExchangeError("The audit does not say what was there before.")
    values: dict[str, Any] = {}
    for name, change in changes.items():
        if name in compiled.lines:
            values[name] = _rows(tx, compiled, id, name, change)
            continue
        field = compiled.fields.get(name)
        if field is None or not field.writable:
            continue
        if field.type.write_only:
            raise ExchangeError(f"{field.label} is never shown, so it stays changed.")
        values[name] = [] if change[0] is None and field.kind == "links" else change[0]
    return values


def _rows(
    tx: Transaction, compiled: CompiledEntity, id_: int, name: str, changes: list[Any]
) -> list[dict[str, Any]]:
    """The rows of a lines field as they were: added ones go, others return."""
    child = tx.runtime.compiled.entity(compiled.lines[name].child)
    stored = tx.scene.loader.load(compiled.id, [id_], [(name, "id")])
    present = stored[id_].related(name) if id_ in stored else ()
    rows: dict[int, dict[str, Any]] = {row.id or 0: {"id": row.id} for row in present}
    for change in changes:
        if "added" in change:
            rows.pop(change["id"], None)
        elif "changed" in change and change["id"] in rows:
            old = change["changed"]
            rows[change["id"]].update(_old(child, old))
            for inner in child.lines.keys() & old.keys():
                below = _rows(tx, child, change["id"], inner, old[inner])
                rows[change["id"]][inner] = below
        elif "removed" in change:
            rows[-change["id"]] = _gone(tx, compiled, name, change["removed"])
    return list(rows.values())


def _gone(
    tx: Transaction, compiled: CompiledEntity, name: str, old: Mapping[str, Any]
) -> dict[str, Any]:
    """A removed row with the rows that it owned, all of them to be made anew."""
    lines = compiled.lines[name]
    child = tx.runtime.compiled.entity(lines.child)
    found = _old(child, old, lines.back)
    for inner in child.lines.keys() & old.keys():
        rows = [_gone(tx, child, inner, one["removed"]) for one in old[inner]]
        found[inner] = rows
    return found


def _old(
    child: CompiledEntity,
    changes: Mapping[str, Any],
    back: str | None = None,
) -> dict[str, Any]:
    found = {}
    for name, change in changes.items():
        field = child.fields.get(name)
        if field is None or not field.writable or name == back or name in child.lines:
            continue
        found[name] = change[0]
    return found
