"""Constants, parameters, columns and results in SQL, in the form of each database.

Used by the SQL back end; the forms are those of `storage_types`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from core.expressions.errors import CannotTranslate
from core.expressions.record import Record, Ref
from core.expressions.sqlforms import INTEGER_BOUND, Element, Sql
from core.expressions.storage_types import (
    ExactDecimal,
    IsoDate,
    IsoTime,
    Microseconds,
    UtcDateTime,
    moment_text,
    plain,
    scaled,
    unscaled,
)
from core.expressions.types import NUMERIC, SCALED, Kind, Type

POSTGRESQL = "postgresql"
SQLITE = "sqlite"
_MICROSECOND = timedelta(microseconds=1)
_TYPES: Mapping[Kind, TypeEngine[Any]] = MappingProxyType(
    {
        Kind.TEXT: sa.String(),
        Kind.CHOICE: sa.String(),
        Kind.REFERENCE: sa.String(),
        Kind.INTEGER: sa.BigInteger(),
        Kind.LINK: sa.BigInteger(),
        Kind.RECORD: sa.BigInteger(),
        Kind.MONTHS: sa.BigInteger(),
        Kind.DURATION: sa.BigInteger(),
        Kind.BOOLEAN: sa.Boolean(),
        Kind.NULL: sa.String(),
    }
)
_TIMES: Mapping[Kind, TypeEngine[Any]] = MappingProxyType(
    {
        Kind.DATE: sa.Date(),
        Kind.DATETIME: sa.DateTime(timezone=True),
        Kind.TIME: sa.Time(),
    }
)


def sql_type(type: Type, dialect: str) -> TypeEngine[Any]:
    """The SQLAlchemy type of a value inside an expression."""
    if type.kind in SCALED:
        return sa.Numeric() if dialect == POSTGRESQL else sa.BigInteger()
    if type.kind in _TIMES:
        return _TIMES[type.kind] if dialect == POSTGRESQL else sa.String()
    found = _TYPES.get(type.kind)
    if found is None:
        raise CannotTranslate(f"{type} has no form in SQL")
    return found


def literal(value: Any, type: Type, dialect: str) -> Sql:
    """A constant."""
    if isinstance(value, Record):
        value = value.id
    if value is None:
        return null(type, dialect)
    if type.kind is Kind.BOOLEAN:
        return Sql(sa.true() if value else sa.false(), type)
    if type.kind in NUMERIC:
        return _number(value, type, dialect)
    if isinstance(value, Ref):
        value = f"{value.entity}:{value.id}"
    elif isinstance(value, timedelta):
        value = value // _MICROSECOND
    elif dialect == SQLITE and type.kind is Kind.DATETIME:
        value = moment_text(value)
    elif dialect == SQLITE and type.kind is Kind.DATE:
        value = value.isoformat()
    elif dialect == SQLITE and type.kind is Kind.TIME:
        value = value.isoformat("microseconds")
    return Sql(sa.literal(value, sql_type(type, dialect)), type)


def null(type: Type, dialect: str) -> Sql:
    """An unknown value of a type."""
    wanted = sql_type(type, dialect)
    if dialect == POSTGRESQL:
        return Sql(sa.cast(sa.null(), wanted), type)
    scale = 0 if type.kind in NUMERIC else None
    return Sql(sa.literal_column("NULL", wanted), type, scale, 0)


def _number(value: int | Decimal, type: Type, dialect: str) -> Sql:
    if dialect == POSTGRESQL:
        small = isinstance(value, int) and abs(value) <= INTEGER_BOUND
        element = sa.literal(value, sa.BigInteger() if small else sa.Numeric())
        return Sql(element, type)
    exponent = 0 if isinstance(value, int) else value.as_tuple().exponent
    scale = max(0, -exponent) if isinstance(exponent, int) else 0
    count = scaled(value, scale)
    if abs(count) > INTEGER_BOUND:
        return Sql(sa.literal(plain(Decimal(value)), sa.String()), type)
    return Sql(sa.literal(count, sa.BigInteger()), type, scale, abs(count))


def parameter(value: Any, type: Type, dialect: str) -> Sql:
    """A parameter: a Python value, or a bind parameter of the caller."""
    if not isinstance(value, sa.ColumnElement):
        return literal(value, type, dialect)
    if type.kind is Kind.INTEGER:
        return Sql(sa.type_coerce(value, sa.BigInteger()), type, 0)
    if type.kind in SCALED:
        exact: Element = sa.type_coerce(value, ExactDecimal(38, 12))
        return Sql(exact, type)
    kept: TypeEngine[Any]
    if type.kind in {Kind.DATE, Kind.DATETIME, Kind.TIME, Kind.DURATION}:
        kept = result_type(Sql(value, type), dialect)
    else:
        kept = sql_type(type, dialect)
    return Sql(sa.type_coerce(value, kept), type)


def column(element: Element, type: Type, dialect: str) -> Sql:
    """A column of a table, as an operand."""
    if dialect == POSTGRESQL or type.kind not in NUMERIC:
        return Sql(element, type)
    kept = element.type
    if isinstance(kept, ExactDecimal):
        if not kept.is_scaled_integer:
            return Sql(sa.type_coerce(element, sa.String()), type)
        limit = 10**kept.digits - 1
        number: Element = sa.type_coerce(element, sa.BigInteger())
        return Sql(number, type, kept.places, limit)
    if type.kind is not Kind.INTEGER:
        raise CannotTranslate(f"the column {element} keeps no exact numbers")
    limit = 10**type.digits - 1 if type.digits else INTEGER_BOUND
    return Sql(element, type, 0, min(limit, INTEGER_BOUND))


class ResultNumber(TypeDecorator[Any]):
    """Turns a computed number back into an int or Decimal; `scale` None: text."""

    impl = sa.BigInteger
    cache_ok = True

    def __init__(self, whole: bool, scale: int | None) -> None:
        super().__init__()
        self.whole = whole
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == POSTGRESQL:
            return sa.Numeric()
        return sa.String() if self.scale is None else sa.BigInteger()

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        if self.scale and dialect.name != POSTGRESQL:
            value = unscaled(value, self.scale)
        return int(value) if self.whole else Decimal(value)


class ResultRef(TypeDecorator[Ref]):
    """Turns `entity:id` back into a reference."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return value

    def process_result_value(self, value: Any, dialect: Dialect) -> Ref | None:
        if value is None:
            return None
        entity, _, id = value.partition(":")
        return Ref(entity, int(id))


def result_type(sql: Sql, dialect: str) -> TypeEngine[Any]:
    """The type that turns a selected value back into a Python value."""
    kind = sql.type.kind
    if kind in NUMERIC:
        return ResultNumber(kind is Kind.INTEGER, sql.scale)
    if kind is Kind.DATETIME:
        return UtcDateTime()
    if kind is Kind.DATE:
        return IsoDate()
    if kind is Kind.TIME:
        return IsoTime()
    if kind is Kind.DURATION:
        return Microseconds()
    if kind is Kind.REFERENCE:
        return ResultRef()
    return sql_type(sql.type, dialect)
