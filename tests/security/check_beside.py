"""What hangs on records or leads to them: files, comments, views, boards, webhooks."""

from __future__ import annotations

import io
import random
import re
from typing import Any

from core.services import Actor, AppError, Reader
from core.services.jobs import list_jobs
from core.services.saved_views import save_view, saved_views, view_saved
from core.services.schedules import planned
from core.services.timeline import (
    add_comment,
    attach,
    attached_file,
    detach,
    feed,
    follow,
    plan_activity,
)
from core.services.webhooks import deliveries, get_webhook, list_webhooks
from tests.security.check_ways import attempt
from tests.security.judge import Judge
from tests.security.oracle import World

DEAL = "zone.deal"
SHUT = ("not_found", "not_allowed")


def hang_on(world: World, rng: random.Random, deals: list[int]) -> None:
    """Files and comments on some of these deals, views of three kinds."""
    app = world.at.application
    with app.transaction(Actor.system()) as tx:
        for id_ in rng.sample(deals, min(12, len(deals))):
            file = io.BytesIO(f"paper of {id_}".encode())
            world.files[id_] = attach(tx, DEAL, id_, file, f"paper{id_}.txt")
            add_comment(tx, DEAL, id_, f"word about {id_}", lambda _names: {})
    readers = [one for one in world.actors if world.can(one[1], DEAL, "read")]
    for number, (roles, actor) in enumerate(readers[:6]):
        shared = (None, [], [roles[0]])[number % 3]
        with app.transaction(actor) as tx:
            name = f"view {number}"
            made = save_view(tx, DEAL, name, {}, shared)
        world.views[made.id] = (actor.user_id or 0, shared)


def asked(work: Any) -> str:
    """`done`, or the code of the refusal."""
    try:
        work()
    except AppError as refused:
        return refused.code
    return "done"


def check_timelines(judge: Judge, reader: Reader) -> None:
    """Files and words are there for who may read their record, by this record only."""
    world, seen = judge.world, judge.world.seen(judge.actor, DEAL)
    numbers = list(world.files.items())
    for place, (id_, file) in enumerate(numbers):
        got = asked(lambda i=id_, f=file: attached_file(reader, DEAL, i, f))
        judge.same(got == "done", id_ in seen, "attachment", id_, got)
        other = numbers[place - 1][0]
        got = asked(lambda i=other, f=file: attached_file(reader, DEAL, i, f))
        judge.same(got in SHUT, True, "attachment by another record", got)
        told: list[Any] = []
        got = asked(lambda i=id_, t=told: t.extend(feed(reader, DEAL, i)))
        judge.same(got == "done", id_ in seen, "timeline", id_, got)
        bodies = [one.facts.get("body") for one in told if one.kind == "comment"]
        judge.same(bodies, [f"word about {id_}"] if id_ in seen else [], "comments")


def check_saying(judge: Judge, rng: random.Random) -> None:
    """Comments, files and plans on records need their verb on that very record."""
    world, actor = judge.world, judge.actor
    seen = world.seen(actor, DEAL)
    for id_ in rng.sample(sorted(world.files), min(5, len(world.files))):
        row = world.rows[DEAL][id_]
        may = {v: world.may(actor, DEAL, v, row) for v in ("comment", "update")}
        there = id_ in seen
        for what, wanted, work in (
            (
                "comment",
                may["comment"],
                lambda tx, i=id_: add_comment(tx, DEAL, i, "Hello", lambda _n: {}),
            ),
            (
                "attach",
                may["comment"] or may["update"],
                lambda tx, i=id_: attach(tx, DEAL, i, io.BytesIO(b"x"), "x.txt"),
            ),
            (
                "plan",
                may["comment"] or may["update"],
                lambda tx, i=id_: plan_activity(tx, DEAL, i, "Call"),
            ),
            (
                "detach",
                may["update"],
                lambda tx, i=id_: detach(tx, DEAL, i, world.files[i]),
            ),
            ("follow", True, lambda tx, i=id_: follow(tx, DEAL, i)),
        ):
            done = attempt(judge, work)
            judge.same(done == "done", there and wanted, what, id_, done)


def check_merges(judge: Judge, rng: random.Random) -> None:
    """A merge needs its verb on every record; else nothing of them is told."""
    world, actor = judge.world, judge.actor
    for _ in range(4):
        pair = rng.sample(sorted(judge.every(DEAL)), 2)
        rows = [world.rows[DEAL][id_] for id_ in pair]
        may = all(
            world.may(actor, DEAL, verb, row)
            for verb in ("read", "merge")
            for row in rows
        )
        done = attempt(judge, lambda tx, p=pair: tx.merge(DEAL, p[0], [p[1]]))
        if may:
            judge.same(done in ("done", "validation_failed"), True, "merge", done)
        else:
            judge.same(done in SHUT, True, "merge", pair, done)


def check_views(judge: Judge, reader: Reader) -> None:
    """Views of one's own, and those shared with a role that one holds."""
    world, actor = judge.world, judge.actor
    held = {one for role in actor.roles for one in world.includes[role]}
    mine = {
        id_
        for id_, (owner, roles) in world.views.items()
        if owner == actor.user_id
        or roles == []
        or (roles is not None and held & set(roles))
    }
    if not world.can(actor, DEAL, "read"):
        judge.refused(lambda: saved_views(reader, DEAL), "views")
        return
    judge.same({one.id for one in saved_views(reader, DEAL)}, mine, "views")
    for id_ in world.views:
        got = asked(lambda i=id_: view_saved(reader, DEAL, i))
        judge.same(got == "done", id_ in mine, "view", id_, got)


def check_platform(judge: Judge, reader: Reader) -> None:
    """Webhooks, jobs, schedules and the journal of sign-ins are for administrators."""
    for ask in (
        lambda: list_webhooks(reader),
        lambda: get_webhook(reader, 1),
        lambda: deliveries(reader, 1),
        lambda: list_jobs(reader),
        lambda: planned(reader),
    ):
        judge.refused(ask, "webhooks")
    at, roles = judge.world.at, judge.roles
    for path in (
        "webhooks",
        "webhooks/1/deliveries",
        "sign-ins",
        "jobs",
        "schedules",
    ):
        status = at.ask("GET", f"/api/v1/{path}", *roles).status_code
        judge.same(status, 403, path)


def check_board(judge: Judge) -> None:
    """The figures of a dashboard are those of the rows that its reader may see."""
    world, actor = judge.world, judge.actor
    answer = world.at.ask("GET", "/dashboards/zone.all", *judge.roles)
    if not world.can(actor, DEAL, "read"):
        judge.same("tile2" in answer.text, False, "board", answer.status_code)

        return
    seen = [world.rows[DEAL][id_] for id_ in world.seen(actor, DEAL)]
    figures = dict(
        re.findall(
            r'data-tile="(\w+)">.*?<div class="f">(.*?)</div>', answer.text, re.S
        )
    )
    judge.same(_number(figures["count"]), len(seen), "board count")
    summed = world.open_field(actor, DEAL, "amount")
    judge.same("sum" in figures, summed, "board sum")
    if summed:
        wanted = sum(row["amount"] or 0 for row in seen)
        judge.same(_number(figures["sum"]), wanted, "board sum")
    listed = {int(i) for i in re.findall(r'href="/zone/deal/(\d+)"', answer.text)}
    judge.decided(listed - {row["id"] for row in seen}, set(), DEAL, "board list")


def _number(text: str) -> int:
    digits = re.sub(r"<[^>]*>|[^0-9.]", "", text)
    return int(digits or 0)
