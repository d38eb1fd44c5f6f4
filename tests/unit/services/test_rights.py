"""Rights on every path: rows, fields, conditions, companies, limits."""

import pytest

from core.services import (
    BadQuery,
    Candidates,
    NotAllowed,
    NotFound,
    Query,
    ValidationFailed,
)


@pytest.fixture
def parties(world):
    with world.tx("admin") as tx:
        ids = {}
        for name, owner in (("Mine", "ann"), ("His", "bob"), ("Free", None)):
            user = world.id(f"base.user.{owner}") if owner else None
            values = {"name": name, "owner": user, "rating": 3, "secret_note": "S"}
            ids[name] = tx.create("shop.party", values).id
        return ids


def test_rows_by_grant(world, parties):
    with world.reader("ann") as reader:
        assert {r["name"] for r in reader.search("shop.party").items} == {
            "Mine",
            "Free",
        }
        assert reader.count("shop.party") == 2
        assert [f.title for f in reader.lookup("shop.party", "his")] == []
        assert reader.titles("shop.party", list(parties.values())).keys() == {
            parties["Mine"],
            parties["Free"],
        }
        assert reader.resolve("shop.party", "His") is None
        with pytest.raises(NotFound):
            reader.get("shop.party", parties["His"])
        with pytest.raises(NotFound):
            reader.history("shop.party", parties["His"])
        every = list(parties.values())
        assert reader.permitted("shop.party", "update", every) == {
            parties["Mine"],
            parties["Free"],
        }


def test_a_grant_holds_after_the_write_too(world, parties):
    bob = world.id("base.user.bob")
    with world.tx("ann") as tx, pytest.raises(NotAllowed):
        tx.create("shop.party", {"name": "X", "owner": bob})
    with world.tx("ann") as tx, pytest.raises(NotAllowed):
        tx.update("shop.party", parties["Mine"], {"owner": bob})
    with world.tx("ann") as tx:
        rows = [{"name": "A"}, {"name": "B", "owner": bob}, {"name": "C"}]
        outcomes = tx.create_many("shop.party", rows, partial=True)
        assert [o.action for o in outcomes] == ["created", "refused", "created"]
        assert tx.count("shop.party") == 4


def test_sensitive_fields_need_a_grant(world, parties):
    with world.reader("ann") as reader:
        assert "secret_note" not in reader.get("shop.party", parties["Mine"]).values
        for query in (
            Query(filter="secret_note == 'S'"),
            Query(order=("secret_note",)),
            Query(fields=("secret_note",)),
            Query(fields=("parent.secret_note",)),
        ):
            with pytest.raises(BadQuery) as hidden:
                reader.search("shop.party", query)
            assert "secret_note" in hidden.value.message
        entry = reader.history("shop.party", parties["Mine"])[0]
        assert "secret_note" not in entry.changes
    with world.tx("ann") as tx, pytest.raises(ValidationFailed) as info:
        tx.update("shop.party", parties["Mine"], {"secret_note": "T"})
    assert info.value.problems[0].code == "unknown_field"
    with world.tx("boss") as tx:
        assert tx.get("shop.party", parties["Mine"])["secret_note"] == "S"
        tx.update("shop.party", parties["Mine"], {"secret_note": "T"})


def test_forbidden_and_unknown_names_sound_alike(world, parties):
    with world.reader("ann") as reader:
        said = []
        for name in ("secret_note", "zzzzzz_zzzz"):
            with pytest.raises(BadQuery) as info:
                reader.search("shop.party", Query(filter=f"{name} == 'S'"))
            said.append(info.value.message.replace(name, "#").split(". Did")[0])
            with pytest.raises(BadQuery) as info:
                reader.search("shop.party", Query(order=(name,)))
            said.append(info.value.message.replace(name, "#").split(". Did")[0])
    assert said[:2] == said[2:]


def test_fields_by_condition(world, parties):
    with world.tx("ann") as tx:
        tx.update("shop.party", parties["Mine"], {"rating": 4})
        assert tx.get("shop.party", parties["Mine"])["rating"] == 4
        tx.update("shop.party", parties["Mine"], {"kind": "person"})
        assert tx.get("shop.party", parties["Mine"])["rating"] is None
        with pytest.raises(ValidationFailed) as info:
            tx.update("shop.party", parties["Mine"], {"rating": 5})
        assert info.value.problems[0].code == "not_writable"
        with pytest.raises(BadQuery):
            tx.search("shop.party", Query(order=("rating",)))
        with pytest.raises(BadQuery):
            tx.search("shop.party", Query(filter="rating > 1"))


