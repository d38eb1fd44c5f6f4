"""A checked tree as JSON, for the part of the platform that runs in the browser.

Views send it along for `visible`, `required`, `readonly`, `derive` and `formula`. Exact
numbers travel as texts; functions by name, so the browser needs its own bodies.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from core.expressions.function import Function
from core.expressions.schema import Member
from core.expressions.storage_types import plain
from core.expressions.tree import Bind, Node, Typed
from core.expressions.types import Kind, Type

_MICROSECOND = timedelta(microseconds=1)
_LEFT_OUT = frozenset({"extent", "member", "order", "by_reference", "by_links"})


def to_json(typed: Typed) -> dict[str, Any]:
    """`{type, reads, tree}`; nodes are maps with `node` naming their sort.

    Constants are texts: exact numbers, ISO dates and times, and durations as counts of
    microseconds.
    """
    return {
        "type": type_json(typed.type),
        "reads": sorted(".".join(path) for path in typed.reads),
        "clock": typed.uses.clock,
        "tree": wire(typed.tree),
    }


def _node(node: Node) -> dict[str, Any]:
    out: dict[str, Any] = {"node": type(node).__name__.lower()}
    for field in fields(node):
        if field.name not in _LEFT_OUT:
            out[field.name] = wire(getattr(node, field.name))
    return out


def wire(value: Any) -> Any:
    """A part of a tree, or a value, as it travels."""
    if isinstance(value, Node):
        return _node(value)
    if isinstance(value, Type):
        return type_json(value)
    if isinstance(value, Bind):
        return {"variable": value.variable, "source": wire(value.source)}
    if isinstance(value, Function | Member):
        return value.name
    if isinstance(value, tuple):
        return [wire(v) for v in value]
    return _constant(value)


def _constant(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value // _MICROSECOND)
    if isinstance(value, int) and not isinstance(value, bool):
        # A number of JSON would lose digits beyond 2^53 in the browser.
        return str(value)
    return value


def type_json(type: Type) -> dict[str, Any]:
    """A type as the browser takes it."""
    out: dict[str, Any] = {"kind": str(type.kind)}
    if type.entities:
        out["entities"] = list(type.entities)
    if type.kind is Kind.CHOICE:
        out["choices"] = list(type.choices)
    if type.item is not None:
        out["item"] = type_json(type.item)
    if type.places is not None:
        out["places"] = type.places
    return out
