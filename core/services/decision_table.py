"""Rows of a decision that users keep, indexed in memory, and how well each one fits.

Made by core.services.decisions once per transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.expressions import Env, Record
from core.frozen import frozen

Run = Callable[[Env], Any]


@frozen
class Column:
    """One column of a table: the word that says how it meets its expression;
    `of` is the entity that conditions kept in it are about."""

    name: str
    way: str
    value: Run
    of: str = ""


class Table:
    """Rows by what they say in the columns that must be equal."""

    def __init__(self, columns: Sequence[Column], rows: Sequence[Record]) -> None:
        self._equal = tuple(c.name for c in columns if c.way == "equal")
        self._places: dict[tuple[bool, ...], dict[tuple[Any, ...], list[int]]] = {}
        self._rows = rows
        keys: dict[tuple[Any, ...], list[int]] = {}
        for number, row in enumerate(rows):
            key = tuple(map(row.get, self._equal))
            keys.setdefault(key, []).append(number)
        for key, numbers in keys.items():
            filled = tuple(value is not None for value in key)
            self._places.setdefault(filled, {})[key] = numbers

    def candidates(self, values: Mapping[str, Any]) -> list[Record]:
        """The rows that agree with the inputs in all columns they fill, in order."""
        given = tuple(values[name] for name in self._equal)
        found: list[int] = []
        for filled, rows in self._places.items():
            pairs = zip(given, filled, strict=True)
            found += rows.get(tuple(v if f else None for v, f in pairs), ())
        return [self._rows[number] for number in sorted(found)]


def rank_of(
    columns: Sequence[Column],
    row: Record,
    values: Mapping[str, Any],
    trees: Mapping[str, Mapping[Any, int]],
    holds: Callable[[str, str, Any], Any],
) -> tuple[int, ...] | None:
    """How specific a row is, column by column; None if it does not fit."""
    rank: list[int] = []
    for column in columns:
        own, value = row.get(column.name), values[column.name]
        if own is None:
            rank.append(0)
        elif column.way == "within":
            if own not in trees[column.name]:
                return None
            rank.append(trees[column.name][own])
        elif column.way == "holds":
            if value is None or holds(own, column.of, value) is not True:
                return None
            rank.append(1)
        elif value is None or not _meets(column.way, own, value):
            return None
        else:
            rank.append(1)
    return tuple(rank)


def _meets(way: str, own: Any, value: Any) -> bool:
    if way == "equal":
        return bool(own == value)
    return bool(value <= own if way == "until" else own <= value)


def sorted_rows(rows: Sequence[Record], order: Sequence[str]) -> list[Record]:
    """The rows in this order (`-` descending), the id last; nulls are smallest."""
    found = sorted(rows, key=lambda row: row.id or 0)
    for name in reversed(order):
        plain = name.lstrip("-")

        def key(row: Record, plain: str = plain) -> tuple[bool, Any]:
            value = row.get(plain)
            return (value is not None, 0 if value is None else value)

        found.sort(key=key, reverse=name.startswith("-"))
    return found


def numbered(start: Any, parents: Mapping[Any, Any]) -> Mapping[Any, int]:
    """A place of a tree and all above it; nearer ones have higher numbers."""
    path: list[Any] = []
    current = start
    while current is not None and current not in path:
        path.append(current)
        current = parents.get(current)
    return {place: len(path) - number for number, place in enumerate(path)}
