"""Creating records: defaults, suggestions, formulas, checks, audit and events."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.expressions import Ref
from core.services import Query, RuleBroken, ValidationFailed
from core.storage import tables


def problems(info):
    return {(p.field, p.code) for p in info.value.problems}


def test_defaults_suggestions_and_formulas(world):
    with world.tx("ann") as tx:
        made = tx.create("shop.party", {"name": "Acme", "discount": "5.5"})
        got = tx.get("shop.party", made.id)
    assert got["name"] == "Acme"
    assert got["kind"] == "firm"
    assert got["owner"] == world.actors["ann"].user_id
    assert got["shout"] == "ACME"
    assert got["discount"] == Decimal("5.5")
    assert got["version"] == 1
    assert got["created_by"] == world.actors["ann"].user_id
    assert got["archived"] is False


def test_a_given_value_wins_over_a_suggestion(world):
    with world.tx("boss") as tx:
        party = tx.create("shop.party", {"name": "Acme", "discount": 10}).id
        first = tx.create("shop.order", {"party": party})
        second = tx.create("shop.order", {"party": party, "discount": 3})
        third = tx.create("shop.order", {"party": party, "discount": None})
    assert first["discount"] == 10
    assert second["discount"] == 3
    assert third["discount"] == 10


def test_what_is_wrong_is_told_together(world):
    with world.tx("boss") as tx, pytest.raises(ValidationFailed) as info:
        tx.create("shop.party", {"discount": 70, "rating": "x", "nam": "A"})
    assert problems(info) == {
        ("name", "required"),
        ("discount", "too_large"),
        ("rating", "not_a_number"),
        ("nam", "unknown_field"),
    }
    assert "Did you mean" in str(
        next(p for p in info.value.problems if p.field == "nam").message
    )


def test_conditions_on_required(world):
    with world.tx("boss") as tx:
        tx.create("shop.party", {"name": "A", "kind": "person", "discount": 30})
        with pytest.raises(ValidationFailed) as info:
            tx.create("shop.party", {"name": "A", "discount": 30})
    assert problems(info) == {("rating", "required")}


def test_rules_refuse_and_warnings_ask_once(world):
    with world.tx("boss") as tx:
        with pytest.raises(RuleBroken) as info:
            tx.create("shop.party", {"name": "x" * 70})
        assert info.value.only_warnings
        made = tx.create("shop.party", {"name": "x" * 70}, accept_warnings=True)
        assert tx.history("shop.party", made.id)[0].accepted == ("short",)
        tx.update("shop.party", made.id, {"city": "Bonn"})
        with pytest.raises(RuleBroken) as info:
            tx.update("shop.party", made.id, {"parent": made.id})
        assert problems(info) == {("parent", "shop.party/no_self")}
        assert info.value.problems[0].message.endswith("cannot belong to itself.")


def test_unique_values_within_a_company(world):
    both = world.acting("boss", companies=world.actors["admin"].companies)
    north, south = both.actors["boss"].companies
    with both.tx("boss") as tx:
        for company in (north, south, None):
            tx.create("shop.product", {"name": "S", "code": "S", "company": company})
        for company in (north, south, None):
            values = {"name": "S", "code": "S", "stopped": True, "company": company}
            with pytest.raises(ValidationFailed) as info:
                tx.create("shop.product", values)
            assert problems(info) == {("code", "unique")}


def test_unique_values(world):
    with world.tx("boss") as tx:
        tx.create("shop.party", {"name": "A", "code": "X"})
        with pytest.raises(ValidationFailed) as info:
            tx.create("shop.party", {"name": "B", "code": "X"})
        assert problems(info) == {("code", "unique")}
        with pytest.raises(ValidationFailed) as info:
            tx.create_many(
                "shop.party", [{"name": "C", "code": "Y"}, {"name": "D", "code": "Y"}]
            )
        assert problems(info) == {("code", "unique")}


def test_a_constraint_with_a_condition_and_message(world):
    with world.tx("boss") as tx:
        tx.create("shop.product", {"name": "Same", "stopped": True})
        tx.create("shop.product", {"name": "Same", "stopped": True})
        tx.create("shop.product", {"name": "Same"})
        with pytest.raises(ValidationFailed) as info:
            tx.create("shop.product", {"name": "Same"})
    assert info.value.problems[0].message == (
        "There is already a live product called Same."
    )


def test_links_lead_to_what_exists_and_fits(world):
    with world.tx("boss") as tx:
        person = tx.create("shop.party", {"name": "P", "kind": "person"}).id
        for value, code in ((99999, "unknown_target"), (person, "not_allowed_target")):
            with pytest.raises(ValidationFailed) as info:
                tx.create("shop.party", {"name": "A", "parent": value})
            assert problems(info) == {("parent", code)}


def test_links_by_words(world):
    with world.tx("boss") as tx:
        acme = tx.create("shop.party", {"name": "Acmé", "code": "A1"}).id
        for text in ("A1", "acme"):
            made = tx.create("shop.party", {"name": "B", "parent": text})
            assert made["parent"] == acme
        with pytest.raises(ValidationFailed) as info:
            tx.create("shop.party", {"name": "B", "parent": "nobody"})
        assert problems(info) == {("parent", "unknown_target")}
        tx.create("shop.party", {"name": "Acme"})
        with pytest.raises(ValidationFailed) as info:
            tx.create("shop.party", {"name": "B", "parent": "acme"})
        assert problems(info) == {("parent", "ambiguous")}


def test_a_target_out_of_reach_looks_like_none(world):
    with world.tx("boss") as tx:
        hidden = tx.create(
            "shop.party", {"name": "Hidden", "owner": world.id("base.user.bob")}
        ).id
    with world.tx("ann") as tx:
        messages = []
        for id_ in (hidden, hidden + 1000):
            with pytest.raises(ValidationFailed) as info:
                tx.create("shop.party", {"name": "A", "parent": id_})
            messages.append(info.value.problems[0].message.replace(str(id_), "#"))
    assert messages[0] == messages[1]


def test_tags_and_links_to_many(world):
    with world.tx("boss") as tx:
        made = tx.create("shop.party", {"name": "A", "tags": ["red", "blue"]})
        tx.create("shop.party", {"name": "B", "tags": ["RED"]})
        assert tx.count("base.tag") == 2
        got = tx.get("shop.party", made.id)
        assert len(got["tags"]) == 2
        tx.update("shop.party", made.id, {"tags": [got["tags"][0]]})
        assert tx.get("shop.party", made.id)["tags"] == (got["tags"][0],)
        same = tx.update_many(
            "shop.party", [(made.id, {"tags": [got["tags"][0]]}, None)]
        )
        assert same[0].action == "unchanged"


def test_groups_as_maps_members_and_records(world):
    with world.tx("boss") as tx:
        party = tx.create(
            "shop.party",
            {"name": "A", "city": "Bonn", "billing": {"street": "S 1", "city": "Ulm"}},
        )
        got = tx.get("shop.party", party.id)
        assert (got["city"], got["billing_city"]) == ("Bonn", "Ulm")
        tx.update("shop.party", party.id, {"billing_city": "Kiel"})
        order = tx.create("shop.order", {"party": party.id, "ship": got})
        assert order["ship_city"] == "Bonn"
        with pytest.raises(ValidationFailed) as info:
            tx.create("shop.party", {"name": "A", "billing": {"planet": "Mars"}})
        assert problems(info) == {("billing_planet", "unknown_field")}


def test_references(world):
    with world.tx("boss") as tx:
        party = tx.create("shop.party", {"name": "A"})
        order = tx.create("shop.order", {"party": party.id, "about": party.ref})
        got = tx.get("shop.order", order.id)
        assert got["about"] == ("shop.party", party.id)
        with pytest.raises(ValidationFailed) as info:
            tx.create(
                "shop.order", {"party": party.id, "about": Ref("shop.party", 99999)}
            )
        assert problems(info) == {("about", "unknown_target")}


@pytest.mark.parametrize(
    ("currency", "value", "fits"),
    [("EUR", "1.25", True), ("EUR", "1.255", False), ("JPY", "100.5", False)],
)
def test_amounts_have_the_decimals_of_their_currency(world, currency, value, fits):
    values = {
        "name": "X",
        "price": value,
        "currency": world.id(f"base.currency.{currency}"),
    }
    with world.tx("boss") as tx:
        if fits:
            assert tx.create("shop.product", values)["price"] == Decimal(value)
            return
        with pytest.raises(ValidationFailed) as info:
            tx.create("shop.product", values)
        assert problems(info) == {("price", "too_many_places")}


@pytest.mark.parametrize("value", ["NaN", "1e400", "Infinity", "abc"])
def test_numbers_that_are_none(world, value):
    with world.tx("boss") as tx, pytest.raises(ValidationFailed):
        tx.create("shop.party", {"name": "X", "discount": value})


def test_platform_fields_cannot_be_written(world):
    with world.tx("boss") as tx, pytest.raises(ValidationFailed) as info:
        tx.create("shop.party", {"name": "A", "id": 7, "version": 3, "shout": "x"})
    assert problems(info) == {
        ("id", "readonly"),
        ("version", "readonly"),
        ("shout", "readonly"),
    }


def test_audit_and_events(world):
    with world.tx("boss", "api") as tx:
        made = tx.create("shop.party", {"name": "Acme", "secret_note": "s"})
        entry = tx.history("shop.party", made.id)[0]
        assert entry.via == "api"
        assert entry.action == "created"
        assert entry.changes["name"] == [None, "Acme"]
        connection = tx.scene.connection
        event = connection.execute(
            sa.select(tables.outbox).where(
                tables.outbox.c.event == "shop.party.created"
            )
        ).one()
        assert event.record == made.id
        assert event.payload["version"] == 1


def test_nothing_is_half_written(world):
    def stopped():
        with world.tx("boss") as tx:
            tx.create("shop.party", {"name": "Acme"})
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        stopped()
    with world.reader("boss") as reader:
        assert reader.count("shop.party") == 0


def test_a_partial_batch_writes_the_good_rows(world):
    rows = [{"name": f"P{n}", "code": str(n % 8)} for n in range(10)]
    rows[3] = {"code": "9"}
    rows[4]["discount"] = 99
    with world.tx("boss") as tx:
        outcomes = tx.create_many("shop.party", rows, partial=True)
    refused = {n for n, one in enumerate(outcomes) if one.action == "refused"}
    assert refused == {3, 4, 8, 9}
    assert outcomes[3].problems[0].code == "required"
    assert outcomes[8].problems[0].code == "unique"
    with world.reader("boss") as reader:
        assert reader.count("shop.party", Query()) == 6


def test_all_or_nothing_without_partial(world):
    with world.tx("boss") as tx:
        with pytest.raises(ValidationFailed):
            tx.create_many("shop.party", [{"name": "A"}, {}])
        assert tx.count("shop.party") == 0


def test_a_record_with_an_id_of_its_own(world):
    with world.tx("system") as tx:
        tx.create_with_ids("base.user", [(500, {"login": "zoe", "name": "Zoe"}, None)])
        assert tx.get("base.user", 500)["name"] == "Zoe"
        later = tx.create("base.user", {"login": "max", "name": "Max"})
        assert later.id > 500
