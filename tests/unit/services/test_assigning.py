"""Assignments: whose turn it is, load, skill, capacity, the reason, somebody else."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.jobs import Dispatcher
from core.jobs.timers import TimerConsumer
from core.services import Actor, Query, Runtime, reading, transaction
from core.services.assigning import assigned_of
from core.services.context import Clock
from core.services.webforms import Sent, submit, webform_of
from tests.unit.services.base_world import base_world

DESK = """\
== desk/module.yml
module: desk
title: Desk
version: 1.0.0
depends: {base: ">=0.1"}
== desk/entities/case.yml
entity: desk.case
title: name
fields:
  name:  {type: text, required: true}
  kind:  {type: text}
  owner: {type: link, to: base.user, index: true}
  why:   {type: text}
  chief: {type: link, to: base.user}
  team:  {type: link, to: base.team}
  touched: {type: boolean, default: false}
  closed: {type: boolean, default: false}
actions:
  give: {do: [{assign: desk.asked}]}
== desk/assignments.yml
assignment: desk.routing
label: Routing
entity: desk.case
field: owner
event: desk.case.created
when: owner is null and kind is not null
reason: why
rules:
  chief: {when: kind == 'chief', to: chief, say: "For {chief.name}"}
  turn:
    when: kind == 'turn'
    pool: team.members
    skill: it.login != 'root'
  load: {when: kind == 'load', pool: team.members, by: least_load}
  score:
    when: kind == 'score'
    pool: team.members
    by: score
    skill: "3 if it.login == 'u2' else 1"
  lot: {when: kind == 'lot', pool: team.members, by: random}
capacity:
  load: "count(c for c in rows(desk.case, owner=it) if not c.closed)"
  most: 40
fallback: team.lead
retry: {after: 30 minutes, unless: touched, most: 2}
---
assignment: desk.asked
entity: desk.case
field: owner
rules:
  monthly: {pool: team.members, say: Asked}
