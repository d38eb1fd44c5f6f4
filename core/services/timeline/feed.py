"""The timeline of a record: changes, comments, files and activities in one order.

Asked by record pages and the API; changes come from the audit without what the actor
may not read.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.services.timeline.about import require_timeline
from core.storage.timeline_tables import activity, attachment, comment

if TYPE_CHECKING:
    from core.services.reader import Reader

KINDS = ("change", "comment", "attachment", "activity")
_TABLES = MappingProxyType(
    {"comment": comment, "attachment": attachment, "activity": activity}
)
_SHOWN = MappingProxyType(
    {
        "comment": ("body",),
        "attachment": ("name", "size", "media_type", "sha256"),
        "activity": ("type", "summary", "due", "person", "done_at"),
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: `facts` depend on its kind."""

    kind: str
    id: int
    at: datetime
    author: int | None
    facts: dict[str, Any]


def feed(
    reader: Reader,
    entity: str,
    record: int,
    kinds: Collection[str] = KINDS,
    limit: int = 50,
) -> list[Entry]:
    """The latest entries of the wanted kinds, newest first."""
    require_timeline(reader, entity, record)
    found: list[Entry] = []
    for kind, table in _TABLES.items():
        if kind in kinds:
            found += _rows(reader, kind, table, entity, record, limit)
    if "change" in kinds:
        found += [
            Entry("change", one.id, one.at, one.actor, {"entry": one})
            for one in reader.history(entity, record, limit)
        ]
    return sorted(found, key=lambda one: (one.at, one.id), reverse=True)[:limit]


def _rows(
    reader: Reader, kind: str, table: sa.Table, entity: str, record: int, limit: int
) -> list[Entry]:
    statement = (
        sa.select(table)
        .where(table.c.entity == entity, table.c.record == record)
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    return [
        Entry(
            kind,
            row.id,
            row.at,
            row.author,
            {name: row._mapping[name] for name in _SHOWN[kind]},
        )
        for row in reader.scene.connection.execute(statement)
    ]
