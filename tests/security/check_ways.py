"""The ways out and in: export, API, pages, and writing."""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Callable
from typing import Any

from core.exchange import ExportOptions, export_records
from core.services import AppError, Query
from tests.security.judge import Judge
from tests.security.zone import FIELDS


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
            assert not re.search(rf"id'?:? {id_}\b", said), said
