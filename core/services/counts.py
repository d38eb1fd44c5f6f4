"""Several counts in one statement: what smart buttons of a record show.

Asked by record pages; each count has the rights and filters of its own question, as the
list behind it has.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from core.services.errors import BadQuery, NotAllowed
from core.services.plan import Planner
from core.services.query import COUNTED
from core.services.request import Query
from core.services.scene import Scene

Asked = tuple[str, Query]
_Count = sa.ScalarSelect[int]


def counts_of(scene: Scene, asked: Sequence[Asked]) -> list[int | None]:
    """Return how many records each (entity, query) names, at most COUNTED + 1.

    Filters and the archive count, search words do not. None for what the actor may not
    ask.
    """
    parts = [_part(scene, entity, query) for entity, query in asked]
    known = [part for part in parts if part is not None]
    if not known:
        return [None for _ in parts]
    statement = sa.select(*known)
    row = iter(scene.connection.execute(statement, dict(scene.parameters)).one())
    return [None if part is None else next(row) for part in parts]


def _part(scene: Scene, entity: str, query: Query) -> _Count | None:
    key = (
        "count",
        entity,
        scene.rights_key,
        query.filter,
        query.named,
        query.archived,
    )
    try:
        scene.access.require(entity, "read")
        part: _Count = scene.runtime.plans.get(
            key, lambda: _planned(scene, entity, query)
        )
    except (BadQuery, NotAllowed):
        return None
    return part


def _planned(scene: Scene, entity: str, query: Query) -> _Count:
    planner = Planner(scene.runtime, scene.access, entity, scene.around)
    where = planner.where(query, "read", ())
    rows = sa.select(sa.literal(1).label("one")).select_from(planner.row).where(*where)
    found = rows.limit(COUNTED + 1).subquery()
    return sa.select(sa.func.count()).select_from(found).scalar_subquery()
