"""Documents that become others: open quantities, groups, links back, previews."""

import threading
from decimal import Decimal
from pathlib import Path

import pytest

from core.services import Actor, AppError, TransitionRefused, ValidationFailed
from core.services.mapping import plan_mapping
from core.services.recompute import wrong_values
from tests.unit.services.conftest import World, make_world, registry_of

HERE = Path(__file__).parent
BILL = "trade.order_to_bill"


@pytest.fixture(scope="module")
def trade_registry():
    return registry_of(HERE / "trade", HERE / "world")


@pytest.fixture
def trade(trade_registry, database_url, tmp_path):
    world = make_world(trade_registry, database_url, tmp_path)
    yield World(world.runtime, {"system": Actor.system()})
    world.runtime.database.dispose()


def order(tx, name, party, *quantities, **values):
    lines = [
        {"text": f"part {n}", "quantity": quantity, "price": "2.50"}
        for n, quantity in enumerate(quantities)
    ]
    values = {"name": name, "party": party, "lines": lines, **values}
    made = tx.create("trade.order", values).id
    return made, [
        row.id for row in tx.get("trade.order", made, ("lines",)).related("lines")
    ]


def bills(tx, *made):
    return [
        (
            bill["party"],
            bill["total"],
            [(row["text"], row["quantity"]) for row in bill.related("lines")],
        )
        for bill in (
            tx.get("trade.bill", one.id, ("party", "total", "lines")) for one in made
        )
    ]


def test_what_is_open_is_taken_once(trade):
    with trade.tx() as tx:
        id_, lines = order(tx, "A", "Ann", 10, 4)
        first = tx.map(BILL, [id_], {"day": "2026-03-01"}, {"open": {lines[0]: 3}})
        assert bills(tx, *first) == [("Ann", Decimal("7.50"), [("A: part 0", 3)])]
        assert tx.get("trade.order_line", lines[0])["to_bill"] == 7
        rest = tx.map(BILL, [id_])
        assert bills(tx, *rest)[0][2] == [("A: part 0", 7), ("A: part 1", 4)]
        assert tx.get("trade.order", id_)["billed_share"] == 1
        with pytest.raises(TransitionRefused, match="nothing that is left"):
            tx.map(BILL, [id_])
        tx.delete("trade.bill", first[0].id)
        assert tx.get("trade.order_line", lines[0])["to_bill"] == 3
    with trade.reader() as reader:
        assert list(wrong_values(reader)) == []


def test_lines_link_both_ways(trade):
    with trade.tx() as tx:
        id_, lines = order(tx, "A", "Ann", 1)
        made = tx.map(BILL, [id_])[0]
        row = tx.get("trade.bill", made.id, ("lines",)).related("lines")[0]
        assert row["order_line"] == lines[0]
        assert tx.get("trade.order_line", lines[0])["last_bill"] == row.id
        assert tx.get("trade.bill", made.id, ("orders",))["orders"] == (id_,)


def test_sources_of_a_group_become_one_target(trade):
    with trade.tx() as tx:
        one, _ = order(tx, "A", "Ann", 1)
        two, _ = order(tx, "B", "Bob", 2)
        three, _ = order(tx, "C", "Ann", 3)
        made = tx.map(BILL, [one, two, three])
        assert bills(tx, *made) == [
            ("Ann", Decimal("10.00"), [("A: part 0", 1), ("C: part 0", 3)]),
            ("Bob", Decimal("5.00"), [("B: part 0", 2)]),
        ]
        assert tx.get("trade.bill", made[0].id, ("orders",))["orders"] == (one, three)


def test_a_condition_refuses_and_another_chooses(trade):
    with trade.tx() as tx:
        one, _ = order(tx, "A", "Ann", 1)
        two, _ = order(tx, "B", "Ann", 2, state="draft")
        with pytest.raises(TransitionRefused, match="it needs state != 'draft'"):
            tx.map(BILL, [one, two])
        made = tx.map("trade.digest", [one, two])
        assert tx.get("trade.digest", made[0].id)["orders_number"] == 1


