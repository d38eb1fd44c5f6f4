"""Expressions that users keep as data: checked when saved, run on other records."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.services import Actor, ValidationFailed, reading, transaction
from tests.unit.registry.making import built
from tests.unit.services.base_world import base_world

PHASES = """\
== work/module.yml
module: work
title: Work
version: 1.0.0
depends: {base: ">=0.1"}
== work/entities/phase.yml
entity: work.phase
title: name
fields:
  name: {type: text}
  ready: {type: expression, of: work.job}
  weight: {type: expression, of: work.job, result: decimal}
== work/entities/job.yml
entity: work.job
title: name
fields:
  name: {type: text}
  phase: {type: link, to: work.phase}
  above: {type: link, to: work.job}
  hours: {type: decimal}
  rate: {type: decimal, sensitive: true}
  lines: {type: lines, of: work.line}
  weight: {type: decimal, derive: "value_of(phase.weight, this)"}
  parent_ready: {type: boolean, derive: "holds(phase.ready, above)"}
rules:
  ready: {check: holds(phase.ready), field: phase, message: This phase asks for more.}
== work/entities/line.yml
entity: work.line
part_of: {job: work.job}
fields:
  hours: {type: decimal}
"""


def test_expressions_of_users_run(tmp_path: Path, database_url: str) -> None:
    with base_world(tmp_path, database_url, PHASES, "work") as runtime:

        def save(entity: str, **values: Any) -> int:
            with transaction(runtime, Actor.system(), "python") as tx:
                return tx.create(entity, values).id or 0

        with pytest.raises(ValidationFailed, match="hour"):
            save("work.phase", name="bad", ready="hour > 3")
        with pytest.raises(ValidationFailed, match="'rate' is sensitive"):
            # Who writes it would learn by its result what he may not read.
            save("work.phase", name="sly", ready="rate > 3")
        phase = save(
            "work.phase",
            name="P",
            ready="sum(lines.hours) > 3 and above.above is null",
            weight="hours * 2 + coalesce(above.hours, 0)",
        )
        lines = [{"hours": Decimal(2)}, {"hours": Decimal(2)}]
        top = save("work.job", name="T", hours=Decimal(5), lines=lines)
        job = save(
            "work.job",
            name="J",
            phase=phase,
            above=top,
            hours=Decimal(1),
            lines=lines,
        )
        with reading(runtime, Actor.system()) as reader:
            row = reader.get("work.job", job, fields=("weight", "parent_ready"))
        assert (row["weight"], row["parent_ready"]) == (Decimal(7), True)
        with pytest.raises(ValidationFailed, match="asks for more"):
            save("work.job", name="K", phase=phase, lines=lines[:1])


@pytest.mark.parametrize(
    ("call", "codes"),
    [
        ("holds(test)", []),
        ("holds(test, record=this)", []),
        ("holds(size)", ["E406"]),
        ("holds(name)", ["E406"]),
        ("holds(test, name)", ["E406"]),
        ("value_of(size) > 3", []),
        ("value_of(size) == 'x'", ["E406"]),
        ("holds()", ["E405"]),
    ],
)
def test_what_fits(tmp_path: Path, call: str, codes: list[str]) -> None:
    text = f"""\
== a/entities/b.yml
entity: a.b
fields:
  name: {{type: text}}
  test: {{type: expression, of: a.b}}
  size: {{type: expression, of: a.b, result: decimal}}
rules:
  one: {{check: "{call}", message: No.}}
"""
    assert built(tmp_path, text).codes == codes
