"""Whole groups as values: an address copied from a group or from a record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.services import Actor, reading, transaction
from tests.unit.registry.making import built
from tests.unit.services.base_world import base_world

ORDERS = """\
== work/module.yml
module: work
title: Work
version: 1.0.0
depends: {base: ">=0.1"}
== work/entities/spot.yml
entity: work.spot
uses: [base.address]
title: name
fields:
  name: {type: text}
== work/entities/person.yml
entity: work.person
title: name
fields:
  name: {type: text}
  home: {type: group, of: base.address}
== work/entities/job.yml
entity: work.job
title: name
fields:
  name: {type: text}
  person: {type: link, to: work.person}
  spot: {type: link, to: work.spot}
  billing:
    type: group
    of: base.address
    derive: {value: person.home, watch: [person]}
  place:
    type: group
    of: base.address
    derive: "spot if spot is not null else person.home"
  known: {type: boolean, derive: billing is not null}
actions:
  swap:
    do: {set: {billing: =place}}
"""


def test_a_group_is_copied_as_a_whole(tmp_path: Path, database_url: str) -> None:
    with base_world(tmp_path, database_url, ORDERS, "work") as runtime:

        def save(entity: str, **values: Any) -> int:
            with transaction(runtime, Actor.system(), "python") as tx:
                return tx.create(entity, values).id or 0

        with reading(runtime, Actor.system()) as reader:
            germany = reader.scene.ref_id("base.country.DE")
        person = save("work.person", name="P", home={"city": "Ulm", "country": germany})
        spot = save("work.spot", name="S", city="Bonn", street="Weg 1")
        job = save("work.job", name="A", person=person)
        at_spot = save("work.job", name="B", person=person, spot=spot)
        empty = save("work.job", name="C")
        with transaction(runtime, Actor.system(), "python") as tx:
            # A snapshot: what happens to the person later changes nothing.
            tx.update("work.person", person, {"home": {"city": "Kiel"}})
            tx.run_action("work.job", at_spot, "swap")
        names = ("billing_city", "billing_country", "place_city", "place_street")
        with reading(runtime, Actor.system()) as reader:
            rows = [
                reader.get("work.job", id, fields=("billing", "place", "known"))
                for id in (job, at_spot, empty)
            ]
        found = [[row.get(name) for name in (*names, "known")] for row in rows]
        assert found == [
            ["Ulm", germany, "Ulm", None, True],
            ["Bonn", None, "Bonn", "Weg 1", True],
            [None, None, None, None, False],
        ]


TRAITS = """\
== a/traits/one.yml
trait: a.one
fields: {x: {type: text}}
== a/traits/two.yml
trait: a.two
fields: {x: {type: text}}
== a/entities/b.yml
entity: a.b
fields:
  one: {type: group, of: a.one}
  two: {type: group, of: a.two, %s}
  other: {type: link, to: a.b}
"""


@pytest.mark.parametrize(
    ("key", "codes"),
    [
        ("derive: one", ["E419"]),
        ("derive: other.two", []),
        ("derive: other", ["E419"]),
        ("derive: one.x", ["E419"]),
    ],
)
def test_only_the_same_trait_fits(tmp_path: Path, key: str, codes: list[str]) -> None:
    assert built(tmp_path, TRAITS % key).codes == codes
