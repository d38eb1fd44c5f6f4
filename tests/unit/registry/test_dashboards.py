"""Dashboards: which keys a tile may have, what is left out in silence."""

import pytest

from tests.unit.registry.making import built

WORLD = """== shop/entities/thing.yml
entity: shop.thing
fields:
  name: {type: text}
  price: {type: decimal}
  on: {type: date}
  lines: {type: lines, of: shop.line}
== shop/entities/line.yml
entity: shop.line
part_of: {thing: shop.thing}
fields: {text: {type: text}}
== shop/views/v.yml
view: shop.form
entity: shop.thing
type: form
---
view: shop.cheap
entity: shop.thing
type: list
default: false
where: price < 3
== shop/dashboards/d.yml
dashboard: shop.d
"""
GOOD = [
    "number: shop.thing",
    "number: shop.thing\n    value: sum(r.price for r in rows if r.price > 1)",
    "number: shop.thing\n    compare: {where: price > 3}\n    drill: shop.cheap",
    "list: shop.thing\n    columns: [name, {field: price}]\n    order: [-price]",
    "view: shop.cheap",
    "chart: bar\n    from: shop.thing\n    rows: name",
    "chart: line\n    from: shop.thing\n    rows: {of: on, grain: month}",
    "text: Hello",
]
BAD = [
    ("span: 3", "E204", "a tile is exactly one of: number, list, chart, view, text"),
    ("number: shop.thing\n    text: x", "E208", None),
    ("number: shop.thin", "E301", "there is no entity 'shop.thin'"),
    ("number: shop.thing\n    span: 13", "E217", None),
    ("number: shop.thing\n    rows: name", "E202", None),
    ("number: shop.thing\n    value: price", "E402", None),
    ("number: shop.thing\n    value: count(rows.lines)", "E406", None),
    ("number: shop.thing\n    where: price", "E419", None),
    ("chart: bar\n    rows: name", "E204", None),
    ("chart: bar\n    from: shop.thing", "E204", None),
    ("chart: bar\n    from: shop.thing\n    rows: lines", "E411", None),
    (
        "chart: bar\n    from: shop.thing\n    rows: {of: price, grain: month}",
        "E406",
        "only dates have a grain; this is decimal",
    ),
    ("view: shop.form", "E406", "'shop.form' is a form; a tile shows a list"),
    ("list: shop.thing\n    columns: [nam]", "E402", None),
    ("list: shop.thing\n    limit: 0", "E217", None),
    ("list: shop.thing\n    drill: shop.form", "E301", None),
    ("text: x\n    roles: nobody", "E418", None),
]


def tiles(keys: str) -> str:
    return f"tiles:\n  t:\n    {keys}\n"


@pytest.mark.parametrize("keys", GOOD)
def test_tiles_that_fit(tmp_path, keys):
    assert built(tmp_path, WORLD + tiles(keys)).codes == []


@pytest.mark.parametrize(("keys", "code", "message"), BAD)
def test_tiles_that_do_not(tmp_path, keys, code, message):
    made = built(tmp_path, WORLD + tiles(keys))
    assert made.codes == [code]
    assert message is None or made.messages == [message]


def test_this_is_the_record_of_the_page(tmp_path):
    about = "entity: shop.thing\n" + tiles(
        "number: shop.thing\n    where: price > this.price"
    )
    assert built(tmp_path, WORLD + about).codes == []


def test_a_tile_into_an_optional_module_that_is_off_is_left_out(tmp_path):
    world = (
        WORLD.replace("dashboard: shop.d", "dashboard: shop.d\nlabel: D")
        + tiles("number: crm.lead")
        + "  here: {text: x}\n"
        + "== shop/module.yml\nmodule: shop\ntitle: Shop\nversion: 1.0.0\n"
        + 'optional: {crm: ">=1"}\n'
        + "== crm/entities/lead.yml\nentity: crm.lead\nfields: {name: {type: text}}\n"
    )
    made = built(tmp_path, world, ["shop"])
    assert made.codes == []
    assert list(made.registry.dashboards["shop.d"].tiles) == ["here"]
