"""A step of a flow where instances rest is not taken away without a place to go on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from core.migrations import PlanRefused, load_plan
from core.storage import flow
from tests.unit.migrations.conftest import Bench

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FLOW = """\
flow: shop.care
subject: shop.book
steps:
  first: {{wait: 2 days}}
  {step}: {{wait: 3 days}}
"""


def steps(bench: Bench, text: str) -> None:
    bench.write("name: {type: text}")
    bench.world.write("shop", {"flows/care.yml": FLOW.format(step=text)})


@pytest.fixture
def resting(bench: Bench) -> Bench:
    """An instance at the second step of a flow."""
    steps(bench, "second")
    bench.apply()
    row = {
        "flow": "shop.care",
        "entity": "shop.book",
        "record": 1,
        "state": "waiting",
        "step": "second",
        "turn": 1,
        "heard": 0,
        "fresh": False,
        "at": NOW,
        "changed_at": NOW,
        "chain": [],
        **{name: {} for name in ("input", "results", "states", "counts")},
    }
    with bench.database.writing() as connection:
        connection.execute(sa.insert(flow).values(**row))
    return bench


def test_a_step_with_instances_stays(resting: Bench) -> None:
    assert resting.plan().is_empty
    steps(resting, "third")
    plan = resting.plan()
    (reason,) = plan.blocked
    assert "1 instance rests at the step 'second'" in reason
    assert "'was: second'" in reason
    assert load_plan(plan.save(resting.home)) == plan
    with pytest.raises(PlanRefused):
        resting.apply()
    bench = resting
    bench.world.write(
        "shop",
        {
            "flows/care.yml": FLOW.format(step="third").replace(
                "wait: 3 days", "was: second, wait: 3 days"
            )
        },
    )
    assert bench.plan().is_empty
