"""Planned activities at a record: what, until when, by whom, done or not.

Called by pages and the API.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.services.context import Actor
from core.services.errors import NotFound
from core.services.timeline.about import (
    insert,
    may_read,
    require_verb,
    sees_people,
    wrong,
)
from core.services.timeline.notices import notify
from core.storage.timeline_tables import activity

if TYPE_CHECKING:
    from core.services.transactions import Transaction

TYPES = ("todo", "call", "mail", "meeting")
LONGEST_SUMMARY = 255


def plan_activity(
    tx: Transaction,
    entity: str,
    record: int,
    summary: str,
    type: str = "todo",
    due: date | None = None,
    person: Actor | None = None,
) -> int:
    """Plan something; the person (by default the actor) must be able to read it."""
    require_verb(tx, entity, record, "comment", "update")
    summary = " ".join(summary.replace("\x00", "").split())
    if not summary or len(summary) > LONGEST_SUMMARY:
        raise wrong("summary", "required", "Say in 1 to 255 characters what to do.")
    if type not in TYPES:
        raise wrong("type", "unknown_choice", f"The type is one of {', '.join(TYPES)}.")
    chosen = person or tx.actor
    if chosen.user_id != tx.actor.user_id and not sees_people(tx):
        raise wrong("person", "wrong_type", "There is no such person.")
    if not may_read(tx, chosen, entity, record):
        raise wrong("person", "mention", "This person may not read the record.")
    id_ = insert(
        tx,
        activity,
        entity=entity,
        record=record,
        type=type,
        summary=summary,
        due=due,
        person=chosen.user_id,
    )
    notify(tx, entity, record, "activity", {chosen.user_id} - {None})  # type: ignore[arg-type]
    return id_


def set_done(
    tx: Transaction, entity: str, record: int, id: int, done: bool = True
) -> None:
    """Mark an activity as done, or as open again."""
    require_verb(tx, entity, record, "comment", "update")
    tx.scene.begin_writing()
    changed = tx.scene.connection.execute(
        sa.update(activity)
        .where(
            activity.c.entity == entity,
            activity.c.record == record,
            activity.c.id == id,
        )
        .values(done_at=tx.scene.moment.now if done else None)
    )
    if not changed.rowcount:
        raise NotFound("There is no such activity at this record.")
