"""Exact arithmetic: right to the last digit, or an error.

The operators of the language call it in Python, with 38 digits; SQLite calls it through
registered functions where 63 bits may not suffice, with room to spare, because a
database also computes what the rest of the expression makes irrelevant.
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


class Arithmetic:
    """Exact operations whose results have at most so many digits."""

    __slots__ = ("_digits", "_exact", "_limit", "_room")

    def __init__(self, digits: int) -> None:
        self._digits = digits
        self._limit = 10**digits
        self._exact = Context(prec=digits, traps=[Inexact, Overflow, InvalidOperation])
        self._room = Context(
            prec=4 * digits, rounding=ROUND_DOWN, traps=[InvalidOperation, Clamped]
        )

    def _too_long(self) -> EvaluationError:
        return EvaluationError(f"the result has more than {self._digits} digits")

    def whole(self, value: int) -> int:
        """The value itself; EvaluationError if it has too many digits."""
        if -self._limit < value < self._limit:
            return value
        raise self._too_long()

    def fits(self, value: Decimal) -> Decimal:
        """The value itself; EvaluationError if it needs too many digits."""
        try:
            return self._exact.plus(value)
        except (Inexact, Overflow, InvalidOperation):
            raise self._too_long() from None

    def add(self, a: Number, b: Number) -> Number:
        """a + b."""
        if type(a) is int and type(b) is int:
            return self.whole(a + b)
        try:
            return self._exact.add(a, b)
        except (Inexact, Overflow, InvalidOperation):
            raise self._too_long() from None

    def subtract(self, a: Number, b: Number) -> Number:
        """a - b."""
        if type(a) is int and type(b) is int:
            return self.whole(a - b)
        try:
            return self._exact.subtract(a, b)
        except (Inexact, Overflow, InvalidOperation):
            raise self._too_long() from None

    def multiply(self, a: Number, b: Number) -> Number:
        """a * b."""
        if type(a) is int and type(b) is int:
            return self.whole(a * b)
        try:
            return self._exact.multiply(a, b)
        except (Inexact, Overflow, InvalidOperation):
            raise self._too_long() from None

    def divide(self, a: Number, b: Number) -> Decimal | None:
        """a / b with 12 decimals, half up; None if b is 0."""
        if not b:
            return None
        # Cut far behind the last place, so that rounding happens only once.
        quotient = self._room.divide(Decimal(a), Decimal(b))
        step = Decimal(1).scaleb(-QUOTIENT_PLACES)
        return self.fits(quotient.quantize(step, ROUND_HALF_UP, self._room))

    def floor(self, a: Number) -> int:
        """The largest whole number not above a."""
        return self.whole(int(Decimal(a).to_integral_value(ROUND_FLOOR)))

    def ceil(self, a: Number) -> int:
        """The smallest whole number not below a."""
        return self.whole(int(Decimal(a).to_integral_value(ROUND_CEILING)))

    def round(self, a: Number, places: int, mode: str = "up") -> Decimal:
        """a with so many decimals (negative: tens, hundreds).

        Halves go away from zero (`up`) or to the even neighbour (`even`).
        """
        if abs(places) > self._digits:
            raise self._too_long()
        rounding = ROUND_HALF_EVEN if mode == "even" else ROUND_HALF_UP
        step = Decimal(1).scaleb(-places)
        result = Decimal(a).quantize(step, rounding, self._room)
        # A negative number of places leaves an exponent; values carry none.
        return self.fits(result if places >= 0 else Decimal(int(result)))

    def step_up(self, a: Number, lot: Number) -> Decimal | None:
        """The smallest multiple of lot not below a; None if lot is not positive."""
        if lot <= 0:
            return None
        lots = self._room.divide_int(Decimal(a), Decimal(lot))
        multiple = Decimal(self.multiply(lots, lot))
        return multiple if multiple >= a else Decimal(self.add(multiple, lot))


STRICT = Arithmetic(MAX_DIGITS)
ROOMY = Arithmetic(1000)


def add(a: Number, b: Number) -> Number:
    """a + b in at most 38 digits."""
    return STRICT.add(a, b)


def subtract(a: Number, b: Number) -> Number:
    """a - b in at most 38 digits."""
    return STRICT.subtract(a, b)


def multiply(a: Number, b: Number) -> Number:
    """a * b in at most 38 digits."""
    return STRICT.multiply(a, b)


def divide(a: Number, b: Number) -> Decimal | None:
    """a / b in at most 38 digits, 12 of them decimals; None if b is 0."""
    return STRICT.divide(a, b)


def modulo(a: int, b: int) -> int | None:
    """What whole multiples of b leave of a, with the sign of a; None if b is 0."""
    if not b:
        return None
    rest = abs(a) % abs(b)
    return -rest if a < 0 else rest


def negate(a: Number) -> Number:
    """-a."""
    return -a if type(a) is int or not a else Decimal(a).copy_negate()


def absolute(a: Number) -> Number:
    """a without its sign."""
    return abs(a) if type(a) is int else Decimal(a).copy_abs()


def sign(a: Number) -> int:
    """-1, 0 or 1."""
    return (a > 0) - (a < 0)


def to_decimal(a: Number) -> Decimal:
    """A whole number as a decimal."""
    return Decimal(a)
