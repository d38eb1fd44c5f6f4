"""Conditions of grants and limits: as text for YAML and as functions for the oracle."""

from __future__ import annotations

from typing import Any

from tests.security.oracle import Condition, World
from tests.security.zone import Row


def _area(world: World, row: Row, name: str) -> Any:
    return world.value("zone.area", row["area"], name)


def _more(value: int | None, than: int) -> bool | None:
    return None if value is None else value > than


CONDITIONS: dict[str, dict[str, Condition]] = {
    "zone.area": {
        "owner == me": lambda w, a, r: r["owner"] == a.user_id,
        "size > 3": lambda w, a, r: _more(r["size"], 3),
        "name != 'North'": lambda w, a, r: r["name"] != "North",
        "owner is null or size < 3": lambda w, a, r: (
            r["owner"] is None or (r["size"] is not None and r["size"] < 3)
        ),
    },
    "zone.deal": {
        "owner == me": lambda w, a, r: r["owner"] == a.user_id,
        "owner is null": lambda w, a, r: r["owner"] is None,
        "kind == 'a'": lambda w, a, r: r["kind"] == "a",
        "kind in ['a', 'b']": lambda w, a, r: r["kind"] in ("a", "b"),
        "not (kind == 'a')": lambda w, a, r: r["kind"] not in (None, "a"),
        "amount > 50": lambda w, a, r: _more(r["amount"], 50),
        "area.owner == me": lambda w, a, r: _area(w, r, "owner") == a.user_id,
        "area.name == 'North'": lambda w, a, r: _area(w, r, "name") == "North",
        "area is null or area.size < 5": lambda w, a, r: (
            r["area"] is None
            or (_area(w, r, "size") is not None and _area(w, r, "size") < 5)
        ),
        "exists(c for c in cases if c.level > 3)": lambda w, a, r: any(
            c["deal"] == r["id"] and _more(c["level"], 3)
            for c in w.rows["zone.case"].values()
        ),
    },
    "zone.case": {
        "level > 2": lambda w, a, r: _more(r["level"], 2),
        "deal.kind == 'b'": lambda w, a, r: (
            w.value("zone.deal", r["deal"], "kind") == "b"
        ),
        "deal.owner == me": lambda w, a, r: (
            w.value("zone.deal", r["deal"], "owner") == a.user_id
        ),
    },
}
