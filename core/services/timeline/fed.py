"""Records of other entities in a timeline: those whose `feeds` names a link to it.

Asked by the feed; they are read like any others, so their own rights hold. Of those
with `steps` the transitions and assignments stand there as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from core.compiler import CompiledEntity
from core.definitions.entity import FeedsDef
from core.expressions import Record
from core.services.request import Query

if TYPE_CHECKING:
    from core.services.reader import Reader

#: So many records of an entity tell their steps.
_MOST = 20
#: Moment, kind and id of an entry of a timeline.
Place = tuple[datetime, str, int]
#: Entity, moment, author, id and facts of one record.
Fed = tuple[str, datetime, int | None, int, dict[str, Any]]


def fed_records(
    reader: Reader,
    entity: str,
    record: int,
    limit: int,
    before: Place | None,
    covers: Callable[[str], bool],
) -> list[Fed]:
    """The latest records of each entity that feeds the timeline, from a place on."""
    found: dict[tuple[str, int], Fed] = {}
    host = reader.runtime.compiled.entity(entity)
    for source, feeds, condition in _sources(reader, host, record, covers):
        for one in _read(reader, source, feeds, condition, limit, before):
            found[one[0], one[3]] = one
    return list(found.values())


def stepping_records(
    reader: Reader, entity: str, record: int, covers: Callable[[str], bool]
) -> list[tuple[str, dict[int, str]]]:
    """By entity the ids and titles of the latest records whose steps stand there."""
    found = []
    host = reader.runtime.compiled.entity(entity)
    for source, feeds, condition in _sources(reader, host, record, covers):
        if feeds.steps:
            query = Query(filter=condition, order=("-id",), fields=("id",), limit=_MOST)
            ids = [one.id or 0 for one in reader.search(source.id, query).items]
            if ids:
                found.append((source.id, dict(reader.titles(source.id, ids))))
    return found


def _sources(
    reader: Reader,
    host: CompiledEntity,
    record: int,
    covers: Callable[[str], bool],
) -> Iterator[tuple[CompiledEntity, FeedsDef, str]]:
    for inverse in host.inverses.values():
        source = reader.runtime.compiled.entity(inverse.entity)
        feeds = source.definition.feeds
        if feeds is None or inverse.back not in feeds.of or not covers(source.id):
            continue
        access = reader.access
        readable = access.of(source.id).readable
        if not access.can(source.id, "read") or inverse.back not in readable:
            continue
        condition = f"{inverse.back}.id == {record}"
        if inverse.kind == "reference":
            condition = f"is_a({inverse.back}, '{host.id}') and {condition}"
        yield source, feeds, condition


def _read(
    reader: Reader,
    source: CompiledEntity,
    feeds: FeedsDef,
    condition: str,
    limit: int,
    before: Place | None,
) -> Iterator[Fed]:
    readable = reader.access.of(source.id).readable
    named = {"due": feeds.due, "done": feeds.done, "person": feeds.person}
    known = {fact: name for fact, name in named.items() if name in readable}
    if before is not None:
        # A whole day, since expressions know no moments; the rest is left out below.
        day = before[0].astimezone(ZoneInfo(reader.actor.zone)).date()
        condition = f"({condition}) and date(created_at) <= date('{day}')"
    query = Query(
        filter=condition,
        order=("-created_at", "-id"),
        fields=("created_at", "created_by", *known.values()),
        limit=limit,
    )
    items = list(_older(reader, source.id, query, before))
    titles = reader.titles(source.id, [one.id for one in items if one.id is not None])
    for one in items:
        id_ = one.id or 0
        facts = {fact: one.values.get(name) for fact, name in known.items()}
        facts["title"] = titles.get(id_, "")
        yield source.id, one["created_at"], _author(one), id_, facts


def _older(
    reader: Reader, source: str, query: Query, before: Place | None
) -> Iterator[Record]:
    """Up to `limit` records of the query that stand after the place."""
    left, asked = query.limit, query
    while True:
        page = reader.search(source, asked)
        for one in page.items:
            place = (one["created_at"], place_kind(source), one.id or 0)
            if before is None or place < before:
                yield one
                left -= 1
                if not left:
                    return
        if page.next is None:
            return
        asked = replace(query, cursor=page.next)


def place_kind(source: str) -> str:
    """The kind in the place of an entry; several entities count ids by themselves."""
    return f"record {source}"


def _author(record: Record) -> int | None:
    found = record.values.get("created_by")
    return found if isinstance(found, int) else None
