"""Values whose definitions are rows: checked on every way in, read with their types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from core.services import Actor, Query, Runtime, ValidationFailed, reading, transaction
from tests.unit.services.base_world import base_world

KINDS = """\
== shop/module.yml
module: shop
title: Shop
version: 1.0.0
depends: {base: ">=0.1"}
== shop/entities/sort.yml
entity: shop.sort
title: name
fields:
  name: {type: text}
  questions: {type: lines, of: shop.question}
== shop/entities/question.yml
entity: shop.question
part_of: {sort: shop.sort}
uses: [base.property]
fields: {}
== shop/entities/thing.yml
entity: shop.thing
title: name
fields:
  name: {type: text}
  sort: {type: link, to: shop.sort}
  answers: {type: properties, defined_by: sort.questions}
  tall: {type: boolean, formula: "answers['height'] > 180"}
  twice: {type: decimal, formula: "answers['height'] * 2"}
  until: {type: date, formula: "answers['since'] + days(1)"}
  shade: {type: text, formula: "answers['colour']"}
  parts: {type: lines, of: shop.part}
  most: {type: decimal, formula: "sum(p.answers['weight'] for p in parts)"}
rules:
  open: {check: "answers['colour'] != 'red' or answers['open']", message: Red is open.}
== shop/entities/part.yml
entity: shop.part
part_of: {thing: shop.thing}
fields:
  answers: {type: properties, defined_by: thing.sort.questions}
