from core.services import Query


def test_create_get(world):
    with world.tx("boss") as tx:
        made = tx.create("shop.party", {"name": "Acme", "discount": "5"})
        got = tx.get("shop.party", made.id)
    assert got["name"] == "Acme" and got["shout"] == "ACME"
    with world.tx("boss") as tx:
        tx.update("shop.party", made.id, {"name": "Beta"}, version=1)
    with world.reader("boss") as reader:
        page = reader.search(
            "shop.party",
            Query(filter="name == 'Beta'", order=("-name",), count="exact"),
        )
        assert [r["name"] for r in page.items] == ["Beta"]
        assert page.items[0]["version"] == 2
        assert page.count == 1


def test_lines(world):
    with world.tx("boss") as tx:
        p = tx.create(
            "shop.product",
            {
                "name": "Bolt",
                "price": "2.50",
                "currency": world.id("base.currency.EUR"),
            },
        )
        party = tx.create("shop.party", {"name": "Acme", "discount": "10"})
        o = tx.create(
            "shop.order",
            {
                "party": party.id,
                "lines": [
                    {
                        "product": p.id,
                        "quantity": "3",
                        "price": "1.25",
                        "parts": [{"name": "x", "weight": "2"}],
                    },
                    {"product": p.id, "quantity": "2", "price": "2"},
                ],
            },
        )
        got = tx.get("shop.order", o.id)
        from decimal import Decimal as D

        assert got["net"] == D("7.75"), got.values
        assert got["total"] == D("6.98")
        assert got["number"].startswith("O-")
        assert [l["text"] for l in got.relations["lines"]] == ["Bolt", "Bolt"]
        l1, l2 = got.relations["lines"]
        assert l1["weight"] == 2
        o = tx.update("shop.order", o.id, {"lines": [{"id": l2.id, "quantity": 5}]})
        got = tx.get("shop.order", o.id)
        assert got["net"] == 10
        assert len(got.relations["lines"]) == 1
        print(tx.history("shop.order", o.id))
        page = tx.search(
            "shop.order",
            Query(
                fields=("number", "party", "party.name", "owner.team.name", "lines"),
                order=("party.name",),
            ),
        )
        assert page.items[0]["party.name"] == "Acme"
        assert page.items[0]["owner.team.name"] == "Blue"
        tx.update("shop.order", o.id, {"state": "open"})
        tx.run_action("shop.order", o.id, "finish", {"why": "because"})
        got = tx.get("shop.order", o.id)
        assert got["state"] == "done" and got["reason"] == "because"
        tx.archive("shop.order", o.id)
        tx.restore("shop.order", o.id)
        tx.delete("shop.order", o.id)
        tx.evaluate("shop.order", {"party": party.id})
        tx.copy("shop.party", party.id)
        assert tx.lookup("shop.party", "acm")[0].title == "Acme"
        assert tx.resolve("shop.party", "acme") == party.id
