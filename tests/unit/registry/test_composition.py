"""Traits, owners, companies and shared lists become ordinary fields."""

from core.expressions.schema import MemberKind
from tests.unit.registry.making import built

ADDRESS = """== shop/traits/address.yml
trait: shop.address
title: city
fields:
  street: {type: text, label: Street}
  city: {type: text, visible: street is not null}
rules:
  complete: {check: city is not null, when: street is not null}
== shop/choices/tone.yml
choices: shop.tone
values: {soft: Soft, loud: {label: Loud, color: red}}
"""


def test_a_trait_mixed_in_is_checked_in_its_new_place(tmp_path):
    made = built(
        tmp_path,
        ADDRESS
        + """== shop/entities/place.yml
entity: shop.place
uses: shop.address
fields:
  name: {type: text}
== shop/translations/de.yml
translations: shop.de
language: de
texts: {trait shop.address/fields/street/label: Straße}
""",
    )
    assert made.codes == []
    registry = made.registry
    assert list(registry.entity("shop.place").fields) == ["name", "street", "city"]
    at = "entity shop.place/fields/city/visible"
    assert registry.typed(at).entity == "shop.place"
    assert registry.typed("trait shop.address/fields/city/visible") is not None
    assert registry.typed("entity shop.place/rules/complete/check") is not None
    label = registry.label("entity shop.place/fields/street", "de")
    assert label == "Straße"


def test_a_trait_embedded_as_a_group(tmp_path):
    made = built(
        tmp_path,
        ADDRESS
        + """== shop/entities/place.yml
entity: shop.place
title: billing.city
fields:
  billing: {type: group, of: shop.address}
  far: {type: boolean, formula: billing.city != 'here'}
""",
    )
    assert made.codes == []
    schema = made.registry.schema.entity("shop.place")
    member = schema.member("billing")
    assert member.kind is MemberKind.GROUP
    assert [inner.name for inner in member.members] == ["street", "city"]
    assert schema.member("far").stored


def test_owned_lines(tmp_path):
    made = built(
        tmp_path,
        """== shop/entities/order.yml
entity: shop.order
fields:
  name: {type: text}
  lines: {type: lines, of: shop.line, where: size > 0}
== shop/entities/line.yml
entity: shop.line
part_of: {order: shop.order}
fields:
  size: {type: integer}
""",
    )
    assert made.codes == []
    field = made.registry.entity("shop.line").fields["order"]
    assert (field.type, field.required, field.on_delete) == ("link", True, "cascade")
    member = made.registry.schema.entity("shop.order").member("lines")
    assert (member.target, member.back) == ("shop.line", "order")
    assert member.where.entity == "shop.line"
    assert made.registry.schema.entity("shop.line").order == ("position",)


def test_the_company_is_a_link(tmp_path):
    made = built(
        tmp_path,
        """== base/entities/company.yml
entity: base.company
fields: {name: {type: text}}
== base/entities/desk.yml
entity: base.desk
company: required
fields: {name: {type: text}}
""",
    )
    assert made.codes == []
    field = made.registry.entity("base.desk").fields["company"]
    assert (field.to, field.required) == (("base.company",), True)


def test_a_shared_list_is_filled_in_and_translated_once(tmp_path):
    made = built(
        tmp_path,
        ADDRESS
        + """== shop/entities/bell.yml
entity: shop.bell
fields:
  tone: {type: choice, choices: shop.tone}
== shop/translations/de.yml
translations: shop.de
language: de
texts:
  choices shop.tone/values/soft: Leise
  choices shop.tone/values/loud/label: Laut
""",
    )
    assert made.codes == []
    label = made.registry.label
    at = "entity shop.bell/fields/tone/choices"
    assert label(f"{at}/soft") == "Soft"
    assert label(f"{at}/loud", "de") == "Laut"
    assert label(f"{at}/soft", "de") == "Leise"


def test_inverses_are_members_of_the_target(tmp_path):
    made = built(
        tmp_path,
        """== shop/entities/bell.yml
entity: shop.bell
fields:
  above: {type: link, to: shop.bell, inverse: below}
  count: {type: integer, formula: count(below)}
""",
    )
    assert made.codes == []
    member = made.registry.schema.entity("shop.bell").member("below")
    assert (member.kind, member.back) == (MemberKind.INVERSE, "above")
    assert made.registry.inverses["shop.bell"]["below"].field == "above"
    assert made.registry.is_stored("shop.bell", "count")


def test_labels_come_from_ids(tmp_path):
    made = built(
        tmp_path,
        """== shop/entities/door_bell.yml
entity: shop.door_bell
fields:
  close_date: {type: date, help: When}
  tone: {type: choice, choices: {soft: Soft, very_loud: {color: red}}}
""",
    )
    label = made.registry.label
    assert label("entity shop.door_bell") == "Door bell"
    assert label("entity shop.door_bell/fields/close_date") == "Close date"
    assert label("entity shop.door_bell/fields/close_date", key="help") == "When"
    assert label("entity shop.door_bell/fields/tone", key="help") == ""
    assert label("entity shop.door_bell/fields/tone/choices/very_loud") == "Very loud"
