"""Values per company: one row per company beside the shared record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.services import Actor, BadQuery, Query, Runtime, reading, transaction
from core.services.errors import ValidationFailed
from tests.unit.registry.making import built
from tests.unit.services.base_world import base_world

MILL = """\
== mill/module.yml
module: mill
title: Mill
version: 1.0.0
depends: {base: ">=0.1"}
== mill/entities/part.yml
entity: mill.part
title: name
fields:
  name: {type: text, required: true}
  shelf: {type: text, per_company: true, default: A}
  limit: {type: money, currency: company.currency, per_company: true, min: 0}
  keeper: {type: link, to: base.user, per_company: true}
  secret: {type: integer, per_company: true, sensitive: true}
  tight: {type: boolean, formula: limit < 100}
  bins: {type: lines, of: mill.bin}
rules:
  shelf_set: {check: shelf != 'X', field: shelf, message: There is no shelf X.}
== mill/entities/bin.yml
entity: mill.bin
part_of: {part: mill.part}
fields:
  place: {type: text, formula: part.shelf}
== mill/permissions.yml
permissions: mill
roles:
  smith: {label: Smith}
  clerk: {label: Clerk}
  boss: {label: Boss}
grants:
  smith:
    mill.part: {can: all, fields: {limit: none}}
  clerk:
    mill.part: {can: [read, update], only: [name, shelf], edit: [shelf]}
  boss:
    mill.part: {can: all, fields: {secret: write}}
