"""Settings in what the database computes: formulas, filters, rights, links, totals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.services import Actor, Query, Runtime, reading, transaction
from core.services.candidates import Candidates
from core.services.errors import ValidationFailed
from core.services.totals import Totals, totals_of
from core.storage import tables
from tests.unit.services.base_world import base_world

MILL = """\
== grain/module.yml
module: grain
title: Grain
version: 1.0.0
== grain/settings.yml
settings: grain
scope: user
fields:
  extra: {type: integer, default: 100}
== mill/module.yml
module: mill
title: Mill
version: 1.0.0
depends: {base: ">=0.1", grain: ">=0.1"}
== mill/settings.yml
settings: mill
scope: company
fields:
  least: {type: integer, default: 2}
  factor: {type: decimal, places: 3, default: 1.5}
  share: {type: percent, default: 10}
  since: {type: date, default: 2026-01-01}
  during: {type: duration, default: 2 days}
  word: {type: text, default: plain}
  grade: {type: choice, choices: {low: Low, high: High}, default: low}
  strict: {type: boolean, default: false}
  empty: {type: integer}
== mill/entities/part.yml
entity: mill.part
title: name
fields:
  name: {type: text, required: true}
  size: {type: integer, required: true}
  made: {type: date, default: 2026-01-01}
  twin: {type: link, to: mill.part, where: it.size > settings.mill.least}
  more: {type: integer, formula: size + settings.mill.least}
  grown: {type: decimal, formula: size * settings.mill.factor}
  part: {type: decimal, formula: size * settings.mill.share}
  fresh: {type: boolean, formula: made >= settings.mill.since}
  later: {type: date, formula: settings.mill.since}
  long: {type: boolean, formula: settings.mill.during > days(3)}
  told: {type: text, formula: "concat(name, settings.mill.word)"}
  fine: {type: boolean, formula: settings.mill.grade == 'high'}
  held: {type: boolean, formula: settings.mill.strict and size > 2}
  none: {type: integer, formula: size + settings.mill.empty}
  mine: {type: integer, formula: size + settings.grain.extra}
filters:
  big: {label: Big, where: size > settings.mill.least}
== mill/permissions.yml
permissions: mill
roles:
  smith: {label: Smith}
grants:
  smith:
    mill.part: {can: [read], where: size > settings.mill.least}
