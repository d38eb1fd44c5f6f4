"""The view to use for each entity: written, by default, or generated."""

from tests.unit.registry.making import built

THING = """== shop/entities/thing.yml
entity: shop.thing
fields:
  code: {type: text}
  name: {type: text}
  note: {type: longtext}
  secret: {type: text, hidden: true}
  above: {type: link, to: shop.thing}
  lines: {type: lines, of: shop.line}
== shop/entities/line.yml
entity: shop.line
part_of: {thing: shop.thing}
fields:
  text: {type: text}
"""


def texts(items):
    return [getattr(item, "field", item).text for item in items]


def test_views_nobody_wrote(tmp_path):
    made = built(tmp_path, THING)
    assert made.codes == []
    views = made.registry.views_of
    assert texts(views["shop.thing", "list"].columns) == ["name", "code", "above"]
    sections = views["shop.thing", "form"].sections
    assert {id_: texts(part.fields) for id_, part in sections.items()} == {
        "main": ["code", "name", "above"],
        "lines": ["lines"],
        "note": ["note"],
    }


def test_the_default_wins_and_views_for_roles_are_nobodys_default(tmp_path):
    made = built(
        tmp_path,
        THING
        + """== shop/permissions.yml
permissions: shop
roles: {user: {label: User}}
== shop/views/thing.yml
view: shop.thing_user
entity: shop.thing
type: list
roles: [user]
columns: [name]
---
view: shop.thing_first
entity: shop.thing
type: list
columns: [name]
---
view: shop.thing_list
entity: shop.thing
type: list
default: true
columns: [code]
---
view: shop.thing_never
entity: shop.thing
type: form
default: false
sections: {main: {fields: [name]}}
""",
    )
    assert made.codes == []
    views = made.registry.views_of
    assert views["shop.thing", "list"].id == "shop.thing_list"
    assert views["shop.thing", "form"].id == "shop.thing_form"


def test_buttons_lead_to_several_records(tmp_path):
    view = """== shop/views/thing.yml
view: shop.thing_form
entity: shop.thing
type: form
buttons:
  one: {inverse: lines, where: text is not null}
  two: {inverse: name}
  three: {action: clos}
  four: {}
sections: {main: {fields: [name], columns: 4}}
"""
    made = built(tmp_path, THING + view)
    assert made.codes == ["E411", "E402", "E204", "E217"]
    assert made.registry.typed("view shop.thing_form/buttons/one/where") is not None
