"""Changing records: versions, suggestions that follow, states, races."""

from decimal import Decimal

import pytest

from core.services import (
    NotAllowed,
    NotFound,
    Query,
    RuleBroken,
    StaleRecord,
    ValidationFailed,
)


@pytest.fixture
def party(world):
    with world.tx("boss") as tx:
        return tx.create("shop.party", {"name": "Acme", "discount": 10, "code": "A"}).id


def test_versions_and_what_changed(world, party):
    with world.tx("boss") as tx:
        tx.update("shop.party", party, {"name": "Beta"}, version=1)
    with world.tx("boss") as tx, pytest.raises(StaleRecord) as info:
        tx.update("shop.party", party, {"city": "Bonn"}, version=1)
    assert info.value.facts["version"] == 2
    assert info.value.facts["changed"] == ["name", "shout"]
    assert info.value.facts["by"] == world.actors["boss"].user_id


def test_what_changes_nothing_writes_nothing(world, party):
    with world.tx("boss") as tx:
        outcome = tx.update_many("shop.party", [(party, {"name": "Acme"}, 1)])[0]
        assert outcome.action == "unchanged"
        assert tx.get("shop.party", party)["version"] == 1
        assert len(tx.history("shop.party", party)) == 1


def test_formulas_follow(world, party):
    with world.tx("boss") as tx:
        tx.update("shop.party", party, {"name": "Beta"})
        assert tx.get("shop.party", party)["shout"] == "BETA"
        assert tx.search("shop.party", Query(filter="shout == 'BETA'")).items


def test_suggestions_follow_only_their_inputs(world, party):
    with world.tx("boss") as tx:
        other = tx.create("shop.party", {"name": "Other", "discount": 4}).id
        order = tx.create("shop.order", {"party": party}).id
        tx.update("shop.order", order, {"discount": 7})
        tx.update("shop.order", order, {"note": "n"})
        assert tx.get("shop.order", order)["discount"] == 7
        tx.update("shop.order", order, {"party": other})
        assert tx.get("shop.order", order)["discount"] == 4
        tx.update("shop.order", order, {"party": party, "discount": 1})
        assert tx.get("shop.order", order)["discount"] == 1


def test_readonly_and_once(world, party):
    with world.tx("boss") as tx:
        bolt = world.id("shop.product.bolt")
        order = tx.create(
            "shop.order",
            {
                "party": party,
                "reference": "R",
                "state": "done",
                "reason": "x",
                "lines": [{"product": bolt, "price": 1}],
            },
        ).id
        with pytest.raises(ValidationFailed) as info:
            tx.update("shop.order", order, {"reference": "S", "note": "n"})
        assert {(p.field, p.code) for p in info.value.problems} == {
            ("reference", "once"),
            ("note", "readonly"),
        }
        with pytest.raises(RuleBroken):
            tx.update("shop.order", order, {"state": "open"})


def test_unique_values_may_be_swapped_in_one_batch(world, party):
    with world.tx("boss") as tx:
        other = tx.create("shop.party", {"name": "B", "code": "B"}).id
        with pytest.raises(ValidationFailed):
            tx.update("shop.party", other, {"code": "A"})
        tx.update("shop.party", party, {"code": "C"})
        tx.update("shop.party", other, {"code": "A"})


def test_absent_and_forbidden(world, party):
    with world.tx("boss") as tx:
        mine = world.actors["boss"].user_id
        tx.update("shop.party", party, {"owner": mine})
        with pytest.raises(NotFound):
            tx.update("shop.party", 99999, {"name": "x"})
    with world.tx("ann") as tx, pytest.raises(NotFound):
        tx.update("shop.party", party, {"name": "x"})
    with world.tx("nobody") as tx, pytest.raises(NotAllowed):
        tx.update("shop.party", party, {"name": "x"})
    with world.tx("ann") as tx, pytest.raises(NotAllowed):
        tx.update("shop.product", world.id("shop.product.bolt"), {"name": "x"})


def test_partial_updates_report_each_row(world, party):
    with world.tx("boss") as tx:
        rows = [
            (party, {"name": "New"}, 1),
            (99999, {"name": "x"}, None),
            (party, {"discount": 99}, None),
        ]
        outcomes = tx.update_many("shop.party", rows[:2], partial=True)
        assert [one.action for one in outcomes] == ["updated", "refused"]
        assert outcomes[1].problems[0].code == "not_found"
        outcomes = tx.update_many(
            "shop.party", [(party, {"name": "Z"}, 1)], partial=True
        )
        assert outcomes[0].problems[0].code == "stale_record"


def test_amounts_follow_a_change_of_currency(world, party):
    with world.tx("boss") as tx:
        bolt = world.id("shop.product.bolt")
        line = {"product": bolt, "quantity": "1.5", "price": "1"}
        order = tx.create("shop.order", {"party": party, "lines": [line]}).id
        assert tx.get("shop.order", order)["net"] == Decimal("1.50")
        tx.update("shop.order", order, {"currency": world.id("base.currency.JPY")})
        assert tx.get("shop.order", order)["net"] == 2


def test_archive_restore_and_undo(world, party):
    with world.tx("boss") as tx:
        tx.archive("shop.party", party, version=1)
        assert tx.search("shop.party").items == ()
        assert tx.search("shop.party", Query(archived="only")).items
        assert tx.get("shop.party", party)["archived"] is True
        with pytest.raises(StaleRecord):
            tx.restore("shop.party", party, version=1)
        tx.restore("shop.party", party, version=2)
        assert tx.search("shop.party").items
        actions = [entry.action for entry in tx.history("shop.party", party)]
        assert actions == ["restored", "archived", "created"]
        with pytest.raises(ValidationFailed):
            tx.archive("base.team", world.id("base.team.red"))


def test_many_are_archived_and_the_rest_reported(world, party):
    with world.tx("boss") as tx:
        outcomes = tx.archive_many("shop.party", [party, 99999])
        assert [one.action for one in outcomes] == ["updated", "refused"]
        outcomes = tx.restore_many("shop.party", [party])
        assert [one.action for one in outcomes] == ["updated"]


def test_delete_says_what_stands_against_it(world, party):
    with world.tx("boss") as tx:
        child = tx.create("shop.party", {"name": "Child", "parent": party}).id
        order = tx.create("shop.order", {"party": party}).id
        with pytest.raises(RuleBroken) as info:
            tx.delete("shop.party", party)
        assert "1 Order leads to it" in str(info.value)
        outcomes = tx.delete_many("shop.party", [party, child])
        assert [one.action for one in outcomes] == ["refused", "deleted"]
        child = tx.create("shop.party", {"name": "Child", "parent": party}).id
        tx.delete("shop.order", order)
        tx.delete("shop.party", party)
        assert tx.get("shop.party", child)["parent"] is None


def test_the_id_of_a_deleted_record_is_not_given_again(world):
    with world.tx("boss") as tx:
        first = tx.create("shop.party", {"name": "A"}).id
        tx.delete("shop.party", first)
        assert tx.create("shop.party", {"name": "B"}).id > first
