"""Takes an upload in: measured, looked into, kept by its hash, noted in a row.

Called by pages, the API and attachments inside a transaction; hands on an `Upload`. A
field takes the upload afterwards, by its id, from the one who made it.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, BinaryIO

import sqlalchemy as sa

from core.compiler import CompiledField
from core.fieldtypes import BadValue
from core.fieldtypes.files import FileType, StoredFile, read_size
from core.frozen import frozen
from core.services.errors import Problem, Unavailable, ValidationFailed
from core.services.files.kinds import inspect
from core.services.files.locking import hold_files
from core.services.files.refused import UploadRefused
from core.services.runtime import Runtime
from core.services.scene import Scene
from core.storage import file as table
from core.storage.files import FileStore, FilesUnavailable

_SPOOLED = 1024 * 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@frozen
class Upload:
    """A file that was taken in: its id for a field, and what it is."""

    id: int
    file: StoredFile


def store_of(runtime: Runtime) -> FileStore:
    """The place of the files; Unavailable where the application has none."""
    if runtime.files is None:
        raise Unavailable("This application keeps no files.", reason="no_files")
    return runtime.files


@contextmanager
def reachable() -> Iterator[None]:
    """Turn a place that does not answer into Unavailable."""
    try:
        yield
    except FilesUnavailable as error:
        raise Unavailable(str(error), reason="files") from error


def limit_of(runtime: Runtime, field: CompiledField | None) -> int:
    """The most bytes a file of the field may have: its own limit or that of all."""
    own = None if field is None else read_size(field.definition.size or "")
    return runtime.max_upload if own is None else min(own, runtime.max_upload)


def receive(
    scene: Scene, stream: IO[bytes], name: str, field: CompiledField | None = None
) -> Upload:
    """Take one file in; ValidationFailed says why it is refused.

    field: checked against its kinds and size at once, so that nobody waits for a form.
    Bytes that nobody takes are cleaned away later.
    """
    name = clean_name(name)
    with tempfile.SpooledTemporaryFile(_SPOOLED) as copy:
        file: BinaryIO = copy  # type: ignore[assignment]
        try:
            sha256, size = _measured(stream, file, name, limit_of(scene.runtime, field))
            found = StoredFile(sha256, name, size, inspect(file, name))
            _check_field(field, found)
        except UploadRefused as refused:
            facts = {"kind": "file", "name": name, **refused.facts}
            raise _problem(field, refused.code, refused.message, facts) from refused
        except BadValue as bad:
            raise _problem(field, bad.code, bad.message, bad.facts) from bad
        store = store_of(scene.runtime)
        with reachable():
            store.put(sha256, file)
            id_ = _noted(scene, found)
            if not store.has(sha256):
                # Cleaning was faster between the two lines above.
                store.put(sha256, file)
    return Upload(id_, found)


def clean_name(name: str) -> str:
    """A name without folders, control characters and tricks of direction."""
    last = re.split(r"[/\\]", name)[-1]
    last = " ".join(_CONTROL.sub("", last).split()).strip(" .")
    if len(last) <= 200:
        return last or "file"
    stem, dot, ending = last.rpartition(".")
    return f"{stem[:180]}.{ending[:16]}" if dot else last[:200]


def _measured(
    stream: IO[bytes], file: BinaryIO, name: str, most: int
) -> tuple[str, int]:
    """Copy at most one byte more than allowed, hashing on the way."""
    digest, size = hashlib.sha256(), 0
    while block := stream.read(_SPOOLED):
        size += len(block)
        if size > most:
            raise UploadRefused(
                "too_large",
                f"'{name}' has more than {size_text(most)}. Make it smaller.",
                allowed=most,
                size=size_text(most),
            )
        digest.update(block)
        file.write(block)
    if size == 0:
        raise UploadRefused("empty_file", f"'{name}' is empty. Choose another file.")
    return digest.hexdigest(), size


def size_text(size: int) -> str:
    """A size as people write it."""
    for unit, power in (("GB", 3), ("MB", 2), ("KB", 1)):
        if size >= 1000**power:
            return f"{size / 1000**power:.3g} {unit}"
    return f"{size} bytes"


def _check_field(field: CompiledField | None, found: StoredFile) -> None:
    if field is None:
        return
    definition = field.definition
    assert isinstance(field.type, FileType)
    field.type.coerce([found] if definition.multiple else found, definition)


def _noted(scene: Scene, found: StoredFile) -> int:
    scene.begin_writing()
    hold_files(scene.connection, alone=False)
    now = scene.moment.now
    done = scene.connection.execute(
        sa.insert(table).values(
            sha256=found.sha256,
            name=found.name,
            media_type=found.media_type,
            size=found.size,
            uploaded_by=scene.actor.user_id,
            uploaded_at=now,
            touched_at=now,
        )
    )
    key = done.inserted_primary_key
    assert key is not None
    return int(key[0])


def _problem(
    field: CompiledField | None, code: str, message: str, facts: Mapping[str, Any]
) -> ValidationFailed:
    message = message if message.endswith(".") else f"{message}."
    name = None if field is None else field.name
    return ValidationFailed([Problem(name, code, message, facts=facts)])
