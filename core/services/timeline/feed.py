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
from core.services.timeline.fed import (
    Place,
    fed_records,
    place_kind,
    stepping_records,
)
from core.services.trail import REASON, TRANSITION
from core.storage import assigned, clock_note, flow_step, mail, tables
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
    "step",
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
    if "step" in kinds or "assignment" in kinds:
        found += _steps(reader, kinds, entity, record, limit, before)
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


def _steps(
    reader: Reader,
    kinds: Collection[str],
    entity: str,
    record: int,
    limit: int,
    before: Place | None,
) -> list[Entry]:
    """What happened to records that feed the timeline with their steps."""
    found = []
    audit = tables.audit
    moved = audit.c.changes[TRANSITION].as_string()
    taken = sa.select(audit, audit.c.actor.label("author")).where(moved.is_not(None))
    given = sa.select(assigned)
    for source, titles in stepping_records(reader, entity, record):
        about = {"entity": source, "titles": titles}
        if "step" in kinds:
            mine = _latest(taken, audit, "step", source, [*titles], limit, before)
            for row in reader.scene.connection.execute(mine):
                facts = {
                    **_about(about, row),
                    "transition": row.changes[TRANSITION],
                    "reason": row.changes.get(REASON),
                }
                found.append(Entry("step", row.id, row.at, row.author, facts))
        if "assignment" in kinds:
            named = _SHOWN["assignment"]
            mine = _latest(
                given, assigned, "assignment", source, [*titles], limit, before
            )
            for row in reader.scene.connection.execute(mine):
                facts = {name: row._mapping[name] for name in named}
                facts |= _about(about, row)
                found.append(Entry("assignment", row.id, row.at, row.author, facts))
    return found


def _about(about: dict[str, Any], row: sa.Row[Any]) -> dict[str, Any]:
    """Which record it was that took a step."""
    title = about["titles"].get(row.record, "")
    return {"entity": about["entity"], "record": row.record, "title": title}


def _latest(
    statement: sa.Select[Any],
    table: sa.Table,
    kind: str,
    entity: str,
    records: Collection[int],
    limit: int,
    before: Place | None,
) -> sa.Select[Any]:
    """The newest rows about records, from a place on."""
    statement = (
        statement.where(table.c.entity == entity, table.c.record.in_(records))
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
    return statement


def _rows(
    reader: Reader,
    kind: str,
    table: sa.Table,
    entity: str,
    record: int,
    limit: int,
    before: Place | None,
) -> list[Entry]:
    statement = sa.select(table)
    statement = _latest(statement, table, kind, entity, [record], limit, before)
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
