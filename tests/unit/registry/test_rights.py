"""Roles, grants and limits of several modules in one form."""

from core.registry.rights import VERBS
from tests.unit.registry.making import built

TEXT = """== shop/entities/thing.yml
entity: shop.thing
fields:
  name: {type: text}
  size: {type: integer, sensitive: true}
  above: {type: link, to: shop.thing}
actions:
  close: {do: [{set: {name: Closed}}]}
== shop/permissions.yml
permissions: shop
roles:
  user: {label: User}
  boss: {label: Boss, includes: [user]}
grants:
  user:
    shop.thing: [read, close]
  boss:
    shop.thing:
      can: all
      where: created_by == me
      via: [above]
      fields: {size: write, name: {read: size > 3, write: false}}
limits:
  shop.thing: {where: size is not null, verbs: [update]}
== more/module.yml
module: more
title: More
version: 1.0.0
depends: {shop: ">=1"}
== more/permissions.yml
permissions: more
roles:
  chief: {label: Chief, includes: [shop.boss]}
grants:
  chief: {shop.thing: [delete]}
"""


def test_everything_in_one_form(tmp_path):
    made = built(tmp_path, TEXT)
    assert made.codes == []
    rights = made.registry.rights
    assert rights.roles["more.chief"].includes == {
        "more.chief",
        "shop.boss",
        "shop.user",
    }
    user, boss, chief = rights.grants["shop.thing"]
    assert user.verbs == {"read", "close"}
    assert boss.verbs == {*VERBS, "close"}
    assert chief.role == "more.chief"
    assert made.registry.typed(f"{boss.address}/where") is not None
    assert made.registry.typed(f"{boss.address}/fields/name/read") is not None
    (limit,) = rights.limits["shop.thing"]
    assert limit.verbs == {"update"}
    assert made.registry.typed(f"{limit.address}/where") is not None
    assert made.registry.label("permissions shop/roles/boss") == "Boss"


def test_a_role_of_a_module_that_is_not_named(tmp_path):
    text = TEXT.replace('depends: {shop: ">=1"}\n', "").replace(
        "grants:\n  chief: {shop.thing: [delete]}\n", ""
    )
    assert built(tmp_path, text).codes == ["E305"]
