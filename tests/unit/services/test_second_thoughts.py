"""What is taken back for a while, what others get, and how long states lasted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.services import Actor, Runtime, TransitionRefused, reading, transaction
from core.services.context import Clock
from core.services.state_times import state_times
from core.services.timeline import feed
from tests.unit.services.base_world import base_world

WORK = """\
== work/module.yml
module: work
title: Work
version: 1.0.0
depends: {base: ">=0.1"}
== work/entities/case.yml
entity: work.case
title: name
timeline: true
fields:
  name:  {type: text, required: true}
  state: {type: choice}
  owner: {type: link, to: base.user, index: true}
  chief: {type: link, to: base.user}
actions:
  up:   {do: [{escalate: {to: chief, text: "{name} is late.", field: owner}}]}
  look: {label: Look, do: [{escalate: {to: chief}}]}
== work/workflows/case.yml
workflow: work.case
entity: work.case
state: state
states: {open: {}, done: {kind: closed}, gone: {kind: closed}}
transitions:
  end:    {from: open, to: done}
  close:  {from: open, to: done}
  drop:   {from: open, to: gone}
  undo:   {from: [done, gone], to: open, undo_of: end}
  regret: {from: gone, to: open, undo_of: drop, within: 1 hour}
"""


class Work:
    """Cases, and a clock that the test moves."""

    def __init__(self, runtime: Runtime) -> None:
        self.at = datetime(2026, 6, 1, 8, tzinfo=UTC)
        self.runtime = Runtime(
            runtime.compiled, runtime.database, clock=Clock(lambda: self.at)
        )
        with transaction(self.runtime, Actor.system()) as tx:
            rows = [
                (id_, {"login": login, "name": login}, None)
                for id_, login in ((1, "root"), (2, "ann"))
            ]
            tx.create_with_ids("base.user", rows)
            values = {"name": "c", "owner": 1, "chief": 2}
            self.case = tx.create("work.case", values).id or 0

    def press(self, name: str) -> Any:
        with transaction(self.runtime, Actor.system()) as tx:
            return tx.run_action("work.case", self.case, name)

    def offered(self) -> list[str]:
        with reading(self.runtime, Actor.system()) as reader:
            return [one.id for one in reader.actions("work.case", self.case)]

    def later(self, **more: float) -> None:
        self.at += timedelta(**more)


@pytest.fixture
def work(tmp_path: Path, database_url: str) -> Iterator[Work]:
    with base_world(tmp_path, database_url, WORK, "work") as runtime:
        yield Work(runtime)


def test_a_transition_is_taken_back_for_a_while(work: Work) -> None:
    assert work.offered() == ["end", "close", "drop", "up", "look"]
    work.press("end")
    work.later(minutes=10)
    assert "undo" in work.offered()
    assert work.press("undo")["state"] == "open"
    # It came there by another way.
    work.press("close")
    assert "undo" not in work.offered()
    with pytest.raises(TransitionRefused, match="too late for 'Undo'"):
        work.press("undo")


def test_its_window_closes(work: Work) -> None:
    work.press("drop")
    work.later(minutes=59)
    assert work.offered() == ["regret", "up", "look"]
    work.later(minutes=1, seconds=1)
    assert work.offered() == ["up", "look"]
    with pytest.raises(TransitionRefused, match="too late"):
        work.press("regret")


def test_somebody_else_gets_it_with_the_reason(work: Work) -> None:
    assert work.press("up")["owner"] == 2
    work.press("look")
    with reading(work.runtime, Actor.system()) as reader:
        notes = feed(reader, "work.case", work.case, ("comment",))
        plans = feed(reader, "work.case", work.case, ("activity",))
    said = [one.facts["body"] for one in notes]
    assert sorted(said) == ["→ ann: Look", "→ ann: c is late."]
    assert [
        (one.facts["person"], one.facts["summary"], one.facts["due"]) for one in plans
    ] == [(2, "Look", date(2026, 6, 1))]
    with transaction(work.runtime, Actor.system()) as tx:
        tx.update("work.case", work.case, {"chief": None})
    # Nobody is there: it stays where it is.
    assert work.press("up")["owner"] == 2


def test_how_long_states_lasted(work: Work) -> None:
    work.later(hours=3)
    work.press("end")
    work.later(minutes=5)
    work.press("undo")
    work.later(hours=1)
    with reading(work.runtime, Actor.system()) as reader:
        found = state_times(reader, "work.case", work.case)
    begun = datetime(2026, 6, 1, 8, tzinfo=UTC)
    back = begun + timedelta(hours=3, minutes=5)
    assert [(one.state, one.times, one.total) for one in found] == [
        ("open", 2, timedelta(hours=4)),
        ("done", 1, timedelta(minutes=5)),
    ]
    assert (found[0].since, found[0].last, found[0].until) == (begun, back, None)
    assert found[1].until == back
