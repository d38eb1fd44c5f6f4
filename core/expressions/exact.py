"""Exact arithmetic: right to the last digit, or an error.

The operators of the language call it in Python; SQLite calls it through registered
functions where 63 bits may not suffice.
"""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Clamped,
    Context,
    Decimal,
    Inexact,
    InvalidOperation,
    Overflow,
)

from core.expressions.errors import EvaluationError

MAX_DIGITS = 38
QUOTIENT_PLACES = 12
Number = int | Decimal

_LIMIT = 10**MAX_DIGITS
_EXACT = Context(prec=MAX_DIGITS, traps=[Inexact, Overflow, InvalidOperation])
_WIDE = Context(prec=160, rounding=ROUND_DOWN, traps=[InvalidOperation, Clamped])
_STEP = Decimal(1).scaleb(-QUOTIENT_PLACES)


def _too_long() -> EvaluationError:
    return EvaluationError(f"the result has more than {MAX_DIGITS} digits")


def fits(value: Decimal) -> Decimal:
    """The value itself; EvaluationError if it needs more than 38 digits."""
    try:
        return _EXACT.plus(value)
    except (Inexact, Overflow, InvalidOperation):
        raise _too_long() from None


def add(a: Number, b: Number) -> Number:
    """a + b."""
    if type(a) is int and type(b) is int:
        return _whole(a + b)
    try:
        return _EXACT.add(a, b)
    except (Inexact, Overflow, InvalidOperation):
        raise _too_long() from None


def subtract(a: Number, b: Number) -> Number:
    """a - b."""
    if type(a) is int and type(b) is int:
        return _whole(a - b)
    try:
        return _EXACT.subtract(a, b)
    except (Inexact, Overflow, InvalidOperation):
        raise _too_long() from None


def multiply(a: Number, b: Number) -> Number:
    """a * b."""
    if type(a) is int and type(b) is int:
        return _whole(a * b)
    try:
        return _EXACT.multiply(a, b)
    except (Inexact, Overflow, InvalidOperation):
        raise _too_long() from None


def divide(a: Number, b: Number) -> Decimal | None:
    """a / b with 12 decimals, half up; None if b is 0."""
    if not b:
        return None
    quotient = _WIDE.divide(Decimal(a), Decimal(b))
    return fits(quotient.quantize(_STEP, ROUND_HALF_UP, _WIDE))


def modulo(a: int, b: int) -> int | None:
    """What is left of a after whole multiples of b, with the sign of a; None for b 0."""
    if not b:
        return None
    rest = abs(a) % abs(b)
    return -rest if a < 0 else rest


def negate(a: Number) -> Number:
    """-a."""
    return -a if type(a) is int else _EXACT.minus(a)


def absolute(a: Number) -> Number:
    """a without its sign."""
    return abs(a) if type(a) is int else _EXACT.abs(a)


def sign(a: Number) -> int:
    """-1, 0 or 1."""
    return (a > 0) - (a < 0)


def floor(a: Number) -> int:
    """The largest whole number not above a."""
    return _whole(int(Decimal(a).to_integral_value(ROUND_FLOOR)))


def ceil(a: Number) -> int:
    """The smallest whole number not below a."""
    return _whole(int(Decimal(a).to_integral_value(ROUND_CEILING)))


def round_up(a: Number, places: int) -> Decimal:
    """a with this many decimals (negative: tens, hundreds), halves away from zero."""
    return _rounded(a, places, ROUND_HALF_UP)


def round_even(a: Number, places: int) -> Decimal:
    """a with this many decimals, halves to the even neighbour."""
    return _rounded(a, places, ROUND_HALF_EVEN)


def _rounded(a: Number, places: int, mode: str) -> Decimal:
    if abs(places) > MAX_DIGITS:
        raise _too_long()
    step = Decimal(1).scaleb(-places)
    result = Decimal(a).quantize(step, mode, _WIDE)
    # A negative number of places leaves an exponent; values carry none.
    return fits(result if places >= 0 else _WIDE.plus(Decimal(int(result))))


def step_up(a: Number, lot: Number) -> Decimal | None:
    """The smallest multiple of lot that is not below a; None if lot is not positive."""
    if lot <= 0:
        return None
    lots = _WIDE.divide_int(Decimal(a), Decimal(lot))
    whole = Decimal(multiply(lots, lot))
    return fits(whole if whole >= a else Decimal(add(whole, lot)))


def to_decimal(a: Number) -> Decimal:
    """A whole number as a decimal."""
    return Decimal(a)


def _whole(value: int) -> int:
    if -_LIMIT < value < _LIMIT:
        return value
    raise _too_long()
