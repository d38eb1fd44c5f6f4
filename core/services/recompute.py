"""Computes stored formulas again for the rows that are there.

Called after a plan that added or changed formulas; goes through the one write path, so
versions, audit and events tell what happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from core.services.request import Outcome
from core.services.transaction import Transaction

BATCH = 500


def recompute(tx: Transaction, wanted: Iterable[tuple[str, str]]) -> list[Outcome]:
    """Save every row of these entities anew, owned rows before their documents.

    wanted: entity and field, as `Plan.recompute` lists them. Returns the outcomes of
    rows that could not be saved (they break a rule that is newer than they are); these
    keep their old values.
    """
    entities = dict.fromkeys(entity for entity, _ in wanted)
    refused: list[Outcome] = []
    for entity in sorted(entities, key=lambda name: -_depth(tx, name)):
        for ids in _ids(tx, entity):
            rows: list[tuple[int, dict[str, Any], int | None]]
            rows = [(id_, {}, None) for id_ in ids]
            outcomes = tx.update_many(entity, rows, partial=True)
            refused.extend(outcome for outcome in outcomes if outcome.problems)
    return refused


def _depth(tx: Transaction, entity: str) -> int:
    owner = tx.runtime.compiled.entity(entity).owner
    return 0 if owner is None else 1 + _depth(tx, owner.entity)


def _ids(tx: Transaction, entity: str) -> Iterator[list[int]]:
    column = tx.runtime.compiled.tables[entity].c.id
    last = 0
    while True:
        statement = sa.select(column).where(column > last).order_by(column)
        ids = list(tx.scene.connection.scalars(statement.limit(BATCH)))
        if not ids:
            return
        yield ids
        last = ids[-1]
