"""Shares an amount out among rows so that the shares add up to the last cent.

Called by the step `compute` after the formulas of the rows, in saves and in drafts of
forms alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from core.compiler import CompiledSpread
from core.services.batch import Batch, Change
from core.services.places import currency_places


def distribute(
    amount: Decimal, weights: Sequence[Decimal], places: int, residual: str = "largest"
) -> list[Decimal]:
    """Shares of an amount in proportion to weights, each with `places` decimals.

    Their sum is the amount, rounded to the places. What rounding leaves over goes to
    the share with the largest weight, the last or the first one. Weights that add up
    to nothing share equally.
    """
    if not weights:
        return []
    unit = Decimal(1).scaleb(-places)
    units = int(amount.quantize(unit, ROUND_HALF_UP).scaleb(places))
    parts = [Fraction(weight) for weight in weights]
    total = sum(parts)
    if total == 0:
        parts = [Fraction(1)] * len(parts)
        total = Fraction(len(parts))
    shares = [_rounded(units * part / total) for part in parts]
    at = 0
    if residual == "last":
        at = len(parts) - 1
    elif residual == "largest":
        at = max(range(len(parts)), key=lambda place: abs(parts[place]))
    shares[at] += units - sum(shares)
    return [Decimal(share).scaleb(-places) for share in shares]


def _rounded(value: Fraction) -> int:
    """Half away from zero, as values are rounded when they are stored."""
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def spread(batch: Batch) -> bool:
    """Work out all spreads of the batch's records; whether a row got another share."""
    changed = False
    for one in batch.entity.spreads:
        rows: dict[int, list[tuple[Batch, Change]]] = {}
        for lines in batch.lines:
            if lines.field == one.over:
                for part in lines.batches:
                    for change in part.changes:
                        rows.setdefault(id(change.parent), []).append((part, change))
        for change in batch.changes:
            mine = rows.get(id(change), [])
            if mine and not change.failed:
                changed |= _share(batch, change, one, mine)
    return changed


def _share(
    batch: Batch,
    change: Change,
    rule: CompiledSpread,
    rows: list[tuple[Batch, Change]],
) -> bool:
    order = {id(row): n for n, row in enumerate(change.record.relations[rule.over])}
    rows.sort(key=lambda pair: order.get(id(pair[1].record), len(order)))
    amount = rule.amount.run(batch.env(change))
    taking: list[tuple[Batch, Change]] = []
    weights: list[Decimal] = []
    shares: dict[int, Any] = {}
    for part, row in rows:
        env = part.env(row)
        if rule.where is None or rule.where.run(env) is True:
            taking.append((part, row))
            weights.append(Decimal(rule.by.run(env) or 0))
    if taking and amount is not None:
        part, first = taking[0]
        kind = part.entity.fields[rule.into]
        places = currency_places(part, first, rule.into)
        if places is None:
            places = kind.definition.places
        if places is None:
            places = 0 if kind.definition.type == "integer" else 4
        found = distribute(Decimal(amount), weights, places, rule.residual)
        whole = kind.definition.type == "integer"
        for (_, row), part_of_it in zip(taking, found, strict=True):
            shares[id(row)] = int(part_of_it) if whole else part_of_it
    changed = False
    for _, row in rows:
        share = shares.get(id(row))
        if row.record.values.get(rule.into) != share:
            row.set(rule.into, share)
            changed = True
    return changed
