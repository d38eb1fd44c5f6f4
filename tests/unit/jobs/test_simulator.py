"""Test documents: told with a clock of their own, and what they say when they fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.app import read_definitions
from core.cli.main import run
from core.config import ROOT, AppConfig
from core.jobs.simulator import Laboratory, Result, chosen
from tests.unit.registry.making import write_modules

WORK = """\
== work/module.yml
module: work
title: Work
version: 1.0.0
depends: {base: ">=0.1"}
== work/permissions.yml
permissions: work
roles:
  clerk: {includes: [base.user]}
  boss: {includes: [work.clerk]}
grants:
  clerk:
    work.task:
      can: [create, read, update, end]
      where: owner is null or owner == me
      only: [name, state, owner, above, due, at, rung, cost, currency]
  boss: {work.task: all}
== work/settings.yml
settings: work
scope: system
fields: {greeting: {type: text, default: Hello}}
== work/entities/task.yml
entity: work.task
title: name
timeline: true
fields:
  name: {type: text, required: true}
  state: {type: choice}
  owner: {type: link, to: base.user}
  above: {type: link, to: work.task, inverse: below}
  due: {type: date}
  at: {type: datetime}
  rung: {type: integer, default: 0, max: 3}
  currency: {type: link, to: base.currency, default: EUR}
  cost: {type: money, currency: currency}
  note: {type: text}
rules:
  later: {check: due >= today(), message: A task is due later.}
== work/workflows/task.yml
workflow: work.task
entity: work.task
state: state
states: {open: {}, done: {kind: closed}}
transitions:
  end:
    from: open
    to: done
    guard: {check: cost is not null, say: The task has no cost yet.}
    ask: {why: {type: text}}
    do:
      - set: {note: =ask.why, at: =now()}
      - comment: "It took {rung} calls."
      - activity: {summary: "Pay {name}", to: =owner, due: =today() + days(3)}
      - mail: {template: work.done, to: office@work.example}
timers:
  ring:
    in: open
    after: 2 days
    do:
      - set: {rung: "=rung + 1"}
      - notify: {to: =owner, text: "{name} rings."}
    repeat: {every: 1 day, most: 5}
== work/mails/done.yml
mail: work.done
entity: work.task
subject: "{name} is done"
body: Thank you.
== work/schedules.yml
schedule: work.monthly
every: month
days: [1]
at: "04:00"
do: [{create: {entity: work.bill, values: {day: =today()}}}]
== work/entities/bill.yml
entity: work.bill
fields: {day: {type: date}}
== work/tests/good.yml
test: work.good
now: 2026-03-01
zone: Europe/Berlin
users: {ann: clerk, bob: clerk, eve: boss}
settings: {work: {greeting: Ahoy}}
given:
  work.task:
    first:  {name: First, owner: ann, above: second, due: "=today() + days(30)"}
    second: {name: Second, state: done, note: Of old}
steps:
  - expect:
      first.above.name: Second
      second.state: done
      check: settings.work.greeting == 'Ahoy'
  - {user: bob}
  - {run: first.end, refused: right}
  - {user: ann}
  - {run: first.end, refused: has no cost yet}
  - {set: {first: {due: "=today() - days(1)"}}, refused: later}
  - {set: {first: {cost: 5 EUR, above: null}}}
  - {until: "2026-03-03T00:00"}
  - {expect: {first.rung: 1, effects: [{notify: {to: ann, text: First rings.}}]}}
  - {run: first.end, ask: {why: Enough}}
  - {advance: 5 days}
  - expect:
      first.state: done
      first.rung: 1
      first.cost: 5
      first.above: null
      first.due: 2026-03-31
      first.at: "2026-03-03T00:00"
      first.note: =concat('En', 'ough')
      effects:
        - comment: It took 1 calls.
        - activity: {to: ann, summary: Pay First, due: 2026-03-06}
        - mail: {to: office@work.example, subject: First is done}
        - event: work.task.done
      count: {work.task: 2}
      sees: {ann: first, eve: [second, second.note]}
      hides: {bob: first, ann: first.note}
      check: [now() > first.at, me == ann]
  - {create: {work.task: {third: {name: Third, above: first}}}}
  - {expect: {third.above: first, count: {work.task: 3}}}
