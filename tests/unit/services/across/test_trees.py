"""Trees: paths that follow every move, no circle, and questions to branches."""

import random

import pytest
import sqlalchemy as sa

from core.services import Query, ValidationFailed
from core.testing.statements import counting
from tests.unit.services.test_together import together


def grow(plant, *names):
    """Places by `name` or `name<parent`; their ids by name."""
    ids = {}
    with plant.tx("hand") as tx:
        for text in names:
            name, _, above = text.partition("<")
            values = {"name": name, "above": ids.get(above)}
            ids[name] = tx.create("plant.place", values).id
    return ids


def paths(plant):
    table = plant.runtime.compiled.tables["plant.place"]
    with plant.runtime.database.reading() as connection:
        rows = connection.execute(
            sa.select(table.c.id, table.c.above, table.c.above__path)
        ).all()
    parents = {row.id: row.above for row in rows}
    for row in rows:
        chain, at = [], row.id
        while at is not None:
            chain.append(at)
            at = parents[at]
        expected = "".join(f"/{one}" for one in reversed(chain)) + "/"
        assert row.above__path == expected, (row.id, row.above__path)
    return {row.id: row.above__path for row in rows}


def named(plant, text):
    with plant.reader("hand") as reader:
        page = reader.search("plant.place", Query(filter=text, limit=100))
        return [row["name"] for row in page.items]


def test_paths_follow_a_branch_that_moves(plant):
    ids = grow(plant, "a", "b<a", "c<b", "d<c", "x", "y<x")
    with plant.tx("hand") as tx:
        tx.update("plant.place", ids["b"], {"above": ids["y"]})
    assert paths(plant)[ids["d"]].count("/") == 6
    with plant.tx("hand") as tx:
        tx.update("plant.place", ids["b"], {"above": None})
    assert paths(plant)[ids["d"]].count("/") == 4


def test_many_moves_in_one_batch(plant):
    ids = grow(plant, "a", "b<a", "c<b", "d<c", "x", "y<x")
    with plant.tx("hand") as tx:
        tx.update_many(
            "plant.place",
            [
                (ids["c"], {"above": None}, None),
                (ids["a"], {"above": ids["c"]}, None),
                (ids["x"], {"above": ids["b"]}, None),
            ],
        )
    found = paths(plant)
    assert found[ids["y"]] == "".join(f"/{ids[n]}" for n in "cabxy") + "/"


def test_random_moves_keep_every_path(plant):
    dice = random.Random(7)
    ids = list(grow(plant, *(f"n{n}" for n in range(12))).values())
    for _ in range(25):
        moves = {dice.choice(ids): dice.choice([*ids, None]) for _ in range(3)}
        rows = [(one, {"above": to}, None) for one, to in moves.items()]
        with plant.tx("hand") as tx:
            outcomes = tx.update_many("plant.place", rows, partial=True)
        codes = {p.code for outcome in outcomes for p in outcome.problems}
        assert codes <= {"circle"}
        paths(plant)


def test_a_circle_is_refused(plant):
    ids = grow(plant, "a", "b<a", "c<b")
    for one, to in (("a", "c"), ("a", "a"), ("b", "c")):
        with pytest.raises(ValidationFailed) as failed, plant.tx("hand") as tx:
            tx.update("plant.place", ids[one], {"above": ids[to]})
        (problem,) = failed.value.problems
        assert (problem.field, problem.code) == ("above", "circle")
    swap = [(ids["a"], {"above": ids["b"]}, None), (ids["b"], {"above": None}, None)]
    with plant.tx("hand") as tx:
        tx.update_many("plant.place", swap)
    assert paths(plant)[ids["a"]] == f"/{ids['b']}/{ids['a']}/"


def test_a_circle_of_one_batch_is_refused(plant):
    ids = grow(plant, "a", "b")
    with plant.tx("hand") as tx:
        rows = [
            (ids["a"], {"above": ids["b"]}, None),
            (ids["b"], {"above": ids["a"]}, None),
        ]
        outcomes = tx.update_many("plant.place", rows, partial=True)
    assert all(outcome.problems for outcome in outcomes)
    paths(plant)


def test_a_tree_ends_somewhere(plant):
    ids = grow(plant, "n0", *(f"n{n}<n{n - 1}" for n in range(1, 32)))
    with pytest.raises(ValidationFailed) as failed, plant.tx("hand") as tx:
        tx.create("plant.place", {"name": "deep", "above": ids["n31"]})
    assert failed.value.problems[0].code == "too_deep"
    more = grow(plant, "m0", "m1<m0")
    with pytest.raises(ValidationFailed) as failed, plant.tx("hand") as tx:
        tx.update("plant.place", more["m0"], {"above": ids["n30"]})
    assert failed.value.problems[0].code == "too_deep"
    with plant.tx("hand") as tx:
        tx.update("plant.place", more["m0"], {"above": ids["n29"]})
    paths(plant)


def test_two_moves_at_once_make_no_circle(plant):
    ids = grow(plant, "a", "b")

    def put(one, to):
        with plant.tx("hand") as tx:
            tx.update("plant.place", ids[one], {"above": ids[to]})

    results = together(lambda: put("a", "b"), lambda: put("b", "a"))
    assert sum(isinstance(one, ValidationFailed) for one in results) == 1
    paths(plant)


