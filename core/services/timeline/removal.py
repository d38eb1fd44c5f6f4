"""Takes the timeline away with its record. Called by deletion."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.services.loader import chunks
from core.services.scene import Scene
from core.storage import arrival, mail
from core.storage.timeline_tables import ABOUT, notice_text, notification


def forget(scene: Scene, entity: CompiledEntity, ids: Sequence[int]) -> None:
    """Delete what was said and planned about records that are deleted."""
    if not entity.definition.timeline:
        return
    gone = sa.select(notification.c.id).where(notification.c.entity == entity.id)
    for chunk in chunks(ids):
        mine = gone.where(notification.c.record.in_(chunk))
        texts = notice_text.delete().where(notice_text.c.notice.in_(mine))
        scene.connection.execute(texts)
    for chunk in chunks(ids):
        # One that still waits is sent: it may be what tells of the deletion.
        over = mail.c.state != "waiting"
        here = sa.and_(mail.c.entity == entity.id, mail.c.record.in_(chunk))
        scene.connection.execute(mail.delete().where(here, over))
        # That it came stays known, so that it is not taken once more.
        came = sa.and_(arrival.c.entity == entity.id, arrival.c.record.in_(chunk))
        bare = {"sender": "", "subject": "", "said": None, "record": None}
        scene.connection.execute(arrival.update().where(came).values(**bare))
    for table in ABOUT:
        for chunk in chunks(ids):
            scene.connection.execute(
                table.delete().where(
                    table.c.entity == entity.id, table.c.record.in_(chunk)
                )
            )
