"""Workflows: who may move a record on, what each state allows, what a move leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.services import (
    Actor,
    NotAllowed,
    RuleBroken,
    Runtime,
    StaleRecord,
    TransitionRefused,
    ValidationFailed,
    reading,
    transaction,
)
from core.storage import tables
from tests.unit.services.base_world import base_world

QUOTES = """\
== work/module.yml
module: work
title: Work
version: 1.0.0
depends: {base: ">=0.1"}
== work/numbering.yml
numbering: work.quote
format: "Q{seq:4}"
== work/permissions.yml
permissions: work
roles: {clerk: {}, boss: {}}
grants:
  clerk: {work.quote: [read, create, update, delete, submit, send, order]}
  boss: {work.quote: all}
== work/entities/quote.yml
entity: work.quote
title: name
timeline: true
fields:
  name: {type: text, required: true}
  number: {type: number, numbering: work.quote}
  state: {type: choice}
  discount: {type: percent, default: 0}
  note: {type: text}
  seen: {type: text}
  sent_on: {type: date}
  lines: {type: lines, of: work.line}
== work/entities/line.yml
entity: work.line
part_of: {quote: work.quote}
title: text
fields:
  text: {type: text, required: true}
== work/workflows/quote.yml
workflow: work.quote
entity: work.quote
state: state
states:
  draft: {leave: [{set: {seen: left draft}}]}
  waiting: {label: Waiting for approval, editable: [note]}
  sent:
    readonly: [name, lines]
    required: [sent_on]
    enter: [{set: {note: on its way}}]
  ordered: {kind: closed, editable: [], delete: false}
  cold: {kind: closed}
transitions:
  submit: {from: draft, to: waiting, when: discount > 10}
  send:
    from: [draft, waiting]
    to: sent
    guard:
      - {check: exists(lines), say: The quotation has no lines.}
      - check: discount <= 10 or state == 'waiting'
        say: "{discount} % needs approval."
    not_by: created_by
    ask: [sent_on]
    numbering: work.quote
  order: {from: sent, to: ordered, event: won}
  drop: {from: {kind: open}, to: cold, reason: true, roles: boss}
  revive: {from: cold, to: draft, auto: true, when: note == 'again'}
