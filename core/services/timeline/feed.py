"""The timeline of a record: changes, comments, files, activities, mails, the records
that feed it, what flows and clocks did, in one order.

Asked by record pages and the API; changes come from the audit without what the actor
may not read.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.frozen import frozen
from core.services.clocks.shown import clocks_seen
from core.services.history import history
from core.services.timeline.about import require_timeline
from core.services.timeline.fed import Place, fed_records, place_kind
from core.storage import assigned, clock_note, flow_step, mail
from core.storage.timeline_tables import activity, attachment, comment

if TYPE_CHECKING:
    from core.services.reader import Reader

KINDS = (
    "change",
    "comment",
    "attachment",
    "activity",
    "mail",
    "record",
    "flow",
    "assignment",
    "clock",
)
_TABLES = MappingProxyType(
    {
        "comment": comment,
        "attachment": attachment,
        "activity": activity,
        "mail": mail,
        "flow": flow_step,
        "assignment": assigned,
        "clock": clock_note,
    }
)
_SHOWN = MappingProxyType(
    {
        "comment": ("body",),
        "attachment": ("name", "size", "media_type", "sha256"),
        "activity": ("type", "summary", "due", "person", "done_at"),
        "flow": ("flow", "step", "state", "said"),
        "assignment": ("assignment", "rule", "person", "said"),
        "clock": ("clock", "what", "why", "was_due", "due"),
        "mail": (
            "direction",
            "sender",
            "receivers",
            "subject",
            "body",
            "files",
            "template",
            "state",
            "sent_at",
            "said",
        ),
    }
)


@frozen
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
    before: Place | None = None,
) -> list[Entry]:
    """The latest entries of the wanted kinds, newest first, from a place on."""
    require_timeline(reader, entity, record)
    found: list[Entry] = []
    for kind, table in _TABLES.items():
        if kind in kinds:
            found += _rows(reader, kind, table, entity, record, limit, before)
    if "change" in kinds:
        found += [
            Entry("change", one.id, one.at, one.actor, {"entry": one})
            for one in history(reader.scene, entity, record, limit, _until(before))
        ]
    if "record" in kinds:
        found += [
            Entry("record", id_, at, author, {"entity": source, **facts})
            for source, at, author, id_, facts in fed_records(
                reader, entity, record, limit, before
            )
        ]
    if before is not None:
        found = [one for one in found if place_of(one) < before]
    return sorted(found, key=place_of, reverse=True)[:limit]


def place_of(entry: Entry) -> Place:
    """Where an entry stands in its timeline; no two entries stand at one place."""
    kind = entry.kind
    if kind == "record":
        kind = place_kind(entry.facts["entity"])
    return entry.at, kind, entry.id


def _until(before: Place | None) -> datetime | None:
    return None if before is None else before[0]


def _rows(
    reader: Reader,
    kind: str,
    table: sa.Table,
    entity: str,
    record: int,
    limit: int,
    before: Place | None,
) -> list[Entry]:
    statement = (
        sa.select(table)
        .where(table.c.entity == entity, table.c.record == record)
        .order_by(table.c.at.desc(), table.c.id.desc())
        .limit(limit)
    )
    if kind == "clock":
        seen = clocks_seen(reader, entity)
        statement = statement.where(table.c.clock.in_(seen))
    if before is not None:
        at, after, id_ = before
        # At one moment the kinds follow one another by their names.
        same = table.c.id < id_ if kind == after else sa.literal(kind < after)
        earlier = sa.or_(table.c.at < at, sa.and_(table.c.at == at, same))
        statement = statement.where(earlier)
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