def test_a_target_that_is_there_is_changed(trade):
    with trade.tx() as tx:
        one, _ = order(tx, "A", "Ann", 1, 2)
        two, _ = order(tx, "B", "Ann", 4)
        first = tx.map("trade.digest", [one])[0]
        second = tx.map("trade.digest", [one, two])[0]
        assert second.id == first.id
        found = tx.get("trade.digest", first.id, ("orders_number", "lines"))
        assert found["orders_number"] == 2
        rows = [(row["text"], row["quantity"]) for row in found.related("lines")]
        assert rows == [("part 0", 1), ("part 1", 2), ("part 0", 5), ("part 1", 2)]


@pytest.mark.parametrize("amount", [-1, 11, "many"])
def test_more_than_is_open_is_refused(trade, amount):
    with trade.tx() as tx:
        id_, lines = order(tx, "A", "Ann", 10)
        with pytest.raises(ValidationFailed) as info:
            tx.map(BILL, [id_], {}, {"open": {lines[0]: amount}})
        assert info.value.problems[0].code == "out_of_range"
        with pytest.raises(ValidationFailed):
            tx.map(BILL, [id_], {}, {"open": {lines[0] + 77: 1}})
        with pytest.raises(ValidationFailed):
            tx.map(BILL, [id_], {"moon": 1})


def test_a_preview_writes_nothing(trade):
    with trade.tx() as tx:
        id_, _ = order(tx, "A", "Ann", 10)
        plan = plan_mapping(tx, BILL, [id_], {"day": "2026-03-01"})
        assert [line.open for line in plan[0].lines] == [10]
        assert plan[0].values["party"] == "Ann"
        assert tx.count("trade.bill") == 0


def test_a_button_runs_it_with_its_answers(trade):
    with trade.tx() as tx:
        id_, _ = order(tx, "A", "Ann", 10)
        tx.run_action("trade.order", id_, "bill", {"day": "2026-05-06"})
        assert tx.get("trade.order", id_)["state"] == "done"
        assert str(tx.search("trade.bill").items[0]["day"]) == "2026-05-06"


def test_two_at_once_take_it_once(trade):
    with trade.tx() as tx:
        id_, _ = order(tx, "A", "Ann", 10)
    outcomes = []

    def work():
        try:
            with trade.tx() as tx:
                tx.map(BILL, [id_])
            outcomes.append("made")
        except AppError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes).count("made") == 1
    with trade.reader() as reader:
        assert reader.count("trade.bill") == 1
        assert list(wrong_values(reader)) == []


def test_lines_that_are_there_are_changed(trade):
    visit, day = "trade.order_to_visit", {"day": "2026-03-01"}
    with trade.tx() as tx:
        id_, lines = order(tx, "A", "Bob", 1, 2)
        bill = tx.map(visit, [id_], day)[0].id
        rows = tx.get("trade.bill", bill, ("lines",)).related("lines")
        assert [row["quantity"] for row in rows] == [1, 1, 2]
        more = {"text": "new", "quantity": 5, "price": 1}
        kept = [{"id": lines[0], "quantity": 7}, {"id": lines[1]}, more]
        tx.update("trade.order", id_, {"lines": kept})
        assert tx.map(visit, [id_], day)[0].id == bill
        again = tx.get("trade.bill", bill, ("lines",)).related("lines")
        assert [row.id for row in again][:3] == [row.id for row in rows]
        assert [row["quantity"] for row in again] == [1, 7, 2, 5]
        assert tx.get("trade.order_line", lines[0])["last_bill"] == rows[1].id
    with trade.reader() as reader:
        assert list(wrong_values(reader)) == []


def test_effects_follow_on_the_sources(trade):
    with trade.tx() as tx:
        one, _ = order(tx, "A", "Ann", 1)
        two, _ = order(tx, "B", "Bob", 1)
        tx.map("trade.order_to_visit", [one, two], {"day": "2026-03-01"})
        assert tx.get("trade.order", one)["state"] == "done"
        assert tx.get("trade.order", one)["party"] == "Ann!"
        assert tx.get("trade.order", two)["state"] == "open"
