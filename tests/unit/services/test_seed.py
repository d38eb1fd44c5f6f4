"""Shipped rows: applied once, followed field by field, never against the business."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.compiler import compile_application
from core.services import Actor, Query, Runtime, transaction
from core.services.seed import apply_data, load_demo, remove_demo
from tests.unit.services.conftest import WORLD, World, actors_of, registry_of

TEAMS = """data: extra.teams
{once}
rows:
  base.team:
    one: {{name: {one}}}
    two: {{name: Two}}
  shop.party:
    acme: {{name: Acme, city: {city}, parent: shop.party.mother, tags: [base.tag.hot]}}
    mother: {{name: Mother}}
  base.tag:
    hot: {{name: hot}}
  base.currency:
    usd: {{code: USD}}
"""
DEMO = """demo: extra.demo
rows:
  shop.party:
    sample: {name: Sample}
    child: {name: Child, parent: shop.party.sample}
  shop.order:
    first:
      party: shop.party.child
      date: =today()
      company: base.company.north
      lines:
        - {product: shop.product.bolt, quantity: 2, price: 3}
"""


@pytest.fixture
def shipped(make, database_url, tmp_path):
    """A function: texts of the module's next version -> the world with it applied."""
    base = make(database_url)
    folder = tmp_path / "extra"

    def ship(one="One", city="Bonn", once="once: false") -> World:
        (folder / "data").mkdir(parents=True, exist_ok=True)
        (folder / "demo").mkdir(exist_ok=True)
        _write(folder / "module.yml", "module: extra\ntitle: X\nversion: 1.0.0\n"
               "depends: {base: '>=1', shop: '>=1'}\n")  # fmt: skip
        _write(folder / "data/teams.yml", TEAMS.format(one=one, city=city, once=once))
        _write(folder / "demo/demo.yml", DEMO)
        registry = registry_of(WORLD, tmp_path)
        kind = base.runtime.database.kind
        compiled = compile_application(registry, base.runtime.compiled.catalog, kind)
        runtime = Runtime(compiled, base.runtime.database)
        world = replace(base, runtime=runtime, actors=actors_of(runtime))
        return world

    return ship


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def apply(world):
    with transaction(world.runtime, Actor.system(), "seed") as tx:
        return apply_data(tx)


def test_rows_are_created_in_the_order_of_their_links(shipped):
    world = shipped()
    report = apply(world)
    assert report.created["shop.party"] == 2
    assert report.created["base.team"] == 2
    with world.reader() as reader:
        acme = reader.get("shop.party", world.id("shop.party.acme"))
        assert acme["parent"] == world.id("shop.party.mother")
        assert acme["tags"] == (world.id("base.tag.hot"),)
    again = apply(world)
    assert (again.created, again.updated) == ({}, {})


def test_only_what_changed_and_was_left_alone_is_followed(shipped):
    world = shipped()
    apply(world)
    acme, one = world.id("shop.party.acme"), world.id("base.team.one")
    with world.tx("admin") as tx:
        tx.update("shop.party", acme, {"city": "Ulm", "code": "A"})
    report = apply(shipped(one="Uno", city="Kiel"))
    assert report.updated == {"base.team": 1}
    with world.reader() as reader:
        assert reader.get("base.team", one)["name"] == "Uno"
        assert reader.get("shop.party", acme)["city"] == "Ulm"
    with world.tx("admin") as tx:
        tx.update("base.team", one, {"name": "Own"})
    apply(shipped(one="Ein", city="Kiel"))
    with world.reader() as reader:
        assert reader.get("base.team", one)["name"] == "Own"


def test_once_means_once_and_deleted_stays_deleted(shipped):
    world = shipped()
    apply(world)
    two = world.id("base.team.two")
    with world.tx("admin") as tx:
        tx.delete("base.team", two)
    report = apply(shipped(one="Uno", once="once: true"))
    assert (report.created, report.updated) == ({}, {})
    with world.reader() as reader:
        assert reader.count("base.team", Query(filter="name in ['Uno', 'Two']")) == 0


def test_a_record_with_the_natural_key_is_adopted(shipped):
    world = shipped()
    with world.tx("admin") as tx:
        own = tx.create("base.currency", {"code": "USD", "decimals": 3}).id
    apply(world)
    assert world.id("base.currency.usd") == own
    with world.reader() as reader:
        assert reader.get("base.currency", own)["decimals"] == 3


def test_demo_comes_and_goes(shipped):
    world = shipped()
    apply(world)
    with world.tx("admin") as tx:
        before = {e: tx.count(e) for e in ("shop.party", "shop.order")}
        report = load_demo(tx)
        assert report.created["shop.order"] == 1
        assert load_demo(tx).created == {}
        assert tx.search("shop.order").items[0]["net"] == 6
    with world.tx("admin") as tx:
        mine = tx.create("shop.order", {"party": world.id("shop.party.sample")}).id
        assert remove_demo(tx) == 2
        assert tx.count("shop.order") == before["shop.order"] + 1
        sample = tx.get("shop.order", mine)["party"]
        assert tx.get("shop.party", sample)["archived"] is True
