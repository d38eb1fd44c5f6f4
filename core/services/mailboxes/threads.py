"""Finds the record that a mail answers, and whether its sender may write there.

Used by `taking`. A signed mark is enough: only mails about the record carry it. An id
of a mail can be guessed or forwarded, so then the sender has to be somebody whom the
record knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.compiler import CompiledMailbox
from core.frozen import frozen
from core.registry import mail_field
from core.services.mailboxes.arrived import Arrived
from core.services.mailboxes.marks import in_addresses, in_subject
from core.services.people import USER
from core.services.timeline.notices import followers
from core.storage import mail, tables

if TYPE_CHECKING:
    from core.services.reader import Reader

_MERGES = 10


@frozen
class Found:
    """The record that a mail answers; without one `note` may say why not."""

    record: int | None = None
    note: str = ""


def find(reader: Reader, box: CompiledMailbox, came: Arrived) -> Found:
    """The record that a mail answers, if there is one and the sender may."""
    runtime, entity = reader.runtime, box.entity
    signed: int | None = None
    if "address" in box.ways:
        signed = in_addresses(runtime, box.id, entity, came.reached)
    if signed is None and "subject_tag" in box.ways:
        signed = in_subject(runtime, entity, came.subject)
    if signed is not None:
        record = _there(reader, entity, signed)
        if record is not None:
            return Found(record)
    if "message_id" not in box.ways:
        return Found()
    for record in _answered(reader, entity, came.answers):
        if _there(reader, entity, record) is None:
            continue
        if came.sender in known_addresses(reader, box, record):
            return Found(record)
        note = f"It answers record {record}, which does not know the sender."
        return Found(None, note)
    return Found()


def known_addresses(
    reader: Reader, box: CompiledMailbox, record: int
) -> frozenset[str]:
    """Whose answers a record takes, in small letters.

    The address in the record, those of earlier mails, and of people who follow it.
    """
    known = set(_of_mails(reader, box.entity, record))
    definition = reader.runtime.compiled.registry.entities[box.entity]
    names = {box.definition.sender, mail_field(definition)} - {None}
    paths = frozenset((str(name),) for name in names)
    found = reader.scene.loader.load(box.entity, [record], paths).get(record)
    if found is not None:
        known |= {str(found.values.get(str(name)) or "") for name in names}
    known |= _of_people(reader, followers(reader, box.entity, record))
    return frozenset(one.lower() for one in known if one)


def _of_mails(reader: Reader, entity: str, record: int) -> Iterator[str]:
    query = sa.select(mail.c.sender, mail.c.receivers, mail.c.direction)
    query = query.where(mail.c.entity == entity, mail.c.record == record)
    for row in reader.scene.connection.execute(query):
        if row.sender:
            yield row.sender
        # Whom a mail that came in names, the sender of that mail chose.
        for one in row.receivers if row.direction == "out" else ():
            yield one["address"]


def _of_people(reader: Reader, ids: Sequence[int]) -> set[str]:
    users = reader.runtime.compiled.tables.get(USER)
    if users is None or not ids:
        return set()
    query = sa.select(users.c.email).where(users.c.id.in_(ids), users.c.active)
    return {one for one in reader.scene.connection.scalars(query) if one}


def _answered(reader: Reader, entity: str, ids: Sequence[str]) -> Iterator[int]:
    """The records of the mails before it, in the order of their ids."""
    if not ids:
        return
    query = sa.select(mail.c.message_id, mail.c.record)
    query = query.where(mail.c.message_id.in_(ids), mail.c.entity == entity)
    rows = reader.scene.connection.execute(query.order_by(mail.c.id))
    # The first one counts: a later mail with the same id is no reason to go elsewhere.
    of: dict[str, int] = {}
    for row in rows:
        of.setdefault(row.message_id, row.record)
    yield from dict.fromkeys(of[one] for one in ids if one in of)


def _there(reader: Reader, entity: str, record: int) -> int | None:
    """The record, or the one that it was merged into; None if it is gone."""
    table, merged = reader.runtime.compiled.tables[entity], tables.merged
    connection = reader.scene.connection
    for _ in range(_MERGES):
        led = sa.select(merged.c.survivor).where(
            merged.c.entity == entity, merged.c.record == record
        )
        survivor = connection.execute(led).scalar_one_or_none()
        if survivor is None:
            break
        record = int(survivor)
    there = sa.select(table.c.id).where(table.c.id == record)
    return connection.execute(there).scalar_one_or_none()
