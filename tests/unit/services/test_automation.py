"""Automations: what happens by itself, in the save and after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.services import (
    Actor,
    Runtime,
    TransitionRefused,
    reading,
    transaction,
)
from core.storage.tables import outbox
from tests.unit.services.base_world import base_world

SHOP = """\
== work/module.yml
module: work
title: Work
version: 1.0.0
depends: {base: ">=0.1"}
== work/permissions.yml
permissions: work
roles: {clerk: {}}
grants:
  clerk: {work.task: [read, create, update, delete, finish], work.board: [read]}
== work/entities/task.yml
entity: work.task
title: name
timeline: true
archive: true
fields:
  name: {type: text, required: true}
  state: {type: choice}
  points: {type: integer, default: 0}
  seen: {type: text}
  board: {type: link, to: work.board, inverse: tasks}
  parts: {type: lines, of: work.part}
== work/entities/part.yml
entity: work.part
part_of: {task: work.task}
title: text
fields:
  text: {type: text, required: true}
== work/entities/board.yml
entity: work.board
title: name
fields:
  name: {type: text, required: true}
  total: {type: integer, default: 0}
  log: {type: text}
== work/entities/echo.yml
entity: work.echo
title: name
fields:
  name: {type: text, required: true}
  count: {type: integer, default: 0}
== work/workflows/task.yml
workflow: work.task
entity: work.task
state: state
states: {open: {}, done: {kind: closed}}
transitions:
  finish: {from: open, to: done, event: finished}
== work/automations/tasks.yml
automation: work.raise_total
label: Count points
event: work.task.updated
changes: [points]
when: board is not null and points > coalesce(old.points, 0)
do:
  - update: {in: board, set: {total: "=it.total + points - coalesce(old.points, 0)"}}
---
automation: work.greet
event: work.task.created
when: name == 'Hello'
do: [{set: {seen: "=concat('made by ', me.name)"}}]
---
automation: work.forbid
event: work.task.saved
when: points > 100
do: [{refuse: "{points} points are too many."}]
---
automation: work.finished
event: [work.task.finished]
do: [{emit: {event: celebrated}}]
---
automation: work.celebrated
event: work.task.celebrated
do: [{create: {entity: work.board, values: {name: "=concat('Party for ', name)"}}}]
---
automation: work.gone
event: [work.task.deleted, work.task.archived]
do:
  - create:
      entity: work.board
      values: {name: "=concat('Gone: ', name, ' ', board.name)"}
---
automation: work.off
enabled: false
event: work.task.created
do: [{refuse: never}]
---
automation: work.later
label: Note it later
event: work.task.updated
when: seen == 'later' and old.seen is null
run: after
do:
  - update: {in: board, set: {log: "=concat(name, ' by ', me.name)"}}
