"""Stored records that do not fit changed definitions are named before a plan."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from core.compiler import compile_application
from core.fieldtypes import builtin_catalog
from core.migrations import apply_plan, make_plan
from core.services import Actor, Runtime, transaction
from core.services.standing import unfit_records
from core.storage import create_database
from core.storage.tables import create_system_tables
from tests.unit.registry.making import built

LAX = """\
== inn/entities/stay.yml
entity: inn.stay
title: name
fields:
  name: {type: text}
  room: {type: text}
  part: {type: percent}
  main: {type: boolean}
  first: {type: date}
  last: {type: date}
  above: {type: link, to: inn.stay}
  test: {type: expression, of: inn.stay}
  needs: {type: field_names, of: inn.stay}
  extra: {type: text}
"""
STRICT = (
    LAX.replace("  extra: {type: text}\n", "")
    + """\
constraints:
  one_at_a_time: {no_overlap: [first, last], per: room}
  one_main: {at_most_one: main, per: room}
  some_main: {exactly_one: main, per: room}
  whole: {group_check: sum(rows.part) == 100, per: room}
  upward: {acyclic: above}
"""
)


def _runtime(folder: Path, url: str, text: str) -> Runtime:
    registry = built(folder, text).registry
    database = create_database(url)
    compiled = compile_application(registry, builtin_catalog(), database.kind)
    with database.writing() as connection:
        create_system_tables(connection)
    return Runtime(compiled, database)


def _stay(runtime: Runtime, **values: Any) -> int:
    with transaction(runtime, Actor.system(), "python") as tx:
        return tx.create("inn.stay", values).id or 0


def test_every_kind_names_its_records(tmp_path: Path, database_url: str) -> None:
    before = _runtime(tmp_path / "a", database_url, LAX)
    plan = make_plan(before.compiled, before.database)
    apply_plan(plan, before.compiled, before.database, tmp_path)
    day = date(2026, 1, 1)
    whole = {"room": "1", "part": 50, "main": True, "first": day}
    one = _stay(before, name="Ann", test="extra == 'x'", needs=["extra"], **whole)
    two = _stay(before, name="Bob", above=one, test="room == '1'", **whole)
    with transaction(before, Actor.system(), "python") as tx:
        tx.update("inn.stay", one, {"above": two, "part": 60})
    _stay(before, name="Cid", room="2", part=100, main=True)
    assert unfit_records(before) == []
    before.database.dispose()

    after = _runtime(tmp_path / "b", database_url, STRICT)
    told = unfit_records(after)
    after.database.dispose()

    def about(text: str) -> list[str]:
        return [line for line in told if text in line]

    both = f"Ann #{one}, Bob #{two}"
    for rule in ("one_at_a_time", "one_main", "some_main", "whole"):
        assert len(about(f"/{rule}:")) == 1, told
        line = about(f"/{rule}:")[0]
        assert f"#{one}" in line, line
        assert f"#{two}" in line, line
    assert both in about("/one_main:")[0]
    assert len(about("/upward:")) == 2
    (kept,) = about("Test:")
    assert f"Ann #{one}" in kept
    assert "extra" in kept
    (names,) = about("Needs:")
    assert f"#{one}" in names


def test_unique_values_name_their_rows(tmp_path: Path, database_url: str) -> None:
    before = _runtime(tmp_path / "a", database_url, LAX)
    plan = make_plan(before.compiled, before.database)
    apply_plan(plan, before.compiled, before.database, tmp_path)
    ids = [_stay(before, name="Ann") for _ in range(2)]
    before.database.dispose()
    text = LAX.replace("name: {type: text}", "name: {type: text, unique: true}")
    after = _runtime(tmp_path / "b", database_url, text)
    (reason,) = make_plan(after.compiled, after.database).blocked
    after.database.dispose()
    assert f"{ids[0]} and {ids[1]}" in reason
