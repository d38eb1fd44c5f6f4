"""Lines that a mapping makes of others: a summary of taxes, exact and kept up."""

from decimal import Decimal

import pytest

from core.services import Actor, ValidationFailed
from tests.unit.services.conftest import World, make_world, registry_of
from tests.unit.services.test_mapping import HERE


@pytest.fixture(scope="module")
def trade_registry():
    return registry_of(HERE / "trade", HERE / "world")


@pytest.fixture
def trade(trade_registry, database_url, tmp_path):
    world = make_world(trade_registry, database_url, tmp_path)
    yield World(world.runtime, {"system": Actor.system()})
    world.runtime.database.dispose()


def line(quantity, price, *taxes):
    rows = [{"tax": name, "percent": percent} for name, percent in taxes]
    return {"quantity": quantity, "price": price, "line_taxes": rows}


def taxes(tx, id_):
    bill = tx.get("trade.bill", id_, ("taxes", "tax_total"))
    rows = [(r["tax"], r["base"], r["amount"]) for r in bill.related("taxes")]
    assert bill["tax_total"] == sum(amount for *_, amount in rows)
    return rows


def ids(tx, id_, name):
    rows = tx.get("trade.bill", id_, (name,)).related(name)
    return [row.id for row in rows]


def bill(tx):
    lines = [
        line(3, "0.37", ("full", 19)),
        line(1, "9.99", ("full", 19), ("city", "1.5")),
        line(2, "5.05", ("half", 7)),
    ]
    return tx.create("trade.bill", {"party": "Ann", "lines": lines}).id


def test_a_summary_is_exact(trade):
    with trade.tx() as tx:
        id_ = bill(tx)
        # Rounded once per tax: 0.2109 + 1.8981, 0.14985, 0.707.
        assert taxes(tx, id_) == [
            ("full", Decimal("11.10"), Decimal("2.11")),
            ("city", Decimal("9.99"), Decimal("0.15")),
            ("half", Decimal("10.10"), Decimal("0.71")),
        ]


def test_rows_follow_and_keep_their_ids(trade):
    with trade.tx() as tx:
        id_ = bill(tx)
        lines, before = ids(tx, id_, "lines"), ids(tx, id_, "taxes")
        tx.update("trade.bill_line", lines[0], {"quantity": 30})
        assert taxes(tx, id_)[0] == ("full", Decimal("21.09"), Decimal("4.01"))
        assert ids(tx, id_, "taxes") == before
        tx.delete("trade.bill_line", lines[2])
        assert [name for name, *_ in taxes(tx, id_)] == ["full", "city"]
        assert ids(tx, id_, "taxes") == before[:2]
        values = {"bill": id_, **line(1, "100", ("half", 7))}
        tx.create("trade.bill_line", values)
        assert taxes(tx, id_)[2] == ("half", Decimal("100.00"), Decimal("7.00"))


def test_they_rest_while_the_condition_is_false(trade):
    with trade.tx() as tx:
        id_ = bill(tx)
        before = taxes(tx, id_)
        tx.update("trade.bill", id_, {"closed": True})
        tx.update("trade.bill_line", ids(tx, id_, "lines")[0], {"quantity": 30})
        assert taxes(tx, id_) == before
        tx.update("trade.bill", id_, {"closed": False})
        assert taxes(tx, id_)[0][1] == Decimal("21.09")


def test_nobody_writes_them(trade):
    with trade.tx() as tx:
        id_ = bill(tx)
        row = ids(tx, id_, "taxes")[0]
        with pytest.raises(ValidationFailed) as info:
            tx.update("trade.bill_tax", row, {"amount": 5})
        assert info.value.problems[0].code == "readonly"
        tx.update("trade.bill", id_, {"party": "Bob", "taxes": []})
        assert len(taxes(tx, id_)) == 3


def test_many_at_once(trade):
    with trade.tx() as tx:
        rows = [{"lines": [line(n, "1.00", ("full", 19))]} for n in range(1, 30)]
        made = tx.create_many("trade.bill", rows)
        for number, one in enumerate(made, 1):
            cents = (Decimal(number) * Decimal("0.19")).quantize(Decimal("0.01"))
            assert taxes(tx, one.id) == [("full", Decimal(number), cents)]
