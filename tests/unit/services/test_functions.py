"""Rates, units and calendars in saves and in reads, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.services import Actor, Runtime, ValidationFailed, reading, transaction
from tests.unit.services.base_world import base_world

WORK = """\
== work/module.yml
module: work
title: Work
version: 1.0.0
depends: {base: ">=0.1"}
== work/entities/job.yml
entity: work.job
title: name
company: required
fields:
  name: {type: text, required: true}
  day: {type: date, default: "=date('2026-12-23')"}
  currency: {type: link, to: base.currency}
  fee: {type: money, currency: currency}
  unit: {type: link, to: base.unit}
  load: {type: quantity, unit: unit}
  starts: {type: datetime}
  own_fee:
    type: money
    currency: company.currency
    derive: {value: "convert(fee, company.currency, day)", watch: [fee, day, currency]}
  now_fee: {type: money, currency: company.currency,
            formula: "convert(fee, company.currency, day)"}
  kilos: {type: decimal, places: 6, formula: "magnitude(to_unit(load, 'kg'))"}
  due: {type: date, derive: "add_workdays(day, 2, company.calendar)"}
  ready: {type: datetime, derive: "add_work(starts, hours(10), company.calendar)"}
rules:
  on_workdays:
    check: is_workday(day, company.calendar)
    field: day
    message: Nobody works then.
"""


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with base_world(tmp_path, database_url, WORK, "work") as made:
        yield made


def actor(runtime: Runtime) -> Actor:
    with reading(runtime, Actor.system()) as reader:
        company = reader.scene.ref_id("base.company.main")
    return replace(Actor.system(), company=company, zone="Europe/Berlin")


def ids(runtime: Runtime, *keys: str) -> list[int]:
    with reading(runtime, Actor.system()) as reader:
        found = [reader.scene.ref_id(key) for key in keys]
    assert None not in found
    return [one or 0 for one in found]


def prepare(runtime: Runtime) -> tuple[int, int]:
    """A rate of the dollar and two days off; the dollar and the gram."""
    dollar, gram, calendar = ids(
        runtime, "base.currency.USD", "base.unit.g", "base.calendar.standard"
    )
    with transaction(runtime, actor(runtime), "python") as tx:
        rates = [{"date": date(2026, 1, 1), "rate": Decimal("0.9137")}]
        tx.update("base.currency", dollar, {"rates": rates})
        off = [{"date": date(2026, 12, 25)}, {"date": date(2026, 12, 24)}]
        tx.update(
            "base.calendar", calendar, {"exceptions": off, "zone": "Europe/Berlin"}
        )
    return dollar, gram


def test_a_save_converts_and_counts_working_time(runtime: Runtime) -> None:
    dollar, gram = prepare(runtime)
    with transaction(runtime, actor(runtime), "python") as tx:
        saved = tx.create(
            "work.job",
            {
                "name": "A",
                "currency": dollar,
                "fee": Decimal(1000),
                "unit": gram,
                "load": Decimal(1500),
                "starts": datetime(2026, 12, 23, 15, tzinfo=UTC),
            },
        )
    names = ("own_fee", "now_fee", "kilos", "due", "ready")
    with reading(runtime, actor(runtime)) as reader:
        row = reader.get("work.job", saved.id or 0, fields=names)
    assert [row[name] for name in names] == [
        Decimal("913.70"),
        Decimal("913.70"),
        Decimal("1.5"),
        date(2026, 12, 29),
        datetime(2026, 12, 29, 9, tzinfo=UTC),
    ]
    assert saved.id == row.id
    assert row["ready"] - datetime(2026, 12, 29, 8, tzinfo=UTC) == timedelta(hours=1)


def test_a_missing_rate_is_an_error_of_the_field(runtime: Runtime) -> None:
    dollar, _ = prepare(runtime)
    values = {"name": "A", "currency": dollar, "fee": Decimal(1)}
    with (
        pytest.raises(ValidationFailed) as raised,
        transaction(runtime, actor(runtime), "python") as tx,
    ):
        tx.create("work.job", {**values, "day": date(2025, 12, 23)})
    assert "own_fee" in {p.field for p in raised.value.problems}


def test_in_a_list_a_missing_rate_is_null(runtime: Runtime) -> None:
    dollar, _ = prepare(runtime)
    with transaction(runtime, actor(runtime), "python") as tx:
        saved = tx.create(
            "work.job",
            {"name": "A", "currency": dollar, "fee": Decimal(1), "own_fee": None},
        )
        tx.update("base.currency", dollar, {"rates": []})
    with reading(runtime, actor(runtime)) as reader:
        row = reader.get("work.job", saved.id or 0, fields=("now_fee",))
    assert row["now_fee"] is None


def test_a_rule_asks_the_calendar(runtime: Runtime) -> None:
    prepare(runtime)
    with (
        pytest.raises(ValidationFailed, match="Nobody works then"),
        transaction(runtime, actor(runtime), "python") as tx,
    ):
        tx.create("work.job", {"name": "A", "day": date(2026, 12, 25)})
