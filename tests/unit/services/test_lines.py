"""Owned rows: saved, checked, summed, audited and versioned with their document."""

from decimal import Decimal

import pytest

from core.services import NotFound, Query, RuleBroken, StaleRecord, ValidationFailed


@pytest.fixture
def order(world):
    bolt, nut = world.id("shop.product.bolt"), world.id("shop.product.nut")
    lines = [
        {
            "product": bolt,
            "quantity": "3",
            "price": "1.25",
            "parts": [{"name": "head", "weight": "2"}, {"name": "shaft", "weight": 1}],
        },
        {"product": nut, "quantity": 2, "price": 2},
    ]
    with world.tx("boss") as tx:
        party = tx.create("shop.party", {"name": "Acme", "discount": 10}).id
        return tx.create("shop.order", {"party": party, "lines": lines}).id


def test_sums_over_rows_and_rows_of_rows(world, order):
    with world.reader("boss") as reader:
        got = reader.get("shop.order", order)
    first, second = got.relations["lines"]
    assert got["net"] == Decimal("7.75")
    assert got["total"] == Decimal("6.98")
    assert (first["text"], second["text"]) == ("Bolt", "Nut")
    assert (first["rate"], first["weight"]) == (Decimal("1.10"), 3)
    assert [part["name"] for part in first.relations["parts"]] == ["head", "shaft"]
    assert [row["position"] for row in (first, second)] == [0, 1]


def test_documents_with_rows_and_without_are_summed_up_in_one_save(world, order):
    bolt = world.id("shop.product.bolt")
    with world.tx("boss") as tx:
        party = tx.get("shop.order", order)["party"]
        rows = ([], [{"product": bolt, "quantity": 3, "price": "1.25"}], [], None)
        orders = [{"party": party, "lines": list(one or ())} for one in rows]
        made = tx.create_many("shop.order", orders)
        found = [tx.get("shop.order", one.id) for one in made]
    assert [one["net"] for one in found] == [0, Decimal("3.75"), 0, 0]
    assert [one["total"] for one in found] == [0, Decimal("3.38"), 0, 0]


def test_the_whole_list_replaces_the_rows(world, order):
    nut = world.id("shop.product.nut")
    with world.tx("boss") as tx:
        first, second = tx.get("shop.order", order).relations["lines"]
        rows = [{"product": nut, "price": 5}, {"id": first.id, "quantity": 1}]
        tx.update("shop.order", order, {"lines": rows})
        got = tx.get("shop.order", order)
        assert [row.id for row in got.relations["lines"]][1] == first.id
        assert got["net"] == Decimal("6.25")
        assert got["version"] == 2
        entry = tx.history("shop.order", order)[0]
        words = {word for row in entry.changes["lines"] for word in row if word != "id"}
        assert words == {"added", "changed", "removed"}
        with pytest.raises(NotFound):
            tx.get("shop.order_line", second.id)


def test_rows_of_others_are_refused(world, order):
    with world.tx("boss") as tx:
        party = tx.get("shop.order", order)["party"]
        line = tx.get("shop.order", order).relations["lines"][0].id
        other = tx.create("shop.order", {"party": party}).id
        with pytest.raises(ValidationFailed) as info:
            tx.update("shop.order", other, {"lines": [{"id": line, "quantity": 1}]})
        assert info.value.problems[0].code == "not_found"


def test_problems_lead_to_their_row(world, order):
    old = world.id("shop.product.old")
    rows = [{"product": old}, {"quantity": -1, "parts": [{"weight": 1}]}]
    with world.tx("boss") as tx, pytest.raises(ValidationFailed) as info:
        tx.update("shop.order", order, {"lines": rows})
    found = {(p.field, p.code, p.path) for p in info.value.problems}
    assert ("product", "not_allowed_target", ("lines", 0)) in found
    assert ("product", "required", ("lines", 1)) in found
    assert ("name", "required", ("lines", 1, "parts", 0)) in found
    assert any(f == "quantity" and p == ("lines", 1) for f, _, p in found)


def test_rows_follow_their_document(world, order):
    bolt = world.id("shop.product.bolt")
    with world.tx("boss") as tx:
        tx.update("shop.product", bolt, {"rate": 9})
        tx.update("shop.order", order, {"state": "open"})
        first = tx.get("shop.order", order).relations["lines"][0]
        tx.update(
            "shop.order_line", first.id, {"product": world.id("shop.product.nut")}
        )
        first = tx.get("shop.order", order).relations["lines"][0]
        # `while` the order is a draft: the rate rests, the text follows.
        assert (first["rate"], first["text"]) == (Decimal("1.10"), "Nut")