== work/tests/bad.yml
test: work.values
now: 2026-03-01
users: {ann: clerk}
given: {work.task: {one: {name: One, owner: ann}}}
steps:
  - {expect: {one.name: One}}
  - expect:
      one.name: Two
      one.owner: null
      count: {work.task: 7}
      effects: [{comment: Never}]
      sees: {ann: one.note}
      hides: {ann: one}
      check: one.rung > 3
---
test: work.not_refused
now: 2026-03-01
given: {work.task: {one: {name: One}}}
steps:
  - {set: {one: {name: Two}}, refused: later}
---
test: work.refused_otherwise
now: 2026-03-01
given: {work.task: {one: {name: One}}}
steps:
  - {run: one.end, refused: later}
---
test: work.not_done
now: 2026-03-01
given: {work.task: {one: {name: One}}}
steps:
  - {run: one.end}
---
test: work.fails_by_itself
now: 2026-03-01
given: {work.task: {one: {name: One}}}
steps:
  - {advance: 20 days}
---
test: work.back_in_time
now: 2026-03-01
given: {work.task: {one: {name: One}}}
steps:
  - {until: 2026-02-01}
---
test: work.impossible_rows
now: 2026-03-01
given: {work.task: {one: {name: One, due: 2020-01-01}}}
steps:
  - {expect: {one.rung: 0}}
---
test: work.quiet
now: 2026-03-01
users: {ann: clerk}
given: {work.task: {one: {name: One, owner: ann}}}
steps:
  - {advance: 3 days}
  - {expect: {effects: []}}
---
test: work.other_mail
now: 2026-03-01
users: {bob: boss}
given: {work.task: {one: {name: One, cost: 5, owner: bob}}}
steps:
  - {user: bob}
  - {run: one.end, ask: {why: Enough}}
  - {expect: {effects: [{mail: {to: home@work.example, template: work.done}}]}}
== work/tests/years.yml
test: work.ten_years
now: 2026-03-01
steps:
  - {until: 2036-02-02}
  - expect:
      count: {work.bill: 120}
      check: exists(b for b in rows(work.bill) if b.day == date(2028, 2, 1))
"""
TINY = """\
== tiny/module.yml
module: tiny
title: Tiny
version: 1.0.0
== tiny/entities/thing.yml
entity: tiny.thing
fields: {name: {type: text}}
== tiny/tests/things.yml
test: tiny.good
now: 2026-03-01
given: {tiny.thing: {one: {name: One}}}
steps: [{expect: {one.name: One}}]
---
test: tiny.bad
now: 2026-03-01
given: {tiny.thing: {one: {name: One}}}
steps: [{expect: {one.name: Two}}]
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> AppConfig:
    folder = tmp_path_factory.mktemp("work")
    write_modules(folder, WORK)
    return AppConfig(
        home=folder / "home",
        database_url="sqlite://",
        secret_key="0123456789abcdef0123456789abcdef",
        modules_paths=(ROOT / "modules", folder),
    )


@pytest.fixture(scope="module")
def results(config: AppConfig) -> Iterator[dict[str, Result]]:
    read = read_definitions(config, ["work"])
    assert not read.diagnostics.has_errors, list(read.diagnostics)
    with Laboratory(config) as laboratory:
        told = laboratory.run(chosen(read.registry, ["work"]))
        found = {one.id.partition(".")[2]: one for one in told}
        found["again"] = laboratory.run_one(read.registry.scenarios["work.good"])
        yield found


def found(result: Result) -> list[tuple[int, int, str, str, str]]:
    assert {Path(one.file).name for one in result.differences} <= {"bad.yml"}
    return [
        (one.line, one.step, one.what, one.expected, one.found)
        for one in result.differences
    ]


