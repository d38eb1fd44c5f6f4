"""Relations are loaded in batches or not at all."""

import pytest

from core.expressions import NotLoaded
from core.services import Query
from core.services.write import STEPS
from core.testing.statements import counting


def test_what_nobody_loaded_cannot_be_read(world):
    with world.tx("boss") as tx:
        party = tx.create("shop.party", {"name": "A", "owner": None}).id
        tx.create("shop.order", {"party": party})
        row = tx.search("shop.order", Query(fields=("number",))).items[0]
        with pytest.raises(NotLoaded):
            row.related("party")
        with pytest.raises(NotLoaded):
            row["discount"]


def test_a_batch_costs_no_more_statements_than_one_record(world):
    bolt = world.id("shop.product.bolt")
    with world.tx("boss") as tx:
        party = tx.create("shop.party", {"name": "A", "discount": 3}).id
        row = {"party": party, "lines": [{"product": bolt, "price": 1}] * 3}
        tx.create("shop.order", row)
        counts = []
        for number in (1, 30):
            with counting(tx.scene.connection) as statements:
                tx.create_many("shop.order", [row] * number)
            counts.append(len(statements))
    assert counts[0] == counts[1]


def test_the_steps_of_a_save_are_visible():
    assert [step.__name__ for step in STEPS] == [
        "check_access",
        "coerce",
        "fill_defaults",
        "place_in_tree",
        "compute",
        "check_tree",
        "validate",
        "run_rules",
        "check_duplicates",
        "ask_plugins",
        "hold_groups",
        "write_row",
        "note_files",
        "upkeep",
        "check_across",
        "confirm_access",
        "tell_plugins",
        "record_audit",
        "queue_events",
        "set_timers",
        "set_clocks",
        "react",
    ]
