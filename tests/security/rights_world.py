"""Random roles, grants, limits and records, with an oracle in plain Python.

The oracle shares nothing with the platform but the YAML that this file writes: each
condition stands here twice, as text and as a function over dictionaries.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.services import Actor
from core.testing.installation import Installation, install

ROOT = Path(__file__).parents[2]
Row = dict[str, Any]
Condition = Callable[["World", Actor, Row], Any]

ENTITIES = {
    "zone.area": """
entity: zone.area
title: name
order: [name]
fields:
  name:  {type: text, required: true, search: true}
  size:  {type: integer}
  owner: {type: link, to: base.user}
  hint:  {type: text, search: true}
""",
    "zone.deal": """
entity: zone.deal
title: name
subtitle: note
key: code
order: [-amount, name]
company: optional
archive: true
timeline: true
fields:
  name:   {type: text, required: true, search: true}
  code:   {type: text, unique: true}
  kind:   {type: choice, choices: {a: A, b: B, c: C}}
  amount: {type: integer}
  note:   {type: text, search: true}
  secret: {type: text, sensitive: true}
  owner:  {type: link, to: base.user}
  area:   {type: link, to: zone.area, inverse: deals}
  mate:   {type: link, to: zone.deal, inverse: mates}
  double: {type: integer, formula: amount * 2}
  place:  {type: text, formula: area.hint}
  items:  {type: lines, of: zone.item}
actions:
  close: {label: Close, do: [set: {kind: c}]}
""",
    "zone.case": """
entity: zone.case
title: "concat('Case ', name)"
fields:
  name:  {type: text, required: true, search: true}
  level: {type: integer}
  deal:  {type: link, to: zone.deal, inverse: cases}
""",
    "zone.item": """
entity: zone.item
part_of: {deal: zone.deal}
title: mark
fields:
  mark: {type: text, required: true}
  cost: {type: integer}