def test_only_some_fields(world):
    with world.reader("outsider") as reader:
        items = reader.search("shop.product").items
        assert items
        assert "name" in items[0].values
        assert "code" not in items[0].values
        with pytest.raises(NotAllowed):
            reader.search("shop.party")
    with world.tx("outsider") as tx, pytest.raises(NotAllowed):
        tx.create("shop.product", {"name": "X"})


def test_what_links_lead_to_is_hidden_where_it_may_not_be_read(world, parties):
    with world.tx("admin") as tx:
        tx.update("shop.party", parties["Mine"], {"parent": parties["His"]})
    with world.reader("ann") as reader:
        query = Query(fields=("name", "parent", "parent.name"), filter="name == 'Mine'")
        row = reader.search("shop.party", query).items[0]
        assert row["parent"] == parties["His"]
        assert row["parent.name"] is None
        assert "parent" not in row.relations
        assert not reader.search(
            "shop.party", Query(filter="parent.name == 'His'")
        ).items


def test_limits_hold_for_everybody(world):
    with world.tx("boss") as tx:
        tx.create("shop.product", {"name": "Forbidden"})
    for actor in ("boss", "admin", "outsider"):
        with world.reader(actor) as reader:
            names = {r["name"] for r in reader.search("shop.product").items}
            assert "Forbidden" not in names
            assert "Bolt" in names


def test_companies_are_apart(world):
    north, south = world.actors["admin"].companies
    there = world.acting("boss", companies=(south,), company=south)
    with world.tx("boss") as tx:
        party = tx.create("shop.party", {"name": "P"}).id
        order = tx.create("shop.order", {"party": party}).id
        assert tx.get("shop.order", order)["company"] == north
    with there.tx("boss") as tx:
        assert tx.count("shop.order") == 0
        with pytest.raises(NotFound):
            tx.update("shop.order", order, {"note": "x"})
        other = tx.create("shop.order", {"party": party})
        assert other["currency"] == world.id("base.currency.JPY")
        with pytest.raises(ValidationFailed) as info:
            tx.create("shop.order", {"party": party, "company": north})
        assert info.value.problems[0].code == "other_company"
        theirs = tx.create("shop.product", {"name": "Southern", "price": 5}).id
    lines = [{"product": theirs, "price": 1}]
    values = {"party": party, "lines": lines, "company": north}
    with world.tx("admin") as tx, pytest.raises(ValidationFailed) as info:
        tx.create("shop.order", values)
    assert info.value.problems[0].code == "other_company"


def test_candidates_of_a_link(world, parties):
    with world.tx("boss") as tx:
        tx.create("shop.party", {"name": "Person", "kind": "person"})
        found = tx.lookup(
            "shop.party", "", candidates=Candidates("shop.party", "parent", {})
        )
        assert {one.title for one in found} == {"Mine", "His", "Free"}
        found = tx.lookup(
            "shop.product", candidates=Candidates("shop.order_line", "product", {})
        )
        assert {one.title for one in found} == {"Bolt", "Nut"}


def test_reasons(world, parties):
    with world.reader("ann") as reader:
        said = reader.explain("shop.party", "update", parties["His"])
        assert [str(one) for one in said] == [
            "A role grants 'update' where owner == me or owner is null: "
            "this does not hold because Owner is not shown to you and "
            "The acting person is Ann."
        ]
        with world.reader("admin") as viewer:
            said = reader.explain("shop.party", "update", parties["His"], viewer)
            assert "because Owner is Bob and" in str(said[0])
        said = reader.explain("shop.party", "delete", parties["Mine"])
        assert [str(one) for one in said] == [
            "None of the roles grants 'delete' on Parties."
        ]


def test_candidates_belong_to_the_company_of_the_draft(world):
    north, south = world.actors["admin"].companies
    with world.tx("admin") as tx:
        for company, name in ((north, "Northern"), (south, "Southern")):
            tx.create("shop.product", {"name": name, "company": company})
        for company, name in ((north, "Northern"), (south, "Southern")):
            draft = {"order": {"company": str(company)}, "quantity": "nonsense"}
            found = tx.lookup(
                "shop.product",
                candidates=Candidates("shop.order_line", "product", draft),
            )
            assert {one.title for one in found} == {"Bolt", "Nut", name}
