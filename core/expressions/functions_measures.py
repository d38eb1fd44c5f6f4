"""What `convert` and `to_unit` compute once rates and unit sizes have been read.

The type checker writes the reading around them (see check_measures), so that all back
ends read the same rows. A missing rate stops a save; in a database it is null.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.expressions import exact
from core.expressions.errors import EvaluationError
from core.expressions.function import Function, takes
from core.expressions.sqlforms import Element, grouped
from core.expressions.types import DECIMAL, Kind

_NUMBER = (Kind.INTEGER, Kind.DECIMAL, Kind.PERCENT)
_PG = sa.Numeric()


def _converted(
    amount: exact.Number | None,
    source: int | None,
    target: int | None,
    day: Any,
    source_rate: exact.Number | None,
    target_rate: exact.Number | None,
) -> exact.Number | None:
    if amount is None or source is None or target is None or day is None:
        return None
    if source == target:
        return amount
    if not source_rate or not target_rate:
        raise EvaluationError(f"there is no exchange rate for {day}")
    return exact.divide(exact.multiply(amount, source_rate), target_rate)


def _roomy_converted(
    amount: exact.Number | None,
    source: int | None,
    target: int | None,
    day: Any,
    source_rate: exact.Number | None,
    target_rate: exact.Number | None,
) -> exact.Number | None:
    if amount is None or source is None or target is None or day is None:
        return None
    if source == target:
        return amount
    if not source_rate or not target_rate:
        return None
    return exact.ROOMY.divide(exact.ROOMY.multiply(amount, source_rate), target_rate)


def _number(element: Element) -> Element:
    return sa.cast(element, _PG)


def _pg_converted(
    amount: Element,
    source: Element,
    target: Element,
    day: Element,
    source_rate: Element,
    target_rate: Element,
) -> Element:
    product = _number(amount).op("*", return_type=_PG)(_number(source_rate))
    known = sa.and_(day.is_not(None), _number(source_rate) != 0)
    return sa.case(
        (sa.and_(source == target, day.is_not(None)), _number(amount)),
        (
            sa.and_(known, source != target),
            sa.func.x_divide(product, _number(target_rate), type_=_PG),
        ),
    )


CONVERT = Function(
    "convert",
    (
        takes("m", Kind.MONEY),
        takes("source", Kind.LINK),
        takes("currency", Kind.LINK),
        takes("date", Kind.DATE),
        takes("source_rate", *_NUMBER),
        takes("target_rate", *_NUMBER),
    ),
    DECIMAL,
    _converted,
    _pg_converted,
    strict=False,
    sql_name="x_convert",
    roomy=_roomy_converted,
)


def _in_unit(
    amount: exact.Number,
    family: int,
    numerator: int,
    denominator: int,
    other_family: int,
    other_numerator: int,
    other_denominator: int,
) -> exact.Number | None:
    if family != other_family:
        raise EvaluationError("these units have no common measure")
    product = exact.multiply(amount, numerator * other_denominator)
    return exact.divide(product, denominator * other_numerator)


def _roomy_in_unit(
    amount: exact.Number,
    family: int,
    numerator: int,
    denominator: int,
    other_family: int,
    other_numerator: int,
    other_denominator: int,
) -> exact.Number | None:
    if family != other_family:
        return None
    product = exact.ROOMY.multiply(amount, numerator * other_denominator)
    return exact.ROOMY.divide(product, denominator * other_numerator)


def _pg_in_unit(
    amount: Element,
    family: Element,
    numerator: Element,
    denominator: Element,
    other_family: Element,
    other_numerator: Element,
    other_denominator: Element,
) -> Element:
    times = "*"
    up = _number(numerator).op(times, return_type=_PG)(_number(other_denominator))
    down = _number(denominator).op(times, return_type=_PG)(_number(other_numerator))
    product = _number(amount).op(times, return_type=_PG)(grouped(up))
    return sa.case((family == other_family, sa.func.x_divide(product, down, type_=_PG)))


TO_UNIT = Function(
    "to_unit",
    (
        takes("q", Kind.QUANTITY),
        takes("family", Kind.LINK),
        takes("numerator", Kind.INTEGER),
        takes("denominator", Kind.INTEGER),
        takes("other_family", Kind.LINK),
        takes("other_numerator", Kind.INTEGER),
        takes("other_denominator", Kind.INTEGER),
    ),
    DECIMAL,
    _in_unit,
    _pg_in_unit,
    sql_name="x_to_unit",
    roomy=_roomy_in_unit,
)
