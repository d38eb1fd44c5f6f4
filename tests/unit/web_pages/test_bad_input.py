"""Circles in trees and edges of time zones, on every way in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.exchange import Column, Mapping, run_import
from core.services import Actor, Query
from core.testing.installation import Installation, InstallModule
from tests.unit.registry.making import write_modules
from tests.unit.services.base_world import MODULES

YARD = """\
== yard/module.yml
module: yard
title: Yard
version: 1.0.0
depends: {base: ">=0.1"}
== yard/entities/place.yml
entity: yard.place
title: name
key: name
tree: parent
fields:
  name: {type: text, required: true}
  at: {type: datetime}
  day: {type: date, default: =today()}
"""


@pytest.fixture(scope="module")
def yard(
    install_module: InstallModule, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    folder = tmp_path_factory.mktemp("yard")
    write_modules(folder, YARD)
    return install_module((MODULES, folder), "yard")


def _made(yard: Installation, actor: Actor | None = None, **values: Any) -> int:
    with yard.application.transaction(actor or Actor.system()) as tx:
        return tx.create("yard.place", values).id or 0


def test_no_way_in_makes_a_circle(yard: Installation, tmp_path: Path) -> None:
    top = _made(yard, name="top")
    below = _made(yard, name="below", parent=top)
    address = "/api/v1/yard/place"
    answer = yard.ask("PATCH", f"{address}/{top}", body={"parent": below, "version": 1})
    assert answer.status_code == 422
    assert [one["field"] for one in answer.get_json()["errors"]] == ["parent"]
    rows = {"update": [{"id": top, "parent": below}], "partial": True}
    (row,) = yard.ask("POST", f"{address}/bulk", body=rows).get_json()["update"]
    assert (row["status"], row["errors"][0]["field"]) == (422, "parent")
    itself = {"update": [{"id": top, "parent": top}]}
    assert yard.ask("POST", f"{address}/bulk", body=itself).status_code == 422
    path = tmp_path / "places.csv"
    path.write_text("name,parent\ntop,below\n", "utf-8")
    columns = tuple(Column((name,), name) for name in ("name", "parent"))
    mapping = Mapping("yard.place", columns, key="name")
    report = run_import(yard.application, Actor.system(), path, mapping)
    assert (report.updated, report.rejected) == (0, 1), report


def test_hours_that_are_missing_or_there_twice(yard: Installation) -> None:
    berlin = replace(Actor.system(), zone="Europe/Berlin")

    def save(text: str) -> datetime:
        id_ = _made(yard, berlin, name=text, at=text)
        with yard.application.reader(berlin) as reader:
            found: datetime = reader.get("yard.place", id_)["at"]
            return found

    with pytest.raises(Exception, match="does not exist in Europe/Berlin"):
        save("2026-03-29T02:30")
    assert save("2026-03-29T03:00") == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    # The first of the two; an offset says the second.
    assert save("2026-10-25T02:30") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert save("2026-10-25T02:30+01:00") == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_a_day_begins_where_the_reader_is(yard: Installation) -> None:
    id_ = _made(yard, name="late", at="2026-06-30T22:30Z")
    for zone, day in (("Europe/Berlin", 1), ("UTC", 30), ("America/New_York", 30)):
        actor = replace(Actor.system(), zone=zone)
        month = 7 if day == 1 else 6
        filter_ = f"name == 'late' and date(at) == date(2026, {month}, {day})"
        with yard.application.reader(actor) as reader:
            page = reader.search("yard.place", Query(filter=filter_))
        assert [one.id for one in page.items] == [id_], zone


def test_today_is_the_day_of_who_asks(yard: Installation) -> None:
    found = {}
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        actor = replace(Actor.system(), zone=zone)
        id_ = _made(yard, actor, name=zone)
        with yard.application.reader(actor) as reader:
            found[zone] = reader.get("yard.place", id_)["day"]
    # They lie 26 hours apart: a day at least, whenever this runs.
    assert found["Pacific/Kiritimati"] - found["Etc/GMT+12"] >= timedelta(days=1)