""",
}
FIELDS = {
    "zone.area": ("name", "size", "owner", "hint"),
    "zone.deal": (
        *("name", "code", "kind", "amount", "note", "secret", "owner", "area"),
        *("mate", "double", "place", "items"),
    ),
    "zone.case": ("name", "level", "deal"),
}
LINKS = {
    "zone.area": {},
    "zone.deal": {"area": "zone.area", "mate": "zone.deal"},
    "zone.case": {"deal": "zone.deal"},
}
SEARCHED = {
    "zone.area": ("name", "hint"),
    "zone.deal": ("name", "note"),
    "zone.case": ("name",),
}
COMPUTED = ("double", "place")
VERBS = (
    *("read", "create", "update", "delete", "archive", "export", "import", "print"),
    *("share", "comment", "bulk", "merge"),
)


def _area(world: World, row: Row, name: str) -> Any:
    return world.value("zone.area", row["area"], name)


def _more(value: int | None, than: int) -> bool | None:
    return None if value is None else value > than


CONDITIONS: dict[str, dict[str, Condition]] = {
    "zone.area": {
        "owner == me": lambda w, a, r: r["owner"] == a.user_id,
        "size > 3": lambda w, a, r: _more(r["size"], 3),
        "name != 'North'": lambda w, a, r: r["name"] != "North",
        "owner is null or size < 3": lambda w, a, r: (
            r["owner"] is None or (r["size"] is not None and r["size"] < 3)
        ),
    },
    "zone.deal": {
        "owner == me": lambda w, a, r: r["owner"] == a.user_id,
        "owner is null": lambda w, a, r: r["owner"] is None,
        "kind == 'a'": lambda w, a, r: r["kind"] == "a",
        "kind in ['a', 'b']": lambda w, a, r: r["kind"] in ("a", "b"),
        "not (kind == 'a')": lambda w, a, r: r["kind"] not in (None, "a"),
        "amount > 50": lambda w, a, r: _more(r["amount"], 50),
        "area.owner == me": lambda w, a, r: _area(w, r, "owner") == a.user_id,
        "area.name == 'North'": lambda w, a, r: _area(w, r, "name") == "North",
        "area is null or area.size < 5": lambda w, a, r: (
            r["area"] is None
            or (_area(w, r, "size") is not None and _area(w, r, "size") < 5)
        ),
        "exists(c for c in cases if c.level > 3)": lambda w, a, r: any(
            c["deal"] == r["id"] and _more(c["level"], 3)
            for c in w.rows["zone.case"].values()
        ),
    },
    "zone.case": {
        "level > 2": lambda w, a, r: _more(r["level"], 2),
        "deal.kind == 'b'": lambda w, a, r: (
            w.value("zone.deal", r["deal"], "kind") == "b"
        ),
        "deal.owner == me": lambda w, a, r: (
            w.value("zone.deal", r["deal"], "owner") == a.user_id
        ),
    },
}


@dataclass
class Grant:
    """One grant as the oracle reads it."""

    can: set[str]
    where: Condition | None = None
    via: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    only: list[str] = field(default_factory=list)
    edit: list[str] | None = None


@dataclass
class World:
    """One installation with random rights, its rows, and the answers of the oracle."""

    at: Installation = None  # type: ignore[assignment]
    includes: dict[str, set[str]] = field(default_factory=dict)
    grants: dict[str, dict[str, Grant]] = field(default_factory=dict)
    limits: dict[str, list[tuple[set[str], Condition]]] = field(default_factory=dict)
    rows: dict[str, dict[int, Row]] = field(default_factory=dict)
    companies: list[int] = field(default_factory=list)
    actors: list[tuple[tuple[str, ...], Actor]] = field(default_factory=list)

    def value(self, entity: str, id_: int | None, name: str) -> Any:
        return None if id_ is None else self.rows[entity][id_][name]

    # -- the oracle -----------------------------------------------------------------

    def granted(self, actor: Actor, entity: str) -> list[Grant]:
        roles: set[str] = set()
        for role in actor.roles:
            roles |= self.includes[role]
        given = (self.grants[role].get(entity) for role in sorted(roles))
        return [grant for grant in given if grant is not None]

    def can(self, actor: Actor, entity: str, verb: str) -> bool:
        return any(verb in grant.can for grant in self.granted(actor, entity))

    def may(self, actor: Actor, entity: str, verb: str, row: Row) -> bool:
        grants = self.granted(actor, entity)
        if not any(self._opens(actor, entity, one, verb, row) for one in grants):
            return False
        for verbs, limit in self.limits.get(entity, ()):
            if (not verbs or verb in verbs) and limit(self, actor, row) is not True:
                return False
        if entity != "zone.deal":
            return True
        return row["company"] is None or row["company"] in actor.companies

    def _opens(
        self, actor: Actor, entity: str, grant: Grant, verb: str, row: Row
    ) -> bool:
        if verb not in grant.can:
            return False
        if grant.where is not None and grant.where(self, actor, row) is not True:
            return False
        if not grant.via:
            return True
        for link in grant.via:
            target, id_ = LINKS[entity][link], row[link]
            other = self.rows[target].get(id_)
            if other is not None and self.may(actor, target, "read", other):
                return True
        return False

    def seen(self, actor: Actor, entity: str) -> set[int]:
        rows = self.rows[entity].values()
        return {row["id"] for row in rows if self.may(actor, entity, "read", row)}

    def right(self, actor: Actor, entity: str, name: str, row: Row | None) -> Any:
        """(reads, writes) of a field: on a row, or unconditionally with row=None."""
        reads = writes = False
        for grant in self.granted(actor, entity):
            one = self._right(actor, grant, name, row)
            reads, writes = reads or one[0], writes or one[1]
        return reads, writes and name not in COMPUTED

    def _right(
        self, actor: Actor, grant: Grant, name: str, row: Row | None
    ) -> tuple[bool, bool]:
        writing = bool(grant.can & {"create", "update"})
        said = grant.fields.get(name)
        if said is not None:
            if isinstance(said, str):
                return said != "none", said == "write" and writing
            read, write = (self._holds(actor, one, row) for one in said)
            return read, write and writing
        if name == "secret" or (grant.only and name not in grant.only):
            return False, False
        edits = writing and (grant.edit is None or name in grant.edit)
        return "read" in grant.can, edits

    def _holds(self, actor: Actor, said: Any, row: Row | None) -> bool:
        if isinstance(said, bool):
            return said
        return row is not None and said(self, actor, row) is True

    def conditional(self, actor: Actor, entity: str, name: str) -> bool:
        """Whether some rows may show the field and others not."""
        if self.right(actor, entity, name, None)[0]:
            return False
        return any(
            isinstance(one := grant.fields.get(name), tuple) and one[0] is not False
            for grant in self.granted(actor, entity)
        )

    def open_field(self, actor: Actor, entity: str, name: str) -> bool:
        """Whether the field may be used in filters and orders."""
        return bool(self.right(actor, entity, name, None)[0])

    def shown(self, actor: Actor, entity: str, name: str, row: Row) -> Any:
        return row[name] if self.right(actor, entity, name, row)[0] else None


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
    (folder / "permissions.yml").write_text(_permissions(world, rng))
    world.at = install((home / "modules", ROOT / "modules"), "zone", url, home)
    _people(world, rng)
    _records(world, rng)
    return world


def _permissions(world: World, rng: random.Random) -> str:
    lines = ["permissions: zone", "roles:"]
    names = [f"r{number}" for number in range(9)]
    for number, name in enumerate(names):
        inner = (
            rng.sample(names[:number], 1) if number > 2 and rng.random() < 0.4 else []
        )
        kind = ", kind: portal" if name == "r0" else ""
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
            grant, written = _grant(rng, entity, portal=name == "r0")
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


def _grant(
    rng: random.Random, entity: str, portal: bool
) -> tuple[Grant, dict[str, str]]:
    verbs = set(rng.sample(VERBS, rng.randint(0, 6)))
    if rng.random() < 0.85:
        verbs.add("read")
    if not verbs:
        verbs = {"read"}
    if entity == "zone.deal" and rng.random() < 0.4:
        verbs.add("close")
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
    if portal or rng.random() < 0.3:
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
    fields: dict[str, str] = {}
    plain = [one for one in conditions if not one[0].startswith("exists")]
    for name in FIELDS[entity]:
        if rng.random() < 0.8 or name == "items":
            continue
        fields[name] = _field_right(rng, grant, name, plain)
    if fields:
        inner = ", ".join(f"{name}: {text}" for name, text in fields.items())
        written["fields"] = f"{{{inner}}}"
    return grant, written


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


def _records(world: World, rng: random.Random) -> None:
    users = [actor.user_id for _, actor in world.actors]
    companies = world.companies
    world.rows = {entity: {} for entity in FIELDS}
    with world.at.application.transaction(Actor.system()) as tx:

        def keep(entity: str, values: Row) -> int:
            made = tx.create(entity, values)
            row = dict.fromkeys(FIELDS[entity]) | values | {"id": made.id}
            world.rows[entity][made.id] = row
            return made.id

        areas = [
            keep(
                "zone.area",
                {
                    "name": name,
                    "size": rng.choice([None, 1, 2, 4, 5, 6]),
                    "owner": rng.choice([None, *users]),
                    "hint": f"hint{number}",
                },
            )
            for number, name in enumerate(
                ["North", "South", "East", "West", "Upper", "Lower", "Mid", "Rim"]
            )
        ]
        deals: list[int] = []
        for number in range(45):
            company = rng.choice([None, *companies])
            mates = [
                one
                for one in deals
                if world.value("zone.deal", one, "company") in (None, company)
            ]
            values = {
                "name": f"deal{number:02} {rng.choice(['red', 'blue', 'green'])}",
                "code": f"K{number:02}",
                "kind": rng.choice([None, "a", "b", "c"]),
                "amount": rng.choice([None, 10, 40, 60, 90, 120]),
                "note": rng.choice([None, "quiet red", f"note{number}"]),
                "secret": f"secret{number}",
                "owner": rng.choice([None, *users, *users]),
                "area": rng.choice([None, *areas]),
                "mate": rng.choice([None, *mates]),
                "company": company,
                "items": [{"mark": f"m{number}", "cost": number}],
            }
            deals.append(keep("zone.deal", values))
        for number in range(30):
            values = {
                "name": f"case{number}",
                "level": rng.choice([None, 1, 2, 3, 4, 5]),
                "deal": rng.choice([None, *deals]),
            }
            keep("zone.case", values)
    for row in world.rows["zone.deal"].values():
        row["double"] = None if row["amount"] is None else row["amount"] * 2
        row["place"] = world.value("zone.area", row["area"], "hint")
        row["items"] = len(row["items"])
