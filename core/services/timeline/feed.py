"""The timeline of a record: changes, comments, files, activities, mails, the records
that feed it, what flows and clocks did, in one order.

Asked by record pages and the API; changes come from the audit without what the actor
may not read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
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
#: The transitions that the audit keeps.
_MOVES = (
    sa.select(
        tables.audit.c.id,
        tables.audit.c.at,
        tables.audit.c.actor.label("author"),
        tables.audit.c.entity,
        tables.audit.c.record,
        tables.audit.c.changes[TRANSITION].as_string().label("transition"),
        tables.audit.c.changes[REASON].as_string().label("reason"),
    )
    .where(tables.audit.c.changes[TRANSITION].as_string().is_not(None))
    .subquery("moves")
)
_SHOWN = MappingProxyType(
    {
        "step": ("transition", "reason"),
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
    covers: Callable[[str], bool] = bool,
) -> list[Entry]:
    """The latest entries of the wanted kinds, newest first, from a place on.

    covers: whether records of another entity may be told of; all that may be read.
    """
    require_timeline(reader, entity, record)
    found: list[Entry] = []
    for kind, table in _TABLES.items():
        if kind in kinds:
            rows = _latest(reader, kind, table, entity, (record,), limit, before)
            found += [_entry(kind, row) for row in rows]
    if "change" in kinds:
        found += [
            Entry("change", one.id, one.at, one.actor, {"entry": one})
            for one in history(reader.scene, entity, record, limit, _until(before))
        ]
    if "record" in kinds:
        found += [
            Entry("record", id_, at, author, {"entity": source, **facts})
            for source, at, author, id_, facts in fed_records(
                reader, entity, record, limit, before, covers
            )
        ]
    if "step" in kinds or "assignment" in kinds:
        for source, titles in stepping_records(reader, entity, record, covers):
            found += _steps(reader, kinds, source, titles, limit, before)
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
    source: str,
    titles: Mapping[int, str],
    limit: int,
    before: Place | None,
) -> list[Entry]:
    """What happened to records that feed the timeline with their steps."""
    found = []
    for kind in ("step", "assignment"):
        if kind not in kinds:
            continue
        table = _MOVES if kind == "step" else assigned
        for row in _latest(reader, kind, table, source, titles, limit, before):
            entry = _entry(kind, row)
            if _is_shown(reader, source, entry):
                about = {"entity": source, "record": row.record}
                entry.facts.update(about, title=titles.get(row.record, ""))
                found.append(entry)
    return found


def _is_shown(reader: Reader, entity: str, entry: Entry) -> bool:
    """Whether the actor may read the field that a step or an assignment wrote."""
    compiled = reader.runtime.compiled
    access = reader.access.of(entity)
    readable = access.readable - set(access.read_conditions)
    if entry.kind == "assignment":
        known = compiled.registry.assignments.get(entry.facts["assignment"])
        return known is not None and known.field in readable
    action = compiled.entity(entity).actions.get(entry.facts["transition"])
    if action is not None and action.move is not None:
        return action.move.state in readable
    # A decision of an approval, or a button that is gone: it tells of the state.
    return all(one.state in readable for one in compiled.entity(entity).workflows)


def _latest(
    reader: Reader,
    kind: str,
    table: sa.FromClause,
    entity: str,
    records: Collection[int],
    limit: int,
    before: Place | None,
) -> sa.CursorResult[Any]:
    """The newest rows about records of an entity, from a place on."""
    statement = (
        sa.select(table)
        .where(table.c.entity == entity, table.c.record.in_(records))
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
    return reader.scene.connection.execute(statement)


def _entry(kind: str, row: sa.Row[Any]) -> Entry:
    facts = {name: row._mapping[name] for name in _SHOWN[kind]}
    return Entry(kind, row.id, row.at, row.author, facts)
