"""Two values of one key made into one: conditions joined, bounds tightened.

Used by core.registry.merge; the joined texts are checked like written ones, their place
is that of the later one.
"""

from __future__ import annotations

from decimal import Decimal

from core.source import ExprText, Scalar, ValueSlot

Condition = bool | ExprText | None


def and_(old: Condition, new: Condition) -> Condition:
    """Return the condition that holds when both do; true and None ask for nothing."""
    if old is None or old is True or new is False:
        return new
    if new is None or new is True or old is False:
        return old
    return _joined(old, new, "and")


def or_(old: Condition, new: Condition) -> Condition:
    """Return the condition that holds when one of them does; false asks for nothing."""
    if old is None or old is False or new is True:
        return new
    if new is None or new is False or old is True:
        return old
    return _joined(old, new, "or")


def _joined(old: Condition, new: Condition, word: str) -> Condition:
    if str(old) == str(new):
        return old
    assert isinstance(old, ExprText)
    assert isinstance(new, ExprText)
    return ExprText(f"({old.text}) {word} ({new.text})", new.span)


def bound(old: object, new: object, largest: bool) -> object:
    """Return the tighter of two bounds, None if the new one would be looser.

    Literal numbers are compared; expressions become `greatest(...)` or `least(...)`.
    """
    if old is None or same(old, new):
        return new
    first, second = _number(old), _number(new)
    if first is not None and second is not None:
        tighter = second > first if largest else second < first
        return new if tighter else None
    left, right = _text(old), _text(new)
    if left is None or right is None or not isinstance(new, ValueSlot):
        return None
    word = "greatest" if largest else "least"
    return ValueSlot(expr=ExprText(f"{word}({left}, {right})", new.span), span=new.span)


def same(old: object, new: object) -> bool:
    """Return whether two values of a key mean the same, wherever they stand."""
    if isinstance(old, ValueSlot) and isinstance(new, ValueSlot):
        return _text(old) == _text(new)
    return old == new


def _number(value: object) -> Decimal | None:
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, ValueSlot) and isinstance(value.literal, Scalar):
        plain = value.literal.value
        if isinstance(plain, int | Decimal) and not isinstance(plain, bool):
            return Decimal(plain)
    return None


def _text(value: object) -> str | None:
    if not isinstance(value, ValueSlot):
        return None
    if value.expr is not None:
        return value.expr.text
    return value.literal.text if isinstance(value.literal, Scalar) else None
