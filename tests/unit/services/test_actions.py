"""Buttons, drafts of forms, copies, numbers and shipped data."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest

from core.services import NotAllowed, Query, TransitionRefused, ValidationFailed
from core.services.seed import apply_data


@pytest.fixture
def order(world):
    with world.tx("boss") as tx:
        party = tx.create("shop.party", {"name": "Acme", "discount": 10}).id
        line = {"product": world.id("shop.product.bolt"), "price": 2, "quantity": 3}
        values = {"party": party, "state": "open", "lines": [line]}
        return tx.create("shop.order", values).id


def test_a_button_runs_its_effects_in_order(world, order):
    with world.tx("boss") as tx:
        button = next(a for a in tx.actions("shop.order", order) if a.id == "finish")
        assert button.ready
        assert button.confirm.startswith("Finish O-")
        done = tx.run_action("shop.order", order, "finish", {"why": "paid"})
        assert (done["state"], done["reason"]) == ("done", "paid")
        follow = tx.get("shop.party", done["about"].id)
        assert follow["name"] == f"Follow-up {done['number']}"
        button = next(a for a in tx.actions("shop.order", order) if a.id == "finish")
        assert not button.ready
        with pytest.raises(TransitionRefused):
            tx.run_action("shop.order", order, "finish", {"why": "again"})


def test_answers_are_checked(world, order):
    with world.tx("boss") as tx:
        with pytest.raises(ValidationFailed) as info:
            tx.run_action("shop.order", order, "finish", {"because": 1})
        assert {(p.field, p.code) for p in info.value.problems} == {
            ("why", "required"),
            ("because", "unknown_field"),
        }
        with pytest.raises(TransitionRefused):
            tx.run_action("shop.order", order, "explode")


def test_rows_are_updated_and_a_refusal_rolls_back(world, order):
    with world.tx("boss") as tx:
        tx.run_action("shop.order", order, "burn")
        assert tx.get("shop.order", order).relations["lines"][0]["quantity"] == 1
        tx.run_action("shop.order", order, "finish", {"why": "x"})
    with pytest.raises(TransitionRefused, match="It burns"), world.tx("boss") as tx:
        tx.run_action("shop.order", order, "burn")


def test_who_may_press(world, order):
    with world.tx("admin") as tx:
        tx.update("shop.order", order, {"owner": world.id("base.user.ann")})
    with world.tx("ann") as tx:
        assert [a.id for a in tx.actions("shop.order", order)] == ["finish"]
        with pytest.raises(NotAllowed):
            tx.run_action("shop.order", order, "burn")


def test_a_draft_is_worked_out_and_not_written(world, order):
    bolt = world.id("shop.product.bolt")
    with world.reader("boss") as reader:
        party = reader.get("shop.order", order)["party"]
        empty = reader.evaluate("shop.order", {})
        assert empty.values["state"] == "draft"
        assert empty.values["currency"] == world.id("base.currency.EUR")
        assert {"party", "state"} <= empty.required
        assert {"net", "total", "number"} <= empty.readonly
        assert "reason" not in empty.visible
        line = {"product": bolt, "price": 2, "quantity": 3}
        draft = reader.evaluate("shop.order", {"party": party, "lines": [line]})
        assert draft.values["discount"] == 10
        assert draft.values["total"] == Decimal("5.40")
        assert draft.values["lines"][0]["text"] == "Bolt"
        assert draft.values["lines"][0]["amount"] == 6
        done = reader.evaluate("shop.order", {"state": "done"})
        assert "reason" in done.required
        assert "note" in done.readonly
        bad = reader.evaluate("shop.order", {"date": "31.31.2026", "discount": 3})
        assert {p.field for p in bad.problems} == {"date"}
        stored = reader.evaluate("shop.order", {"note": "n"}, id=order)
        assert stored.values["total"] == Decimal("5.40")
        assert reader.count("shop.order") == 1


def test_suggestions_in_a_draft_follow_what_was_touched(world, order):
    bolt, nut = world.id("shop.product.bolt"), world.id("shop.product.nut")
    with world.reader("boss") as reader:
        party = reader.get("shop.order", order)["party"]
        draft = {
            "party": party,
            "discount": "1",
            "lines": [{"product": nut, "text": "T"}],
        }
        kept = reader.evaluate("shop.order", draft, changed={"note"})
        assert kept.values["discount"] == 1
        moved = reader.evaluate("shop.order", draft, changed={"party"})
        assert moved.values["discount"] == 10
        assert moved.values["lines"][0]["text"] == "T"
        row = reader.evaluate("shop.order", draft, changed={"lines.0.product"})
        assert row.values["lines"][0]["text"] == "Nut"
        assert bolt != nut


def test_copies_leave_out_what_is_unique(world, order):
    with world.tx("boss") as tx:
        values = tx.copy("shop.order", order)
        made = tx.create("shop.order", values)
        first, second = tx.get("shop.order", order), tx.get("shop.order", made.id)
        assert first["number"] != second["number"]
        assert first["net"] == second["net"]
        assert first.relations["lines"][0].id != second.relations["lines"][0].id


def test_numbers_without_gaps_by_company_and_year(world, order):
    year = date.today().year
    with world.tx("boss") as tx:
        party = tx.get("shop.order", order)["party"]
        assert tx.get("shop.order", order)["number"] == f"O-{year}-00001"
    with suppress(ZeroDivisionError), world.tx("boss") as tx:
        tx.create("shop.order", {"party": party})
        raise ZeroDivisionError
    with world.tx("boss") as tx:
        tx.create_many("shop.order", [{"party": party}] * 3)
        numbers = [
            r["number"] for r in tx.search("shop.order", Query(order=("id",))).items
        ]
    assert numbers == [f"O-{year}-0000{n}" for n in range(1, 5)]
    south = world.actors["admin"].companies[1]
    with world.acting("boss", companies=(south,), company=south).tx("boss") as tx:
        first = tx.create("shop.order", {"party": party})
    assert first["number"] == f"O-{year}-00001"


def test_shipped_rows_are_applied_once(world):
    with world.tx("system", "seed") as tx:
        report = apply_data(tx)
    assert (report.created, report.updated) == ({}, {})
