"""Lines of lines of lines: saved, summed, audited, copied, restored, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.services import (
    Actor,
    Query,
    Runtime,
    ValidationFailed,
    reading,
    transaction,
)
from core.services.versions import old_version, restore_version
from tests.unit.services.base_world import base_world

DEEP = """\
== deep/module.yml
module: deep
title: Deep
version: 1.0.0
depends: {base: ">=0.1"}
== deep/entities/plan.yml
entity: deep.plan
title: name
timeline: true
fields:
  name: {type: text, required: true}
  rate: {type: decimal}
  steps: {type: lines, of: deep.step, max: =round(rate) + 1}
  after: {type: links, to: deep.plan, max: =round(rate)}
  beside: {type: links, to: deep.plan, min: 0, max: 1}
  hours: {type: decimal, formula: sum(steps.hours)}
  number: {type: decimal, formula: sum(steps.parts.pieces.number)}
== deep/entities/step.yml
entity: deep.step
part_of: {plan: deep.plan}
fields:
  name: {type: text, required: true}
  parts: {type: lines, of: deep.part}
  hours: {type: decimal, formula: sum(parts.hours)}
== deep/entities/part.yml
entity: deep.part
part_of: {step: deep.step}
fields:
  name: {type: text, required: true}
  pieces: {type: lines, of: deep.piece, min: 1, max: 3}
  hours: {type: decimal, formula: sum(pieces.hours)}
== deep/entities/piece.yml
entity: deep.piece
part_of: {part: deep.part}
fields:
  name: {type: text, required: true}
  number: {type: decimal, default: 1}
  hours: {type: decimal, formula: number * part.step.plan.rate}
"""
ALL = ("plan", "step", "part", "piece")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def deep(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Runtime]:
    folder = tmp_path_factory.mktemp("deep")
    url = f"sqlite:///{folder}/deep.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_server").create_database()
    with base_world(folder, url, DEEP, "deep") as runtime:
        yield runtime


def made_plan(*numbers: int) -> dict[str, Any]:
    pieces = [{"name": f"n{number}", "number": number} for number in numbers]
    part = {"name": "part", "pieces": pieces}
    return {"name": "Plan", "rate": 2, "steps": [{"name": "step", "parts": [part]}]}


def _tree(runtime: Runtime, id_: int) -> list[Any]:
    """Names of steps, parts and pieces with their numbers."""
    with reading(runtime, Actor.system()) as reader:
        plan = reader.get("deep.plan", id_)
        return [
            (
                step["name"],
                [
                    (
                        part["name"],
                        [(p["name"], int(p["number"])) for p in part.related("pieces")],
                    )
                    for part in step.related("parts")
                ],
            )
            for step in plan.related("steps")
        ]


def _ids(runtime: Runtime) -> list[int]:
    with reading(runtime, Actor.system()) as reader:
        found = [reader.search(f"deep.{one}", Query(order=("id",))) for one in ALL]
        return [page.items[0].id or 0 for page in found]


def _sums(runtime: Runtime, id_: int) -> tuple[int, int]:
    with reading(runtime, Actor.system()) as reader:
        plan = reader.get("deep.plan", id_)
        return int(plan["hours"]), int(plan["number"])


def test_three_levels_are_saved_changed_restored_and_copied(deep: Runtime) -> None:
    system = Actor.system()
    with transaction(deep, system, "python") as tx:
        id_ = tx.create("deep.plan", made_plan(1, 2)).id or 0
    assert _sums(deep, id_) == (6, 3)
    first = _tree(deep, id_)
    _, step, part, piece = _ids(deep)
    inner = [{"id": piece, "number": 5}, {"name": "new", "number": 7}]
    rows = [{"id": step, "parts": [{"id": part, "pieces": inner}]}]
    with transaction(deep, system, "python") as tx:
        tx.update("deep.plan", id_, {"steps": rows})
    second = [("step", [("part", [("n1", 5), ("new", 7)])])]
    assert _tree(deep, id_) == second
    assert _sums(deep, id_) == (24, 12)
    with transaction(deep, system, "python") as tx:
        other = {"name": "other", "parts": [{"name": "q", "pieces": [{"name": "x"}]}]}
        tx.update("deep.plan", id_, {"steps": [other]})
        history = tx.history("deep.plan", id_)
        (gone,) = [one for one in history[0].changes["steps"] if "removed" in one]
        (lost,) = gone["removed"]["parts"]
        names = [one["removed"]["name"] for one in lost["removed"]["pieces"]]
        assert sorted(names) == [["n1", None], ["new", None]]
        assert old_version(tx, "deep.plan", id_, 2).values()
    with transaction(deep, system, "python") as tx:
        restore_version(tx, "deep.plan", id_, 2)
    assert _tree(deep, id_) == second
    with transaction(deep, system, "python") as tx:
        restore_version(tx, "deep.plan", id_, 1)
    assert _tree(deep, id_) == first
    with transaction(deep, system, "python") as tx:
        copied = tx.create("deep.plan", tx.copy("deep.plan", id_)).id or 0
    assert _tree(deep, copied) == first
    assert _sums(deep, copied) == (6, 3)
    with transaction(deep, system, "python") as tx:
        tx.delete("deep.plan", id_)
        tx.delete("deep.plan", copied)
        assert [tx.count(f"deep.{one}") for one in ALL] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("pieces", "code"),
    [([], "at_least"), ([{"name": str(n)} for n in range(4)], "at_most")],
)
def test_the_number_of_rows_is_checked_at_every_level(
    deep: Runtime, pieces: list[Any], code: str
) -> None:
    values = made_plan()
    values["steps"][0]["parts"][0]["pieces"] = pieces
    with (
        pytest.raises(ValidationFailed) as refused,
        transaction(deep, Actor.system(), "python") as tx,
    ):
        tx.create("deep.plan", values)
    (problem,) = refused.value.problems
    assert (problem.code, problem.field) == (code, "pieces")
    assert problem.path == ("steps", 0, "parts", 0)


@pytest.mark.parametrize(
    ("name", "number", "said"),
    [
        ("after", 3, "After takes at most 2 records."),
        ("after", 2, None),
        ("beside", 2, "Beside takes at most 1 records."),
        ("steps", 4, "Steps takes at most 3 rows."),
    ],
)
def test_limits_of_links_and_lines_may_read_the_record(
    deep: Runtime, name: str, number: int, said: str | None
) -> None:
    with transaction(deep, Actor.system(), "python") as tx:
        ids = [tx.create("deep.plan", {"name": str(n)}).id for n in range(number)]
    given: Any = ids if name != "steps" else [{"name": "s"}] * number
    plan = {"name": "P", "rate": 2, name: given}
    found = None
    try:
        with transaction(deep, Actor.system(), "python") as tx:
            ids.append(tx.create("deep.plan", plan).id)
    except ValidationFailed as refused:
        found = refused.problems[0].message
    with transaction(deep, Actor.system(), "python") as tx:
        for id_ in reversed(ids):
            tx.delete("deep.plan", id_ or 0)
    assert found == said
