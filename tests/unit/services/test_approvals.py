"""Approvals: levels, four eyes, deputies, and what a decision leads to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from core.services import (
    Actor,
    NotAllowed,
    Runtime,
    TransitionRefused,
    ValidationFailed,
    reading,
    transaction,
)
from core.services.timeline import notices
from tests.unit.services.base_world import base_world
from tests.unit.services.offers import OFFERS

ANN, BOB, CY, DAN, EVE = 21, 22, 23, 24, 25


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with base_world(tmp_path, database_url, OFFERS, "trade") as made:
        users = {ANN: "ann", BOB: "bob", CY: "cy", DAN: "dan", EVE: "eve"}
        rows = [
            (id_, {"login": login, "name": login.title(), "active": True}, None)
            for id_, login in users.items()
        ]
        with transaction(made, Actor.system()) as tx:
            tx.create_with_ids("base.user", rows)
        yield made


def person(id_: int, *roles: str, **more: Any) -> Actor:
    held = frozenset(f"trade.{role}" for role in roles)
    return Actor(id_, f"Person {id_}", held, **more)


CLERK = person(ANN, "clerk")
BOSSES = (person(BOB, "boss"), person(CY, "boss"), person(DAN, "boss"))
CHIEF = person(EVE, "chief")


def offer(runtime: Runtime, **values: object) -> int:
    with transaction(runtime, CLERK) as tx:
        id_ = tx.create("trade.offer", {"name": "O", "discount": 20, **values}).id or 0
        tx.run_action("trade.offer", id_, "submit")
        return id_


def press(
    runtime: Runtime, id_: int, name: str, actor: Actor, **ask: object
) -> dict[str, Any]:
    with transaction(runtime, actor) as tx:
        return dict(tx.run_action("trade.offer", id_, name, ask).values)


def refused(runtime: Runtime, id_: int, name: str, actor: Actor) -> str:
    with pytest.raises(TransitionRefused) as failed:
        press(runtime, id_, name, actor)
    return str(failed.value)


def test_two_different_people_approve_and_the_offer_is_sent(runtime: Runtime) -> None:
    id_ = offer(runtime)
    assert press(runtime, id_, "approve", BOSSES[0])["state"] == "waiting"
    again = refused(runtime, id_, "approve", BOSSES[0])
    assert again == "You have approved already. Still to decide: Head of sales."
    done = press(runtime, id_, "approve", BOSSES[1])
    assert (done["state"], done["number"]) == ("sent", "O001")
    with reading(runtime, CLERK) as reader:
        ways = [entry.transition for entry in reader.history("trade.offer", id_)]
        told = [notice.kind for notice in notices(reader)]
    assert ways[:4] == ["send", "approve", "approve", "submit"]
    assert told == ["approved"]


def test_a_level_counts_only_where_its_condition_holds(runtime: Runtime) -> None:
    id_ = offer(runtime, discount=30)
    for boss in BOSSES[:2]:
        press(runtime, id_, "approve", boss)
    third = refused(runtime, id_, "approve", BOSSES[2])
    assert third == "'Approve' is for those whose turn it is: Director."
    assert press(runtime, id_, "approve", CHIEF)["state"] == "sent"


def test_nobody_decides_about_his_own(runtime: Runtime) -> None:
    mine = "'Approve' has to be done by somebody else: you took part in this."
    id_ = offer(runtime, owner=CY)
    assert refused(runtime, id_, "approve", person(ANN, "boss")) == mine
    assert refused(runtime, id_, "approve", BOSSES[1]) == mine
    # Who asked is kept away as well, whoever made the record.
    with transaction(runtime, CLERK) as tx:
        other = tx.create("trade.offer", {"name": "P", "discount": 12}).id or 0
    press(runtime, other, "submit", BOSSES[0])
    assert refused(runtime, other, "approve", BOSSES[0]) == mine


def test_only_those_who_are_named_decide(runtime: Runtime) -> None:
    id_ = offer(runtime)
    why = refused(runtime, id_, "approve", person(EVE, "clerk"))
    assert why == "'Approve' is for those whose turn it is: Head of sales."
    with pytest.raises(NotAllowed):
        press(runtime, id_, "approve", Actor(EVE, "Guest", frozenset({"trade.guest"})))


def test_what_passes_is_no_button_meanwhile(runtime: Runtime) -> None:
    id_ = offer(runtime)
    with reading(runtime, BOSSES[0]) as reader:
        offered = [one.id for one in reader.actions("trade.offer", id_)]
    assert offered == ["approve", "reject"]
    refused(runtime, id_, "send", BOSSES[0])
    with pytest.raises(ValidationFailed), transaction(runtime, BOSSES[0]) as tx:
        tx.update("trade.offer", id_, {"state": "sent"})


def test_a_rejection_takes_its_reason_along(runtime: Runtime) -> None:
    id_ = offer(runtime)
    press(runtime, id_, "approve", BOSSES[0])
    with pytest.raises(ValidationFailed):
        press(runtime, id_, "reject", BOSSES[1])
    done = press(runtime, id_, "reject", BOSSES[1], reason="Too cheap")
    assert (done["state"], done["why"]) == ("draft", "Too cheap")
    # The next round begins with nothing.
    press(runtime, id_, "submit", CLERK)
    assert press(runtime, id_, "approve", BOSSES[0])["state"] == "waiting"


def test_a_change_of_what_was_approved_begins_again(runtime: Runtime) -> None:
    id_ = offer(runtime)
    press(runtime, id_, "approve", BOSSES[0])
    with transaction(runtime, CLERK) as tx:
        tx.update("trade.offer", id_, {"note": "call him"})
        tx.update("trade.offer", id_, {"discount": 22})
    assert press(runtime, id_, "approve", BOSSES[1])["state"] == "waiting"
    assert press(runtime, id_, "approve", BOSSES[0])["state"] == "sent"


def test_a_guard_of_what_passes_holds_back_the_last_approval(runtime: Runtime) -> None:
    id_ = offer(runtime, name="Broken")
    press(runtime, id_, "approve", BOSSES[0])
    assert refused(runtime, id_, "approve", BOSSES[1]) == "A broken offer is not sent."
    with reading(runtime, CLERK) as reader:
        ways = [entry.transition for entry in reader.history("trade.offer", id_)]
    assert ways[:2] == ["approve", "submit"]


def test_a_deputy_decides_only_for_others(runtime: Runtime) -> None:
    role = frozenset({"trade.boss"})
    deputy = person(DAN, "boss", lent=role, deputy_for=(BOB,))
    id_ = offer(runtime, owner=BOB)
    assert "somebody else" in refused(runtime, id_, "approve", deputy)
    other = offer(runtime)
    press(runtime, other, "approve", deputy)
    assert press(runtime, other, "approve", BOSSES[1])["state"] == "sent"


@pytest.mark.parametrize(
    ("both", "states"),
    [(BOSSES[:2], {"waiting", "sent"}), ((BOSSES[0], BOSSES[0]), {"waiting", ""})],
)
def test_two_at_once(
    runtime: Runtime, both: tuple[Actor, Actor], states: set[str]
) -> None:
    """Two people count once each; one who presses twice counts once."""
    id_ = offer(runtime)
    start = threading.Barrier(2)

    def one(actor: Actor) -> str:
        start.wait()
        try:
            return str(press(runtime, id_, "approve", actor)["state"])
        except TransitionRefused:
            return ""

    with ThreadPoolExecutor(2) as pool:
        found = set(pool.map(one, both))
    assert found == states
