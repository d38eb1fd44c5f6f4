"""One mistake is one report: what follows from it stays quiet."""

from tests.unit.registry.making import built

USERS = """== shop/entities/user.yml
entity: shop.user
title: concat(name, thing.name)
fields:
  name: {type: text, visible: thing.size > 1}
  thing: {type: link, to: shop.thing, inverse: users, where: it.size > 0}
  things: {type: links, to: shop.thing}
  sum: {type: integer, formula: sum(things.size)}
filters:
  large: {where: thing.size > 5}
== shop/views/user.yml
view: shop.user_list
entity: shop.user
type: list
columns: [name, thing.name]
---
view: shop.thing_list
entity: shop.thing
type: list
columns: [name]
== shop/permissions.yml
permissions: shop
roles: {user: {label: User}}
grants:
  user: {shop.thing: [read], shop.user: {can: [read], where: thing.size > 1}}
== shop/menu.yml
menu: shop
items:
  things: {entity: shop.thing}
== shop/data/rows.yml
data: shop.rows
rows:
  shop.thing: {one: {name: One}}
  shop.user: {me: {name: Me, thing: shop.thing.one}}
== shop/translations/de.yml
translations: shop.de
language: de
texts: {entity shop.thing/fields/size/label: Größe}
"""


def test_an_entity_that_cannot_be_read(tmp_path):
    text = USERS + "== shop/entities/thing.yml\nentity: shop.thing\nfields: [x\n"
    assert built(tmp_path, text).codes == ["E101"]


def test_a_field_of_an_unknown_type(tmp_path):
    text = USERS + (
        "== shop/entities/thing.yml\nentity: shop.thing\n"
        "fields:\n  name: {type: text}\n  size: {type: intger}\n"
    )
    assert built(tmp_path, text).codes == ["E203"]


def test_a_field_without_a_type(tmp_path):
    text = USERS + (
        "== shop/entities/thing.yml\nentity: shop.thing\n"
        "fields:\n  name: {type: text}\n  size: {label: Size}\n"
    )
    assert built(tmp_path, text).codes == ["E204"]


def test_a_link_to_nowhere(tmp_path):
    codes = built(tmp_path, USERS).codes
    # Two links, view, grant, menu and rows name it themselves; its texts are left over.
    assert sorted(codes) == ["E301"] * 6 + ["W423"]


def test_a_module_that_is_not_there(tmp_path):
    text = """== shop/module.yml
module: shop
title: Shop
version: 1.0.0
depends: {gone: ">=1"}
== shop/entities/thing.yml
entity: shop.thing
fields: {other: {type: link, to: gone.thing}}
"""
    assert built(tmp_path, text).codes == ["E308"]


def test_broken_permissions(tmp_path):
    text = """== shop/entities/thing.yml
entity: shop.thing
fields: {name: {type: text}}
filters: {all: {where: name is not null, roles: [user]}}
== shop/permissions.yml
permissions: shop
roles: {user: {label: [
"""
    assert built(tmp_path, text).codes == ["E101"]


def test_an_entity_that_is_read_in_part(tmp_path):
    text = USERS + (
        "== shop/entities/thing.yml\nentity: shop.thing\nfields:\n"
        "  name: {type: text}\n  name: {type: text}\n  size: {type: integer\n"
    )
    codes = built(tmp_path, text).codes
    assert set(codes) <= {"E101", "E102"}


def test_a_trait_that_is_not_there(tmp_path):
    text = """== shop/entities/place.yml
entity: shop.place
uses: [shop.adress]
title: city
fields: {name: {type: text, visible: city is not null}}
== shop/views/place.yml
view: shop.place_list
entity: shop.place
type: list
columns: [name, street]
"""
    made = built(tmp_path, text)
    assert made.codes == ["E301"]


def test_an_extension_that_cannot_be_read(tmp_path):
    text = USERS.replace("filters:", "rules: {r: {check: thing.code != 'x'}}\nfilters:")
    text += (
        "== shop/entities/thing.yml\nentity: shop.thing\nfields:\n"
        "  name: {type: text}\n  size: {type: integer}\n"
        "== shop/extensions/shop.thing.yml\nextend: {entity: [shop.thing]}\n"
        "fields: {code: {type: text}}\n"
    )
    assert built(tmp_path, text).codes == ["E205"]


def test_a_row_that_cannot_be_read(tmp_path):
    text = """== shop/entities/thing.yml
entity: shop.thing
fields:
  name: {type: text}
  above: {type: link, to: shop.thing}
== shop/data/rows.yml
data: shop.rows
rows:
  shop.thing:
    one: One
    two: {name: Two, above: shop.thing.one}
"""
    assert built(tmp_path, text).codes == ["E205"]
