"""Filters, orders and totals: what may not be read answers no question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.services import Query, Reader, Totals, totals_of
from tests.security.judge import PLAIN, Judge
from tests.security.zone import FIELDS, LINKS


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
