"""Spreads of an entity: amounts that are shared out among the rows of its lines.

Built by `EntityBuilder`; core.services.spreading works them out in every save.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.compiler.computing import Computing
from core.compiler.parts import Computed, Reads
from core.frozen import frozen
from core.registry import Registry


@frozen
class CompiledSpread:
    """One spread; `by` and `where` are expressions of a row, `into` its field."""

    id: str
    amount: Computed
    over: str
    by: Computed
    into: str
    where: Computed | None
    residual: str

    @property
    def reads(self) -> Reads:
        """What the record must have loaded, its rows included."""
        found = self.amount.reads
        for part in (self.by, self.where):
            if part is not None:
                below = frozenset((self.over, *path) for path in part.reads.this)
                found |= Reads(below, part.reads.of)
        return found


def joined_reads(spreads: tuple[CompiledSpread, ...]) -> Reads:
    """What all spreads of an entity read together."""
    found = Reads()
    for one in spreads:
        found |= one.reads
    return found


def spreads_of(
    registry: Registry, entity: str, computing: Computing
) -> tuple[CompiledSpread, ...]:
    """All spreads of an entity, in the order in which they are written."""
    return tuple(_spreads(registry, entity, computing))


def _spreads(
    registry: Registry, entity: str, computing: Computing
) -> Iterator[CompiledSpread]:
    for id_, given in registry.entities[entity].spreads.items():
        at = f"entity {entity}/spreads/{id_}"
        amount, by = computing.at(f"{at}/amount"), computing.at(f"{at}/by")
        if amount is not None and by is not None:
            where = computing.at(f"{at}/where")
            yield CompiledSpread(
                id_, amount, given.over, by, given.into, where, given.residual
            )
