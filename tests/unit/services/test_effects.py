"""Effects that do more than write one record: copies, numbers, messages, rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.services import Actor, Runtime, TransitionRefused, reading, transaction
from core.services.timeline import follow, notices, unread
from tests.unit.services.base_world import base_world

WORK = """\
== work/module.yml
module: work
title: Work
version: 1.0.0
depends: {base: ">=0.1"}
== work/numbering.yml
numbering: work.task
format: "T{seq:3}"
== work/permissions.yml
permissions: work
roles: {clerk: {}}
grants:
  clerk: {work.task: [read, create, copy_it, tell]}
== work/entities/task.yml
entity: work.task
title: name
timeline: true
archive: true
fields:
  name: {type: text, required: true}
  number: {type: number, numbering: work.task}
  code: {type: text, unique: true}
  secret: {type: text, sensitive: true}
  points: {type: integer, default: 0}
  parent: {type: link, to: work.task, inverse: children}
  parts: {type: lines, of: work.part}
actions:
  copy_it:
    do:
      - copy: {set: {name: "=concat(name, ' again')", code: null}}
        as: other
      - set: {parent: =other}
  twin:
    do: [{copy: {set: {code: "=concat(code, '2')"}, keep: [number]}}]
  draw: {do: [{number: {into: number}}]}
  tell:
    do:
      - notify: {text: "{name} needs {points} points", level: warn}
  tell_me: {do: [{notify: {to: =me, text: "For you: {name}"}}]}
  spread:
    do:
      - for_each:
          in: children
          as: c
          where: c.points < 10
          max: 3
          do:
            - update: {in: c, set: {points: "=it.points + this.points"}}
            - create: {entity: work.task, values: {name: "=concat('Done ', c.name)"}}
              as: made
            - choose:
                - {when: c.points > 2, do: [{archive: made}]}
                - {else: [{delete: made}]}
== work/entities/part.yml
entity: work.part
part_of: {task: work.task}
title: text
fields:
  text: {type: text, required: true}
"""
CLERK = Actor(7, "clerk", frozenset({"work.clerk"}))


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with base_world(tmp_path, database_url, WORK, "work") as made:
        yield made


def make(runtime: Runtime, **values: Any) -> int:
    with transaction(runtime, Actor.system()) as tx:
        return tx.create("work.task", values).id or 0


def press(runtime: Runtime, id_: int, name: str, actor: Actor | None = None) -> None:
    with transaction(runtime, actor or Actor.system()) as tx:
        tx.run_action("work.task", id_, name)


def all_tasks(runtime: Runtime) -> dict[str, Any]:
    with reading(runtime, Actor.system()) as reader:
        ids = [one.id or 0 for one in reader.search("work.task").items]
        found = [reader.get("work.task", id_) for id_ in ids]
    return {one["name"]: one for one in found}


def test_copies_with_lines_and_without_what_is_not_copied(runtime: Runtime) -> None:
    id_ = make(runtime, name="A", code="X", secret="s", parts=[{"text": "p"}])
    press(runtime, id_, "copy_it", CLERK)
    tasks = all_tasks(runtime)
    other = tasks["A again"]
    assert [row["text"] for row in other.related("parts")] == ["p"]
    # Full rights: what the clerk may not read is copied as well.
    assert (other["code"], other["secret"]) == (None, "s")
    assert tasks["A"]["parent"] == other.id


def test_numbers_are_drawn_when_an_effect_says_so(runtime: Runtime) -> None:
    id_ = make(runtime, name="A", code="X")
    assert all_tasks(runtime)["A"]["number"] is None
    press(runtime, id_, "draw")
    press(runtime, id_, "draw")
    assert all_tasks(runtime)["A"]["number"] == "T001"


def test_tells_followers_and_people(runtime: Runtime) -> None:
    id_ = make(runtime, name="A", points=3)
    other = Actor(8, "other", frozenset({"work.clerk"}))
    with transaction(runtime, other) as tx:
        follow(tx, "work.task", id_)
    press(runtime, id_, "tell", CLERK)
    with reading(runtime, other) as reader:
        (notice,) = notices(reader)
        assert unread(reader) == 1
    assert (notice.kind, notice.level) == ("message", "warn")
    assert notice.text == "A needs 3 points"
    press(runtime, id_, "tell_me", Actor(9, "me", is_admin=True))
    with reading(runtime, Actor(9, "me", is_admin=True)) as reader:
        assert [one.text for one in notices(reader)] == ["For you: A"]
    with transaction(runtime, Actor.system()) as tx:
        tx.delete("work.task", id_)
    with reading(runtime, other) as reader:
        assert (notices(reader), unread(reader)) == ([], 0)


def test_for_each_row_with_what_was_made_for_it(runtime: Runtime) -> None:
    id_ = make(runtime, name="A", points=2)
    for name, points in (("low", 0), ("mid", 5), ("high", 50)):
        make(runtime, name=name, points=points, parent=id_)
    press(runtime, id_, "spread")
    with reading(runtime, Actor.system()) as reader:
        found = reader.search("work.task").items
        points = {one["name"]: one["points"] for one in found}
    assert points == {"A": 2, "low": 2, "mid": 7, "high": 50}
    make(runtime, name="more", parent=id_)
    with pytest.raises(TransitionRefused, match="about 4 records; 3 are allowed"):
        press(runtime, id_, "spread")
