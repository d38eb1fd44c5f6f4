"""Conditions in words: what decided, in the reader's language, nothing forbidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.diagnostics import Diagnostics
from core.expressions import CHECK, Scope, typecheck
from core.services import (
    Actor,
    Clock,
    Runtime,
    TransitionRefused,
    ValidationFailed,
    reading,
    transaction,
)
from core.services.reasons import Reasons
from core.web.wording import catalogue
from tests.unit.services.base_world import base_world

WORLD = """\
== work/module.yml
module: work
title: Work
version: 1.0.0
depends: {base: ">=0.1"}
== work/entities/client.yml
entity: work.client
label: Client
title: name
fields:
  name: {type: text, required: true}
  city: {type: text}
  credit: {type: decimal, places: 2}
== work/entities/task.yml
entity: work.task
label: Task
plural: Tasks
title: name
fields:
  name: {type: text, required: true}
  state: {type: choice, choices: {draft: In the making, done: Finished}, default: draft}
  urgent: {type: boolean}
  close_date: {type: date}
  amount: {type: decimal, places: 2}
  margin: {type: decimal, places: 2}
  client: {type: link, to: work.client}
  note:
    type: text
    visible: urgent
    readonly: state == 'done'
    required: amount > 9000
  twice: {type: decimal, formula: amount * 2}
  steps: {type: lines, of: work.step}
rules:
  margin_kept: {check: margin >= 10, message: Too little is left., field: name}
actions:
  finish:
    label: Finish
    when: "close_date <= today() and state != 'done' and exists(steps)"
    do: [{set: {state: done}}]
== work/entities/step.yml
entity: work.step
part_of: {task: work.task}
fields:
  name: {type: text, required: true}
  hours: {type: decimal}
== work/permissions.yml
permissions: work
roles:
  hand: {label: Hand}
grants:
  hand:
    work.task:
      can: [read, create, update, finish]
      where: state == 'draft'
      only: [name, state, urgent, close_date, amount, client, note, steps]
== work/translations/de.yml
translations: work.de
language: de
texts:
  entity work.task/label: Aufgabe
  entity work.task/fields/close_date/label: Abschluss
  entity work.task/fields/state/choices/draft/label: In Arbeit
"""


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with base_world(tmp_path, database_url, WORLD, "work") as made:
        clock = Clock(lambda: datetime(2026, 1, 2, 12, tzinfo=UTC))
        yield replace(made, clock=clock)


@pytest.fixture
def task(runtime: Runtime) -> int:
    with transaction(runtime, Actor.system(), "python") as tx:
        client = tx.create("work.client", {"name": "Kern", "city": "Ulm"})
        values: dict[str, Any] = {
            "name": "Roof",
            "close_date": date(2026, 1, 3),
            "amount": Decimal("1234.50"),
            "margin": Decimal("12.00"),
            "client": client.id,
            "steps": [
                {"name": "a", "hours": 2},
                {"name": "b", "hours": Decimal("1.5")},
            ],
        }
        return tx.create("work.task", values).id or 0


HAND = Actor(None, "Hand", roles=frozenset({"work.hand"}))


def told(runtime: Runtime, task: int, text: str, actor: Actor) -> str:
    """The verdict of a condition, in English or in the actor's language."""
    with reading(runtime, actor) as reader:
        scene = reader.scene
        schema = runtime.compiled.registry.schema
        found = Diagnostics()
        typed = typecheck(text, Scope(schema, "work.task", CHECK), found)
        assert typed is not None, list(found)
        row = scene.loader.load("work.task", [task], typed.reads)[task]
        verdict = Reasons(scene).verdict(typed, scene.env(this=row))
    words = catalogue(actor.language)

    def say(text: str, **facts: object) -> str:
        shown = words.get(text, text)
        return shown.format(**facts) if facts else shown

    return verdict.said(say)


