"""Uploads of forms, and the way to a record's files.

Registered by `register`. A file is opened through the record and the field that hold
it, or by the one who uploaded it; nothing else leads to it.
"""

from __future__ import annotations

from typing import Any

from flask import Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from core.fieldtypes.files import FileType, StoredFile
from core.services import NotFound, Reader, ValidationFailed
from core.services.files import (
    Upload,
    field_file,
    open_file,
    receive,
    small_picture,
    visible_file,
)
from core.web.auth import login_required_page
from core.web.errors import problem_response
from core.web.pages.file_inputs import item_of, writable_field
from core.web.pages.problem_texts import worded
from core.web.pages.screen import acting, open_screen
from core.web.problems import problem_of
from core.web.sending import send_file, send_thumbnail
from core.web.state import application
from core.web.wording import say

_SLACK = 1_000_000


@login_required_page
def upload(module: str, name: str, field: str) -> ResponseReturnValue:
    """Take one file in for a field of a form; answers what the form shows and sends."""
    screen = open_screen(module, name)
    shown = writable_field(screen, field)
    if shown is None:
        abort(403)
    request.max_content_length = application().runtime.max_upload + _SLACK
    given = request.files.get("file")
    if given is None:
        abort(400, say("Choose a file."))
    try:
        with screen.writing() as tx:
            name = given.filename or "file"
            made: Upload = receive(tx.scene, given.stream, name, shown)
    except ValidationFailed as refused:
        return problem_response(
            problem_of(ValidationFailed(worded(screen, refused.problems)))
        )
    answer: dict[str, Any] = item_of(made.file, f"/uploads/{made.file.sha256}")
    return jsonify({**answer, "id": made.id}), 201


@login_required_page
def show_file(
    module: str, name: str, id: int, field: str, sha256: str
) -> ResponseReturnValue:
    """A file of a record for saving; `?small=1` answers a thumbnail."""
    screen = open_screen(module, name)
    shown = screen.entity.fields.get(field)
    if shown is None or not isinstance(shown.type, FileType):
        abort(404)
    with screen.reading() as reader:
        try:
            found = field_file(reader, screen.id, id, field, sha256)
        except NotFound:
            # In the form of a record a file may be shown that is not saved yet.
            found = visible_file(reader, sha256)
    return sent(reader, found)


@login_required_page
def show_upload(sha256: str) -> ResponseReturnValue:
    """A file that a form shows before it is saved, for who uploaded or sees it."""
    with application().reader(acting()) as reader:
        found = visible_file(reader, sha256)
    return sent(reader, found)


def sent(reader: Reader, found: StoredFile) -> Response:
    """The answer with a file, or with its thumbnail if that is asked for."""
    if request.args.get("small"):
        return send_thumbnail(small_picture(reader.runtime, found), found.sha256)
    return send_file(open_file(reader.runtime, found))
