"""Opens the file of a record's field, or a small picture of it, for who may read it.

Called by pages and the API. The way to the bytes always leads through the record: row
filter and field rights decide, a hash or an id alone never opens anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import sqlalchemy as sa

from core.fieldtypes.files import StoredFile
from core.frozen import frozen
from core.services.errors import NotFound
from core.services.files.fields import files_in
from core.services.files.pictures import SMALL, has_thumbnail, thumbnail
from core.services.files.refused import UploadRefused
from core.services.files.seen import seen_file
from core.services.files.uploads import reachable, store_of
from core.services.runtime import Runtime
from core.storage import file as table
from core.storage.files import FileGone

if TYPE_CHECKING:
    from core.services.reader import Reader

THUMBNAIL_TYPE = "image/webp"


@frozen
class OpenFile:
    """A file to be sent: what it is called and is, and its bytes."""

    name: str
    media_type: str
    size: int
    sha256: str
    content: BinaryIO


def field_file(
    reader: Reader, entity: str, id: int, field: str, sha256: str | None = None
) -> StoredFile:
    """The file of a field, the one with this hash among several; NotFound if none.

    No record, no field, no right and no file look the same.
    """
    compiled = reader.runtime.compiled.entity(entity)
    if field not in reader.access.of(entity).readable or field not in compiled.fields:
        raise NotFound(f"There is no file '{field[:63]}' here, or you may not see it.")
    record = reader.get(entity, id, (field,))
    for one in files_in(record.values.get(field)):
        if sha256 in (None, one.sha256):
            return one
    raise NotFound(f"There is no file '{field[:63]}' here, or you may not see it.")


def visible_file(reader: Reader, sha256: str) -> StoredFile:
    """A file that the actor uploaded or sees at some record; NotFound for others."""
    me = reader.actor.user_id
    mine = table.c.uploaded_by.is_(None) if me is None else table.c.uploaded_by == me
    statement = sa.select(table).where(table.c.sha256 == sha256, mine)
    statement = statement.order_by(table.c.id.desc()).limit(1)
    row = reader.scene.connection.execute(statement).one_or_none()
    if row is not None:
        return StoredFile(row.sha256, row.name, row.size, row.media_type)
    seen = seen_file(reader.scene, sha256)
    if seen is None:
        raise NotFound("There is no such file, or you may not see it.")
    return seen


def open_file(runtime: Runtime, file: StoredFile) -> OpenFile:
    """Open the bytes of a file that somebody may read; NotFound if they are lost."""
    with reachable():
        try:
            content = store_of(runtime).open(file.sha256)
        except FileGone as error:
            text = f"The content of '{file.name}' is lost. Ask an administrator."
            raise NotFound(text) from error
    return OpenFile(file.name, file.media_type, file.size, file.sha256, content)


def small_picture(runtime: Runtime, file: StoredFile) -> bytes:
    """A thumbnail, made at the first request and kept; NotFound for no picture."""
    if not has_thumbnail(file.media_type):
        raise NotFound(f"'{file.name}' is no picture.")
    store = store_of(runtime)
    with reachable():
        known = store.made(file.sha256, SMALL)
        if known is not None:
            return known
    with open_file(runtime, file).content as content:
        try:
            made = thumbnail(content, file.media_type, file.name)
        except UploadRefused as refused:
            raise NotFound(refused.message) from refused
    with reachable():
        store.put_made(file.sha256, SMALL, made)
    return made