CASES = (
    (
        "close_date < date('2026-01-03')",
        "This does not hold because Close date is 1/3/2026.",
    ),
    (
        "close_date <= today()",
        "This does not hold because Close date is 1/3/2026 and Today is 1/2/2026.",
    ),
    # Of `and` only what made it false, of `or` all.
    (
        "amount > 5 and urgent",
        "This does not hold because Urgent is not ticked.",
    ),
    (
        "amount > 5000 or urgent",
        "This does not hold because Amount is 1,234.50 and Urgent is not ticked.",
    ),
    (
        "not (state in ['draft', 'done'])",
        "This does not hold because State is In the making.",
    ),
    ("note is null", "This holds because Note is empty."),
    ("note == 'x'", "Nobody can tell because Note is empty."),
    ("contains(name, 'ROOF')", "This holds because Name is Roof."),
    ("client.city == 'Ulm'", "This holds because Client: City is Ulm."),
    ("client is not null", "This holds because Client is Kern."),
    ("count(steps) > 5", "This does not hold because the number of Steps is 2."),
    (
        "exists(s for s in steps if s.hours > 9)",
        "This does not hold because 'exists(s for s in steps if s.hours > 9)' "
        "does not hold.",
    ),
    (
        "(amount if urgent else 0) > 1",
        "This does not hold because Urgent is not ticked.",
    ),
    ("true", "This holds."),
)


def test_a_condition_in_words(runtime: Runtime, task: int) -> None:
    for text, expected in CASES:
        assert told(runtime, task, text, Actor.system()) == expected, text


def test_in_german(runtime: Runtime, task: int) -> None:
    actor = replace(Actor.system(), language="de")
    text = "close_date < date('2026-01-03') or state == 'done' or amount < 0"
    assert told(runtime, task, text, actor) == (
        "Das gilt nicht, denn Abschluss ist 03.01.2026, State ist In Arbeit und "
        "Amount ist 1.234,50."
    )


def test_values_that_somebody_may_not_read_are_not_told(
    runtime: Runtime, task: int
) -> None:
    text = "margin > 50 or client.credit > 5 or client.city == 'x'"
    said = told(runtime, task, text, HAND)
    assert said == ("Nobody can tell because Client: Credit is not shown to you.")
    said = told(runtime, task, "margin > 50 or client.city == 'x'", HAND)
    assert said == (
        "This does not hold because Margin is not shown to you and "
        "Client: City is not shown to you."
    )
    said = told(runtime, task, "client is null", HAND)
    assert said == (
        "This does not hold because Client is a record that is not shown to you."
    )


def test_a_refused_rule_says_which_values_broke_it(runtime: Runtime, task: int) -> None:
    def refusal(actor: Actor, **values: Any) -> list[str]:
        with (
            pytest.raises(ValidationFailed) as caught,
            transaction(runtime, actor, "python") as tx,
        ):
            tx.update("work.task", task, values)
        (problem,) = caught.value.problems
        return [problem.message, *(str(one) for one in problem.because)]

    system = Actor.system()
    assert refusal(system, margin=Decimal(3)) == [
        "Too little is left.",
        "Margin is 3.00",
    ]
    assert refusal(system, amount=Decimal(9999)) == [
        "Note is required.",
        "Amount is 9,999.00",
    ]


def test_a_grey_button_says_why(runtime: Runtime, task: int) -> None:
    said = "'Finish' is not possible now because Close date is 1/3/2026 and "
    said += "Today is 1/2/2026."
    with transaction(runtime, Actor.system(), "python") as tx:
        (button,) = tx.actions("work.task", task)
        assert (button.ready, button.why) == (False, said)
        with pytest.raises(TransitionRefused, match="Close date is 1/3/2026"):
            tx.run_action("work.task", task, "finish", {})
        tx.update("work.task", task, {"close_date": date(2026, 1, 2)})
        (button,) = tx.actions("work.task", task)
        assert (button.ready, button.why) == (True, None)


def test_fields_say_why_they_are_as_they_are(runtime: Runtime, task: int) -> None:
    with reading(runtime, HAND) as reader:
        found = [
            (one.field, one.state, str(one.why))
            for one in reader.explain_fields("work.task", task)
        ]
    assert found == [
        ("margin", "hidden", "None of the roles shows this field."),
        ("note", "not shown", "This does not hold because Urgent is not ticked."),
        (
            "note",
            "can be changed",
            "This does not hold because State is In the making.",
        ),
        (
            "note",
            "not required",
            "This does not hold because Amount is 1,234.50.",
        ),
        ("twice", "hidden", "None of the roles shows this field."),
    ]