"""


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with base_world(tmp_path, database_url, QUOTES, "work") as made:
        yield made


def clerk(number: int = 7) -> Actor:
    return Actor(number, f"Clerk {number}", frozenset({"work.clerk"}))


def quote(runtime: Runtime, actor: Actor | None = None, **values: object) -> int:
    given = {"name": "Q", "lines": [{"text": "part"}], **values}
    with transaction(runtime, actor or Actor.system()) as tx:
        return tx.create("work.quote", given).id or 0


def press(
    runtime: Runtime, id_: int, name: str, actor: Actor | None = None, **ask: object
) -> None:
    with transaction(runtime, actor or Actor.system()) as tx:
        tx.run_action("work.quote", id_, name, ask)


def stored(runtime: Runtime, id_: int) -> dict[str, object]:
    with reading(runtime, Actor.system()) as reader:
        return dict(reader.get("work.quote", id_).values)


def test_moves_on_with_effects_numbers_and_events(runtime: Runtime) -> None:
    id_ = quote(runtime)
    assert (stored(runtime, id_)["state"], stored(runtime, id_)["number"]) == (
        "draft",
        None,
    )
    press(runtime, id_, "send", sent_on="2026-03-01")
    now = stored(runtime, id_)
    assert (now["state"], now["number"], now["note"], now["seen"]) == (
        "sent",
        "Q0001",
        "on its way",
        "left draft",
    )
    assert str(now["sent_on"]) == "2026-03-01"
    press(runtime, id_, "order")
    with runtime.database.reading() as connection:
        events = list(connection.scalars(sa.select(tables.outbox.c.event)))
    assert events.count("work.quote.sent") == 1
    assert events.count("work.quote.won") == 1
    with reading(runtime, Actor.system()) as reader:
        taken = [one.transition for one in reader.history("work.quote", id_, 20)]
    assert [name for name in taken if name] == ["order", "send"]


def test_guards_say_why_and_write_nothing(runtime: Runtime) -> None:
    id_ = quote(runtime, lines=[])
    with pytest.raises(TransitionRefused, match=r"The quotation has no lines\."):
        press(runtime, id_, "send", sent_on="2026-03-01")
    dear = quote(runtime, discount=15)
    with pytest.raises(TransitionRefused, match=r"15 % needs approval\."):
        press(runtime, dear, "send", sent_on="2026-03-01")
    assert stored(runtime, dear)["seen"] is None
    press(runtime, dear, "submit")
    press(runtime, dear, "send", sent_on="2026-03-01")
    # A refused try has drawn no number.
    assert stored(runtime, dear)["number"] == "Q0001"


def test_only_from_its_states(runtime: Runtime) -> None:
    id_ = quote(runtime)
    with pytest.raises(TransitionRefused, match="State is Draft"):
        press(runtime, id_, "order")
    with reading(runtime, Actor.system()) as reader:
        offered = [one.id for one in reader.actions("work.quote", id_)]
    assert offered == ["send", "drop"]


def test_the_state_has_no_other_writer(runtime: Runtime) -> None:
    id_ = quote(runtime)
    for values in ({"state": "ordered"}, {"state": None}):
        with (
            pytest.raises(ValidationFailed) as refused,
            transaction(runtime, Actor.system(), "api") as tx,
        ):
            tx.update("work.quote", id_, values)
        assert {one.field for one in refused.value.problems} == {"state"}
    with pytest.raises(ValidationFailed, match="buttons"):
        quote(runtime, state="sent", sent_on="2026-01-01")
    quote(runtime, state="draft")
    with transaction(runtime, Actor.system(), "import") as tx:
        found = tx.update_many("work.quote", [(id_, {"state": "sent"}, None)], True)
    assert found[0].action == "refused"
    assert stored(runtime, id_)["state"] == "draft"


def test_states_close_and_require_fields(runtime: Runtime) -> None:
    id_ = quote(runtime, discount=20)
    press(runtime, id_, "submit")
    with transaction(runtime, Actor.system()) as tx:
        tx.update("work.quote", id_, {"note": "still"})
    for values in ({"name": "R"}, {"lines": []}, {"discount": 1}):
        with (
            pytest.raises(ValidationFailed, match="cannot be changed"),
            transaction(runtime, Actor.system()) as tx,
        ):
            tx.update("work.quote", id_, values)
    with pytest.raises(ValidationFailed, match="Sent on is required"):
        press(runtime, id_, "send")


def test_four_eyes(runtime: Runtime) -> None:
    with transaction(runtime, Actor.system()) as tx:
        users = [
            tx.create("base.user", {"login": name, "name": name}).id or 0
            for name in ("ann", "bob")
        ]
    ann, bob = (clerk(id_) for id_ in users)
    id_ = quote(runtime, ann)
    with pytest.raises(TransitionRefused, match="somebody else"):
        press(runtime, id_, "send", ann, sent_on="2026-03-01")
    press(runtime, id_, "send", bob, sent_on="2026-03-01")


def test_rights_and_reasons(runtime: Runtime) -> None:
    id_ = quote(runtime)
    with pytest.raises(NotAllowed):
        press(runtime, id_, "drop", clerk(), reason="too dear")
    boss = replace(clerk(), roles=frozenset({"work.boss"}))
    with pytest.raises(ValidationFailed, match="Reason is required"):
        press(runtime, id_, "drop", boss)
    press(runtime, id_, "drop", boss, reason="too dear")
    with reading(runtime, Actor.system()) as reader:
        newest = reader.history("work.quote", id_, 20)
    assert "too dear" in [one.reason for one in newest]


def test_taken_by_itself(runtime: Runtime) -> None:
    id_ = quote(runtime)
    press(runtime, id_, "drop", reason="cold")
    with transaction(runtime, Actor.system()) as tx:
        tx.update("work.quote", id_, {"note": "again"})
    assert stored(runtime, id_)["state"] == "draft"


def test_kept_states_are_not_deleted(runtime: Runtime) -> None:
    id_ = quote(runtime)
    press(runtime, id_, "send", sent_on="2026-03-01")
    press(runtime, id_, "order")
    with (
        pytest.raises(RuleBroken, match="cannot be deleted in the state 'ordered'"),
        transaction(runtime, Actor.system()) as tx,
    ):
        tx.delete("work.quote", id_)


def test_a_stale_record_is_not_moved(runtime: Runtime) -> None:
    id_ = quote(runtime)
    with transaction(runtime, Actor.system()) as tx:
        tx.update("work.quote", id_, {"note": "meanwhile"})
    ask = {"sent_on": "2026-03-01"}
    with transaction(runtime, Actor.system()) as tx, pytest.raises(StaleRecord):
        tx.run_action("work.quote", id_, "send", ask, version=1)


def test_moved_to_a_state_by_its_one_way(runtime: Runtime) -> None:
    id_ = quote(runtime, discount=20)

    def move(state: str) -> str:
        with transaction(runtime, Actor.system()) as tx:
            return str(tx.move_to("work.quote", id_, "state", state)["state"])

    assert move("draft") == "draft"
    assert move("waiting") == "waiting"
    with pytest.raises(TransitionRefused, match="asks something first"):
        move("sent")
    with pytest.raises(TransitionRefused, match="No button leads there"):
        move("ordered")
