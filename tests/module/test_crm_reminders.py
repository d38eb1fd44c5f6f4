"""What the CRM does by itself: stuck deals, leads without an answer, won deals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.jobs import Dispatcher
from core.jobs.schedules import ScheduleConsumer
from core.jobs.timers import TimerConsumer
from core.services import Query, Runtime, transaction
from core.services.context import Clock
from core.services.timeline import notices
from tests.module.conftest import Business

#: Ten o'clock on a Monday in Berlin.
MONDAY = datetime(2026, 6, 1, 8, tzinfo=UTC)


class Office:
    """A business whose clock the test moves, with its worker."""

    def __init__(self, business: Business) -> None:
        self.at = MONDAY
        given = business.runtime
        self.business = business
        business.runtime = Runtime(
            given.compiled, given.database, given.plugins, Clock(lambda: self.at)
        )
        self.seller = business.somebody("ann", "crm.user")
        runtime = business.runtime
        self.worker = Dispatcher(
            runtime.database,
            lambda: [ScheduleConsumer(runtime), TimerConsumer(runtime)],
            lambda: self.at,
        )
        self.worker.drain()

    def later(self, **more: float) -> None:
        self.at += timedelta(**more)
        self.worker.drain()

    def make(self, entity: str, **values: Any) -> int:
        with transaction(self.business.runtime, self.seller) as tx:
            return tx.create(entity, values).id or 0

    def told(self) -> list[str]:
        return self.business.see(
            self.seller, lambda r: [one.text for one in reversed(notices(r))]
        )

    def tasks(self) -> list[str]:
        query = Query(order=("id",), fields=("subject",))
        page = self.business.see(self.seller, lambda r: r.search("crm.activity", query))
        return [one["subject"] for one in page.items]


@pytest.fixture
def office(business: Business) -> Office:
    return Office(business)


def test_a_deal_that_rests_too_long_gets_one_task(office: Office) -> None:
    party = office.make("base.party", kind="organisation", name="Acme AG")
    deal = office.make("crm.opportunity", name="Pumps", party=party)
    stage = office.business.see(
        office.seller, lambda r: r.get("crm.opportunity", deal)["stage"]
    )
    rest = office.business.see(
        office.seller, lambda r: r.get("crm.stage", stage)["rotting_days"]
    )
    office.later(days=rest)
    assert office.tasks() == []
    office.later(days=4)
    (task,) = office.tasks()
    assert task.startswith("Stuck in ")
    assert office.told()[0].startswith("Pumps is stuck in ")
    # The task is open: nothing more until it is done.
    office.later(days=7)
    assert office.tasks() == [task]


def test_a_lead_without_an_answer_is_told_until_work_begins(office: Office) -> None:
    values = {"name": "Valves", "last_name": "Klein", "phone": "+49 30 1234567"}
    lead = office.make("crm.lead", **values)
    # Seven hours of the working day are left: the eighth is on Tuesday morning.
    office.later(hours=22)
    assert office.told() == []
    office.later(hours=4)
    assert office.told() == ["Valves waits for an answer."]
    office.later(days=1)
    assert len(office.told()) == 2
    office.business.do(
        office.seller, lambda tx: tx.run_action("crm.lead", lead, "start")
    )
    office.later(days=9)
    assert len(office.told()) == 2


def test_a_deal_won_on_the_board_makes_a_customer(office: Office) -> None:
    party = office.make("base.party", kind="organisation", name="Acme AG")
    deal = office.make("crm.opportunity", name="Pumps", party=party, amount="5")
    won = office.business.see(
        office.seller,
        lambda r: r.search("crm.stage", Query(filter="kind == 'won'")).items[0].id,
    )
    office.business.do(
        office.seller, lambda tx: tx.update("crm.opportunity", deal, {"stage": won})
    )
    shown = office.business.see(office.seller, lambda r: r.get("base.party", party))
    assert shown["is_customer"]
    entry = office.business.see(
        office.seller, lambda r: r.history("base.party", party)[0]
    )
    assert entry.origin == "automation crm.won_makes_customer"
