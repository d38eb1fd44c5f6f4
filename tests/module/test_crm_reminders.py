"""What the CRM does by itself on both databases; its test documents tell the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from core.jobs import Dispatcher
from core.jobs.schedules import ScheduleConsumer
from core.jobs.timers import TimerConsumer
from core.services import Query, Runtime, transaction
from core.services.context import Clock
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

    def make(self, entity: str, **values: Any) -> int:
        with transaction(self.business.runtime, self.seller) as tx:
            return tx.create(entity, values).id or 0


@pytest.fixture
def office(business: Business) -> Office:
    return Office(business)


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
