"""Random roles over random records: every way to read and write, against an oracle.

A check is one answer about one record, field or verb. `INTARSIA_RIGHTS_WORLDS` asks for
more worlds than usual; each has other roles, grants, limits and records.
"""

from __future__ import annotations

import csv
import io
import os
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.exchange import ExportOptions, export_records
from core.services import (
    Actor,
    AppError,
    BadQuery,
    NotAllowed,
    NotFound,
    Query,
    Reader,
    Totals,
    totals_of,
)
from tests.security.rights_world import (
    FIELDS,
    LINKS,
    SEARCHED,
    VERBS,
    World,
    open_world,
)

WORLDS = int(os.environ.get("INTARSIA_RIGHTS_WORLDS", "4"))
PLAIN = ("name", "code", "kind", "amount", "note", "level", "size", "hint", "double")
LEAST_CHECKS = 12_500


class Judge:
    """Compares answers with the oracle's for one actor and counts."""

    def __init__(self, world: World, roles: tuple[str, ...], actor: Actor) -> None:
        self.world = world
        self.roles = roles
        self.actor = actor
        self.checks = 0

    def same(self, found: Any, wanted: Any, *about: Any) -> None:
        self.checks += max(1, len(wanted) if isinstance(wanted, set | dict) else 1)
        assert found == wanted, (*about, self.roles, self.actor.companies)

    def every(self, entity: str) -> set[int]:
        return set(self.world.rows[entity])

    def decided(
        self, found: set[int], wanted: set[int], entity: str, *about: Any
    ) -> None:
        """Each record of the entity is one decision: there or not."""
        self.checks += len(self.world.rows[entity])
        assert found == wanted, (*about, entity, self.roles, found ^ wanted)

    def refused(self, ask: Callable[[], Any], *about: Any) -> None:
        self.checks += 1
        try:
            ask()
        except (BadQuery, NotAllowed):
            return
        raise AssertionError((*about, self.roles, "was not refused"))


