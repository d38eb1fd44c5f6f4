"""Keyset cursors: where the next page begins, as an opaque text.

Made and read by core.services.query. A cursor holds the order it belongs to and the
values of the last row in that order, so a page costs the same however deep it lies.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa

from core.services.errors import BadQuery

_LIMIT = 4000


def encode(order: Sequence[str], values: Sequence[Any]) -> str:
    """Return the cursor text for the last row's values in this order (id last)."""
    document = {"o": list(order), "v": [_tagged(value) for value in values]}
    raw = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def decode(cursor: str, order: Sequence[str]) -> tuple[Any, ...]:
    """Return the values of a cursor; BadQuery if it is broken or of another order."""
    try:
        if len(cursor) > _LIMIT:
            raise ValueError("too long")
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        document = json.loads(raw)
        given, values = document["o"], [_untagged(item) for item in document["v"]]
    except (ValueError, KeyError, TypeError, binascii.Error, InvalidOperation):
        raise BadQuery(
            "The cursor is not one of ours. Begin again without a cursor.",
            parameter="cursor",
        ) from None
    if given != list(order) or len(values) != len(order):
        raise BadQuery(
            "The cursor belongs to another order. Begin again without a cursor.",
            parameter="cursor",
        )
    return tuple(values)


def after(
    columns: Sequence[tuple[sa.ColumnElement[Any], bool]], values: Sequence[Any]
) -> sa.ColumnElement[bool]:
    """Return the condition for rows behind these values, such that an index serves it.

    `columns` are (column, descending) with the id last; nulls count as smallest, as in
    every order of the platform. Rows whose first column is null stand behind all others
    of a descending order and are left out: see `nulls_are_left`.
    """
    pairs = list(zip(columns, values, strict=True))
    (column, descending), value = pairs[0]
    if len(pairs) == 1:
        return _beyond(column, value, descending)
    behind = _behind(pairs[1:])
    if value is None:
        same = sa.and_(column.is_(None), behind)
        return same if descending else sa.or_(column.is_not(None), same)
    if descending:
        bound, beyond = column <= value, column < value
    else:
        bound, beyond = column >= value, column > value
    # The bound says nothing new, but it is what an index understands.
    return sa.and_(bound, sa.or_(beyond, behind))


def nulls_are_left(
    columns: Sequence[tuple[sa.ColumnElement[Any], bool]], values: Sequence[Any]
) -> bool:
    """Whether rows without a first value follow when those of `after` are used up."""
    column, descending = columns[0]
    nullable = getattr(column, "nullable", True)
    return descending and nullable and len(columns) > 1 and values[0] is not None


def _behind(pairs: Sequence[tuple[Any, Any]]) -> sa.ColumnElement[bool]:
    """The condition for the further columns, the first ones being equal."""
    condition: sa.ColumnElement[bool] | None = None
    for (column, descending), value in reversed(pairs):
        beyond = _beyond(column, value, descending)
        if condition is None:
            condition = beyond
        else:
            same = column.is_(None) if value is None else column == value
            condition = sa.or_(beyond, sa.and_(same, condition))
    assert condition is not None
    return condition


def _beyond(
    column: sa.ColumnElement[Any], value: Any, descending: bool
) -> sa.ColumnElement[bool]:
    if value is None:
        return sa.false() if descending else column.is_not(None)
    above: sa.ColumnElement[bool] = column > value
    below: sa.ColumnElement[bool] = column < value
    if not descending:
        return above
    if getattr(column, "nullable", True):
        return sa.or_(below, column.is_(None))
    return below


def _tagged(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return {"n": str(value)}
    if isinstance(value, datetime):
        return {"t": value.astimezone(UTC).isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, time):
        return {"h": value.isoformat()}
    if isinstance(value, timedelta):
        return {"s": value // timedelta(microseconds=1)}
    raise TypeError(f"no cursor for {type(value).__name__}")


def _untagged(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    ((tag, text),) = item.items()
    if tag == "n":
        return Decimal(text)
    if tag == "t":
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if tag == "d":
        return date.fromisoformat(text)
    if tag == "h":
        return time.fromisoformat(text)
    if tag == "s":
        return timedelta(microseconds=int(text))
    raise ValueError(tag)
