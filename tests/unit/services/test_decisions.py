"""Decisions: rows in YAML, rows of users, brackets; in a save, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.services import Actor, Runtime, ValidationFailed, reading, transaction
from tests.unit.registry.making import built
from tests.unit.services.base_world import base_world

TABLES = """\
== work/module.yml
module: work
title: Work
version: 1.0.0
depends: {base: ">=0.1"}
== work/entities/place.yml
entity: work.place
title: name
tree: parent
fields:
  name: {type: text, required: true}
  parent: {type: link, to: work.place}
== work/entities/thing.yml
entity: work.thing
title: name
fields:
  name: {type: text, required: true}
  place: {type: link, to: work.place}
  usual: {type: decimal}
== work/entities/tariff.yml
entity: work.tariff
fields:
  thing: {type: link, to: work.thing}
  place: {type: link, to: work.place}
  client: {type: text}
  least: {type: decimal}
  valid_from: {type: date}
  valid_to: {type: date}
  rate: {type: decimal}
  off: {type: boolean}
  test: {type: expression, of: work.thing}
== work/entities/job.yml
entity: work.job
title: name
fields:
  name: {type: text, required: true}
  level: {type: text, derive: "decide(work.level, hours=total).level"}
  total: {type: decimal, formula: sum(lines.hours)}
  fee: {type: decimal, derive: "decide(work.fee, base=total, date=day).fee"}
  day: {type: date, default: "=date('2026-06-01')"}
  lines: {type: lines, of: work.line}
  shares:
    type: decimal
    derive: "sum(d.share for d in decide(work.shares, hours=total))"
== work/entities/line.yml
entity: work.line
part_of: {job: work.job}
fields:
  thing: {type: link, to: work.thing, required: true}
  client: {type: text}
  hours: {type: decimal, default: 1}
  rate:
    type: decimal
    derive: >-
      decide(work.rate, thing=thing, client=client, hours=hours, date=job.day).rate
== work/decisions/level.yml
decision: work.level
inputs: {hours: {type: decimal}}
outputs: {level: {type: text}}
rows:
  none: {when: hours == 0, then: {level: none}}
  big: {when: hours >= 100, then: {level: big}}
  other: {then: {level: "='about ' + ('ten' if hours < 20 else 'fifty')"}}
== work/decisions/shares.yml
decision: work.shares
inputs: {hours: {type: decimal}}
outputs: {share: {type: decimal}}
mode: all
rows:
  one: {when: hours > 1, then: {share: 1}}
  two: {when: hours > 5, then: {share: =hours / 2}}
  three: {when: hours > 500, then: {share: 7}}
== work/decisions/fee.yml
decision: work.fee
inputs: {base: {type: decimal}, date: {type: date}}
outputs: {fee: {type: decimal}}
mode: bands
bands:
  - valid: 2025-01-01
    rows: [{rate: 10}]
  - valid: 2026-01-01
    rows:
      - {upto: 10, rate: 0}
      - {upto: 20, rate: 42, fixed: 1}
      - {rate: 50}
== work/decisions/rate.yml
decision: work.rate
inputs:
  thing: {type: link, to: work.thing}
  client: {type: text}
  hours: {type: decimal}
  date: {type: date}
outputs: {rate: {type: decimal}}
mode: best
entity: work.tariff
where: not off
columns:
  client: equal
  thing: equal
  place: {within: thing.place}
  least: {at_least: hours}
  valid_from: {from: date}
  valid_to: {until: date}
  test: {holds: thing}
