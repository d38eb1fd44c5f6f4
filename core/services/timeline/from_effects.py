"""What the effects of a button leave in a timeline: plans and notes.

Called by core.services.effects with full rights, in the transaction of the click. What
is too long is cut: nobody could mend it, and a button does not fail for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.services.timeline.about import insert
from core.services.timeline.activities import LONGEST_SUMMARY
from core.services.timeline.comments import LONGEST
from core.services.timeline.notices import followers, notify
from core.storage.timeline_tables import (
    activity,
    comment,
    notice_text,
    notification,
)

if TYPE_CHECKING:
    from core.services.transactions import Transaction

_LONGEST_MESSAGE = 500

#: Entity and id of a record.
About = tuple[str, int]


def plan(
    tx: Transaction,
    about: About,
    summary: str,
    type: str,
    due: date | None,
    people: Sequence[int],
) -> None:
    """Plan something for each of the people, or for nobody yet; they are told."""
    entity, record = about
    text = " ".join(summary.replace("\x00", "").split())[:LONGEST_SUMMARY]
    for person in people or (None,):
        insert(
            tx,
            activity,
            entity=entity,
            record=record,
            type=type,
            summary=text,
            due=due,
            person=person,
        )
    notify(tx, entity, record, "activity", set(people))


def note(tx: Transaction, about: About, body: str) -> None:
    """Keep a text in the timeline; who follows the record is told. Empty: nothing."""
    entity, record = about
    text = body.replace("\x00", "").strip()[:LONGEST]
    if not text:
        return
    insert(tx, comment, entity=entity, record=record, body=text)
    notify(tx, entity, record, "comment", set())


def tell(
    tx: Transaction,
    about: About,
    text: str,
    level: str,
    people: Sequence[int] | None,
) -> None:
    """Tell people something about a record; by default those who follow it."""
    entity, record = about
    said = " ".join(text.replace("\x00", "").split())[:_LONGEST_MESSAGE]
    if people is None:
        people = followers(tx, entity, record)
    for person in dict.fromkeys(people) if said else ():
        number = insert(
            tx,
            notification,
            entity=entity,
            record=record,
            person=person,
            kind="message",
        )
        row = {"notice": number, "text": said, "level": level}
        tx.scene.connection.execute(sa.insert(notice_text).values(**row))