---
automation: work.ping
event: work.echo.created
do: [{set: {count: "=count + 1"}}]
---
automation: work.pong
event: work.echo.updated
do: [{set: {count: "=count + 1"}}]
---
automation: work.breaks
event: work.task.updated
when: seen == 'break'
do: [{create: {entity: work.board, values: {}}}]
"""


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with base_world(tmp_path, database_url, SHOP, "work") as made:
        yield made


def make(runtime: Runtime, entity: str, **values: object) -> int:
    with transaction(runtime, Actor.system()) as tx:
        return tx.create(entity, values).id or 0


def change(
    runtime: Runtime, id_: int, actor: Actor | None = None, **values: Any
) -> Any:
    with transaction(runtime, actor or Actor.system()) as tx:
        return tx.update("work.task", id_, values)


def names(runtime: Runtime, entity: str = "work.board") -> list[str]:
    with reading(runtime, Actor.system()) as reader:
        return [one["name"] for one in reader.search(entity).items]


def stored(runtime: Runtime, entity: str, id_: int) -> dict[str, Any]:
    with reading(runtime, Actor.system()) as reader:
        return dict(reader.get(entity, id_).values)


def test_reacts_in_the_transaction_with_old_and_changes(runtime: Runtime) -> None:
    board = make(runtime, "work.board", name="B")
    task = make(runtime, "work.task", name="T", board=board, points=1)
    change(runtime, task, points=5)
    assert stored(runtime, "work.board", board)["total"] == 4
    change(runtime, task, name="Other")
    change(runtime, task, points=3)
    assert stored(runtime, "work.board", board)["total"] == 4
    with reading(runtime, Actor.system()) as reader:
        entry = reader.history("work.board", board)[0]
    assert entry.origin == "automation work.raise_total"
    assert entry.changes["total"] == [0, 4]


def test_writes_with_full_rights_and_the_caller_sees_it(runtime: Runtime) -> None:
    board = make(runtime, "work.board", name="B")
    clerk = Actor(7, "clerk", frozenset({"work.clerk"}))
    with transaction(runtime, clerk) as tx:
        made = tx.create("work.task", {"name": "Hello", "board": board})
        assert (made["seen"], made["version"]) == ("made by", 2)
        again = tx.update("work.task", made.id or 0, {"points": 2}, made["version"])
        assert again["version"] == 3
    assert stored(runtime, "work.board", board)["total"] == 2
    with reading(runtime, Actor.system()) as reader:
        assert reader.history("work.board", board)[0].actor == 7


def test_refuses_the_save_that_set_it_off(runtime: Runtime) -> None:
    task = make(runtime, "work.task", name="T")
    with pytest.raises(TransitionRefused, match="101 points are too many"):
        change(runtime, task, points=101)
    assert stored(runtime, "work.task", task)["points"] == 0
    rows = [{"name": "A", "points": 1}, {"name": "B", "points": 200}, {"name": "C"}]
    with transaction(runtime, Actor.system(), "import") as tx:
        found = tx.create_many("work.task", rows, partial=True)
    assert [one.action for one in found] == ["created", "refused", "created"]
    assert "200 points" in found[1].problems[0].message
    assert sorted(names(runtime, "work.task")) == ["A", "C", "T"]


def test_an_effect_that_fails_says_which_automation(runtime: Runtime) -> None:
    task = make(runtime, "work.task", name="T")
    with pytest.raises(TransitionRefused, match="'Breaks' could not be done: Name is"):
        change(runtime, task, seen="break")
    assert stored(runtime, "work.task", task)["seen"] is None


def test_transitions_own_events_and_events_of_the_end(runtime: Runtime) -> None:
    board = make(runtime, "work.board", name="B")
    task = make(runtime, "work.task", name="T", board=board)
    with transaction(runtime, Actor.system()) as tx:
        tx.run_action("work.task", task, "finish")
    assert names(runtime) == ["Party for T", "B"]
    with runtime.database.reading() as connection:
        events = list(connection.scalars(sa.select(outbox.c.event)))
    assert events.count("work.task.celebrated") == 1
    with transaction(runtime, Actor.system()) as tx:
        tx.archive("work.task", task)
        tx.restore("work.task", task)
        tx.delete("work.task", task)
    assert names(runtime).count("Gone: T B") == 2


def test_a_chain_without_end_is_refused_by_name(runtime: Runtime) -> None:
    with pytest.raises(TransitionRefused, match=r"work.ping → work.pong → work.pong"):
        make(runtime, "work.echo", name="E")
    assert names(runtime, "work.echo") == []


def test_what_happens_after_is_decided_at_once(runtime: Runtime) -> None:
    board = make(runtime, "work.board", name="B")
    task = make(runtime, "work.task", name="T", board=board)
    change(runtime, task, seen="later")
    change(runtime, task, seen="later", points=1)
    with runtime.database.reading() as connection:
        found = list(connection.scalars(sa.select(outbox.c.payload)))
    due = [payload["after"] for payload in found if "after" in payload]
    assert due == [["work.later"]]
    assert stored(runtime, "work.board", board)["log"] is None


def test_a_thousand_that_do_not_react_cost_a_look_up(runtime: Runtime) -> None:
    reactions = runtime.compiled.registry.reactions
    assert reactions["work.task.created"] == ("work.greet", "work.forbid")
    assert "work.board.created" not in reactions