"""


@pytest.fixture
def mill(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with base_world(tmp_path, database_url, MILL, "mill") as runtime:
        yield runtime


@pytest.fixture
def companies(mill: Runtime) -> list[Actor]:
    """Somebody who works for both companies, at each of them."""
    with transaction(mill, Actor.system(), "python") as tx:
        currencies = [tx.resolve("base.currency", code) for code in ("EUR", "JPY")]
        ids = [
            tx.create(
                "base.company", {"code": code, "name": code, "currency": currency}
            ).id
            for code, currency in zip("NS", currencies, strict=True)
        ]
    system = replace(Actor.system(), companies=tuple(ids))
    return [replace(system, company=id_) for id_ in ids]


def _read(runtime: Runtime, actor: Actor, id_: int, *names: str) -> tuple[Any, ...]:
    with reading(runtime, actor) as reader:
        record = reader.get("mill.part", id_, names)
    return tuple(record[name] for name in names)


def _save(runtime: Runtime, actor: Actor, id_: int | None = None, **values: Any) -> int:
    with transaction(runtime, actor, "python") as tx:
        if id_ is None:
            return tx.create("mill.part", values).id or 0
        return tx.update("mill.part", id_, values).id or 0


def test_each_company_has_its_own_value(mill: Runtime, companies: list[Actor]) -> None:
    north, south = companies
    part = _save(mill, north, name="P", limit="50.25")
    assert _read(mill, north, part, "shelf", "limit", "tight") == (
        "A",
        Decimal("50.25"),
        True,
    )
    assert _read(mill, south, part, "shelf", "limit", "tight") == (None, None, None)
    _save(mill, south, part, limit="300", shelf="B")
    _save(mill, north, part, shelf="C")
    assert _read(mill, north, part, "shelf", "limit") == ("C", Decimal("50.25"))
    assert _read(mill, south, part, "shelf", "limit", "tight") == ("B", 300, False)
    with pytest.raises(ValidationFailed):
        _save(mill, north, part, limit="-1")
    with pytest.raises(ValidationFailed, match="no shelf X"):
        _save(mill, north, part, shelf="X")


def test_lists_filter_sort_and_count_by_it(
    mill: Runtime, companies: list[Actor]
) -> None:
    north, south = companies
    ids = [
        _save(mill, north, name=n, shelf=n, limit=str(k)) for k, n in enumerate("QRS")
    ]
    _save(mill, south, ids[0], shelf="Z")
    query = Query(filter="shelf > 'Q'", order=("-limit",), fields=("shelf", "limit"))
    with reading(mill, north) as reader:
        found = [record.id for record in reader.search("mill.part", query).items]
        assert found == [ids[2], ids[1]]
        assert reader.count("mill.part", Query(filter="shelf == 'Z'")) == 0
    with reading(mill, south) as reader:
        assert reader.count("mill.part", Query(filter="shelf == 'Z'")) == 1


def test_drafts_links_and_history(mill: Runtime, companies: list[Actor]) -> None:
    north, _south = companies
    keeper = None
    with transaction(mill, Actor.system(), "python") as tx:
        keeper = tx.create("base.user", {"login": "k", "name": "K"}).id
    part = _save(mill, north, name="P", keeper=keeper)
    with reading(mill, north) as reader:
        state = reader.evaluate("mill.part", {"shelf": "D", "limit": "7"}, part)
        assert (state.values["shelf"], state.values["tight"]) == ("D", True)
        assert "shelf" not in state.readonly
        page = reader.search("mill.part", Query(filter="keeper.login == 'k'"))
        assert [record.id for record in page.items] == [part]
    _save(mill, north, part, shelf="E")
    with reading(mill, north) as reader:
        (latest, *_) = reader.history("mill.part", part)
    assert latest.changes["shelf"] == ["A", "E"]
    assert _read(mill, north, part, "shelf", "version") == ("E", 2)


def test_rights_of_the_field_hold(mill: Runtime, companies: list[Actor]) -> None:
    north, _ = companies
    part = _save(mill, north, name="P", limit="5", secret=7)

    def somebody(role: str) -> Actor:
        return Actor(
            None,
            role,
            frozenset({f"mill.{role}"}),
            companies=north.companies,
            company=north.company,
        )

    with reading(mill, somebody("smith")) as reader:
        record = reader.get("mill.part", part)
        assert "limit" not in record.values
        assert record["shelf"] == "A"
        for name in ("limit", "secret", "by_company", "by_company.limit"):
            with pytest.raises(BadQuery):
                reader.search("mill.part", Query(filter=f"{name} is not null"))
    with reading(mill, somebody("boss")) as reader:
        assert reader.get("mill.part", part)["secret"] == 7
    with transaction(mill, somebody("clerk"), "ui") as tx:
        tx.update("mill.part", part, {"shelf": "K"})
    assert _read(mill, north, part, "shelf", "limit") == ("K", 5)
    with (
        pytest.raises(ValidationFailed),
        transaction(mill, somebody("clerk"), "ui") as tx,
    ):
        tx.update("mill.part", part, {"limit": "1"})


def test_without_a_company_there_is_no_value(mill: Runtime) -> None:
    part = _save(mill, Actor.system(), name="P")
    assert _read(mill, Actor.system(), part, "shelf") == (None,)
    with pytest.raises(ValidationFailed, match="company first"):
        _save(mill, Actor.system(), part, shelf="B")


@pytest.mark.parametrize(
    ("line", "more", "codes"),
    [
        ("{type: text, per_company: true}", "", []),
        ("{type: text, per_company: true}", "company: required", ["E412"]),
        ("{type: text, per_company: true, unique: true}", "", ["E412"]),
        ("{type: tags, per_company: true}", "", ["E412"]),
    ],
)
def test_what_fits(tmp_path: Path, line: str, more: str, codes: list[str]) -> None:
    text = f"""\
== base/entities/company.yml
entity: base.company
fields:
  name: {{type: text}}
== base/entities/tag.yml
entity: base.tag
fields:
  name: {{type: text}}
== a/module.yml
module: a
title: A
version: 1.0.0
depends: {{base: ">=0.1"}}
== a/entities/b.yml
entity: a.b
{more}
fields:
  shade: {line}
"""
    assert built(tmp_path, text).codes == codes
