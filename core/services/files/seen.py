"""Whether somebody may see a file at all: at any record and field he may read.

Used when a file is given by its hash (copying a record does that): who sees it at one
place may put it at another.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.fieldtypes.files import StoredFile
from core.services import query as gate
from core.services.files.fields import ATTACHED, files_in
from core.services.request import Query
from core.services.scene import Scene
from core.storage import file_use

_MOST = 50


def seen_file(scene: Scene, sha256: str) -> StoredFile | None:
    """The file as a readable record holds it, None if the actor sees none."""
    statement = (
        sa.select(file_use.c.entity, file_use.c.record, file_use.c.field)
        .where(file_use.c.sha256 == sha256, file_use.c.field != ATTACHED)
        .order_by(file_use.c.entity, file_use.c.record)
        .limit(_MOST)
    )
    for entity, record, field in scene.connection.execute(statement).all():
        for one in files_of(scene, entity, record, field):
            if one.sha256 == sha256:
                return one
    return None


def files_of(
    scene: Scene, entity: str, record: int, field: str
) -> tuple[StoredFile, ...]:
    """The files of a field, none if the actor may not read it there."""
    if entity not in scene.runtime.compiled.registry.entities:
        return ()
    access = scene.access
    if not access.can(entity, "read") or field not in access.of(entity).readable:
        return ()
    query = Query(id=record, fields=(field,), limit=1, archived="yes", titles=False)
    page = gate.search(scene, entity, query)
    return files_in(page.items[0].values.get(field)) if page.items else ()
