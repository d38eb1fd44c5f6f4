"""States and choices that are gone: their rows go on, or the plan is refused."""

from __future__ import annotations

import pytest

from core.migrations import PlanRefused, load_plan
from core.migrations.map_choices import MapChoices
from tests.unit.migrations.conftest import Bench

MAPS = {
    "module.yml": "module: maps\ntitle: Maps\nversion: 1.0.0\n"
    "depends: {shop: '>=1.0'}\n",
    "extensions/shop.book.yml": "extend: {entity: shop.book}\nfields:\n"
    "  kind: {choices: {map: Map}}\n",
}
WORKFLOW = """\
workflow: shop.book
entity: shop.book
state: state
states: {{{states}}}
transitions: {{bring: {{from: any, to: back}}}}
"""


def states(bench: Bench, text: str) -> None:
    bench.write(
        "name: {type: text}",
        "state: {type: choice}",
        "home: {type: boolean, formula: state == 'back'}",
    )
    written = {"workflows/book.yml": WORKFLOW.format(states=text)}
    bench.world.write("shop", written)


@pytest.fixture
def lent(bench: Bench) -> Bench:
    """Three books, two of which are lost."""
    states(bench, "out: {}, lost: {}, back: {}")
    bench.apply()
    for name, state in (("A", "out"), ("B", "lost"), ("C", "lost")):
        bench.insert("shop.book", name=name, state=state, home=False)
    return bench


def test_a_state_that_records_are_in_is_not_taken_away(lent: Bench) -> None:
    states(lent, "out: {}, back: {}")
    plan = lent.plan()
    (reason,) = plan.blocked
    assert "2 rows in 'lost'" in reason
    assert "'was: lost'" in reason
    with pytest.raises(PlanRefused):
        lent.apply()
    assert lent.rows("shop.book", "state") == [("out",), ("lost",), ("lost",)]


def test_its_records_go_on_to_the_one_that_takes_its_place(lent: Bench) -> None:
    states(lent, "out: {}, back: {was: lost}")
    plan = lent.plan()
    (step,) = [o for o in plan.steps if isinstance(o.operation, MapChoices)]
    assert step.operation.text() == "values of shop_book.state: 'lost' becomes 'back'"
    assert step.rows == 2
    assert load_plan(plan.save(lent.home)) == plan
    # What was stored of the state is worked out again.
    assert plan.recompute == (("shop.book", "home"),)
    lent.apply()
    assert lent.rows("shop.book", "state") == [("out",), ("back",), ("back",)]


def test_a_state_that_nobody_is_in_may_go(lent: Bench) -> None:
    lent.run("UPDATE shop_book SET state = 'back' WHERE state = 'lost'")
    states(lent, "out: {}, back: {}")
    assert lent.plan().blocked == ()
    assert "values of shop_book.state: 'lost' goes" in lent.apply()


def test_choices_of_any_field(bench: Bench) -> None:
    field = "kind: {{type: choice, choices: {{{choices}}}{more}}}"
    bench.write(field.format(choices="hot: Hot, cold: Cold", more=""))
    bench.apply()
    bench.insert("shop.book", kind="hot")
    bench.write(field.format(choices="high: High, cold: Cold", more=""))
    assert "1 row in 'hot'" in bench.plan().blocked[0]
    was = ", values_was: {hot: high}"
    bench.write(field.format(choices="high: High, cold: Cold", more=was))
    bench.apply()
    assert bench.rows("shop.book", "kind") == [("high",)]


def test_choices_of_a_module_that_is_off_stay_with_their_rows(bench: Bench) -> None:
    bench.write("kind: {type: choice, choices: {novel: Novel}}")
    bench.world.write("maps", MAPS)
    bench.apply()
    bench.insert("shop.book", kind="map")
    off = bench.plan(["shop"])
    assert off.is_empty or not off.blocked
    bench.apply(["shop"])
    assert bench.rows("shop.book", "kind") == [("map",)]
    # What goes from the module's own file while it is off is no news yet.
    bench.apply()
    assert bench.rows("shop.book", "kind") == [("map",)]
    bench.world.write("maps", {"extensions/shop.book.yml": ""})
    (reason,) = bench.plan().blocked
    assert "1 row in 'map'" in reason