order: [-least]
otherwise: {rate: =thing.usual}
"""


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with base_world(tmp_path, database_url, TABLES, "work") as made:
        yield made


def actor(runtime: Runtime) -> Actor:
    with reading(runtime, Actor.system()) as reader:
        company = reader.scene.ref_id("base.company.main")
    return replace(Actor.system(), company=company)


def save(runtime: Runtime, entity: str, **values: Any) -> int:
    with transaction(runtime, actor(runtime), "python") as tx:
        return tx.create(entity, values).id or 0


def rates(runtime: Runtime, *lines: dict[str, Any]) -> list[Decimal | None]:
    job = save(runtime, "work.job", name="A", lines=list(lines))
    with reading(runtime, actor(runtime)) as reader:
        found = reader.get("work.job", job, fields=("lines",))
    return [line["rate"] for line in found.related("lines")]


def test_first_row_that_holds_and_brackets(runtime: Runtime) -> None:
    thing = save(runtime, "work.thing", name="t", usual=Decimal(9))
    job = save(
        runtime, "work.job", name="A", lines=[{"thing": thing, "hours": Decimal(25)}]
    )
    with reading(runtime, actor(runtime)) as reader:
        row = reader.get("work.job", job, fields=("level", "fee", "shares"))
    # 10 free, 10 at 42 % and 1 besides, 5 at 50 %.
    assert [row["level"], row["fee"], row["shares"]] == [
        "about fifty",
        Decimal("7.7"),
        Decimal("13.5"),
    ]


def test_the_most_specific_row_wins(runtime: Runtime) -> None:
    top = save(runtime, "work.place", name="top")
    inner = save(runtime, "work.place", name="inner", parent=top)
    thing = save(runtime, "work.thing", name="t", place=inner, usual=Decimal(9))
    other = save(runtime, "work.thing", name="o", usual=Decimal(8))

    def tariff(rate: int, **values: Any) -> None:
        save(runtime, "work.tariff", rate=Decimal(rate), **values)

    line = {"thing": thing}
    assert rates(runtime, line, {"thing": other}) == [9, 8]
    tariff(1, off=True)
    tariff(20, place=top)
    tariff(30, place=inner)
    assert rates(runtime, line, {"thing": other}) == [30, 8]
    tariff(40, thing=thing)
    tariff(41, thing=thing, least=Decimal(5))
    tariff(42, thing=thing, least=Decimal(10))
    tariff(50, client="x")
    tariff(60, thing=thing, client="y", valid_to=date(2026, 5, 31))
    tariff(61, thing=thing, client="y", valid_from=date(2026, 6, 1))
    found = rates(
        runtime,
        line,
        {**line, "hours": Decimal(7)},
        {**line, "hours": Decimal(10)},
        {**line, "client": "x"},
        {**line, "client": "y"},
        {"thing": other, "client": "x"},
    )
    assert found == [40, 41, 42, 50, 61, 50]


def test_a_row_may_ask_a_condition_of_its_own(runtime: Runtime) -> None:
    small = save(runtime, "work.thing", name="s", usual=Decimal(1))
    large = save(runtime, "work.thing", name="l", usual=Decimal(7))
    save(runtime, "work.tariff", rate=Decimal(3), test="usual > 5")
    assert rates(runtime, {"thing": small}, {"thing": large}) == [1, 3]


def test_many_lines_read_the_table_once(runtime: Runtime) -> None:
    thing = save(runtime, "work.thing", name="t", usual=Decimal(9))
    save(runtime, "work.tariff", thing=thing, rate=Decimal(2))
    statements: list[str] = []
    engine = runtime.database.engine

    def note(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        assert rates(runtime, *({"thing": thing} for _ in range(50))) == [2] * 50
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    reads = [s for s in statements if "FROM work_tariff" in s]
    assert len(reads) == 1


REFUSING = TABLES.replace("otherwise: {rate: =thing.usual}", "on_none: refuse")


def test_a_decision_may_refuse(tmp_path: Path, database_url: str) -> None:
    with base_world(tmp_path, database_url, REFUSING, "work") as runtime:
        thing = save(runtime, "work.thing", name="t")
        with pytest.raises(ValidationFailed, match="fits"):
            rates(runtime, {"thing": thing})


BASE = """\
== a/entities/b.yml
entity: a.b
fields:
  name: {type: text}
  size: {type: decimal}
  got: {type: decimal, derive: "%s"}
== a/decisions/d.yml
decision: a.d
inputs: {size: {type: decimal}}
outputs: {out: {type: decimal}}
%s
"""
ROWS = "rows: {one: {when: size > 1, then: {out: 1}}, rest: {then: {out: 0}}}"


@pytest.mark.parametrize(
    ("call", "body", "codes"),
    [
        ("decide(a.d, size=size).out", ROWS, []),
        ("decide(a.d, size=name).out", ROWS, ["E406"]),
        ("decide(a.d, length=size).out", ROWS, ["E405"]),
        ("decide(a.d, size=size).over", ROWS, ["E402"]),
        ("decide(a.e, size=size).out", ROWS, ["E418"]),
        ("size", "rows: {one: {then: {in_: 1}}}", ["E402"]),
        ("size", "rows: {one: {when: sise > 1, then: {out: 1}}}", ["E402"]),
        ("size", "mode: bands", ["E204"]),
        ("size", "mode: bands\n" + ROWS, ["E208"]),
        ("size", "entity: a.b\ncolumns: {size: equal}", ["E402"]),
        (
            "size",
            "rows: {one: {then: {out: '=decide(a.d, size=size).out'}}}",
            ["E416", "E418"],
        ),
    ],
)
def test_mistakes(tmp_path: Path, call: str, body: str, codes: list[str]) -> None:
    assert built(tmp_path, BASE % (call, body)).codes == codes


def test_why_a_row_took_it_and_the_others_did_not(runtime: Runtime) -> None:
    def rows(id: str, **inputs: Any) -> list[tuple[str, bool, bool, str]]:
        with reading(runtime, actor(runtime)) as reader:
            found = reader.explain_decision(id, inputs)
        return [(one.row, one.fits, one.taken, str(one.why)) for one in found]

    assert rows("work.level", hours=Decimal(120)) == [
        ("none", False, False, "This does not hold because 'hours' is 120."),
        ("big", True, True, "This holds because 'hours' is 120."),
        ("other", True, False, "It fits always, as it has no condition."),
    ]
    assert [taken for _, _, taken, _ in rows("work.shares", hours=Decimal(9))] == [
        True,
        True,
        False,
    ]
    thing = save(runtime, "work.thing", name="t")
    other = save(runtime, "work.thing", name="o")
    save(runtime, "work.tariff", thing=other, rate=Decimal(1))
    save(runtime, "work.tariff", thing=thing, rate=Decimal(2))
    save(runtime, "work.tariff", rate=Decimal(3), client="x", least=Decimal(5))
    found = rows("work.rate", thing=thing, client="y", hours=Decimal(1), date=None)
    assert sorted((fits, taken, why) for _, fits, taken, why in found) == [
        (False, False, "It does not fit because Client is x and Least is 5."),
        (False, False, "It does not fit because Thing is o."),
        (True, True, "All of its columns fit."),
    ]
