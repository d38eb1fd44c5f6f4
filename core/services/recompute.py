"""Works out stored formulas of all rows anew, or tells where they are wrong.

Called after a plan that added or changed formulas, and by the command `recompute`. The
values follow from others, so versions, audit and events say nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from core.frozen import frozen
from core.services.errors import Problem
from core.services.reader import Reader
from core.services.refresh import Difference, differences, refresh
from core.services.transactions import Transaction

BATCH = 1000


@frozen
class Wrong:
    """A stored value that is not what its formula says."""

    entity: str
    id: int
    field: str
    stored: Any
    computed: Any


@frozen
class Recomputed:
    """How many values were mended, and which could not be worked out."""

    mended: int
    problems: tuple[Problem, ...] = ()


def recompute(tx: Transaction, wanted: Iterable[tuple[str, str]]) -> Recomputed:
    """Work out formulas, and all that reads them, of every row.

    wanted: entity and field, as `Plan.recompute` lists them. What cannot be worked out
    keeps its old value.
    """
    mended = 0
    problems: list[Problem] = []
    tx.scene.begin_writing()
    for entity, name in _in_order(tx, wanted):
        for ids in _ids(tx, entity):
            mended += len(refresh(tx.scene, entity, (name,), ids, problems))
    return Recomputed(mended, tuple(problems))


def wrong_values(
    reader: Reader, wanted: Iterable[tuple[str, str]] | None = None
) -> Iterator[Wrong]:
    """Compare stored formulas (all of them by default) with what they say now."""
    known = reader.runtime.compiled.upkeep
    every = known.levels if wanted is None else wanted
    for entity, name in known.by_level(every):
        for ids in _ids(reader, entity):
            for one in differences(reader.scene, entity, (name,), ids):
                yield from _wrong(entity, one)


def _wrong(entity: str, one: Difference) -> Iterator[Wrong]:
    for name, (stored, computed) in one.values.items():
        yield Wrong(entity, one.id, name, stored, computed)


def _in_order(
    tx: Transaction, wanted: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """The formulas with those that follow them, each after what it reads."""
    known = tx.runtime.compiled.upkeep
    found: set[tuple[str, str]] = set()
    waiting = [key for key in wanted if key in known.levels]
    while waiting:
        key = waiting.pop()
        if key in found:
            continue
        found.add(key)
        for trigger in known.of(key[0]):
            readers = trigger.formulas.get(key[1], frozenset())
            followers = ((trigger.target, name) for name in readers)
            waiting.extend(key for key in followers if key in known.levels)
    return known.by_level(found)


def _ids(reader: Reader, entity: str) -> Iterator[list[int]]:
    column = reader.runtime.compiled.tables[entity].c.id
    last = 0
    while True:
        statement = sa.select(column).where(column > last).order_by(column)
        ids = list(reader.scene.connection.scalars(statement.limit(BATCH)))
        if not ids:
            return
        yield ids
        last = ids[-1]
