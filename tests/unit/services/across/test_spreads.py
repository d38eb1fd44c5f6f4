"""Amounts shared out among rows: exact, in saves, in drafts, after every change."""

import random
from decimal import Decimal

from core.services.spreading import distribute


def test_shares_always_sum_to_the_amount():
    dice = random.Random(11)
    for _ in range(5000):
        places = dice.randrange(5)
        amount = Decimal(dice.randint(-(10**9), 10**9)).scaleb(-dice.randrange(6))
        weights = [
            Decimal(dice.randint(-5, 1000)).scaleb(-dice.randrange(4))
            for _ in range(dice.randint(1, 12))
        ]
        residual = dice.choice(("largest", "last", "first"))
        shares = distribute(amount, weights, places, residual)
        rounded = amount.quantize(Decimal(1).scaleb(-places), "ROUND_HALF_UP")
        assert sum(shares) == rounded, (amount, weights, places)


def test_what_is_left_over_goes_where_it_should():
    one = [Decimal(1)] * 3
    ten = Decimal(10)
    cents = [Decimal("3.33"), Decimal("3.33"), Decimal("3.34")]
    assert distribute(ten, one, 2, "last") == cents
    assert distribute(ten, one, 2, "first") == cents[::-1]
    weights = [Decimal(1), Decimal(4), Decimal(1)]
    assert distribute(ten, weights, 2)[1] == Decimal("6.66")
    assert distribute(ten, [Decimal(0)] * 2, 2) == [Decimal(5)] * 2
    assert distribute(ten, [], 2) == []


def shares(record):
    return [row["share"] for row in record.relations["lines"]]


def test_saves_and_drafts_share_out(plant):
    lines = [{"amount": 10}, {"amount": 10}, {"amount": 10}, {"amount": 5, "free": 1}]
    values = {"name": "b", "rebate": 1, "lines": lines}
    with plant.tx("hand") as tx:
        made = tx.create("plant.bill", values).id
    with plant.reader("hand") as reader:
        found = reader.get("plant.bill", made)
        assert shares(found) == [
            Decimal("-0.33"),
            Decimal("-0.33"),
            Decimal("-0.34"),
            None,
        ]
        assert found["total"] == Decimal("34.00")
        draft = reader.evaluate("plant.bill", {**values, "rebate": 2})
        assert draft.values["total"] == Decimal("33.00")
    with plant.tx("hand") as tx:
        tx.update("plant.bill", made, {"rebate": 3})
    with plant.reader("hand") as reader:
        found = reader.get("plant.bill", made)
        assert shares(found) == [Decimal(-1)] * 3 + [None]
        assert found["total"] == Decimal("32.00")
        first = found.relations["lines"][0].id
    with plant.tx("hand") as tx:
        tx.update("plant.bill_line", first, {"amount": 20})
    with plant.reader("hand") as reader:
        found = reader.get("plant.bill", made)
        assert shares(found)[:3] == [
            Decimal("-1.50"),
            Decimal("-0.75"),
            Decimal("-0.75"),
        ]
