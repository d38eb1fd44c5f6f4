"""Many records changed by one request: the right `bulk` beside the right of the change.

Asked by the API and by the lists before they hand the records to a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.services.errors import Problem
from core.services.loader import chunks
from core.services.request import Outcome

if TYPE_CHECKING:
    from core.services.reader import Reader

BULK = "bulk"
_WHY = "This record may not be changed together with others."


def together(
    tx: Reader,
    entity: str,
    verb: str,
    ids: Sequence[int],
    change: Callable[[list[int]], list[Outcome]],
    why: str = _WHY,
) -> list[Outcome]:
    """Change records of which some may only be changed one by one; these are refused.

    `change` gets the others and answers with their outcomes in their order. What the
    actor may not change at all is left to it, which knows the reason.
    """
    open_ = tx.permitted(entity, BULK, ids)
    closed = [id_ for id_ in ids if id_ not in open_]
    barred = tx.permitted(entity, verb, _there(tx, entity, closed)) if closed else set()
    passed = [id_ for id_ in ids if id_ not in barred]
    done = iter(change(passed) if passed else [])
    refused = (Problem(None, "not_allowed", why),)
    return [
        Outcome(id_, refused, "refused") if id_ in barred else next(done) for id_ in ids
    ]


def _there(tx: Reader, entity: str, ids: Sequence[int]) -> list[int]:
    """Those of the ids that a record has."""
    key = tx.runtime.compiled.tables[entity].c.id
    found: list[int] = []
    for chunk in chunks(ids):
        query = sa.select(key).where(key.in_(chunk))
        found += tx.scene.connection.scalars(query)
    return found
