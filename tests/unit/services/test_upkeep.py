"""Stored formulas over links, lines and inverses stay right, whatever is written."""

import random
import threading
from decimal import Decimal
from pathlib import Path

import pytest

from core.services import Actor, AppError, Runtime, refresh, transaction
from core.services.recompute import recompute, wrong_values
from core.storage import tables
from tests.unit.services.conftest import World, make_world, registry_of

HERE = Path(__file__).parent
FAR = [("mill.region", "volume"), ("mill.firm", "open_total")]


@pytest.fixture(scope="module")
def mill_registry():
    return registry_of(HERE / "mill", HERE / "world")


@pytest.fixture
def mill(mill_registry, database_url, tmp_path):
    world = make_world(mill_registry, database_url, tmp_path)
    yield World(world.runtime, {"system": Actor.system()})
    world.runtime.database.dispose()


def wrong(world):
    with world.reader() as reader:
        return list(wrong_values(reader))


def wrong_in_python(world, monkeypatch):
    """The same with every formula worked out by its Python form."""
    with monkeypatch.context() as patch:
        patch.setattr(refresh, "_columns", lambda *_: {})
        fresh = Runtime(world.runtime.compiled, world.runtime.database)
        return wrong(World(fresh, world.actors))


def firm_with_orders(tx):
    region = tx.create("mill.region", {"name": "North", "rate": "0.5"}).id
    firm = tx.create("mill.firm", {"name": "F", "region": region, "factor": 2}).id
    item = tx.create("mill.item", {"name": "I", "weight": "1.5"}).id
    lines = [{"item": item, "pieces": 3, "price": "10.00"}]
    order = {"name": "O1", "firm": firm, "lines": lines}
    return region, firm, item, tx.create("mill.order", order).id


def test_a_value_follows_over_three_entities(mill):
    with mill.tx() as tx:
        region, firm, item, order = firm_with_orders(tx)
        assert tx.get("mill.order", order)["weighted"] == Decimal("45")
        assert tx.get("mill.firm", firm)["open_total"] == Decimal("45")
        assert tx.get("mill.region", region)["volume"] == Decimal("45")
        tx.update("mill.region", region, {"rate": 1})
        assert tx.get("mill.order", order)["weighted"] == Decimal("60")
        assert tx.get("mill.region", region)["volume"] == Decimal("60")
        tx.update("mill.item", item, {"weight": 2})
        assert tx.get("mill.firm", firm)["weight"] == Decimal("6")
        other = tx.create("mill.firm", {"name": "G"}).id
        tx.update("mill.order", order, {"firm": other})
        assert tx.get("mill.firm", firm)["open_total"] in (None, 0)
        assert tx.get("mill.firm", other)["open_total"] == Decimal("30")
        tx.delete("mill.order", order)
        assert tx.get("mill.firm", other)["orders_number"] == 0
    assert wrong(mill) == []


def test_upkeep_is_no_edit(mill):
    with mill.tx() as tx:
        _, firm, _, order = firm_with_orders(tx)
        before = tx.get("mill.firm", firm)
    with mill.tx() as tx:
        tx.update("mill.order", order, {"rebate": 50})
        after = tx.get("mill.firm", firm)
        assert after["open_total"] != before["open_total"]
        assert after["version"] == before["version"]
        tx.update("mill.firm", firm, {"factor": 7}, version=before["version"])
        count = tx.scene.connection.execute(
            tables.audit.select().where(
                tables.audit.c.entity == "mill.firm", tables.audit.c.record == firm
            )
        ).all()
        assert [row.action for row in count] == ["created", "updated"]


def test_the_archive_and_emptied_links_are_followed(mill):
    with mill.tx() as tx:
        region, firm, item, order = firm_with_orders(tx)
        tx.archive("mill.firm", firm)
        assert tx.get("mill.region", region)["active"] == 0
        tx.restore("mill.firm", firm)
        assert tx.get("mill.region", region)["active"] == 1
        tx.delete("mill.item", item)
        assert tx.get("mill.order", order)["net"] in (None, 0)
        assert tx.get("mill.firm", firm)["open_total"] in (None, 0)
        tx.delete("mill.firm", firm)
        assert tx.get("mill.order", order)["size"] == "none"
    assert wrong(mill) == []


def test_a_frozen_formula_stops_following_from_elsewhere(mill):
    with mill.tx() as tx:
        region, _, _, order = firm_with_orders(tx)
        assert tx.get("mill.order", order)["kept"] == Decimal("90")
        tx.update("mill.order", order, {"state": "void"})
        tx.update("mill.region", region, {"rate": 3})
        assert tx.get("mill.order", order)["weighted"] == Decimal("120")
        assert tx.get("mill.order", order)["kept"] == Decimal("90")
        tx.update("mill.order", order, {"state": "open"})
        assert tx.get("mill.order", order)["kept"] == Decimal("240")


def test_wrong_values_are_told_and_mended(mill):
    with mill.tx() as tx:
        _, firm, _, _ = firm_with_orders(tx)
        table = tx.runtime.compiled.tables["mill.firm"]
        tx.scene.connection.execute(table.update().values(open_total=1))
    found = wrong(mill)
    assert ("mill.firm", firm, "open_total") in [
        (one.entity, one.id, one.field) for one in found
    ]
    with mill.tx() as tx:
        assert recompute(tx, FAR[1:]).mended >= 1
    assert wrong(mill) == []


