"""The totals of a dashboard: tiles about the same rows share one statement.

`dashboard_model` says first what all tiles want and reads afterwards, each question
once. What one tile may not read does not close the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.frozen import frozen
from core.services import (
    BadQuery,
    NotAllowed,
    Query,
    Reader,
    Totals,
    TotalsFound,
    totals_of,
)


@frozen
class Wanted:
    """One figure over the rows of a query, by groups or over all of them."""

    entity: str
    query: Query
    by: tuple[str, ...]
    value: str


@dataclass
class SharedTotals:
    """Collects what is wanted, then answers."""

    reader: Reader
    _values: dict[Wanted, list[str]] = field(default_factory=dict)
    _found: dict[Wanted, TotalsFound | None] = field(default_factory=dict)

    def want(self, one: Wanted) -> Wanted:
        """Note a figure; the statement that it shares is asked at the first answer."""
        values = self._values.setdefault(_shared(one), [])
        if one.value not in values:
            values.append(one.value)
        return one

    def found(self, one: Wanted) -> TotalsFound | None:
        """The figure; None for what the reader may not read."""
        if one not in self._found:
            self._read(_shared(one))
        return self._found[one]

    def _read(self, shared: Wanted) -> None:
        values = self._values[shared]
        together = self._asked(shared, values)
        for place, value in enumerate(values):
            if together is not None:
                alone: TotalsFound | None = _only(together, place)
            else:
                alone = self._asked(shared, [value]) if len(values) > 1 else None
            self._found[replace(shared, value=value)] = alone

    def _asked(self, shared: Wanted, values: Sequence[str]) -> TotalsFound | None:
        asked = Totals(query=shared.query, by=shared.by, values=tuple(values))
        try:
            return totals_of(self.reader.scene, shared.entity, asked)
        except (BadQuery, NotAllowed):
            return None


def _shared(one: Wanted) -> Wanted:
    return replace(one, value="")


def _only(found: TotalsFound, place: int) -> TotalsFound:
    groups = tuple(
        replace(group, values=group.values[place : place + 1]) for group in found.groups
    )
    return replace(found, groups=groups, figures=found.figures[place : place + 1])
