"""What a save gives for a field of files, turned into files the actor may give.

Called by the step `coerce`. An upload is named by its id, a file that is there already
by its hash; neither opens anything to somebody who has no right to the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.fieldtypes.files import MOST_FILES, StoredFile
from core.services.batch import Batch, Change
from core.services.files.fields import file_fields, files_in
from core.services.files.seen import seen_file
from core.services.files.uploads import clean_name
from core.storage import file as table


class Wanted(NamedTuple):
    """One given file: the id of an upload, or a hash with the name it is to have."""

    id: int | None
    sha256: str | None
    name: str | None


def take_files(batch: Batch) -> None:
    """Put files in place of what names them; a problem for what names none."""
    names = file_fields(batch.scene.runtime, batch.entity)
    if not names:
        return
    waiting = [
        (change, name, parts)
        for change in batch.changes
        for name in names
        if (parts := _parts(batch, change, name)) is not None
    ]
    if not waiting:
        return
    rows = _own_uploads(batch, [part for _, _, parts in waiting for part in parts])
    for change, name, parts in waiting:
        found = [_found(batch, change, name, part, rows) for part in parts]
        given = dict(change.given)
        if None in found:
            label = batch.entity.fields[name].label
            message = f"{label}: this is no file of yours. Upload it again."
            change.problem(name, "unknown_file", message)
            del given[name]
        elif batch.entity.fields[name].definition.multiple:
            given[name] = [one for one in found if one is not None]
        elif len(found) == 1:
            given[name] = found[0]
        change.given = given


def _parts(batch: Batch, change: Change, name: str) -> list[Wanted] | None:
    """What is given for a field; None where the field itself shall say what is wrong.

    The platform's own copies come with full rights and as files.
    """
    raw = change.given.get(name)
    several = isinstance(raw, list | tuple) and not isinstance(raw, StoredFile)
    given: Sequence[Any] = raw if several and raw is not None else [raw]
    if batch.trusted and all(isinstance(one, StoredFile) for one in given):
        return None
    if len(given) > MOST_FILES:
        return None
    parts = [_wanted(one) for one in given if one not in (None, "")]
    if not parts or None in parts:
        return None
    return [part for part in parts if part is not None]


def _wanted(raw: Any) -> Wanted | None:
    if isinstance(raw, StoredFile):
        return Wanted(None, raw.sha256, raw.name)
    if isinstance(raw, Mapping):
        id_, sha256, name = raw.get("id"), raw.get("sha256"), raw.get("name")
        name = name if isinstance(name, str) else None
        if type(id_) is int:
            return Wanted(id_, None, name)
        return Wanted(None, sha256, name) if isinstance(sha256, str) else None
    if type(raw) is int:
        return Wanted(raw, None, None)
    if not isinstance(raw, str):
        return None
    if raw.isascii() and raw.isdigit() and len(raw) < 19:
        return Wanted(int(raw), None, None)
    sha256, _, name = raw.partition("/")
    return Wanted(None, sha256, name or None) if len(sha256) == 64 else None


def _own_uploads(batch: Batch, parts: Sequence[Wanted]) -> list[Any]:
    """The actor's uploads among what is named, the latest first."""
    me = batch.scene.actor.user_id
    mine = table.c.uploaded_by.is_(None) if me is None else table.c.uploaded_by == me
    ids = {part.id for part in parts if part.id is not None and part.id < 2**63}
    hashes = {part.sha256 for part in parts if part.sha256 is not None}
    named = sa.or_(table.c.id.in_(ids), table.c.sha256.in_(hashes))
    statement = sa.select(table).where(named, mine).order_by(table.c.id.desc())
    return list(batch.scene.connection.execute(statement))


def _found(
    batch: Batch, change: Change, name: str, part: Wanted, rows: Sequence[Any]
) -> StoredFile | None:
    before = () if change.old is None else files_in(change.old.values.get(name))
    for one in before:
        if one.sha256 == part.sha256 and part.name in (None, one.name):
            return one
    for row in rows:
        if row.id == part.id or row.sha256 == part.sha256:
            found = StoredFile(row.sha256, row.name, row.size, row.media_type)
            return _named(found, part)
    if part.sha256 is None:
        return None
    known = [one for one in before if one.sha256 == part.sha256]
    seen = known[0] if known else seen_file(batch.scene, part.sha256)
    return None if seen is None else _named(seen, part)


def _named(file: StoredFile, part: Wanted) -> StoredFile:
    return file if part.name is None else file._replace(name=clean_name(part.name))
