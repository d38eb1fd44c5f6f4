"""Random roles, grants, limits and records: written, installed, filled."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.registry.check_outside import PUBLIC_VERBS
from core.services import Actor, Transaction
from core.testing.installation import install
from tests.security.check_beside import hang_on
from tests.security.oracle import Grant, World
from tests.security.zone import BOARD, COMPUTED, ENTITIES, FIELDS, LINKS, VERBS, Row
from tests.security.zone_conditions import CONDITIONS

ROOT = Path(__file__).parents[2]


def open_world(seed: int, url: str, home: Path) -> World:
    """Write a module with random rights, install it, fill it, and tell the oracle."""
    rng = random.Random(seed)
    world = World()
    folder = home / "modules" / "zone"
    (folder / "entities").mkdir(parents=True)
    (folder / "module.yml").write_text(
        'module: zone\ntitle: Zone\nversion: 1.0.0\ndepends: {base: ">=0.1"}\n'
    )
    for entity, text in ENTITIES.items():
        path = folder / "entities" / f"{entity.split('.')[1]}.yml"
        path.write_text(text)
    (folder / "dashboards").mkdir()
    (folder / "dashboards" / "all.yml").write_text(BOARD)
    (folder / "permissions.yml").write_text(_permissions(world, rng))
    world.at = install((home / "modules", ROOT / "modules"), "zone", url, home)
    _people(world, rng)
    _records(world, rng)
    hang_on(world, random.Random(seed), _linkable(world))
    return world


def _permissions(world: World, rng: random.Random) -> str:
    lines = ["permissions: zone", "roles:"]
    names = [f"r{number}" for number in range(9)]
    for number, name in enumerate(names):
        inner = (
            rng.sample(names[:number], 1) if number > 2 and rng.random() < 0.4 else []
        )
        kind = {"r0": ", kind: portal", "r1": ", kind: public"}.get(name, "")
        lines.append(
            f"  {name}: {{label: {name}, includes: {inner}{kind}}}".replace("'", "")
        )
        closure = {f"zone.{name}"}
        for other in inner:
            closure |= world.includes[f"zone.{other}"]
        world.includes[f"zone.{name}"] = closure
    lines.append("grants:")
    for name in names:
        lines.append(f"  {name}:")
        grants = world.grants[f"zone.{name}"] = {}
        for entity in FIELDS:
            if entity != "zone.deal" and rng.random() < 0.4:
                continue
            kind = {"r0": "portal", "r1": "public"}.get(name, "internal")
            grant, written = _grant(rng, entity, kind)
            grants[entity] = grant
            lines.append(f"    {entity}:")
            lines.extend(f"      {key}: {value}" for key, value in written.items())
    if rng.random() < 0.7:
        lines.append("limits:")
        text, check = rng.choice(list(CONDITIONS["zone.deal"].items()))
        verbs = rng.choice([[], ["read"], ["update", "delete"]])
        world.limits["zone.deal"] = [(set(verbs), check)]
        tail = f", verbs: [{', '.join(verbs)}]" if verbs else ""
        lines.append(f'  zone.deal: {{where: "{text}"{tail}}}')
    return "\n".join(lines) + "\n"


def _grant(rng: random.Random, entity: str, kind: str) -> tuple[Grant, dict[str, str]]:
    verbs = set(rng.sample(VERBS, rng.randint(0, 6)))
    if rng.random() < 0.85:
        verbs.add("read")
    if not verbs:
        verbs = {"read"}
    if entity == "zone.deal" and rng.random() < 0.4:
        verbs.add("close")
    if kind == "public":
        verbs = verbs & PUBLIC_VERBS or {"read"}
    grant = Grant(verbs)
    written = {"can": f"[{', '.join(sorted(verbs))}]"}
    conditions = list(CONDITIONS[entity].items())
    if rng.random() < 0.6:
        text, grant.where = rng.choice(conditions)
        written["where"] = f'"{text}"'
    if LINKS[entity] and rng.random() < 0.25:
        # A link to the entity itself would ask the same question without an end.
        links = [link for link, to in LINKS[entity].items() if to != entity]
        grant.via = links
        written["via"] = f"[{', '.join(links)}]"
    if kind != "internal" or rng.random() < 0.3:
        names = [name for name in FIELDS[entity] if name != "secret"]
        grant.only = rng.sample(names, rng.randint(1, len(names)))
        written["only"] = f"[{', '.join(grant.only)}]"
    if rng.random() < 0.3:
        names = [n for n in FIELDS[entity] if n not in ("secret", *COMPUTED)]
        if grant.only:
            names = [n for n in names if n in grant.only]
        if names:
            grant.edit = rng.sample(names, rng.randint(1, len(names)))
            written["edit"] = f"[{', '.join(grant.edit)}]"
    _field_rights(rng, grant, entity, written)
    return grant, written


def _field_rights(
    rng: random.Random, grant: Grant, entity: str, written: dict[str, str]
) -> None:
    conditions = CONDITIONS[entity].items()
    plain = [one for one in conditions if not one[0].startswith("exists")]
    fields = {
        name: _field_right(rng, grant, name, plain)
        for name in FIELDS[entity]
        if name != "items" and rng.random() < 0.2
    }
    if fields:
        inner = ", ".join(f"{name}: {text}" for name, text in fields.items())
        written["fields"] = f"{{{inner}}}"


def _field_right(
    rng: random.Random, grant: Grant, name: str, conditions: list[Any]
) -> str:
    kind = rng.choice(["none", "read", "write", "map", "map"])
    if kind != "map":
        grant.fields[name] = kind
        return kind
    read, write = rng.choice(conditions), rng.choice(conditions)
    always = rng.random() < 0.3
    grant.fields[name] = (read[1], True if always else write[1])
    told = "true" if always else f'"{write[0]}"'
    return f'{{read: "{read[0]}", write: {told}}}'


def _people(world: World, rng: random.Random) -> None:
    at = world.at
    with at.application.transaction(Actor.system()) as tx:
        currency = tx.resolve("base.currency", "EUR")
        companies = [
            tx.create("base.company", {"name": n, "code": n, "currency": currency}).id
            for n in ("ONE", "TWO")
        ]
    sets = [rng.sample(sorted(world.includes), rng.randint(1, 3)) for _ in range(14)]
    chosen = {tuple(sorted(roles)) for roles in sets}
    for roles in sorted(chosen):
        user = at.account(*roles).id
        mine = rng.choice([companies, companies[:1], companies[1:]])
        with at.application.transaction(Actor.system()) as tx:
            tx.update(
                "base.user", user, {"companies": mine, "current_company": mine[0]}
            )
        world.actors.append((roles, at.actor(*roles)))
    world.companies = companies


AREAS = ("North", "South", "East", "West", "Upper", "Lower", "Mid", "Rim")


def _records(world: World, rng: random.Random) -> None:
    users = [actor.user_id or 0 for _, actor in world.actors]
    world.rows = {entity: {} for entity in FIELDS}
    with world.at.application.transaction(Actor.system()) as tx:
        for number, name in enumerate(AREAS):
            size, owner = rng.choice([None, 1, 2, 4, 5, 6]), rng.choice([None, *users])
            values = {"name": name, "size": size, "owner": owner}
            _keep(world, tx, "zone.area", {**values, "hint": f"hint{number}"})
        for number in range(45):
            _keep(world, tx, "zone.deal", _deal(world, rng, number, users))
        for number in range(30):
            level = rng.choice([None, 1, 2, 3, 4, 5])
            deal = rng.choice([None, *_linkable(world)])
            values = {"name": f"case{number}", "level": level, "deal": deal}
            _keep(world, tx, "zone.case", values)
    for row in world.rows["zone.deal"].values():
        row["double"] = None if row["amount"] is None else row["amount"] * 2
        row["place"] = world.value("zone.area", row["area"], "hint")
        row["items"] = len(row["items"])


def _keep(world: World, tx: Transaction, entity: str, values: Row) -> None:
    id_ = tx.create(entity, values).id or 0
    empty = dict.fromkeys(FIELDS[entity])
    world.rows[entity][id_] = {**empty, **values, "id": id_}


def _deal(world: World, rng: random.Random, number: int, users: list[int]) -> Row:
    company = rng.choice([None, *world.companies])
    deals = world.rows["zone.deal"]
    mates = [
        id_ for id_ in _linkable(world) if deals[id_]["company"] in (None, company)
    ]
    return {
        "name": f"deal{number:02} {rng.choice(['red', 'blue', 'green'])}",
        "code": f"K{number:02}",
        "kind": rng.choice([None, "a", "b", "c"]),
        "amount": rng.choice([None, 10, 40, 60, 90, 120]),
        "note": rng.choice([None, "quiet red", f"note{number}"]),
        "secret": f"secret{number}",
        "owner": rng.choice([None, *users, *users]),
        "area": rng.choice([None, *world.rows["zone.area"]]),
        "mate": rng.choice([None, *mates]),
        "company": company,
        "items": [{"mark": f"m{number}", "cost": number}],
    }


def _linkable(world: World) -> list[int]:
    """Deals that the platform may link to: limits on reading hold for it as well."""
    limits = world.limits.get("zone.deal", ())
    reading = [check for verbs, check in limits if not verbs or "read" in verbs]
    # Nobody has this id: with none at all, empty would equal empty in Python.
    platform = replace(Actor.system(), user_id=-1)
    return [
        id_
        for id_, row in world.rows["zone.deal"].items()
        if all(check(world, platform, row) is True for check in reading)
    ]