def test_a_test_of_every_step_holds(results: dict[str, Result]) -> None:
    assert results["good"].differences == ()
    assert results["good"].steps == 14


def test_all_that_differs_in_a_step_is_told(results: dict[str, Result]) -> None:
    assert found(results["values"]) == [
        (8, 2, "one.name", "Two", "One"),
        (9, 2, "one.owner", "nothing", "ann"),
        (10, 2, "count of work.task", "7", "1"),
        (14, 2, "one.rung > 3", "true", "false"),
        (11, 2, "effects", "comment text: Never", "none"),
        (12, 2, "one.note for ann", "visible", "hidden"),
        (13, 2, "one for ann", "hidden", "visible"),
    ]


def test_steps_that_go_otherwise(results: dict[str, Result]) -> None:
    no_cost = "The task has no cost yet."
    told = {
        "not_refused": (20, 1, "set", "refused by later", "it is done"),
        "refused_otherwise": (26, 1, "one.end", "refused by later", no_cost),
        "not_done": (32, 1, "one.end", "it is done", no_cost),
    }
    assert {name: found(results[name])[0] for name in told} == told
    ((_, _, what, _, said),) = found(results["back_in_time"])
    assert (what, said) == ("until", "it is 2026-03-01 00:00 UTC already")


def test_what_fails_by_itself_fails_the_test(results: dict[str, Result]) -> None:
    ((_, step, what, _, said),) = found(results["fails_by_itself"])
    assert (step, what) == (1, "what follows by itself")
    assert "timer:workflow work.task/timers/ring" in said
    assert "at most 3" in said


def test_rows_that_cannot_be_given(results: dict[str, Result]) -> None:
    ((_, step, what, _, said),) = found(results["impossible_rows"])
    assert (step, what) == (0, "the rows given")
    assert said == "A task is due later."


def test_an_effect_that_nobody_expects(results: dict[str, Result]) -> None:
    ((_, step, _, wanted, said),) = found(results["quiet"])
    assert (step, wanted) == (2, "none")
    assert said.count("notify to: ann, text: One rings.") == 2


def test_a_mail_that_did_not_come_names_what_came(results: dict[str, Result]) -> None:
    ((_, step, what, wanted, said),) = found(results["other_mail"])
    assert (step, what) == (3, "effects")
    assert wanted == "mail to: home@work.example, template: work.done"
    assert said == (
        "mail to: office@work.example, template: work.done, subject: One is done"
    )


def test_ten_years_of_monthly_runs(results: dict[str, Result]) -> None:
    assert results["ten_years"].differences == ()


def test_each_test_has_a_database_of_its_own(results: dict[str, Result]) -> None:
    assert results["again"].differences == ()


def test_the_command(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_modules(tmp_path, TINY)
    config = AppConfig(
        home=tmp_path / "home",
        database_url="sqlite://",
        secret_key="0123456789abcdef0123456789abcdef",
        modules_paths=(tmp_path,),
    )
    monkeypatch.setattr("core.cli.simulate.config", lambda: config)
    assert run(["test", "tiny.good"]) == 0
    assert "1 tests, 0 failed" in capsys.readouterr().out
    assert run(["test"]) == 1
    text = capsys.readouterr().out
    assert "things.yml:9, step 1: one.name" in text
    assert "expected: Two" in text
    assert "found:    One" in text
    file = str(tmp_path / "tiny/tests/things.yml")
    assert run(["test", file, "--json"]) == 1
    told = {one["id"]: one for one in json.loads(capsys.readouterr().out)}
    assert {id_: one["holds"] for id_, one in told.items()} == {
        "tiny.good": True,
        "tiny.bad": False,
    }
    (difference,) = told["tiny.bad"]["differences"]
    assert (difference["line"], difference["found"]) == (9, "One")
    assert not (tmp_path / "home").exists()
    assert run(["test", "tiny.nothing"]) == 2
    assert "no module, file or test" in capsys.readouterr().err
