"""Takes the timeline away with its record. Called by deletion."""

from __future__ import annotations

from collections.abc import Sequence

from core.compiler import CompiledEntity
from core.services.loader import chunks
from core.services.scene import Scene
from core.storage.timeline_tables import ABOUT


def forget(scene: Scene, entity: CompiledEntity, ids: Sequence[int]) -> None:
    """Delete what was said and planned about records that are deleted."""
    if not entity.definition.timeline:
        return
    for table in ABOUT:
        for chunk in chunks(ids):
            scene.connection.execute(
                table.delete().where(
                    table.c.entity == entity.id, table.c.record.in_(chunk)
                )
            )
