"""Rows, fields and single records as the services show them."""

from __future__ import annotations

import random

import pytest

from core.services import (
    AppError,
    NotAllowed,
    NotFound,
    Query,
    Reader,
    Totals,
    totals_of,
)
from tests.security.judge import Judge
from tests.security.zone import FIELDS, LINKS, SEARCHED, VERBS


def check_verbs(judge: Judge, reader: Reader, entity: str) -> None:
    world, actor = judge.world, judge.actor
    actions = ("close",) if entity == "zone.deal" else ()
    for verb in (*VERBS, *actions):
        wanted = {
            row["id"]
            for row in world.rows[entity].values()
            if world.may(actor, entity, verb, row)
        }
        found = reader.permitted(entity, verb, sorted(judge.every(entity)))
        judge.decided(found, wanted, entity, verb)
        judge.same(reader.access.can(entity, verb), world.can(actor, entity, verb))


def check_closed(judge: Judge, reader: Reader, entity: str) -> None:
    judge.refused(lambda: reader.search(entity), "list", entity)
    judge.refused(lambda: reader.count(entity), "count", entity)
    judge.refused(lambda: reader.lookup(entity, "a"), "lookup", entity)
    judge.refused(lambda: totals_of(reader.scene, entity, Totals()), "totals", entity)
    judge.same(reader.titles(entity, sorted(judge.every(entity))), {}, "titles")
    one = min(judge.every(entity))
    with pytest.raises((NotFound, NotAllowed)):
        reader.get(entity, one)
    with pytest.raises((NotFound, NotAllowed)):
        reader.history(entity, one)


def check_lists(judge: Judge, reader: Reader, entity: str, rng: random.Random) -> None:
    seen = judge.world.seen(judge.actor, entity)
    page = reader.search(entity, Query(limit=1000, count="exact"))
    judge.decided({r.id for r in page.items}, seen, entity, "list")
    judge.same(page.count, len(seen), "count", entity)
    found: list[int | None] = []
    cursor = None
    while True:
        page = reader.search(entity, Query(limit=7, cursor=cursor))
        found += [row.id for row in page.items]
        cursor = page.next
        if cursor is None:
            break
    judge.decided({i or 0 for i in found}, seen, entity, "pages")
    judge.same(len(found), len(seen), "pages twice")
    hits = reader.lookup(entity, "", 1000)
    judge.decided({hit.id for hit in hits}, seen, entity, "lookup")
    titles = reader.titles(entity, sorted(judge.every(entity)))
    judge.decided(set(titles), seen, entity, "titles")
    for word in ("red", "deal0", "hint3", "note1", "case1", "north"):
        open_fields = [
            name
            for name in SEARCHED[entity]
            if judge.world.open_field(judge.actor, entity, name)
        ]
        wanted = {
            id_
            for id_ in seen
            if any(
                word in str(judge.world.rows[entity][id_][name] or "").casefold()
                for name in open_fields
            )
        }
        page = reader.search(entity, Query(search=word, limit=1000))
        judge.decided({r.id for r in page.items}, wanted, entity, "search", word)


def check_fields(judge: Judge, reader: Reader, entity: str) -> None:
    """What each field of each record shows, its title on links included."""
    world, actor = judge.world, judge.actor
    readable = reader.access.of(entity).readable
    names = [name for name in FIELDS[entity] if name in readable]
    for name in FIELDS[entity]:
        may = world.open_field(actor, entity, name)
        may = may or world.conditional(actor, entity, name)
        judge.same(name in readable, may, "readable", entity, name)
        if not may:
            query = Query(fields=(name,))
            judge.refused(lambda q=query: reader.search(entity, q), "field", name)
    page = reader.search(entity, Query(fields=tuple(names), limit=1000))
    for record in page.items:
        row = world.rows[entity][record.id or 0]
        for name in names:
            if name == "items":
                continue
            wanted = world.shown(actor, entity, name, row)
            judge.same(record.values[name], wanted, "value", entity, name)
    for link, target in LINKS[entity].items():
        if link not in names or not world.can(actor, target, "read"):
            continue
        if not world.open_field(actor, entity, link):
            continue
        if not world.open_field(actor, target, "name"):
            continue
        seen = world.seen(actor, target)
        page = reader.search(entity, Query(fields=(link, f"{link}.name"), limit=1000))
        for record in page.items:
            other = record.values[link]
            wanted = world.value(target, other, "name") if other in seen else None
            judge.same(record.values[f"{link}.name"], wanted, "path", link)


def check_records(
    judge: Judge, reader: Reader, entity: str, rng: random.Random
) -> None:
    world, actor = judge.world, judge.actor
    for id_ in rng.sample(sorted(judge.every(entity)), 6):
        row = world.rows[entity][id_]
        seen = world.may(actor, entity, "read", row)
        try:
            record = reader.get(entity, id_)
        except NotFound:
            judge.same(seen, False, "get", entity, id_)
            with pytest.raises(NotFound):
                reader.history(entity, id_)
            check_draft_of_hidden(judge, reader, entity, id_)
            continue
        judge.same(seen, True, "get", entity, id_)
        for name in FIELDS[entity]:
            if name in record.values and name != "items":
                wanted = world.shown(actor, entity, name, row)
                judge.same(record.values[name], wanted, "get", name)
        for entry in reader.history(entity, id_):
            for name in entry.changes:
                if name in FIELDS[entity]:
                    may = world.right(actor, entity, name, row)[0]
                    judge.same(may, True, "history", entity, name)
        if world.can(actor, entity, "update") and world.may(
            actor, entity, "update", row
        ):
            state = reader.evaluate(entity, {}, id_)
            for name in FIELDS[entity]:
                if name in state.values and name != "items":
                    wanted = world.shown(actor, entity, name, row)
                    judge.same(state.values[name], wanted, "draft", name)


def check_draft_of_hidden(judge: Judge, reader: Reader, entity: str, id_: int) -> None:
    """A draft over a hidden record is refused, whatever it asks for."""
    judge.checks += 1
    with pytest.raises(AppError):
        reader.evaluate(entity, {}, id_)
