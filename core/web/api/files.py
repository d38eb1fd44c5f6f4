"""Views of files: an upload ahead of a record, and the files of a record's fields.

Registered by `register`. A file is opened through its record and field only, with the
rights that hold for both.
"""

from __future__ import annotations

from flask import Response, request

from core.compiler import Compiled, CompiledField
from core.fieldtypes.files import FileType
from core.services.files import field_file, open_file, receive, small_picture
from core.web.api.calls import open_call
from core.web.api.credentials import Caller, caller
from core.web.api.json_text import answer
from core.web.api.parameters import check_names, flag_of
from core.web.api.parts import open_parts
from core.web.api.refusals import Refusal, bad_request
from core.web.sending import send_file, send_thumbnail
from core.web.state import application


def upload_file() -> Response:
    """`POST /files`: take one file in; its id is what a field of the caller takes.

    `for=module.entity.field` has the limits of that field told at once.
    """
    asking = caller()
    check_names(request.args, ("for",))
    compiled: Compiled = application().compiled
    field = _field(asking, compiled, request.args.get("for"))
    open_parts(request)
    part = request.files.get("file")
    if part is None:
        raise bad_request(
            "Send one part named 'file' as multipart/form-data.", part="file"
        )
    with application().transaction(asking.actor, via="api") as tx:
        made = receive(tx.scene, part.stream, part.filename or "file", field)
    return answer({"id": made.id, **made.file._asdict()}, 201)


def _field(
    asking: Caller, compiled: Compiled, named: str | None
) -> CompiledField | None:
    """The field a file is meant for; 403 for who may write nothing anywhere."""
    rights = compiled.access.of(asking.actor.roles, admin=asking.actor.is_admin)
    if named is None:
        writes = any(
            asking.covers(one, "write")
            and (rights.entity(one).can("create") or rights.entity(one).can("update"))
            for one in compiled.ids()
        )
        if not writes:
            detail = "You may write no record, so there is nothing to upload for."
            raise Refusal(403, "not_allowed", detail)
        return None
    entity, _, name = named.rpartition(".")
    if entity not in compiled.registry.entities:
        raise bad_request(f"There is no field '{named[:160]}'.", parameter="for")
    asking.require(entity, "write")
    found = compiled.entity(entity).fields.get(name)
    if found is None or not isinstance(found.type, FileType):
        raise bad_request(f"'{named[:160]}' takes no files.", parameter="for")
    if name not in rights.entity(entity).writable:
        raise Refusal(403, "not_allowed", f"You may not write '{named[:160]}'.")
    return found


def get_file(
    module: str, name: str, id: int, field: str, sha256: str | None = None
) -> Response:
    """`GET .../<id>/files/<field>[/<sha256>]`: the file; `small=1`: a thumbnail."""
    call = open_call(module, name, "read")
    check_names(request.args, ("small",))
    small = flag_of(request.args, "small")
    with call.reading() as reader:
        found = field_file(reader, call.id, id, field, sha256)
        if small:
            return send_thumbnail(small_picture(reader.runtime, found), found.sha256)
        return send_file(open_file(reader.runtime, found))
