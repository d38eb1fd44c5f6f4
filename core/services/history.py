"""The changes of a record as its reader may see them, from the audit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.frozen import frozen
from core.services.scene import Scene
from core.services.trail import (
    ACCEPTED,
    DEPUTY,
    MERGED,
    MERGED_INTO,
    ORIGIN,
    REASON,
    TRANSITION,
)
from core.storage import tables


@frozen
class AuditEntry:
    """One change of a record: who, when, by what way, and old and new of each field.

    `accepted` names the warnings that the writer has answered, `deputy_for` the users
    for whom a deputy acted, `merged` the records that became this one, `merged_into`
    the one that this became. `transition` is the one that was taken, `reason` what was
    said for it. `origin` is what wrote by itself: `automation crm.remind`.
    """

    id: int
    at: datetime
    actor: int | None
    via: str
    version: int
    action: str
    changes: dict[str, Any]
    accepted: tuple[str, ...] = ()
    deputy_for: tuple[int, ...] = ()
    merged: tuple[int, ...] = ()
    merged_into: int | None = None
    transition: str | None = None
    reason: str | None = None
    origin: str | None = None


def history(
    scene: Scene, entity: str, id_: int, limit: int, until: datetime | None = None
) -> list[AuditEntry]:
    """Return the changes of a record, newest first, without unreadable fields.

    until: leave out what came after this moment.
    """
    table = tables.audit
    statement = (
        sa.select(table)
        .where(table.c.entity == entity, table.c.record == id_)
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    if until is not None:
        statement = statement.where(table.c.at <= until)
    return [
        AuditEntry(
            row.id,
            row.at,
            row.actor,
            row.via,
            row.version,
            row.action,
            _seen(scene, entity, row.changes or {}),
            tuple((row.changes or {}).get(ACCEPTED, ())),
            tuple((row.changes or {}).get(DEPUTY, ())),
            tuple((row.changes or {}).get(MERGED, ())),
            (row.changes or {}).get(MERGED_INTO, (None, None))[1],
            (row.changes or {}).get(TRANSITION),
            (row.changes or {}).get(REASON),
            (row.changes or {}).get(ORIGIN),
        )
        for row in scene.connection.execute(statement)
    ]


def _seen(scene: Scene, entity: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes of readable fields; a field with a condition on reading stays out."""
    compiled = scene.runtime.compiled.entity(entity)
    readable = scene.readable_names(entity)
    hidden = scene.access.of(entity).read_conditions
    shown: dict[str, Any] = {}
    for name, change in changes.items():
        if name not in readable or name in hidden:
            continue
        lines = compiled.lines.get(name)
        if lines is None:
            shown[name] = change
            continue
        shown[name] = [
            {
                word: part if word == "id" else _seen(scene, lines.child, part)
                for word, part in row.items()
            }
            for row in change
        ]
    return shown
