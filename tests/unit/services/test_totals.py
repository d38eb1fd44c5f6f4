"""Totals: figures by groups over what the actor may read, exact, apart by currency."""

from decimal import Decimal

import pytest

from core.services import Amount, BadQuery, Query, Totals, counts_of, totals_of
from core.testing.statements import counting


@pytest.fixture
def goods(world):
    """Products in two currencies; the limit hides the one called Forbidden."""
    eur, jpy = world.id("base.currency.EUR"), world.id("base.currency.JPY")
    rows = [
        ("A", "10.10", eur, False),
        ("B", "20.20", eur, True),
        ("C", "5", jpy, False),
        ("Forbidden", "999", eur, False),
        ("E", None, jpy, False),
    ]
    with world.tx() as tx:
        for name, price, currency, stopped in rows:
            values = {"name": name, "price": price, "currency": currency}
            tx.create("shop.product", {**values, "stopped": stopped})
    return world, eur, jpy


def asked(world, actor, by=(), values=(), **query):
    with world.reader(actor) as reader:
        totals = Totals(query=Query(**query), by=by, values=values)
        return totals_of(reader.scene, "shop.product", totals)


NAMES = "name in ['A', 'B', 'C', 'Forbidden', 'E']"


def test_sums_stand_apart_by_currency_and_leave_out_hidden_rows(goods):
    world, eur, jpy = goods
    found = asked(world, "boss", values=("sum(rows.price)",), filter=NAMES)
    (group,) = found.groups
    assert group.count == 4
    assert set(group.values[0]) == {
        Amount(Decimal("30.30"), eur),
        Amount(Decimal("5"), jpy),
    }
    assert found.figures[0].entity == "base.currency"


def test_groups_with_conditions_and_plain_figures_beside_amounts(goods):
    world, eur, jpy = goods
    values = (
        "sum(r.price for r in rows if not r.stopped)",
        "count(rows)",
        "avg(r.price for r in rows if r.price < 15)",
    )
    found = asked(world, "boss", by=("stopped",), values=values, filter=NAMES)
    live, stopped = found.groups
    assert (live.keys, live.count) == ((False,), 3)
    assert set(live.values[0]) == {
        Amount(Decimal("10.1"), eur),
        Amount(Decimal("5"), jpy),
    }
    assert live.values[1] == (Amount(3),)
    assert (stopped.keys, stopped.values[0]) == ((True,), (Amount(Decimal(0), eur),))


def test_one_statement_per_unit_and_the_plan_is_kept(goods):
    world, *_ = goods
    with world.reader("boss") as reader:
        with counting(reader.scene.connection) as statements:
            totals = Totals(
                Query(filter=NAMES),
                ("currency",),
                ("sum(rows.price)", "max(rows.price)"),
            )
            totals_of(reader.scene, "shop.product", totals)
        assert len(statements) == 1


def test_dates_group_by_month_and_links_by_id(world):
    party = None
    with world.tx("boss") as tx:
        party = tx.create("shop.party", {"name": "P", "code": "P1"}).id
        for day in ("2026-01-05", "2026-01-31", "2026-02-01"):
            tx.create("shop.order", {"date": day, "party": party})
    with world.reader("boss") as reader:
        totals = Totals(by=("party", "start_of(date, 'month')"))
        found = totals_of(reader.scene, "shop.order", totals)
    kept = [
        (g.keys[1].isoformat(), g.count) for g in found.groups if g.keys[0] == party
    ]
    assert kept == [("2026-01-01", 2), ("2026-02-01", 1)]


def test_what_may_not_be_read_is_not_added_up(world):
    with pytest.raises(BadQuery):
        asked(world, "outsider", values=("sum(rows.price)",))
    with pytest.raises(BadQuery):
        asked(world, "outsider", by=("stopped",))
    assert asked(world, "outsider").groups[0].count >= 0


@pytest.mark.parametrize(
    "text",
    [
        "price",
        "sum(rows.price) + rows.price",
        "1 + 1",
        "sum(this.price)",
        "rows",
        "first(rows.price)",
    ],
)
def test_a_measure_is_an_aggregate_over_rows(world, text):
    with pytest.raises(BadQuery):
        asked(world, "boss", values=(text,))


def test_a_record_is_named_by_its_number_in_a_filter(world):
    with world.tx("boss") as tx:
        made = [
            tx.create("shop.party", {"name": n, "code": n}).id for n in ("Q1", "Q2")
        ]
        tx.create("shop.order", {"party": made[0]})
    text = f"party == ref('shop.party:{made[0]}')"
    with world.reader("boss") as reader:
        assert reader.count("shop.order", Query(filter=text)) == 1
    with world.reader("outsider") as reader, pytest.raises(BadQuery):
        reader.count("shop.product", Query(filter="id == ref('shop.party:1').id"))


def test_several_counts_are_one_statement_with_the_rights_of_each(goods):
    world, *_ = goods
    asked = [
        ("shop.product", Query(filter=NAMES)),
        ("shop.product", Query(filter=f"({NAMES}) and not stopped")),
        ("shop.party", Query()),
        ("shop.product", Query(filter="nothing == 1")),
    ]
    with world.reader("boss") as reader:
        with counting(reader.scene.connection) as statements:
            counts = counts_of(reader.scene, asked)
        assert counts[:2] == [4, 3]
        assert counts[2] == reader.count("shop.party")
        assert counts[3] is None
        assert len(statements) == 1
    with world.reader("outsider") as reader:
        # Closed fields and entities have no count.
        assert counts_of(reader.scene, asked) == [4, None, None, None]