"""
QUESTIONS: list[dict[str, Any]] = [
    {"name": "height", "label": "Height", "kind": "decimal", "min": 0, "max": 300},
    {"name": "weight", "kind": "decimal"},
    {"name": "legs", "label": "Legs", "kind": "integer"},
    {"name": "since", "label": "Since", "kind": "date"},
    {"name": "open", "label": "Open", "kind": "boolean"},
    {"name": "colour", "label": "Colour", "kind": "choice", "choices": "red\ngreen"},
    {"name": "note", "label": "Note", "kind": "text"},
]


@dataclass(frozen=True)
class World:
    runtime: Runtime
    sort: int

    def save(self, entity: str = "shop.thing", **values: Any) -> int:
        with transaction(self.runtime, Actor.system(), "python") as tx:
            return tx.create(entity, values).id or 0

    def thing(self, **answers: Any) -> int:
        return self.save(sort=self.sort, answers=answers)

    def change(self, id_: int, **values: Any) -> None:
        with transaction(self.runtime, Actor.system(), "python") as tx:
            tx.update("shop.thing", id_, values)

    def read(self, id_: int) -> Any:
        with reading(self.runtime, Actor.system()) as reader:
            return reader.get("shop.thing", id_)

    def found(self, filter: str) -> set[int]:
        with reading(self.runtime, Actor.system()) as reader:
            page = reader.search("shop.thing", Query(filter=filter))
            return {one.id or 0 for one in page.items}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("properties")
    url = f"sqlite:///{folder}/properties.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_server").create_database()
    with base_world(folder, url, KINDS, "shop") as runtime:
        first = World(runtime, 0)
        sort = first.save("shop.sort", name="Table", questions=QUESTIONS)
        yield World(runtime, sort)


def test_values_are_kept_as_their_definitions_say(world: World) -> None:
    id_ = world.thing(
        height=180.5, legs="4", since="2026-02-28", open="true", colour="green", note=7
    )
    kept = world.read(id_)
    assert kept["answers"] == {
        "height": "180.5",
        "legs": 4,
        "since": "2026-02-28",
        "open": True,
        "colour": "green",
        "note": "7",
    }
    assert kept["tall"] is True
    assert kept["twice"] == Decimal(361)
    assert str(kept["until"]) == "2026-03-01"
    assert kept["shade"] == "green"


@pytest.mark.parametrize(
    ("answers", "code", "said"),
    [
        ({"heigth": 1}, "unknown_property", "did you mean 'height'"),
        ({"height": "tall"}, "wrong_type", "Height is a number"),
        ({"height": True}, "wrong_type", "Height is a number"),
        ({"height": 301}, "at_most", "Height is at most 300"),
        ({"height": -1}, "at_least", "Height is at least 0"),
        ({"legs": 1.5}, "wrong_type", "Legs is a whole number"),
        ({"since": "2026-02-30"}, "wrong_type", "Since is a day"),
        ({"open": "maybe"}, "wrong_type", "Open is true or false"),
        ({"colour": "gren"}, "not_offered", "did you mean 'green'"),
        ({"note": ["a"]}, "wrong_type", "no single value"),
        ({"note": {"a": 1}}, "wrong_type", "no single value"),
    ],
)
def test_other_values_are_refused(
    world: World, answers: dict[str, Any], code: str, said: str
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        world.thing(**answers)
    (problem,) = refused.value.problems
    assert (problem.field, problem.code) == ("answers", code)
    assert said in problem.message


def test_lines_are_checked_by_the_definitions_of_their_owner(world: World) -> None:
    parts = [{"answers": {"weight": "1.5"}}, {"answers": {"weight": 2}}]
    id_ = world.save(sort=world.sort, parts=parts)
    assert world.read(id_)["most"] == Decimal("3.5")
    with pytest.raises(ValidationFailed, match="there is no property 'wait'"):
        world.change(id_, parts=[{"answers": {"wait": 2}}])


def test_what_is_required_must_be_there_where_rows_say_so(world: World) -> None:
    rows = [{"name": "size", "label": "Size", "kind": "text", "required": True}]
    strict = world.save("shop.sort", name="Strict", questions=rows)
    with pytest.raises(ValidationFailed, match="Size is required"):
        world.save(sort=strict)
    world.save(sort=strict, answers={"size": "L"})
    id_ = world.thing(height=1)
    with pytest.raises(ValidationFailed) as refused:
        world.change(id_, sort=strict)
    assert {p.code for p in refused.value.problems} == {"unknown_property", "required"}
    world.change(id_, sort=strict, answers={"size": "S"})
    assert world.read(id_)["answers"] == {"size": "S"}


def test_values_stay_when_their_definition_goes(world: World) -> None:
    rows = [{"name": "a", "kind": "text"}, {"name": "b", "kind": "text"}]
    sort = world.save("shop.sort", name="Other", questions=rows)
    id_ = world.save(sort=sort, answers={"a": "1", "b": "2"})
    with transaction(world.runtime, Actor.system(), "python") as tx:
        tx.update("shop.sort", sort, {"questions": [rows[1]]})
    world.change(id_, answers={"a": "1", "b": "3"})
    assert world.read(id_)["answers"] == {"a": "1", "b": "3"}
    with pytest.raises(ValidationFailed, match="no property 'a'"):
        world.change(id_, answers={"a": "9", "b": "3"})


def test_filters_read_properties_by_what_stands_beside_them(world: World) -> None:
    small = world.thing(height="90.25", legs=3, since="2025-01-31", open=False)
    large = world.thing(height=200, legs=4, since="2026-01-31", open=True, note="90")
    for filter, expected in {
        "answers['height'] > 100": {large},
        "answers['height'] + answers['legs'] == 93.25": {small},
        "answers['since'] < date('2025-06-01')": {small},
        "answers['since'] + months(1) == date('2026-02-28')": {large},
        "not answers['open']": {small},
        "answers['open']": {large},
        "answers['height'] in [90.25, 5]": {small},
        "answers['note'] == 90": {large},
        "answers['note'] is null and answers['height'] is not null": {small},
        "round(answers['height']) == 90": {small},
        "coalesce(answers['note'], 'none') == 'none'": {small},
        "-answers['height'] == -200": {large},
        "contains(answers['note'], '9')": {large},
        "answers['nothing'] > 1": set(),
    }.items():
        assert world.found(filter) & {small, large} == expected, filter


def test_formulas_over_properties_follow_changes(world: World) -> None:
    id_ = world.thing(height=100)
    assert world.read(id_)["tall"] is False
    world.change(id_, answers={"height": 181})
    assert world.read(id_)["tall"] is True
    with pytest.raises(ValidationFailed, match="Red is open"):
        world.change(id_, answers={"colour": "red", "open": False})
