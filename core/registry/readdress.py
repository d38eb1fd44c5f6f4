"""Parts moved to another address, with everything in them.

Used where traits and workflows become parts of entities.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from core.source import Map, Piece

P = TypeVar("P", bound=Piece)


def readdressed(part: P, address: str) -> P:
    """Return the part, and the parts in it, under another address."""
    changes: dict[str, Any] = {"address": address}
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        key = field.name.rstrip("_")
        if isinstance(value, Piece):
            changes[field.name] = readdressed(value, f"{address}/{key}")
        elif isinstance(value, Map) and value:
            changes[field.name] = _map_readdressed(value, f"{address}/{key}")
        elif isinstance(value, tuple) and value and isinstance(value[0], Piece):
            changes[field.name] = tuple(
                readdressed(item, f"{address}/{key}/{index}")
                for index, item in enumerate(value)
            )
    return replace(part, **changes)


def _map_readdressed(items: Map[Any], address: str) -> Map[Any]:
    if not any(isinstance(item, Piece) for item in items.values()):
        return items
    moved: Mapping[str, Any] = {
        name: readdressed(item, f"{address}/{name}")
        if isinstance(item, Piece)
        else item
        for name, item in items.items()
    }
    return Map(moved, {name: items.key_span(name) for name in items})
