"""Sums of amounts are exact to the last place on both databases."""

import random
from decimal import ROUND_HALF_UP, Decimal

from core.services import Query


def test_lines_sum_up_exactly(world):
    rng = random.Random(11)
    bolt = world.id("shop.product.bolt")
    places = {"EUR": 2, "JPY": 0, "BHD": 3}
    with world.tx("admin") as tx:
        party = tx.create("shop.party", {"name": "P"}).id
        expected = {}
        for n in range(40):
            code = rng.choice(list(places))
            unit = Decimal(1).scaleb(-places[code])
            lines, total = [], Decimal(0)
            for _ in range(rng.randint(1, 6)):
                price = (Decimal(rng.randint(0, 99999)) * unit).quantize(unit)
                quantity = Decimal(rng.randint(0, 9999)) / 1000
                lines.append({"product": bolt, "price": price, "quantity": quantity})
                total += (price * quantity).quantize(unit, ROUND_HALF_UP)
            values = {
                "party": party,
                "lines": lines,
                "currency": world.id(f"base.currency.{code}"),
                "note": str(n),
            }
            made = tx.create("shop.order", values, accept_warnings=True)
            expected[made.id] = total
        rows = tx.search("shop.order", Query(fields=("net",), limit=100)).items
        assert {row.id: row["net"] for row in rows} == expected
        for id_, total in expected.items():
            assert tx.get("shop.order", id_)["net"] == total
            found = tx.count(
                "shop.order", Query(filter=f"id == {id_} and net == {total}")
            )
            assert found == 1
