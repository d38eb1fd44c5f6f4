"""How many decimals an amount may have: those of the currency of its record.

Called by the step `compute`: computed amounts are rounded half up, typed ones that are
finer than their currency are refused, as nobody wants to guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.expressions import Record
from core.fieldtypes import BadValue
from core.services.batch import Batch, Change
from core.services.save_plan import DECIMALS


def currency_places(batch: Batch, change: Change, name: str) -> int | None:
    """The decimals of the currency of an amount; None where the field says it all."""
    definition = batch.entity.fields[name].definition
    steps = batch.plan.money.get(name)
    if steps is None:
        return definition.places
    found: Any = change.record
    if steps[0] == "company" and "company" not in batch.entity.fields:
        found, steps = batch.env(change).company, steps[1:]
    return places_along(found, steps)


def places_along(record: Record | None, steps: Iterable[str]) -> int | None:
    """The decimals of the currency that links lead to from a record."""
    found: Any = record
    for step in steps:
        if not isinstance(found, Record):
            return None
        if step not in found.relations and found.values.get(step) is None:
            return None
        found = found.related(step)
    if not isinstance(found, Record):
        return None
    places: int | None = found.get(DECIMALS)
    return places


def round_given(batch: Batch) -> None:
    """Refuse amounts that were given with more decimals than their currency has."""
    names = batch.plan.money
    if not names:
        return
    for change in batch.changes:
        if change.failed:
            continue
        for name in names.keys() & change.explicit.keys():
            value = change.explicit[name]
            if value is not None and change.record.values.get(name) == value:
                _check(batch, change, name, value)


def _check(batch: Batch, change: Change, name: str, value: Any) -> None:
    field = batch.entity.fields[name]
    places = currency_places(batch, change, name)
    try:
        fitting = field.type.quantize(value, field.definition, places)
    except BadValue as bad:
        change.problem(name, bad.code, bad.message, facts=bad.facts)
        return
    if fitting != value:
        message = (
            f"{field.label} has more decimals than its currency: "
            f"{value} would become {fitting}. Enter {fitting}."
        )
        change.problem(name, "too_many_places", message)
