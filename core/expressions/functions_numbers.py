"""Functions on numbers and amounts, each with its Python and its SQL body.

Collected by the catalogue. The checker has already made all numbers of one call fit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from core.expressions import exact
from core.expressions import sqlforms as f
from core.expressions.function import Function, takes
from core.expressions.sqlforms import Element, Sql
from core.expressions.types import DECIMAL, INTEGER, Kind, Type

_NUMERIC = (Kind.INTEGER, Kind.DECIMAL, Kind.PERCENT, Kind.MONEY, Kind.QUANTITY)
_X = takes("x", *_NUMERIC)
_PG = sa.Numeric()


def _same_type(args: tuple[Type, ...]) -> Type:
    return args[0].sized(None, None)


def _rounded_type(args: tuple[Type, ...]) -> Type:
    if args[0].kind is Kind.INTEGER:
        return DECIMAL
    return args[0].sized(None, None)


def _cast(element: Element) -> Element:
    return sa.cast(element, _PG)


def _pg_round(x: Element, places: Element, mode: Element) -> Element:
    return sa.func.x_round(
        _cast(x), sa.cast(places, sa.Integer()), mode, type_=sa.Numeric()
    )


def _least(*values: Any) -> Any:
    return min(values)


def _greatest(*values: Any) -> Any:
    return max(values)


def _pg_extreme(name: str) -> Callable[..., Element]:
    """LEAST and GREATEST of PostgreSQL skip nulls; the language does not."""

    def body(*values: Element) -> Element:
        elements = [
            sa.collate(v, "C") if isinstance(v.type, sa.String) else v for v in values
        ]
        call: Element = getattr(sa.func, name)(*elements, type_=values[0].type)
        unknown = sa.or_(*(v.is_(None) for v in values))
        return sa.case((unknown, None), else_=call)

    return body


def _sqlite_extreme(name: str) -> Callable[..., Sql]:
    def body(*values: Sql) -> Sql:
        first = values[0]
        if first.type.kind not in _NUMERIC:
            call: Element = getattr(sa.func, name)(
                *(v.element for v in values), type_=first.element.type
            )
            return Sql(call, first.type)
        elements, scale, limit = f.aligned(values)
        chosen = f"x_{name}" if scale is None else name
        call = getattr(sa.func, chosen)(*elements, type_=elements[0].type)
        return Sql(call, first.type, scale, limit)

    return body


_ORDERED = (
    *_NUMERIC,
    Kind.TEXT,
    Kind.DATE,
    Kind.DATETIME,
    Kind.TIME,
    Kind.DURATION,
)
FUNCTIONS = (
    Function(
        "abs",
        (_X,),
        _same_type,
        exact.absolute,
        lambda x: sa.func.abs(_cast(x), type_=_PG),
        lambda x: (
            Sql(sa.func.abs(x.element, type_=sa.BigInteger()), x.type, x.scale, x.limit)
            if x.scale is not None and x.limit < f.INTEGER_BOUND
            else Sql(sa.func.x_abs(f.exact_text(x), type_=sa.String()), x.type)
        ),
    ),
    Function(
        "round",
        (
            _X,
            takes("n", Kind.INTEGER, optional=True, default=0),
            takes("mode", Kind.TEXT, optional=True, default="up", keys=("up", "even")),
        ),
        _rounded_type,
        lambda *args: exact.STRICT.round(*args),
        _pg_round,
        roomy=lambda *args: exact.ROOMY.round(*args),
    ),
    Function(
        "floor",
        (_X,),
        INTEGER,
        lambda *args: exact.STRICT.floor(*args),
        lambda x: sa.func.floor(_cast(x), type_=_PG),
        roomy=lambda *args: exact.ROOMY.floor(*args),
    ),
    Function(
        "ceil",
        (_X,),
        INTEGER,
        lambda *args: exact.STRICT.ceil(*args),
        lambda x: sa.func.ceil(_cast(x), type_=_PG),
        roomy=lambda *args: exact.ROOMY.ceil(*args),
    ),
    Function(
        "sign",
        (_X,),
        INTEGER,
        exact.sign,
        lambda x: sa.func.sign(_cast(x), type_=_PG),
    ),
    Function(
        "magnitude",
        (takes("x", Kind.MONEY, Kind.QUANTITY),),
        lambda args: Type(Kind.DECIMAL, args[0].digits, args[0].places),
        lambda x: x,
        lambda x: x,
        lambda x: x,
    ),
    Function(
        "step_up",
        (_X, takes("lot", *_NUMERIC)),
        _rounded_type,
        lambda *args: exact.STRICT.step_up(*args),
        lambda x, lot: sa.func.x_step_up(_cast(x), _cast(lot), type_=_PG),
        roomy=lambda *args: exact.ROOMY.step_up(*args),
    ),
)
LEAST = Function(
    "least",
    (takes("x", *_ORDERED),),
    _same_type,
    _least,
    _pg_extreme("least"),
    _sqlite_extreme("min"),
)
GREATEST = Function(
    "greatest",
    (takes("x", *_ORDERED),),
    _same_type,
    _greatest,
    _pg_extreme("greatest"),
    _sqlite_extreme("max"),
)


def _round_whole(x: exact.Number, mode: str) -> int:
    return int(exact.STRICT.round(x, 0, mode))


def _roomy_round_whole(x: exact.Number, mode: str) -> int:
    return int(exact.ROOMY.round(x, 0, mode))


ROUND_WHOLE = Function(
    "round_whole",
    (_X, takes("mode", Kind.TEXT)),
    INTEGER,
    _round_whole,
    lambda x, mode: sa.func.x_round(_cast(x), sa.literal_column("0"), mode, type_=_PG),
    roomy=_roomy_round_whole,
)
