"""What events mean to flows: whom they start and wake, and who is perhaps left."""

from __future__ import annotations

from pathlib import Path

from core.registry import Ear
from tests.unit.registry.making import built

SHOP = """\
== shop/entities/thing.yml
entity: shop.thing
fields: {name: {type: text}}
== shop/entities/box.yml
entity: shop.box
fields: {name: {type: text}}
== shop/flows/care.yml
flow: shop.care
subject: shop.thing
event: shop.thing.saved
steps:
  make: {do: [{create: {entity: shop.box}, as: box}]}
  rest:
    was: former
    check: name is not null
    hold: {code: x, say: y, wake_on: [shop.thing.updated, shop.box.saved]}
  end: {wait: {event: shop.box.deleted}}
exit_when: name == 'x'
---
flow: shop.off
subject: shop.thing
event: shop.thing.created
enabled: false
steps: {one: {wait: 1 day}}
"""


def test_events_find_the_steps_that_wait_for_them(tmp_path: Path) -> None:
    made = built(tmp_path, SHOP)
    assert made.messages == []
    hearing = made.registry.hearing
    assert dict(hearing.starts) == {
        "shop.thing.created": ("shop.care",),
        "shop.thing.updated": ("shop.care",),
    }
    assert dict(hearing.leaves) == {"shop.thing": ("shop.care",)}
    # Who rests at a step that had another id is woken too.
    assert hearing.wakes["shop.thing.updated"] == (
        Ear("shop.care", "rest", "held", "subject"),
        Ear("shop.care", "former", "held", "subject"),
    )
    assert {ear.about for ear in hearing.wakes["shop.box.created"]} == {"made"}
    assert hearing.wakes["shop.box.deleted"] == (
        Ear("shop.care", "end", "waiting", "made"),
    )
