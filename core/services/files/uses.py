"""Notes which field of which record holds which file, in the save that changes it.

The step `note_files` of core.services.write, and what deleting calls. Cleaning goes by
these notes, so files of modules that are turned off are kept as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.services.batch import Batch, Change, below
from core.services.files.fields import ATTACHED, file_fields, files_in
from core.services.loader import CHUNK, chunks
from core.services.scene import Scene
from core.storage import file, file_use, insert_rows


def note_files(batch: Batch) -> None:
    """Bring the notes of the batch's records up to what their fields hold now."""
    for child in below(batch):
        note_files(child)
    names = file_fields(batch.scene.runtime, batch.entity)
    if not names:
        return
    wanted: set[tuple[int, str, str]] = set()
    touched: set[tuple[int, str]] = set()
    for change in batch.alive:
        for name in _changed(change, names):
            id_ = change.record.id or 0
            touched.add((id_, name))
            for one in files_in(change.record.values.get(name)):
                wanted.add((id_, name, one.sha256))
    if touched:
        _store(batch, touched, wanted)


def _changed(change: Change, names: Sequence[str]) -> Sequence[str]:
    if change.old is None:
        return [name for name in names if change.record.values.get(name) is not None]
    return [name for name in names if name in change.changed]


def _store(
    batch: Batch, touched: set[tuple[int, str]], wanted: set[tuple[int, str, str]]
) -> None:
    scene, entity = batch.scene, batch.entity.id
    known = _known(scene, entity, sorted({id_ for id_, _ in touched}))
    stale = {one for one in known if (one[0], one[1]) in touched} - wanted
    fresh = wanted - known
    for id_, name, sha256 in stale:
        scene.connection.execute(
            file_use.delete().where(
                file_use.c.entity == entity,
                file_use.c.record == id_,
                file_use.c.field == name,
                file_use.c.sha256 == sha256,
            )
        )
    if fresh:
        rows = [
            {"entity": entity, "record": id_, "field": name, "sha256": sha256}
            for id_, name, sha256 in sorted(fresh)
        ]
        insert_rows(scene.connection, file_use, rows)
    touch(scene, {one[2] for one in stale | fresh})


def _known(scene: Scene, entity: str, ids: Sequence[int]) -> set[tuple[int, str, str]]:
    found: set[tuple[int, str, str]] = set()
    for chunk in chunks(ids):
        statement = sa.select(
            file_use.c.record, file_use.c.field, file_use.c.sha256
        ).where(
            file_use.c.entity == entity,
            file_use.c.record.in_(chunk),
            file_use.c.field != ATTACHED,
        )
        rows = scene.connection.execute(statement)
        found.update((row.record, row.field, row.sha256) for row in rows)
    return found


def touch(scene: Scene, hashes: set[str]) -> None:
    """Note that a record took these files, or gave them up, just now."""
    named = sorted(hashes)
    for start in range(0, len(named), CHUNK):
        scene.connection.execute(
            file.update()
            .where(file.c.sha256.in_(named[start : start + CHUNK]))
            .values(touched_at=scene.moment.now)
        )


def release(scene: Scene, entity: CompiledEntity, ids: Sequence[int]) -> None:
    """Forget the notes of records that are deleted."""
    if not (file_fields(scene.runtime, entity) or entity.definition.timeline):
        return
    for chunk in chunks(ids):
        mine: Any = sa.and_(
            file_use.c.entity == entity.id, file_use.c.record.in_(chunk)
        )
        hashes = set(scene.connection.scalars(sa.select(file_use.c.sha256).where(mine)))
        if hashes:
            touch(scene, hashes)
            scene.connection.execute(file_use.delete().where(mine))
