"""The browser's back end of expressions, run in a real Chromium for the fuzz test.

Rows of a world travel once, expressions in batches; the page obeys the policy of the
platform, so nothing may evaluate text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

from core.expressions import Member, Record, Ref, Typed, to_json
from core.expressions.storage_types import plain
from core.expressions.to_json import type_json
from core.web.assets import STATIC
from core.web.security_headers import POLICY
from tests.unit.expressions.rows import World
from tests.unit.expressions.shop import MEMBERS, flat

FAILED = "failed"
ADDRESS = "http://localhost/"
HARNESS = Path(__file__).with_name("browser_harness.js")


def wire(value: Any) -> Any:
    """A value as the browser hands it out."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Record):
        return wire(value.id)
    if isinstance(value, Ref):
        return [value.entity, str(value.id)]
    if isinstance(value, dict):
        return value
    if isinstance(value, tuple):
        return [wire(one) for one in value]
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value // timedelta(microseconds=1))
    return str(value)


class BrowserSide:
    """A page with several worlds."""

    dialect = "browser"

    def __init__(self, page: Page, worlds: Sequence[World]) -> None:
        self.page = page
        self.worlds = [(world, None, None) for world in worlds]
        page.route(f"{ADDRESS}**", self._serve)
        page.goto(ADDRESS)
        page.wait_for_function("window.ready")
        for world in worlds:
            page.evaluate("(given) => window.keep(given)", _sent(world))

    def _serve(self, route: Route) -> None:
        path = route.request.url.removeprefix(ADDRESS)
        if not path:
            body, kind = '<script type="module" src="/harness.js"></script>', "html"
        elif path == "harness.js":
            body, kind = HARNESS.read_text("utf-8"), "javascript"
        else:
            body, kind = (STATIC / path).read_text("utf-8"), "javascript"
        headers = {
            "Content-Type": f"text/{kind}; charset=utf-8",
            "Content-Security-Policy": POLICY,
        }
        route.fulfill(status=200, headers=headers, body=body)

    def values(
        self, typed: Sequence[Typed], world: int, around: Mapping[str, Any]
    ) -> list[list[Any]]:
        """For each expression its value for each row, as it travels."""
        question = {
            "world": world,
            "entity": "shop.order",
            "expressions": [to_json(one) for one in typed],
            **around,
        }
        found: list[list[Any]] = self.page.evaluate("(q) => window.run(q)", question)
        return found


def _sent(world: World) -> dict[str, Any]:
    types = {
        entity: {m.name: type_json(m.type) for m in _columns(entity)}
        for entity in MEMBERS
    }
    types["shop.party"]["parent__path"] = {"kind": "text"}
    types["shop.party"]["twice"] = {"kind": "decimal"}
    rows = {
        entity: [_row(types[entity], record) for record in records]
        for entity, records in world.records.items()
    }
    return {"types": types, "rows": rows}


def _columns(entity: str) -> list[Member]:
    return list(flat(MEMBERS[entity]))


def _row(types: Mapping[str, Any], record: Record) -> dict[str, Any]:
    return {
        "id": str(record.id),
        "values": {n: wire(v) for n, v in record.values.items() if n in types},
        "relations": {name: _target(to) for name, to in record.relations.items()},
    }


def _target(to: Record | tuple[Record, ...] | None) -> Any:
    if isinstance(to, tuple):
        return [_target(one) for one in to]
    return None if to is None else [to.entity, to.id]
