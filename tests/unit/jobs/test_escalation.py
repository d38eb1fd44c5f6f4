"""Approvals that take too long: others are told, and may decide as well."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.jobs import Dispatcher
from core.jobs.timers import TimerConsumer
from core.services import (
    Actor,
    Runtime,
    TransitionRefused,
    reading,
    transaction,
)
from core.services.context import Clock
from core.services.timeline import notices
from tests.unit.services.base_world import base_world
from tests.unit.services.offers import OFFERS

SECOND = Actor(31, "Second", frozenset({"trade.clerk"}))
BOSS = Actor(32, "Boss", frozenset({"trade.boss"}))


class Desk:
    """An offer that waits, and a worker whose clock the test moves."""

    def __init__(self, runtime: Runtime) -> None:
        self.at = datetime(2026, 6, 1, 12, tzinfo=UTC)
        self.runtime = Runtime(
            runtime.compiled, runtime.database, clock=Clock(lambda: self.at)
        )
        consumers = [TimerConsumer(self.runtime)]
        self.worker = Dispatcher(runtime.database, lambda: consumers, lambda: self.at)
        with transaction(self.runtime, Actor.system()) as tx:
            person = {"login": "second", "name": "Second", "active": True}
            tx.create_with_ids("base.user", [(SECOND.user_id, person, None)])
            offer = {"name": "O", "discount": 20, "second": SECOND.user_id}
            self.id = tx.create("trade.offer", offer).id or 0
            tx.run_action("trade.offer", self.id, "submit")

    def later(self, **more: float) -> None:
        self.at += timedelta(**more)
        self.worker.drain()

    def approve(self, actor: Actor) -> str:
        with transaction(self.runtime, actor) as tx:
            return str(tx.run_action("trade.offer", self.id, "approve")["state"])

    def told(self) -> list[str]:
        with reading(self.runtime, SECOND) as reader:
            return [notice.kind for notice in notices(reader)]


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    with base_world(tmp_path, database_url, OFFERS, "trade") as made:
        yield Desk(made)


def test_after_two_days_somebody_else_decides_as_well(desk: Desk) -> None:
    desk.later(hours=47)
    with pytest.raises(TransitionRefused, match="Head of sales"):
        desk.approve(SECOND)
    assert desk.told() == []
    desk.later(hours=2)
    assert desk.told() == ["approval"]
    assert desk.approve(SECOND) == "waiting"
    assert desk.approve(BOSS) == "sent"


def test_what_was_decided_in_time_is_not_escalated(desk: Desk) -> None:
    with transaction(desk.runtime, BOSS) as tx:
        tx.run_action("trade.offer", desk.id, "reject", {"reason": "no"})
    desk.later(days=5)
    assert desk.told() == []


def test_a_new_round_is_as_late_as_the_one_before(desk: Desk) -> None:
    desk.later(days=3)
    desk.approve(BOSS)
    with transaction(desk.runtime, Actor.system()) as tx:
        tx.update("trade.offer", desk.id, {"discount": 21})
    assert desk.approve(SECOND) == "waiting"
    assert desk.approve(BOSS) == "sent"
