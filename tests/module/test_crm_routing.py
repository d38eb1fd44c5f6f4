"""Leads without an owner are routed by rules, in turn, and to the next one in time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.jobs import Dispatcher
from core.jobs.timers import TimerConsumer
from core.services import Actor, Runtime, transaction
from core.services.assigning import assigned_of
from core.services.context import Clock
from core.services.timeline import feed
from tests.module.conftest import Business

#: Ten o'clock on a Monday in Berlin.
MONDAY = datetime(2026, 6, 1, 8, tzinfo=UTC)


class Desk:
    """A team for leads, and a clock that the test moves."""

    def __init__(self, business: Business) -> None:
        self.at = MONDAY
        given = business.runtime
        self.business = business
        business.runtime = Runtime(
            given.compiled, given.database, given.plugins, Clock(lambda: self.at)
        )
        runtime = business.runtime
        self.people = [
            business.somebody(name, "crm.user").user_id for name in ("ann", "bob", "cy")
        ]
        self.worker = Dispatcher(
            runtime.database, lambda: [TimerConsumer(runtime)], lambda: self.at
        )
        self.make("base.team", name="Leads", code="leads", members=self.people)

    def make(self, entity: str, **values: Any) -> int:
        with transaction(self.business.runtime, Actor.system()) as tx:
            return tx.create(entity, values, accept_warnings=True).id or 0

    def leads(self, number: int, **values: Any) -> list[int]:
        row = {"name": "Pumps", "last_name": "Doe", "email": "a@b.example", **values}
        with transaction(self.business.runtime, Actor.system()) as tx:
            made = tx.create_many("crm.lead", [dict(row) for _ in range(number)])
        return [one.id for one in made if one.id is not None]

    def read(self, id_: int) -> Any:
        return self.business.see(Actor.system(), lambda r: r.get("crm.lead", id_))


@pytest.fixture
def desk(business: Business) -> Desk:
    return Desk(business)


def test_in_turn_up_to_thirty_each(desk: Desk) -> None:
    ids = desk.leads(30)
    owners = Counter(desk.read(id_)["owner"] for id_ in ids)
    assert owners == dict.fromkeys(desk.people, 10)
    assert desk.read(ids[0])["routed_because"] == "In turn (team)"


def test_the_territory_comes_first_and_is_told(desk: Desk) -> None:
    boss = desk.business.somebody("dora", "crm.manager").user_id
    desk.make("base.territory", name="DACH", code="DE", manager=boss)
    (lead,) = desk.leads(1, country="DE")
    assert desk.read(lead)["owner"] == boss
    assert desk.read(lead)["routed_because"] == "Territory Germany (territory)"
    entries = desk.business.see(
        Actor.system(), lambda r: feed(r, "crm.lead", lead, ("assignment",))
    )
    assert [one.facts["rule"] for one in entries] == ["territory"]


def test_who_does_not_begin_loses_it(desk: Desk) -> None:
    (lead,) = desk.leads(1)
    first = desk.read(lead)["owner"]
    desk.at += timedelta(days=1, hours=9)
    desk.worker.drain()
    assert desk.read(lead)["owner"] != first
    told = desk.business.see(Actor.system(), lambda r: assigned_of(r, "crm.lead", lead))
    assert len({one.person for one in told}) == 2
    second = desk.read(lead)["owner"]
    with transaction(desk.business.runtime, Actor.system()) as tx:
        tx.run_action("crm.lead", lead, "start")
    desk.at += timedelta(days=9)
    desk.worker.drain()
    assert desk.read(lead)["owner"] == second
