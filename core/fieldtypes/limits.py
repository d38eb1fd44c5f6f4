"""Literal `min` and `max` of a field.

Worked out once per field by the ordered field types; limits that are expressions are
checked by the write path.

Public: `Limits`, `limits_of(type, field)`, `check_limits`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from core.fieldtypes.checks import complain
from core.fieldtypes.context import FieldContext
from core.fieldtypes.locale import NEUTRAL
from core.fieldtypes.spec import FieldDef
from core.fieldtypes.values import BadValue, Value
from core.source import Node

if TYPE_CHECKING:
    from core.fieldtypes.base import FieldType


class Limits(NamedTuple):
    """Smallest and largest value, both allowed; None: no literal limit."""

    least: Any = None
    most: Any = None

    def check(self, value: Value, type_: FieldType, field: FieldDef) -> Value:
        """The value, unless it lies outside."""
        if self.least is not None and value < self.least:
            edge, word, side = self.least, "at least", "too_small"
        elif self.most is not None and value > self.most:
            edge, word, side = self.most, "at most", "too_large"
        else:
            return value
        shown = type_.to_text(value, field, NEUTRAL)
        limit = type_.to_text(edge, field, NEUTRAL)
        message = f"{shown} is outside the limits; {word} {limit} is allowed"
        raise BadValue(side, message, value=shown, limit=limit)


def limits_of(type_: FieldType, field: FieldDef) -> Limits | None:
    """The literal limits of a field, None if there are none.

    A literal that is no value of the field counts as none; `check` reports it.
    """
    if field.min is None and field.max is None:
        return None
    found = []
    for slot in (field.min, field.max):
        literal = None if slot is None else slot.literal
        try:
            found.append(None if literal is None else bound(type_, literal, field))
        except BadValue:
            found.append(None)
    return None if found == [None, None] else Limits(*found)


def bound(type_: FieldType, literal: Node, field: FieldDef) -> Value:
    """A literal limit as a value of the field, itself not limited by the limits."""
    return type_.literal(literal, replace(field, min=None, max=None))


def check_limits(type_: FieldType, field: FieldDef, ctx: FieldContext) -> None:
    """Limits that are no values of the field (E205) or exclude everything (E208)."""
    for key in ("min", "max"):
        slot = getattr(field, key)
        if slot is None or slot.literal is None:
            continue
        try:
            bound(type_, slot.literal, field)
        except BadValue as bad:
            message = f"'{key}' is no {type_.name}: {bad.message}"
            complain(ctx, field, "E214", message, key)
            return
    limits = limits_of(type_, field)
    if limits is None or limits.least is None or limits.most is None:
        return
    if limits.least > limits.most:
        message = "'min' is greater than 'max', so no value would be allowed"
        complain(ctx, field, "E216", message, "max", "swap them")