"""
CHOSEN = {
    "least": 4,
    "factor": Decimal("0.125"),
    "share": 50,
    "since": date(2026, 1, 2),
    "during": timedelta(days=5),
    "word": "fancy",
    "grade": "high",
    "strict": True,
    "empty": 7,
}
FORMULAS = {
    "more": (7, 9),
    "grown": (Decimal("7.5"), Decimal("0.625")),
    "part": (Decimal(50), Decimal(250)),
    "fresh": (True, False),
    "later": (date(2026, 1, 1), date(2026, 1, 2)),
    "long": (False, True),
    "told": ("fiveplain", "fivefancy"),
    "fine": (False, True),
    "held": (False, True),
    "none": (None, 12),
}


@pytest.fixture
def mill(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with base_world(tmp_path, database_url, MILL, "mill") as runtime:
        with transaction(runtime, Actor.system(), "python") as tx:
            for name, size in (("one", 1), ("three", 3), ("five", 5)):
                tx.create("mill.part", {"name": name, "size": size})
        yield runtime


@pytest.fixture
def actors(mill: Runtime) -> list[Actor]:
    """One at a company that chose nothing, one at a company with own settings."""
    with transaction(mill, Actor.system(), "python") as tx:
        euro = tx.resolve("base.currency", "EUR")
        ids = [
            tx.create("base.company", {"code": code, "name": code, "currency": euro}).id
            for code in "NS"
        ]
    people = [replace(Actor.system(), companies=tuple(ids), company=id_) for id_ in ids]
    _choose(mill, people[1], CHOSEN)
    return people


def _choose(mill: Runtime, actor: Actor, values: dict[str, Any]) -> None:
    with transaction(mill, actor, "python") as tx:
        for name, value in values.items():
            tx.set_setting("mill", name, value)


def _names(mill: Runtime, actor: Actor, **asked: Any) -> list[str]:
    with reading(mill, actor) as reader:
        found = reader.search("mill.part", Query(order=("size",), **asked))
    return [one["name"] for one in found.items]


def test_formulas_take_the_settings_of_the_company_of_who_reads(
    mill: Runtime, actors: list[Actor]
) -> None:
    for place, actor in enumerate(actors):
        with reading(mill, actor) as reader:
            query = Query(filter="name == 'five'", fields=tuple(FORMULAS))
            (in_sql,) = reader.search("mill.part", query).items
            scene = reader.scene
            paths = frozenset((name,) for name in ("name", "size", "made"))
            (row,) = scene.loader.load("mill.part", [in_sql.id or 0], paths).values()
            compiled = mill.compiled.entity("mill.part")
            for name, wanted in FORMULAS.items():
                virtual = compiled.virtuals[name]
                assert in_sql[name] == wanted[place], name
                env = scene.env(virtual.value.reads, this=row)
                assert virtual.value.run(env) == wanted[place], name


def test_filters_and_rights_take_the_settings_of_who_asks(
    mill: Runtime, actors: list[Actor]
) -> None:
    # The second company comes with the very plan that the first one made.
    wanted = (["three", "five"], ["five"])
    for actor, names in zip(actors, wanted, strict=True):
        smith = replace(actor, is_admin=False, roles=frozenset({"mill.smith"}))
        assert _names(mill, actor, named=("big",), count="exact") == names
        assert _names(mill, smith) == names
        assert _names(mill, actor, filter="more > 6 and held is not null")
        with reading(mill, smith) as reader:
            assert reader.count("mill.part") == len(names)
    _choose(mill, actors[0], {"least": 0})
    assert _names(mill, actors[0], named=("big",)) == ["one", "three", "five"]


def test_links_offer_and_take_what_the_settings_allow(
    mill: Runtime, actors: list[Actor]
) -> None:
    candidates = Candidates("mill.part", "twin", {"size": 1})
    assert _names(mill, actors[1], candidates=candidates) == ["five"]
    with reading(mill, actors[1]) as reader:
        ids = {one["name"]: one.id for one in reader.search("mill.part").items}
    for actor, allowed in zip(actors, (True, False), strict=True):
        with transaction(mill, actor, "python") as tx:
            values = {"name": "new", "size": 0, "twin": ids["three"]}
            if allowed:
                tx.create("mill.part", values)
                continue
            with pytest.raises(ValidationFailed):
                tx.create("mill.part", values)


def test_settings_of_users_are_those_of_who_asks(
    mill: Runtime, actors: list[Actor]
) -> None:
    north, south = (actor.company for actor in actors)
    # A user has the number of a company, and works for another.
    users = [replace(actors[0], user_id=south), replace(actors[1], user_id=north)]
    with transaction(mill, users[0], "python") as tx:
        tx.set_setting("grain", "extra", 1)
    for user, wanted in zip((*users, actors[1]), (6, 105, 105), strict=True):
        assert _names(mill, user, filter=f"mine == {wanted}") == ["five"]


def test_totals_add_up_with_settings(mill: Runtime, actors: list[Actor]) -> None:
    for actor, wanted in zip(actors, (15, 21), strict=True):
        with reading(mill, actor) as reader:
            asked = Totals(values=("sum(rows.more)",))
            (group,) = totals_of(reader.scene, "mill.part", asked).groups
        assert group.values[0][0].value == wanted


def test_a_value_of_an_earlier_scope_is_nobodys(
    mill: Runtime, actors: list[Actor]
) -> None:
    row = {"owner": actors[0].company, "module": "mill", "name": "least", "value": 9}
    with mill.database.writing() as connection:
        connection.execute(tables.setting.insert().values(scope="user", **row))
    assert _names(mill, actors[0], named=("big",)) == ["three", "five"]
