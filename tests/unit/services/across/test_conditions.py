"""Conditions across rows: kept one by one, in bulk, by deletions and under races."""

from datetime import UTC, date, datetime

import pytest

from core.services import Query, RuleBroken
from core.testing.statements import counting
from tests.unit.services.test_together import together

SHIFT = "plant.shift"


def hour(n):
    return datetime(2026, 5, 1, n, tzinfo=UTC)


def machine(plant, name="m"):
    with plant.tx("hand") as tx:
        return tx.create("plant.machine", {"name": name}).id


def make(plant, *rows, entity=SHIFT):
    with plant.tx("hand") as tx:
        filled = [{"name": f"s{n}", **row} for n, row in enumerate(rows)]
        return [one.id for one in tx.create_many(entity, filled)]


def refused(plant, *rows):
    with pytest.raises(RuleBroken) as broken:
        make(plant, *rows)
    return broken.value.problems


def test_periods_do_not_overlap(plant):
    at = machine(plant)
    make(plant, {"machine": at, "starts": hour(8), "ends": hour(10)})
    make(plant, {"machine": at, "starts": hour(10), "ends": hour(12)})
    make(plant, {"machine": at, "starts": hour(9), "ends": hour(11), "void": True})
    make(plant, {"starts": hour(9), "ends": hour(11)})
    make(plant, {"machine": machine(plant), "starts": hour(9), "ends": None})
    (problem,) = refused(
        plant, {"name": "x", "machine": at, "starts": hour(11), "ends": None}
    )
    assert problem.code == "plant.shift/one_at_a_time"
    assert problem.field == "starts"
    assert problem.message == "This overlaps with s0."
    later = make(plant, {"machine": at, "starts": hour(12), "ends": None})
    with pytest.raises(RuleBroken), plant.tx("hand") as tx:
        tx.update(SHIFT, later[0], {"starts": hour(11)})


def test_rows_of_one_batch_see_each_other(plant):
    at = machine(plant)
    rows = [{"name": f"r{n}", "machine": at, "starts": hour(n // 2)} for n in (2, 4, 5)]
    for row in rows:
        row["ends"] = row["starts"].replace(minute=30)
    with plant.tx("hand") as tx:
        outcomes = tx.create_many(SHIFT, rows, partial=True)
    assert [one.action for one in outcomes] == ["created", "created", "refused"]


def test_at_most_one_and_archiving(plant):
    at = machine(plant)
    first, second = make(plant, {"machine": at, "lead": True}, {"machine": at})
    with pytest.raises(RuleBroken), plant.tx("hand") as tx:
        tx.update(SHIFT, second, {"lead": True})
    with plant.tx("hand") as tx:
        tx.archive(SHIFT, first)
        tx.update(SHIFT, second, {"lead": True})
    with pytest.raises(RuleBroken), plant.tx("hand") as tx:
        tx.restore(SHIFT, first)
    with plant.tx("hand") as tx:
        (outcome,) = tx.restore_many(SHIFT, [first])
    assert outcome.problems


def test_exactly_one_also_when_a_row_goes(plant):
    refused(plant, {"team": "a"})
    first, second = make(plant, {"team": "a", "main": True}, {"team": "a"})
    for work in (
        lambda tx: tx.delete(SHIFT, first),
        lambda tx: tx.update(SHIFT, first, {"team": "b"}),
        lambda tx: tx.update(SHIFT, second, {"main": True}),
    ):
        with pytest.raises(RuleBroken), plant.tx("hand") as tx:
            work(tx)
    with plant.tx("hand") as tx:
        rows = [(first, {"main": False}, None), (second, {"main": True}, None)]
        tx.update_many(SHIFT, rows)
        tx.delete(SHIFT, first)
        tx.delete(SHIFT, second)


def test_groups_of_rows_are_checked_together(plant):
    ids = make(plant, {"pool": "p", "share": 60}, {"pool": "p", "share": 40})
    (problem,) = refused(plant, {"pool": "p", "share": 1})
    assert problem.message == "The shares of p are not 100."
    with pytest.raises(RuleBroken), plant.tx("hand") as tx:
        tx.delete(SHIFT, ids[0])
    with plant.tx("hand") as tx:
        rows = [(ids[0], {"share": 10}, None), (ids[1], {"share": 90}, None)]
        tx.update_many(SHIFT, rows)


def test_a_path_never_leads_back(plant):
    one, two = make(plant, {}, {})
    with plant.tx("hand") as tx:
        tx.update(SHIFT, one, {"next": two})
    with pytest.raises(RuleBroken) as broken, plant.tx("hand") as tx:
        tx.update(SHIFT, two, {"next": one})
    assert broken.value.problems[0].code == "plant.shift/no_loop"


def test_a_warning_asks_once(plant):
    make(plant, {"note": "once"})
    (problem,) = refused(plant, {"note": "once"})
    assert problem.level == "warn"
    with plant.tx("hand") as tx:
        values = {"name": "s", "note": "once"}
        made = tx.create(SHIFT, values, accept_warnings=True)
    with plant.reader("hand") as reader:
        assert reader.history(SHIFT, made.id)[0].accepted == ("note_once",)


def test_bulk_takes_as_many_statements_as_few(plant):
    def count(number):
        at = [machine(plant) for _ in range(3)]
        rows = [{"name": "n", "machine": at[n % 3]} for n in range(number)]
        with plant.tx("hand") as tx, counting(tx.scene.connection) as statements:
            tx.create_many(SHIFT, rows)
        return len(statements)

    assert count(5) < 20
    assert count(300) < 20


def test_eight_writers_race_and_one_wins(plant):
    at = machine(plant)

    def write(values):
        with plant.tx("hand") as tx:
            tx.create(SHIFT, {"name": "r", **values})

    for values in (
        {"machine": at, "starts": hour(1), "ends": hour(2)},
        {"machine": at, "lead": True},
        {"team": "race", "main": True},
        {"pool": "race", "share": 100},
    ):
        results = together(*(lambda v=values: write(v) for _ in range(8)))
        assert results.count(None) == 1, values
        assert all(one is None or isinstance(one, RuleBroken) for one in results)


def test_rows_that_count_for_a_time(plant):
    at = machine(plant)
    rate = {"machine": at, "price": 1}
    make_rate = [
        {**rate, "since": date(2026, 1, 1), "until": date(2026, 1, 31)},
        {**rate, "price": 2, "since": date(2026, 2, 1)},
    ]
    with plant.tx("hand") as tx:
        tx.create_many("plant.rate", make_rate)
    with pytest.raises(RuleBroken) as broken, plant.tx("hand") as tx:
        tx.create("plant.rate", {**rate, "since": date(2026, 3, 1)})
    assert broken.value.problems[0].code == "plant.rate/effective"
    other = machine(plant)
    gap = [
        {"machine": other, "price": 1, "since": date(2026, 1, 1)},
        {"machine": other, "price": 1, "since": date(2026, 1, 9)},
    ]
    gap[0]["until"] = date(2026, 1, 7)
    with pytest.raises(RuleBroken), plant.tx("hand") as tx:
        tx.create_many("plant.rate", gap)
    with plant.reader("hand") as reader:
        for day, price in (("2026-01-31", 1), ("2026-02-01", 2), ("2030-01-01", 2)):
            text = f"at(rates, date('{day}')).price == {price}"
            found = reader.search("plant.machine", Query(filter=text))
            assert [row.id for row in found.items] == [at], day
