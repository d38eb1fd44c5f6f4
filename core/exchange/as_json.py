"""Reads records from JSON files: a list of objects, or an object per line.

Called by `open_table`. Objects are decoded one after the other, so that a file of any
length needs the memory of one record; nested objects become paths such as
`billing.street`, lists stay JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.exchange.encoding import find_encoding
from core.exchange.errors import ExchangeError
from core.exchange.json_stream import JsonObject, objects
from core.exchange.limits import DEFAULT_LIMITS, Limits
from core.exchange.table import ABSENT, Exact, Row, Table
from core.frozen import frozen


@frozen(kw_only=True)
class JsonTable(Table):
    """Objects with their keys as columns."""

    def rows(self) -> Iterator[Row]:
        """Read all objects; may be called again."""
        places = {name: number for number, name in enumerate(self.header)}
        for found in objects(self.path, self.encoding, self.limits):
            cells: list[str] = [ABSENT] * len(places)
            problem = found.problem
            for key, value in flat(found.value):
                cells[places[key]] = text = cell_of(value)
                if len(text) > self.limits.cell:
                    problem = f"'{key}' has more than {self.limits.cell:,} characters."
            yield Row(found.line, tuple(cells), problem, found.done, found.raw)


def open_json(
    path: Path, *, encoding: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> JsonTable:
    """Look at a file and return its table; ExchangeError if it holds no objects."""
    found = find_encoding(path, encoding)
    names: dict[str, None] = {}
    kind = "jsonl"
    for one in objects(path, found.name, limits):
        kind = one.kind
        for key, _ in flat(one.value):
            names.setdefault(key)
        if len(names) > limits.columns:
            raise ExchangeError(
                f"The objects of '{path.name}' have more than {limits.columns} "
                f"different keys up to line {one.line}."
            )
    if not names:
        raise ExchangeError(f"'{path.name}' holds no JSON objects with values.")
    return JsonTable(
        path=path,
        header=_ordered(names),
        size=path.stat().st_size,
        limits=limits,
        format=kind,
        encoding=found.name,
        warnings=(found.warning,) if found.warning else (),
    )


def _ordered(names: dict[str, None]) -> tuple[str, ...]:
    """The keys in the order of the file; those of rejected rows come last."""
    added = [name for name in ("line", "reason") if name in names]
    last = added if len(added) == 2 else []
    return (*(name for name in names if name not in last), *last)


def flat(value: JsonObject, before: str = "") -> Iterator[tuple[str, Any]]:
    """Paths and values of an object, inner objects unfolded."""
    for key, one in value.items():
        if isinstance(one, dict) and one:
            yield from flat(one, f"{before}{key}.")
        else:
            yield f"{before}{key}", one


def cell_of(value: Any) -> str:
    """A JSON value as the text of a cell."""
    if value is None or value in ({}, []):
        return Exact("")
    if isinstance(value, bool):
        return Exact("true" if value else "false")
    if isinstance(value, str):
        return value
    if isinstance(value, int | Decimal):
        return Exact(f"{value:f}" if isinstance(value, Decimal) else value)
    return Exact(json.dumps(value, ensure_ascii=False, default=str))