capacity: {per: month, most: 1}
== desk/webforms/ask.yml
webform: desk.ask
entity: desk.case
fields: [name]
set: {kind: form, team: "=first(rows(base.team, code='t'))"}
assignment: desk.asked
do: [{set: {touched: true}, when: owner is not null}]
done: {say: "{owner.login} will answer."}
"""


class Desk:
    """Cases for three users, and a clock that the test moves."""

    def __init__(self, runtime: Runtime) -> None:
        self.at = datetime(2026, 6, 1, 12, tzinfo=UTC)
        self.runtime = Runtime(
            runtime.compiled, runtime.database, clock=Clock(lambda: self.at)
        )
        self.worker = Dispatcher(
            runtime.database,
            lambda: [TimerConsumer(self.runtime)],
            lambda: self.at,
        )
        people = [(1, "root"), *((n, f"u{n}") for n in (2, 3, 4, 5))]
        with transaction(self.runtime, Actor.system()) as tx:
            rows = [
                (id_, {"login": login, "name": login, "active": id_ != 5}, None)
                for id_, login in people
            ]
            tx.create_with_ids("base.user", rows)
            team = {"name": "T", "code": "t", "lead": 1, "members": [1, 2, 3, 4, 5]}
            self.team = tx.create("base.team", team).id

    def make(self, kind: str, number: int = 1, **values: Any) -> list[int]:
        values = {"name": "c", "kind": kind, "team": self.team, **values}
        rows = [dict(values) for _ in range(number)]
        with transaction(self.runtime, Actor.system()) as tx:
            made = tx.create_many("desk.case", rows)
        return [one.id for one in made if one.id is not None]

    def case(self, id_: int) -> dict[str, Any]:
        with reading(self.runtime, Actor.system()) as reader:
            return dict(reader.get("desk.case", id_).values)

    def owners(self, ids: list[int]) -> list[int | None]:
        with reading(self.runtime, Actor.system()) as reader:
            return [reader.get("desk.case", id_)["owner"] for id_ in ids]

    def later(self, **more: float) -> None:
        self.at += timedelta(**more)
        self.worker.drain()


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    with base_world(tmp_path, database_url, DESK, "desk") as runtime:
        yield Desk(runtime)


def test_the_first_rule_decides_and_says_why(desk: Desk) -> None:
    (one,) = desk.make("chief", chief=3)
    assert (desk.case(one)["owner"], desk.case(one)["why"]) == (3, "For u3 (chief)")
    (nobody,) = desk.make("none")
    assert (desk.case(nobody)["owner"], desk.case(nobody)["why"]) == (1, "fallback")
    (kept,) = desk.make("turn", owner=4)
    assert desk.case(kept)["why"] is None
    (best,) = desk.make("score")
    assert (desk.case(best)["owner"], desk.case(best)["why"]) == (2, "score")
    (lot,) = desk.make("lot")
    assert desk.case(lot)["owner"] in (1, 2, 3, 4)
    with reading(desk.runtime, Actor.system()) as reader:
        (entry,) = assigned_of(reader, "desk.case", one)
        changed = reader.history("desk.case", one)[0]
    assert (entry.assignment, entry.rule, entry.person, entry.said) == (
        "desk.routing",
        "chief",
        3,
        "For u3",
    )
    assert changed.origin == "automation desk.routing"


def test_turns_are_even_also_under_parallel_saves(desk: Desk) -> None:
    ready, made = threading.Barrier(3), []

    def save() -> None:
        ready.wait()
        for _ in range(7):
            made.extend(desk.make("turn"))

    threads = [threading.Thread(target=save) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    # Root is not able, and number 5 is not there.
    assert Counter(desk.owners(made)) == {2: 7, 3: 7, 4: 7}


def test_load_and_capacity(desk: Desk) -> None:
    desk.make("given", 3, owner=1)
    desk.make("given", 2, owner=2)
    desk.make("given", 2, owner=3)
    desk.make("given", 1, owner=4)
    found = desk.make("load", 4)
    assert desk.owners(found) == [4, 2, 3, 4]
    desk.make("given", 40, owner=2)
    assert 2 not in desk.owners(desk.make("turn", 6))


def test_a_period_counts_what_was_given(desk: Desk) -> None:
    ids = desk.make("given", 6, owner=1)

    def give(id_: int) -> int | None:
        with transaction(desk.runtime, Actor.system()) as tx:
            return tx.run_action("desk.case", id_, "give")["owner"]

    assert [give(one) for one in ids[:4]] == [1, 2, 3, 4]
    # All have had theirs this month: it stays with who has it.
    assert give(ids[4]) == 1
    desk.at = datetime(2026, 7, 1, tzinfo=UTC)
    assert give(ids[5]) == 1
    assert give(ids[4]) == 2


def test_a_web_form_gives_what_it_makes_to_somebody(desk: Desk) -> None:
    form = webform_of(desk.runtime, "desk.ask")

    def send(once: str) -> str:
        with transaction(desk.runtime, Actor.system()) as tx:
            return submit(tx, form, Sent(values={"name": "x"}, hidden={}, once=once))

    assert [send("a"), send("b")] == ["root will answer.", "u2 will answer."]
    # The same showing is the same case.
    assert send("b") == "u2 will answer."
    with reading(desk.runtime, Actor.system()) as reader:
        found = reader.search("desk.case", Query(filter="touched")).items
    assert sorted(one["owner"] for one in found) == [1, 2]


def test_somebody_else_gets_it_after_a_while(desk: Desk) -> None:
    (one,) = desk.make("turn")
    (quick,) = desk.make("turn")
    assert desk.owners([one, quick]) == [2, 3]
    with transaction(desk.runtime, Actor.system()) as tx:
        tx.update("desk.case", quick, {"touched": True})
    desk.later(minutes=29)
    assert desk.owners([one]) == [2]
    desk.later(minutes=1)
    assert desk.owners([one, quick]) == [4, 3]
    desk.later(minutes=30)
    assert desk.owners([one]) == [3]
    # Twice is enough.
    desk.later(days=9)
    assert desk.owners([one, quick]) == [3, 3]
    with reading(desk.runtime, Actor.system()) as reader:
        told = assigned_of(reader, "desk.case", one)
        entry = reader.history("desk.case", one)[0]
    assert [each.person for each in told] == [3, 4, 2]
    assert entry.origin == "assignment desk.routing"


def test_what_is_kept_goes_with_the_record(desk: Desk) -> None:
    (one,) = desk.make("turn")
    with transaction(desk.runtime, Actor.system()) as tx:
        tx.delete("desk.case", one)
    desk.later(days=1)
    with desk.runtime.database.reading() as connection:
        from core.storage import assigned, timer

        assert connection.execute(assigned.select()).all() == []
        assert connection.execute(timer.select()).all() == []