def test_records_made_while_a_branch_moves_get_its_new_path(plant):
    ids = grow(plant, "a", "b<a", "x")

    def move():
        with plant.tx("hand") as tx:
            tx.update("plant.place", ids["a"], {"above": ids["x"]})

    def make(n):
        with plant.tx("hand") as tx:
            tx.create("plant.place", {"name": f"new{n}", "above": ids["b"]})

    together(move, *(lambda n=n: make(n) for n in range(5)))
    assert len(paths(plant)) == 9


def test_moving_a_large_branch_takes_few_statements(plant):
    ids = grow(plant, "a", "b<a", "x")
    with plant.tx("hand") as tx:
        rows = [{"name": f"n{n}", "above": ids["b"]} for n in range(2000)]
        tx.create_many("plant.place", rows)
    with plant.tx("hand") as tx, counting(tx.scene.connection) as statements:
        tx.update("plant.place", ids["a"], {"above": ids["x"]})
    assert len(statements) < 30
    paths(plant)


def test_filters_find_a_branch(plant):
    ids = {"site": plant.id("plant.place.site")}
    ids |= grow(plant, "x", "y<x")
    with plant.tx("hand") as tx:
        ids["b"] = tx.create("plant.place", {"name": "b", "above": ids["site"]}).id
        ids["c"] = tx.create("plant.place", {"name": "c", "above": ids["b"]}).id
        for place in "cby":
            tx.create("plant.machine", {"name": place, "place": ids[place]})
        tx.create("plant.machine", {"name": "nowhere"})
    site = "ref('plant.place.site')"
    assert named(plant, f"within(this, {site})") == ["b", "c", "Site"]
    for text, expected in (
        (f"within(place, {site})", {"b", "c"}),
        (f"not within(place, {site})", {"y"}),
        (f"within(place, {site}) is null", {"nowhere"}),
        ("within(place, place.above)", {"b", "c", "y"}),
    ):
        with plant.reader("hand") as reader:
            page = reader.search("plant.machine", Query(filter=text))
            assert {row["name"] for row in page.items} == expected, text


def test_a_branch_is_found_by_an_index(plant):
    if plant.runtime.database.kind != "sqlite":
        return
    with plant.reader("hand") as reader:
        with counting(reader.scene.connection) as statements:
            query = Query(filter="within(place, ref('plant.place.site'))")
            reader.search("plant.machine", query)
        (text,) = [one for one in statements if "above__path" in str(one)]
    assert ">=" in str(text)


def test_sums_over_a_branch(plant):
    ids = grow(plant, "a", "b<a", "c<b", "x")
    with plant.tx("hand") as tx:
        for name, work in (("a", 1), ("b", 10), ("c", 100), ("x", 1000)):
            values = {"name": name, "place": ids[name], "work": work}
            tx.create("plant.machine", values)
    with plant.reader("hand") as reader:
        page = reader.search("plant.place", Query(fields=("name", "whole")))
        assert {r["name"]: r["whole"] for r in page.items} == {
            "Site": 0,
            "a": 111,
            "b": 110,
            "c": 100,
            "x": 1000,
        }


def test_the_nearest_value_on_the_way_up(plant):
    ids = grow(plant, "a", "b<a", "c<b", "x")
    with plant.tx("hand") as tx:
        tx.update("plant.place", ids["a"], {"color": "blue"})
        machine = tx.create("plant.machine", {"name": "m", "place": ids["c"]})
    with plant.reader("hand") as reader:
        assert reader.get("plant.place", ids["c"])["shade"] == "blue"
        assert reader.get("plant.place", ids["x"])["shade"] is None
        assert reader.get("plant.machine", machine.id)["tint"] == "blue"
        state = reader.evaluate("plant.place", {"name": "n", "above": ids["b"]})
        assert state.values["shade"] == "blue"
        page = reader.search("plant.machine", Query(filter="tint == 'blue'"))
        assert len(page.items) == 1
    with plant.tx("hand") as tx:
        tx.update("plant.place", ids["b"], {"color": "green"})
    with plant.reader("hand") as reader:
        assert reader.get("plant.machine", machine.id)["tint"] == "green"


def test_rules_see_where_a_record_goes(plant):
    ids = grow(plant, "forbidden", "b<forbidden", "x")
    with pytest.raises(ValidationFailed), plant.tx("hand") as tx:
        tx.create("plant.place", {"name": "n", "above": ids["b"], "color": "red"})
    with plant.tx("hand") as tx:
        tx.create("plant.place", {"name": "n", "above": ids["x"], "color": "red"})
        moved = tx.create("plant.place", {"name": "m", "color": "red"}).id
    with pytest.raises(ValidationFailed), plant.tx("hand") as tx:
        tx.update("plant.place", moved, {"above": ids["b"]})


def test_children_are_an_inverse(plant):
    ids = grow(plant, "a", "b<a", "c<a")
    with plant.reader("hand") as reader:
        found = reader.search("plant.place", Query(filter="count(children) == 2"))
        assert [row.id for row in found.items] == [ids["a"]]
