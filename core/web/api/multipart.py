"""A record that comes as JSON, or as parts: its JSON in `record`, files by their field.

The views of creating and changing call `read_record`, and `with_files` inside their
transaction: a refused record leaves no upload behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from flask import Request
from werkzeug.datastructures import FileStorage

from core.compiler import CompiledEntity
from core.fieldtypes.files import FileType
from core.frozen import frozen
from core.services import Transaction
from core.services.files import receive
from core.web.api.bodies import parse, read_object
from core.web.api.parts import open_parts
from core.web.api.refusals import bad_request

PART = "record"


@frozen
class Body:
    """The values of a record, and the files that came along by the field's name."""

    values: dict[str, Any]
    files: Mapping[str, list[FileStorage]] = field(default_factory=dict)


def read_record(request: Request) -> Body:
    """The record in the body, in either form."""
    if request.mimetype != "multipart/form-data":
        return Body(read_object(request))
    open_parts(request)
    unknown = sorted(set(request.form) - {PART, "csrf_token"})
    if unknown:
        raise bad_request(
            f"The part '{unknown[0][:80]}' is no file. Values stand as JSON in the "
            f"part '{PART}'.",
            part=unknown[0][:80],
        )
    values = parse(request.form.get(PART, "{}").encode("utf-8", "surrogateescape"))
    if not isinstance(values, dict):
        raise bad_request(f"The part '{PART}' must be a JSON object.", part=PART)
    files = {name: request.files.getlist(name) for name in request.files}
    return Body(values, files)


def with_files(tx: Transaction, entity: CompiledEntity, body: Body) -> dict[str, Any]:
    """The values with the files taken in; a part beside a list of files adds to it."""
    values = dict(body.values)
    writable = tx.access.of(entity.id).writable
    for name, parts in body.files.items():
        shown = entity.fields.get(name)
        if (
            shown is None
            or not isinstance(shown.type, FileType)
            or name not in writable
        ):
            raise bad_request(
                f"'{name[:80]}' is no field of files of {entity.label} that you may "
                "write.",
                part=name[:80],
            )
        made = [
            {"id": receive(tx.scene, part.stream, part.filename or "file", shown).id}
            for part in parts
        ]
        if shown.definition.multiple:
            before = values.get(name)
            values[name] = [*(before if isinstance(before, list) else ()), *made]
        elif len(made) == 1:
            values[name] = made[0]
        else:
            raise bad_request(f"'{name}' takes one file.", part=name)
    return values