def test_a_row_written_by_itself(world, order):
    nut = world.id("shop.product.nut")
    with world.tx("boss") as tx:
        row = tx.create("shop.order_line", {"order": order, "product": nut, "price": 3})
        got = tx.get("shop.order", order)
        assert got["net"] == Decimal("10.75")
        assert got["version"] == 2
        assert got.relations["lines"][2].id == row.id
        tx.update("shop.order_line", row.id, {"quantity": 2})
        assert tx.get("shop.order", order)["net"] == Decimal("13.75")
        with pytest.raises(StaleRecord):
            tx.update("shop.order_line", row.id, {"quantity": 9}, version=1)
        tx.delete("shop.order_line", row.id)
        got = tx.get("shop.order", order)
        assert (got["net"], got["version"]) == (Decimal("7.75"), 4)
        changes = tx.history("shop.order", order)[0].changes["lines"]
        assert changes[0]["id"] == row.id


def test_a_row_of_a_row_written_by_itself(world, order):
    with world.tx("boss") as tx:
        line = tx.get("shop.order", order).relations["lines"][0]
        tx.create("shop.order_part", {"line": line.id, "name": "nail", "weight": 5})
        got = tx.get("shop.order", order)
        assert got.relations["lines"][0]["weight"] == 8
        assert got["version"] == 2


def test_many_rows_of_several_documents(world, order):
    nut = world.id("shop.product.nut")
    with world.tx("boss") as tx:
        party = tx.get("shop.order", order)["party"]
        other = tx.create("shop.order", {"party": party}).id
        rows = [
            {"order": order, "product": nut, "price": 1},
            {"order": other, "product": nut, "price": 1},
            {"order": other, "product": nut, "price": "x"},
            {"order": 99999, "product": nut},
            {"product": nut},
        ]
        outcomes = tx.create_many("shop.order_line", rows, partial=True)
        assert [one.action for one in outcomes] == [
            "created",
            "refused",
            "refused",
            "refused",
            "refused",
        ]
        assert outcomes[3].problems[0].code == "unknown_target"
        assert outcomes[4].problems[0].code == "required"
        with pytest.raises(ValidationFailed):
            tx.create_many("shop.order_line", rows)


def test_who_may_not_change_the_document_may_not_change_its_rows(world, order):
    with world.reader("boss") as reader:
        line = reader.get("shop.order", order).relations["lines"][0].id
    with world.tx("ann") as tx:
        with pytest.raises(NotFound):
            tx.update("shop.order_line", line, {"quantity": 9})
        with pytest.raises(ValidationFailed):
            tx.create("shop.order_line", {"order": order, "product": 1})
        assert tx.search("shop.order_line").items == ()


def test_a_row_does_not_move_to_another_document(world, order):
    with world.tx("boss") as tx:
        party = tx.get("shop.order", order)["party"]
        other = tx.create("shop.order", {"party": party}).id
        line = tx.get("shop.order", order).relations["lines"][0].id
        with pytest.raises(ValidationFailed) as info:
            tx.update("shop.order_line", line, {"order": other})
        assert info.value.problems[0].code == "once"


def test_rows_are_archived_and_deleted_with_their_document(world, order):
    with world.tx("boss") as tx:
        tx.archive("shop.order", order)
        assert tx.search("shop.order_line", Query(archived="only")).items or (
            tx.search("shop.order_line").items
        )
        line = tx.get("shop.order", order).relations["lines"][0]
        with pytest.raises(ValidationFailed):
            tx.archive("shop.order_line", line.id)
        tx.delete("shop.order", order)
        assert tx.count("shop.order_line", Query(archived="yes")) == 0
        assert tx.count("shop.order_part", Query(archived="yes")) == 0


def test_the_number_of_rows_is_bounded(world, order):
    nut = world.id("shop.product.nut")
    with world.tx("boss") as tx, pytest.raises(ValidationFailed) as info:
        tx.update("shop.order", order, {"lines": [{"product": nut}] * 51})
    assert info.value.problems[0].code == "at_most"


def test_rules_see_the_rows(world, order):
    with world.tx("boss") as tx:
        with pytest.raises(RuleBroken) as info:
            tx.update("shop.order", order, {"state": "open", "lines": []})
        assert info.value.problems[0].code == "shop.order/not_empty"
        row = {"product": world.id("shop.product.nut"), "price": 20000}
        with pytest.raises(RuleBroken) as info:
            tx.update("shop.order", order, {"lines": [row]})
        assert info.value.only_warnings
        assert info.value.problems[0].message == "That is much: 18,000.00."