@pytest.fixture(params=range(WORLDS))
def world(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[World]:
    """A world per seed; every fourth lies in PostgreSQL."""
    seed = request.param
    if seed % 4 == 3:
        server = request.getfixturevalue("postgres_server")
        with server.database() as url:
            made = open_world(seed, url, tmp_path)
            yield made
            made.at.close()
        return
    made = open_world(seed, f"sqlite:///{tmp_path / 'zone.db'}", tmp_path)
    yield made
    made.at.close()


def test_nothing_is_seen_or_done_that_is_not_granted(world: World) -> None:
    checks = 0
    rng = random.Random(5)
    for roles, actor in world.actors:
        judge = Judge(world, roles, actor)
        with world.at.application.reader(actor) as reader:
            for entity in FIELDS:
                check_verbs(judge, reader, entity)
                if not world.can(actor, entity, "read"):
                    check_closed(judge, reader, entity)
                    continue
                check_lists(judge, reader, entity, rng)
                check_fields(judge, reader, entity)
                check_filters(judge, reader, entity)
                check_orders(judge, reader, entity)
                check_totals(judge, reader, entity)
                check_records(judge, reader, entity, rng)
            check_related(judge, reader)
        for entity in FIELDS:
            check_export(judge, entity)
            check_requests(judge, entity, rng)
        check_writes(judge, rng)
        checks += judge.checks
    assert checks > LEAST_CHECKS, checks


# -- rows -------------------------------------------------------------------------


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


# -- fields -----------------------------------------------------------------------


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


def check_filters(judge: Judge, reader: Reader, entity: str) -> None:
    world, actor = judge.world, judge.actor
    rows = world.rows[entity]
    seen = world.seen(actor, entity)
    for name in FIELDS[entity]:
        if name == "items":
            continue
        may = world.open_field(actor, entity, name)
        for text, test in filters_of(name):
            query = Query(filter=text, limit=1000, count="exact")
            if not may:
                judge.refused(lambda q=query: reader.search(entity, q), text)
                continue
            page = reader.search(entity, query)
            wanted = {id_ for id_ in seen if test(asked_of(judge, rows[id_], name))}
            judge.decided({r.id for r in page.items}, wanted, entity, text)
            judge.same(page.count, len(wanted), "count", text)
    for link, target in LINKS[entity].items():
        text = f"{link}.name > 'N'"
        query = Query(filter=text, limit=1000)
        open_path = world.open_field(actor, entity, link) and (
            world.can(actor, target, "read") and world.open_field(actor, target, "name")
        )
        if not open_path:
            judge.refused(lambda q=query: reader.search(entity, q), text)
            continue
        behind = world.seen(actor, target)
        wanted = {
            id_
            for id_ in seen
            if rows[id_][link] in behind
            and world.value(target, rows[id_][link], "name") > "N"
        }
        page = reader.search(entity, query)
        judge.decided({r.id for r in page.items}, wanted, entity, text)


def asked_of(judge: Judge, row: dict[str, Any], name: str) -> Any:
    """A value as a filter sees it: formulas do not look into hidden records."""
    hidden = name == "place" and row["area"] not in judge.world.seen(
        judge.actor, "zone.area"
    )
    return None if hidden else row[name]


def filters_of(name: str) -> list[tuple[str, Callable[[Any], bool]]]:
    if name in ("amount", "size", "level", "double"):
        return [
            (f"{name} > 3", lambda v: v is not None and v > 3),
            (f"{name} is null", lambda v: v is None),
        ]
    if name in ("owner", "area", "mate", "deal"):
        return [(f"{name} is null", lambda v: v is None)]
    if name == "kind":
        return [("kind == 'a'", lambda v: v == "a")]
    return [
        (f"contains({name}, 'red')", lambda v: v is not None and "red" in v),
        (f"{name} is null", lambda v: v is None),
    ]


def check_orders(judge: Judge, reader: Reader, entity: str) -> None:
    """Hidden values do not order rows; those behind hidden links count as empty."""
    world, actor = judge.world, judge.actor
    rows = world.rows[entity]
    for name in FIELDS[entity]:
        if name not in PLAIN or name == "kind":
            continue
        query = Query(order=(name,), limit=1000)
        if not world.open_field(actor, entity, name):
            judge.refused(lambda q=query: reader.search(entity, q), "order", name)
            continue
        found = [rows[r.id or 0][name] for r in reader.search(entity, query).items]
        judge.same(found, sorted(found, key=smallest_first), "order", entity, name)
    for link, target in LINKS[entity].items():
        query = Query(order=(f"{link}.name",), limit=1000)
        open_path = world.open_field(actor, entity, link) and (
            world.can(actor, target, "read") and world.open_field(actor, target, "name")
        )
        if not open_path:
            judge.refused(lambda q=query: reader.search(entity, q), "order", link)
            continue
        behind = world.seen(actor, target)
        found = []
        for record in reader.search(entity, query).items:
            other = rows[record.id or 0][link]
            found.append(
                world.value(target, other, "name") if other in behind else None
            )
        judge.same(found, sorted(found, key=smallest_first), "order", link)


def smallest_first(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)


def check_totals(judge: Judge, reader: Reader, entity: str) -> None:
    world, actor = judge.world, judge.actor
    if entity != "zone.deal":
        return
    seen = [world.rows[entity][id_] for id_ in world.seen(actor, entity)]
    found = totals_of(reader.scene, entity, Totals())
    judge.same(sum(group.count for group in found.groups), len(seen), "total rows")
    asked = Totals(values=("sum(rows.amount)",))
    if world.open_field(actor, entity, "amount"):
        found = totals_of(reader.scene, entity, asked)
        sums = [a.value for g in found.groups for v in g.values for a in v]
        wanted = sum(row["amount"] or 0 for row in seen)
        judge.same(sum(one or 0 for one in sums), wanted, "sum")
    else:
        judge.refused(lambda: totals_of(reader.scene, entity, asked), "sum of amount")
    by = Totals(by=("kind",))
    if world.open_field(actor, entity, "kind"):
        counted = {
            g.keys[0]: g.count for g in totals_of(reader.scene, entity, by).groups
        }
        kinds = [row["kind"] for row in seen]
        judge.same(counted, {kind: kinds.count(kind) for kind in {*kinds}}, "groups")
    else:
        judge.refused(lambda: totals_of(reader.scene, entity, by), "by kind")
    if not world.open_field(actor, entity, "secret"):
        secret = Totals(by=("secret",))
        judge.refused(lambda: totals_of(reader.scene, entity, secret), "by secret")


# -- single records -----------------------------------------------------------------


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


def check_related(judge: Judge, reader: Reader) -> None:
    """Records behind a to-many relation are those that may be read."""
    world, actor = judge.world, judge.actor
    if not (
        world.can(actor, "zone.area", "read") and world.can(actor, "zone.deal", "read")
    ):
        return
    seen = world.seen(actor, "zone.area")
    text = "exists(d for d in deals if d.amount > 50)"
    query = Query(filter=text, limit=1000)
    fields_open = all(
        world.open_field(actor, "zone.deal", name) for name in ("area", "amount")
    )
    if not fields_open:
        judge.refused(lambda: reader.search("zone.area", query), text)
        return
    behind = [world.rows["zone.deal"][i] for i in world.seen(actor, "zone.deal")]
    wanted = {
        id_
        for id_ in seen
        if any(d["area"] == id_ and (d["amount"] or 0) > 50 for d in behind)
    }
    found = reader.search("zone.area", query).items
    judge.decided({r.id or 0 for r in found}, wanted, "zone.area", text)


# -- the ways out -------------------------------------------------------------------


def check_export(judge: Judge, entity: str) -> None:
    world, actor = judge.world, judge.actor
    out = io.BytesIO()
    app = world.at.application

    def export() -> None:
        export_records(app, actor, entity, Query(), out, ExportOptions(raw=True))

    if not world.can(actor, entity, "export"):
        judge.refused(export, "export", entity)
        return
    export()
    rows = list(csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"))))
    wanted = {
        id_
        for id_, row in world.rows[entity].items()
        if world.may(actor, entity, "export", row)
    }
    judge.decided({int(row["id"]) for row in rows}, wanted, entity, "export")
    for row in rows:
        stored = world.rows[entity][int(row["id"])]
        for name in FIELDS[entity]:
            if name == "items":
                continue
            text = row.get(name, row.get(f"{name}.id"))
            shown = world.shown(actor, entity, name, stored)
            judge.same(text or "", "" if shown is None else str(shown), "export", name)


def check_requests(judge: Judge, entity: str, rng: random.Random) -> None:
    """The same over HTTP: API and pages, by id and as lists."""
    world, actor, roles = judge.world, judge.actor, judge.roles
    ask = world.at.ask
    base = f"/{entity.replace('.', '/')}"
    seen = world.seen(actor, entity)
    can = world.can(actor, entity, "read")
    listed = ask("GET", f"/api/v1{base}?limit=500&count=exact", *roles)
    judge.same(listed.status_code, 200 if can else 403, "api list", entity)
    if can:
        found = {one["id"] for one in listed.json["items"]}
        judge.decided(found, seen, entity, "api list")
        judge.same(listed.json["count"], len(seen), "api count")
        page = ask("GET", f"{base}?tab=all", *roles)
        shown = {int(i) for i in re.findall(rf'href="{base}/(\d+)', page.text)}
        judge.decided(shown - seen, set(), entity, "page")
        may = world.open_field(actor, entity, "secret")
        if not may and not world.conditional(actor, entity, "secret"):
            judge.same("secret1" in page.text, False, "page", "secret")
    for id_ in rng.sample(sorted(judge.every(entity)), 3):
        may = id_ in seen
        for path in (f"/api/v1{base}/{id_}", f"{base}/{id_}", f"{base}/{id_}/edit"):
            status = ask("GET", path, *roles).status_code
            allowed = {200, 302} if may else {403, 404}
            judge.same(status in allowed, True, path, status, may)
        for tail in ("history", "actions"):
            status = ask("GET", f"/api/v1{base}/{id_}/{tail}", *roles).status_code
            judge.same(status == 200, may, tail, status)
    hits = ask("GET", "/search?q=deal1", *roles).text
    for id_ in judge.every(entity) - seen:
        judge.same(f'"{base}/{id_}"' in hits, False, "palette", entity, id_)


# -- writing ------------------------------------------------------------------------


class Undo(Exception):
    """Ends a trial without keeping it."""


def check_writes(judge: Judge, rng: random.Random) -> None:
    world, actor = judge.world, judge.actor
    entity = "zone.deal"
    for id_ in rng.sample(sorted(judge.every(entity)), 8):
        row = world.rows[entity][id_]
        for name in ("note", "amount", "secret", "code"):
            check_update(judge, entity, row, name)
        for verb in ("archive", "delete"):
            done = attempt(judge, lambda tx, v=verb, i=id_: getattr(tx, v)(entity, i))
            may = world.may(actor, entity, verb, row)
            leads = any(o["mate"] == id_ for o in world.rows[entity].values())
            leads |= any(c["deal"] == id_ for c in world.rows["zone.case"].values())
            if may and verb == "delete" and leads:
                judge.same(done, "rule_broken", verb)
            elif may:
                judge.same(done, "done", verb, id_)
            else:
                judge.same(done in ("not_found", "not_allowed"), True, verb, done)
    check_conflict(judge, rng)


def check_update(judge: Judge, entity: str, row: dict[str, Any], name: str) -> None:
    world, actor = judge.world, judge.actor
    value: Any = 77 if name == "amount" else "changed"
    after = {**row, name: value}
    before_ok = world.may(actor, entity, "update", row)
    writes = world.right(actor, entity, name, row)[1]
    world.rows[entity][row["id"]] = after
    after_ok = world.may(actor, entity, "update", after)
    still = world.right(actor, entity, name, after)[1]
    world.rows[entity][row["id"]] = row
    done = attempt(judge, lambda tx: tx.update(entity, row["id"], {name: value}))
    if before_ok and writes and after_ok and still:
        judge.same(done, "done", "update", name)
    elif before_ok and writes and after_ok:
        # The right to write hung on the value that was changed.
        judge.checks += 1
    else:
        judge.same(done == "done", False, "update", name, before_ok, writes, after_ok)


def attempt(judge: Judge, work: Callable[[Any], Any]) -> str:
    """Try in a transaction that is rolled back; the code of the refusal, or done."""
    try:
        with judge.world.at.application.transaction(judge.actor) as tx:
            work(tx)
            raise Undo
    except Undo:
        return "done"
    except AppError as refused:
        return refused.code


def check_conflict(judge: Judge, rng: random.Random) -> None:
    """A unique value of a hidden record is taken; nothing else of it is told."""
    world, actor = judge.world, judge.actor
    entity = "zone.deal"
    if not world.can(actor, entity, "create"):
        return
    hidden = sorted(judge.every(entity) - world.seen(actor, entity))
    for id_ in hidden[:3]:
        row = world.rows[entity][id_]
        try:
            with world.at.application.transaction(actor) as tx:
                tx.create(entity, {"name": "mine", "code": row["code"]})
                raise Undo
        except Undo:
            continue
        except AppError as refused:
            judge.checks += 1
            said = str(refused) + repr(refused.facts)
            said += "".join(
                f"{p.message}{p.facts}" for p in getattr(refused, "problems", ())
            )
            assert row["name"] not in said, said
            assert str(id_) not in re.findall(r"\d+", said.replace(row["code"], ""))