def test_nothing_is_asked_for_what_nobody_follows(mill):
    known = mill.runtime.compiled.upkeep
    assert known.of("base.currency") == ()
    assert ("mill.order", "net") not in known.far
    assert ("mill.order", "weighted") in known.far
    assert ("mill.firm", "open_total") in known.heavy


class Chance:
    """Random writes to the mill; ids of what is there are kept by entity."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.ids = {name: [] for name in ("region", "firm", "item", "order", "supply")}
        self.number = 0

    def step(self, tx):
        rng = self.rng
        name = rng.choice([*self.ids, "order", "order", "firm"])
        ids = self.ids[name]
        action = rng.choice(["create", "update", "update", "delete", "archive"])
        if not ids or action == "create":
            made = tx.create(f"mill.{name}", self.values(name, tx, True))
            ids.append(made.id)
        elif action == "archive" and name == "firm":
            getattr(tx, rng.choice(["archive", "restore"]))(
                "mill.firm", rng.choice(ids)
            )
        elif action == "delete" and len(ids) > 4:
            tx.delete(f"mill.{name}", ids.pop(rng.randrange(len(ids))))
            self.forget(tx)
        elif action == "update" and rng.random() < 0.3:
            rows = [(i, self.values(name, tx, False), None) for i in set(ids)]
            tx.update_many(f"mill.{name}", rows)
        else:
            values = self.values(name, tx, False)
            tx.update(f"mill.{name}", rng.choice(ids), values)

    def forget(self, tx):
        for name, ids in self.ids.items():
            ids[:] = tx.scene.loader.load(f"mill.{name}", ids)

    def some(self, name, empty=0.2):
        ids = self.ids[name]
        return None if not ids or self.rng.random() < empty else self.rng.choice(ids)

    def values(self, name, tx, new):
        rng = self.rng
        self.number += 1
        every = getattr(self, f"_{name}")()
        if new:
            return {k: v for k, v in every.items() if v is not None}
        return dict(rng.sample(sorted(every.items()), rng.randint(1, len(every))))

    def amount(self):
        return self.rng.choice([None, Decimal(self.rng.randint(-500, 5000)) / 100])

    def _region(self):
        return {
            "name": f"r{self.number}",
            "rate": self.amount(),
            "parent": self.some("region"),
        }

    def _firm(self):
        return {
            "name": f"f{self.number}",
            "region": self.some("region"),
            "factor": self.amount(),
        }

    def _item(self):
        kin = self.rng.sample(self.ids["item"], min(2, len(self.ids["item"])))
        firms = self.rng.sample(self.ids["firm"], min(2, len(self.ids["firm"])))
        return {
            "name": f"i{self.number}",
            "weight": self.amount(),
            "kin": kin,
            "firms": firms,
        }

    def _order(self):
        target = self.rng.choice(["firm", "item"])
        about = self.some(target)
        item = self.some("item", 0)
        lines = [
            {"item": item, "pieces": self.rng.randint(0, 5), "price": self.amount()}
            for _ in range(self.rng.randint(0, 3) if item else 0)
        ]
        return {
            "name": f"o{self.number:04}",
            "firm": self.some("firm"),
            "state": self.rng.choice(["open", "void"]),
            "rebate": self.amount(),
            "about": {"entity": f"mill.{target}", "id": about} if about else None,
            "lines": lines,
        }

    def _supply(self):
        if not self.ids["item"] or not self.ids["firm"]:
            return {"item": None, "firm": None}
        return {"item": self.some("item", 0), "firm": self.some("firm", 0)}


@pytest.mark.parametrize("seed", [1, 2])
def test_stored_is_computed_whatever_is_written(mill, seed, monkeypatch):
    chance = Chance(seed)
    refused = 0
    for number in range(50):
        try:
            with mill.tx() as tx:
                before = {name: list(ids) for name, ids in chance.ids.items()}
                chance.step(tx)
        except AppError:
            chance.ids = before
            refused += 1
        assert wrong(mill) == [], number
    assert refused < 15
    assert wrong_in_python(mill, monkeypatch) == []
    assert sum(len(ids) for ids in chance.ids.values()) > 8


def test_concurrent_writers_lose_nothing(mill):
    with mill.tx() as tx:
        _, firm, item, _ = firm_with_orders(tx)
        other = tx.create("mill.firm", {"name": "G", "factor": 1}).id
        region = tx.create("mill.region", {"name": "R", "rate": 1}).id
    failures = []

    def work(number):
        rng = random.Random(number)
        mine = []
        for turn in range(8):
            try:
                with transaction(mill.runtime, Actor.system()) as tx:
                    if number == 7:
                        tx.update("mill.region", region, {"rate": turn})
                    elif number == 6:
                        target = rng.choice([firm, other])
                        values = {"region": region, "factor": turn}
                        tx.update("mill.firm", target, values)
                    elif mine and rng.random() < 0.5:
                        values = {"firm": rng.choice([firm, other]), "rebate": turn}
                        tx.update("mill.order", rng.choice(mine), values)
                    else:
                        lines = [{"item": item, "pieces": turn, "price": "1.10"}]
                        values = {"name": f"{number}-{turn}", "lines": lines}
                        values["firm"] = rng.choice([firm, other])
                        mine.append(tx.create("mill.order", values).id)
            except AppError as error:
                failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert wrong(mill) == []
    with mill.reader() as reader:
        numbers = [reader.get("mill.firm", i)["orders_number"] for i in (firm, other)]
        assert sum(numbers) == reader.count("mill.order")
