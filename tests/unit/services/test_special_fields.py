"""Frozen values and many-to-many through records."""

from decimal import Decimal

import pytest

from core.services import Query, ValidationFailed


def test_frozen_values_stop_following(world):
    with world.tx("admin") as tx:
        made = tx.create("shop.bundle", {"name": "one", "price": 5})
        assert (made["offer"], made["hint"]) == (10, "ONE")
        # The save that freezes computes a last time.
        tx.update("shop.bundle", made.id, {"price": 6, "state": "fixed"})
        tx.update("shop.bundle", made.id, {"price": 7, "name": "two"})
        got = tx.get("shop.bundle", made.id)
        assert (got["offer"], got["hint"]) == (12, "ONE")
        tx.update("shop.bundle", made.id, {"state": "draft", "price": 8})
        assert tx.get("shop.bundle", made.id)["offer"] == 16


def test_links_through_records(world):
    bolt, nut = world.id("shop.product.bolt"), world.id("shop.product.nut")
    with world.tx("admin") as tx:
        made = tx.create("shop.bundle", {"name": "x", "products": [bolt, nut]})
        items = tx.search("shop.bundle_item").items
        assert {row["product"] for row in items} == {bolt, nut}
        assert {row["share"] for row in items} == {Decimal(10)}
        tx.update("shop.bundle", made.id, {"products": [nut]})
        assert tx.get("shop.bundle", made.id)["products"] == (nut,)
        assert tx.count("shop.bundle_item", Query()) == 1
        tx.delete("shop.bundle", made.id)
        assert tx.count("shop.bundle_item", Query()) == 0


def test_names_and_expressions_as_data_are_checked(world):
    with world.tx("admin") as tx:
        values = {"name": "x", "needed": ["code"], "test": "price > 3"}
        tx.create("shop.bundle", values)
        with pytest.raises(ValidationFailed) as info:
            tx.create(
                "shop.bundle", {"name": "y", "needed": ["cod"], "test": "prize > 3"}
            )
        assert {problem.field for problem in info.value.problems} == {"needed", "test"}
