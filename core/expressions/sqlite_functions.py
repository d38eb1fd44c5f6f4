"""The functions that SQLite lacks, as Python bodies registered on each connection.

The engine calls `register_functions` when it opens a connection. The bodies are those
of the Python back end, so the two cannot differ; arguments and results change form
only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from core.expressions import exact
from core.expressions.catalogue import Catalogue, bridged, builtin_catalogue
from core.expressions.env import Env
from core.expressions.folding import fold
from core.expressions.function import Function, Param
from core.expressions.sqlforms import SUM_PART
from core.expressions.storage_types import (
    DECIMAL_COLLATION,
    moment,
    moment_text,
    plain,
    unscaled,
)
from core.expressions.types import NUMERIC, Kind, Type
from core.expressions.zone_days import zone_clock

_MICROSECOND = timedelta(microseconds=1)


def register_functions(
    connection: sqlite3.Connection, catalogue: Catalogue | None = None
) -> None:
    """Make the functions, aggregates and collation known to a connection."""
    for function in _by_name(bridged(catalogue or builtin_catalogue())):
        body = _bridge(function)
        connection.create_function(
            function.registered_name, -1, body, deterministic=True
        )
    for name, body, count in (
        ("x_exact", _exact_text, 2),
        ("x_add", _exact(exact.ROOMY.add), 2),
        ("x_subtract", _exact(exact.ROOMY.subtract), 2),
        ("x_multiply", _exact(exact.ROOMY.multiply), 2),
        ("x_negate", _exact(exact.negate), 1),
        ("x_abs", _exact(exact.absolute), 1),
        ("x_parts", _joined_parts, 3),
        ("x_mean_parts", _mean_of_parts, 4),
        ("x_compare", _compare, 2),
        ("x_min", _extreme(min), -1),
        ("x_max", _extreme(max), -1),
        ("x_zone_clock", zone_clock, 2),
        ("x_fold", lambda t: None if t is None else fold(t), 1),
    ):
        connection.create_function(name, count, body, deterministic=True)
    connection.create_aggregate("x_sum", 1, _Sum)  # type: ignore[arg-type]
    connection.create_aggregate("x_mean", 1, _Mean)  # type: ignore[arg-type]
    connection.create_collation(DECIMAL_COLLATION, _by_value)


def _by_name(functions: Iterable[Function]) -> Iterable[Function]:
    return {f.registered_name: f for f in functions}.values()


def _by_value(a: str, b: str) -> int:
    return exact.sign(Decimal(a).compare(Decimal(b)))


def _compare(a: str | None, b: str | None) -> int | None:
    return None if a is None or b is None else _by_value(a, b)


def _extreme(choose: Callable[..., str]) -> Callable[..., str | None]:
    def run(*texts: str | None) -> str | None:
        return None if None in texts else choose(texts, key=Decimal)

    return run


def _exact_text(count: int | None, scale: int) -> str | None:
    return None if count is None else plain(unscaled(count, scale))


def _joined_parts(high: int | None, low: int | None, scale: int) -> str | None:
    """A sum that was added up in two parts, see `sql_lists`."""
    if high is None or low is None:
        return None
    return plain(unscaled(high * SUM_PART + low, scale))


def _mean_of_parts(high: int, low: int, scale: int, count: int) -> str | None:
    total = unscaled(high * SUM_PART + low, scale)
    mean = exact.ROOMY.divide(total, count)
    return None if mean is None else plain(mean)


def _exact(body: Callable[..., exact.Number]) -> Callable[..., str | None]:
    def run(*texts: str | None) -> str | None:
        if None in texts:
            return None
        return plain(Decimal(body(*(Decimal(t) for t in texts if t is not None))))

    return run


class _Sum:
    """sum() of exact texts; 0 over nothing."""

    def __init__(self) -> None:
        self.total: exact.Number = Decimal(0)
        self.count = 0

    def step(self, text: str | int | None) -> None:
        if text is not None:
            self.total = exact.ROOMY.add(self.total, Decimal(text))
            self.count += 1

    def finalize(self) -> str | None:
        return plain(Decimal(self.total))


class _Mean(_Sum):
    """avg() of exact texts; null over nothing."""

    def finalize(self) -> str | None:
        mean = exact.ROOMY.divide(self.total, self.count)
        return None if mean is None else plain(mean)


@lru_cache(maxsize=64)
def _zone(name: str) -> Env:
    return Env(zone=UTC if name == "UTC" else ZoneInfo(name))


def _bridge(function: Function) -> Callable[..., Any]:
    """The Python body between SQLite's forms of arguments and result."""
    decoders = [_decoder(p) for p in function.params]
    numbers = any(p.kinds & NUMERIC for p in function.params)
    result = function.result
    as_text = numbers and not (isinstance(result, Type) and result.kind not in NUMERIC)
    body = function.roomy or function.python
    strict, needs_env = function.strict, function.needs_env

    def run(*raw: Any) -> Any:
        env: tuple[Env, ...] = ()
        if needs_env:
            env, raw = (_zone(raw[-1]),), raw[:-1]
        if strict and None in raw:
            return None
        values = [
            None if v is None else decoders[min(i, len(decoders) - 1)](v)
            for i, v in enumerate(raw)
        ]
        return _encoded(body(*env, *values), as_text)

    return run


def _decoder(param: Param) -> Callable[[Any], Any]:
    kinds = param.kinds
    if kinds & NUMERIC:
        return _number
    if Kind.DATE in kinds:
        return date.fromisoformat
    if Kind.DATETIME in kinds:
        return moment
    if Kind.TIME in kinds:
        return time.fromisoformat
    if Kind.DURATION in kinds:
        return _duration
    return _as_is


def _number(raw: int | str) -> exact.Number:
    return raw if isinstance(raw, int) else Decimal(raw)


def _duration(raw: int) -> timedelta:
    return timedelta(microseconds=raw)


def _as_is(raw: Any) -> Any:
    return raw


def _encoded(value: Any, as_text: bool) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, int):
        return str(value) if as_text else value
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value // _MICROSECOND
    return value
