"""`rows()` in rules, defaults and suggestions: one statement for a whole batch."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.services import Actor, ValidationFailed, reading, transaction
from tests.unit.services.base_world import base_world

LIMITS = """\
== work/module.yml
module: work
title: Work
version: 1.0.0
depends: {base: ">=0.1"}
== work/entities/limit.yml
entity: work.limit
order: [-most]
fields:
  code: {type: text, index: true}
  kind: {type: text}
  most: {type: decimal}
== work/entities/claim.yml
entity: work.claim
fields:
  code: {type: text}
  amount: {type: decimal}
  free: {type: boolean, default: "=not exists(rows(work.limit, code=code))"}
  most:
    type: decimal
    derive: "first(rows(work.limit, code=code, kind='a')).most"
rules:
  within:
    check: "all(l.most >= amount for l in rows(work.limit, code=code))"
    message: That is too much.
"""


def test_one_statement_per_expression(tmp_path: Path, database_url: str) -> None:
    with base_world(tmp_path, database_url, LIMITS, "work") as runtime:
        with transaction(runtime, Actor.system(), "python") as tx:
            tx.create_many(
                "work.limit",
                [
                    {"code": f"c{n}", "kind": kind, "most": Decimal(n + more)}
                    for n in range(30)
                    for kind, more in (("a", 10), ("b", 20))
                ],
            )
        statements: list[str] = []

        def note(_c: Any, _k: Any, statement: str, *_: Any) -> None:
            statements.append(statement)

        engine = runtime.database.engine
        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            with transaction(runtime, Actor.system(), "python") as tx:
                made = tx.create_many(
                    "work.claim",
                    [{"code": f"c{n}", "amount": Decimal(5)} for n in range(40)],
                )
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)
        ids = [one.id for one in made if one.id is not None]
        assert len([s for s in statements if "FROM work_limit" in s]) <= 3
        with reading(runtime, Actor.system()) as reader:
            rows = [reader.get("work.claim", id) for id in ids]
        assert [r["most"] for r in rows[:3]] == [10, 11, 12]
        assert [rows[n]["free"] for n in (0, 29, 30)] == [False, False, True]
        with (
            pytest.raises(ValidationFailed, match="too much"),
            transaction(runtime, Actor.system(), "python") as tx,
        ):
            tx.create("work.claim", {"code": "c1", "amount": Decimal(12)})
