"""Thousands of questions by random actors, compared with an oracle in plain Python."""

import random
from dataclasses import dataclass

from core.services import Actor, BadQuery, NotAllowed, NotFound, Query, reading

ROLES = ("shop.clerk", "shop.boss", "shop.outsider", "base.user")
ROUNDS = 120


@dataclass(frozen=True)
class Row:
    """One order as the oracle knows it."""

    id: int
    owner: int | None
    company: int
    note: str
    party: int


def may_see_order(actor: Actor, row: Row) -> bool:
    if row.company not in actor.companies:
        return False
    if "shop.boss" in actor.roles:
        return True
    return "shop.clerk" in actor.roles and row.owner == actor.user_id


def may_see_party(actor: Actor, owner: int | None) -> bool:
    if "shop.boss" in actor.roles:
        return True
    return "shop.clerk" in actor.roles and owner in (None, actor.user_id)


def filled(world, rng):
    """Orders and parties of both users and companies."""
    ann, bob = world.id("base.user.ann"), world.id("base.user.bob")
    north, south = world.actors["admin"].companies
    owners = [ann, bob, None]
    with world.tx("admin") as tx:
        parties = {}
        for n in range(9):
            owner = owners[n % 3]
            made = tx.create("shop.party", {"name": f"P{n}", "owner": owner})
            parties[made.id] = owner
        rows = []
        for _ in range(40):
            values = {
                "party": rng.choice(list(parties)),
                "owner": rng.choice([ann, bob]),
                "company": rng.choice([north, south]),
                "note": rng.choice(["x", "y", "z"]),
                "currency": world.id("base.currency.EUR"),
            }
            made = tx.create("shop.order", values)
            rows.append(Row(made.id, **{k: made[k] for k in values if k != "currency"}))
    return parties, rows


def an_actor(world, rng):
    user = rng.choice([world.id("base.user.ann"), world.id("base.user.bob")])
    north, south = world.actors["admin"].companies
    companies = rng.choice([(), (north,), (south,), (north, south)])
    roles = frozenset(rng.sample(ROLES, rng.randint(0, 3)))
    company = companies[0] if companies else None
    return Actor(user, "R", roles, companies=companies, company=company)


def test_every_way_to_read_shows_the_same_rows(world):
    rng = random.Random(7)
    parties, rows = filled(world, rng)
    for _ in range(ROUNDS):
        actor = an_actor(world, rng)
        note = rng.choice(["x", "y", "z"])
        with reading(world.runtime, actor) as reader:
            if not {"shop.clerk", "shop.boss"} & actor.roles:
                for ask in (reader.search, reader.count):
                    try:
                        ask("shop.order")
                    except NotAllowed:
                        continue
                    raise AssertionError("seen without a grant")
                continue
            check_orders(reader, actor, rows, note, rng)
            check_parties(reader, actor, parties, rows, rng)


def check_orders(reader, actor, rows, note, rng):
    seen = {row.id for row in rows if may_see_order(actor, row)}
    wanted = {row.id for row in rows if row.id in seen and row.note == note}
    order = rng.choice([("id",), ("-note",), ("party",), ("owner.name", "-number"), ()])
    query = Query(order=order, limit=100, count="exact")
    page = reader.search("shop.order", query)
    assert {row.id for row in page.items} == seen
    assert page.count == len(seen)
    query = Query(filter=f"note == '{note}'", order=order, limit=100)
    assert {row.id for row in reader.search("shop.order", query).items} == wanted
    assert reader.count("shop.order", query) == len(wanted)
    found, cursor = [], None
    while True:
        page = reader.search("shop.order", Query(order=order, limit=7, cursor=cursor))
        found += [row.id for row in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert sorted(found) == sorted(seen)
    every = [row.id for row in rows]
    assert reader.titles("shop.order", every).keys() == seen
    assert {one.id for one in reader.lookup("shop.order", "O-", limit=100)} == seen
    assert reader.permitted("shop.order", "read", every) == seen
    one = rng.choice(rows)
    try:
        reader.get("shop.order", one.id, ("id",))
    except NotFound:
        assert one.id not in seen
    else:
        assert one.id in seen


def check_parties(reader, actor, parties, rows, rng):
    seen = {id_ for id_, owner in parties.items() if may_see_party(actor, owner)}
    assert {r.id for r in reader.search("shop.party").items} == seen
    one = rng.choice(list(parties))
    query = Query(filter=f"party.name == 'P{list(parties).index(one)}'", limit=100)
    wanted = {
        row.id
        for row in rows
        if may_see_order(actor, row) and row.party == one and one in seen
    }
    assert {r.id for r in reader.search("shop.order", query).items} == wanted
    query = Query(fields=("party", "party.name"), limit=100)
    for row in reader.search("shop.order", query).items:
        assert (row["party.name"] is not None) == (row["party"] in seen)
    if "shop.boss" not in actor.roles:
        for query in (
            Query(filter="secret_note is null"),
            Query(order=("secret_note",)),
        ):
            try:
                reader.search("shop.party", query)
            except BadQuery:
                continue
            raise AssertionError("a sensitive field was used")
