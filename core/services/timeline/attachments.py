"""Files that hang on a record without a field for them; they follow its rights.

Called by pages and the API. The bytes lie where those of fields lie.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import sqlalchemy as sa

from core.fieldtypes.files import StoredFile
from core.services.errors import NotFound
from core.services.files import receive
from core.services.files.fields import ATTACHED
from core.services.files.uses import touch
from core.services.timeline.about import insert, require_timeline, require_verb
from core.services.timeline.notices import notify
from core.storage import file_use
from core.storage.timeline_tables import attachment

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction


def attach(
    tx: Transaction, entity: str, record: int, stream: IO[bytes], name: str
) -> int:
    """Take a file in and hang it on a record; returns the attachment's id."""
    require_verb(tx, entity, record, "comment", "update")
    made = receive(tx.scene, stream, name).file
    id_ = insert(tx, attachment, entity=entity, record=record, **made._asdict())
    where = _use(entity, record, made.sha256)
    if tx.scene.connection.execute(sa.select(file_use).where(*where)).first() is None:
        tx.scene.connection.execute(
            sa.insert(file_use).values(
                entity=entity, record=record, field=ATTACHED, sha256=made.sha256
            )
        )
    notify(tx, entity, record, "file", set())
    return id_


def attached_file(reader: Reader, entity: str, record: int, id: int) -> StoredFile:
    """An attachment of a record that the actor may read; NotFound if there is none."""
    require_timeline(reader, entity, record)
    row = reader.scene.connection.execute(
        sa.select(attachment).where(*_at(entity, record, id))
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such attachment, or you may not see it.")
    return StoredFile(row.sha256, row.name, row.size, row.media_type)


def detach(tx: Transaction, entity: str, record: int, id: int) -> None:
    """Take an attachment away; the bytes go with the next cleaning."""
    require_verb(tx, entity, record, "update")
    gone = attached_file(tx, entity, record, id)
    tx.scene.begin_writing()
    connection = tx.scene.connection
    connection.execute(attachment.delete().where(*_at(entity, record, id)))
    same = sa.select(attachment.c.id).where(
        attachment.c.entity == entity,
        attachment.c.record == record,
        attachment.c.sha256 == gone.sha256,
    )
    if connection.execute(same).first() is None:
        connection.execute(file_use.delete().where(*_use(entity, record, gone.sha256)))
        touch(tx.scene, {gone.sha256})


def _at(entity: str, record: int, id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        attachment.c.entity == entity,
        attachment.c.record == record,
        attachment.c.id == id,
    )


def _use(entity: str, record: int, sha256: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        file_use.c.entity == entity,
        file_use.c.record == record,
        file_use.c.field == ATTACHED,
        file_use.c.sha256 == sha256,
    )
