"""How values are kept in columns, on PostgreSQL and on SQLite.

Field types make their columns from these; the SQL back end relies on the very same
forms: scaled integers, ISO texts in UTC, microseconds, delimited sets.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

SQLITE_DIGITS = 18
DECIMAL_COLLATION = "exact_decimal"
_WIDE = Context(prec=100, rounding=ROUND_HALF_UP)
_MICROSECOND = timedelta(microseconds=1)


def scaled(value: Decimal | int, places: int) -> int:
    """The value as an integer count of 10^-places, rounded half up."""
    number = _WIDE.scaleb(Decimal(value), places)
    return int(number.quantize(Decimal(1), context=_WIDE))


def unscaled(number: int, places: int) -> Decimal:
    """The exact number whose count of 10^-places is given."""
    return _WIDE.scaleb(Decimal(number), -places)


def plain(value: Decimal) -> str:
    """The one spelling of an exact number: no exponent, no trailing zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


class ExactDecimal(TypeDecorator[Decimal]):
    """An exact number: NUMERIC on PostgreSQL; on SQLite a scaled integer up to 18
    digits, else canonical text that sorts by its own collation.

    Values are rounded half up to `places`; one with more than `digits` digits is a
    ValueError.
    """

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, digits: int = 18, places: int = 4) -> None:
        super().__init__(digits, places)
        self.digits = digits
        self.places = places

    @property
    def is_scaled_integer(self) -> bool:
        """Whether SQLite keeps it as an integer."""
        return self.digits <= SQLITE_DIGITS

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != "sqlite":
            return sa.Numeric(self.digits, self.places)
        if self.is_scaled_integer:
            return sa.BigInteger()
        return sa.String(collation=DECIMAL_COLLATION)

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        count = scaled(value, self.places)
        if abs(count) >= 10**self.digits:
            raise ValueError(f"{value} has more than {self.digits} digits")
        if dialect.name == "sqlite" and self.is_scaled_integer:
            return count
        exact = unscaled(count, self.places)
        return plain(exact) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        if dialect.name == "sqlite" and self.is_scaled_integer:
            return unscaled(value, self.places)
        return Decimal(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment: TIMESTAMPTZ, or UTC text `YYYY-MM-DD HH:MM:SS.ffffff`."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return sa.String(26)
        return sa.DateTime(timezone=True)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        if dialect.name == "sqlite":
            return moment_text(value)
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return moment(value) if isinstance(value, str) else value.astimezone(UTC)


@lru_cache(maxsize=256)
def moment_text(value: datetime) -> str:
    """A moment as SQLite keeps it; all rows of a save carry the same one."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f").rjust(26, "0")


def moment(text: str) -> datetime:
    """The moment that SQLite keeps as this text."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class IsoDate(TypeDecorator[date]):
    """A day: DATE, or text `YYYY-MM-DD`."""

    impl = sa.Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return sa.String(10) if dialect.name == "sqlite" else sa.Date()

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        return value.isoformat()

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return date.fromisoformat(value) if isinstance(value, str) else value


class IsoTime(TypeDecorator[time]):
    """A time of day: TIME, or text `HH:MM:SS.ffffff`."""

    impl = sa.Time
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return sa.String(15) if dialect.name == "sqlite" else sa.Time()

    def process_bind_param(self, value: time | None, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        return value.isoformat("microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> time | None:
        return time.fromisoformat(value) if isinstance(value, str) else value


class Microseconds(TypeDecorator[timedelta]):
    """An exact length of time, kept as a count of microseconds."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> Any:
        return None if value is None else value // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> timedelta | None:
        return None if value is None else timedelta(microseconds=int(value))


class ChoiceSet(TypeDecorator[tuple[str, ...]]):
    """Several keys of a multichoice, kept as `,a,b,`; no key is null."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> Any:
        keys = () if value is None else tuple(value)
        return f",{','.join(keys)}," if keys else None

    def process_result_value(
        self, value: Any, dialect: Dialect
    ) -> tuple[str, ...] | None:
        return None if value is None else tuple(value.strip(",").split(","))


def code_point_text(length: int | None = None) -> TypeEngine[str]:
    """A text column that sorts and compares by code point on both databases."""
    plain_type = sa.String(length) if length else sa.Text()
    sorted_type = sa.String(length, collation="C") if length else sa.Text(collation="C")
    return plain_type.with_variant(sorted_type, "postgresql")
