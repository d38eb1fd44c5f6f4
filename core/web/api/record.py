"""Views of one record: get, change, delete, archive, restore, actions, history.

Registered by `register`. Every one takes the version it is based on, in the body or as
`If-Match`; without one the change is made to whatever the record is now.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, request

from core.services import (
    AuditEntry,
    OfferedAction,
    Problem,
    Reader,
    ValidationFailed,
)
from core.services import Transaction as Tx
from core.services.open_rows import open_rows
from core.web.api.bodies import read_object
from core.web.api.calls import Call, open_call
from core.web.api.collection import WRITE_PARAMETERS, written
from core.web.api.envelopes import Pressed, Versioned, loaded
from core.web.api.json_text import answer
from core.web.api.multipart import read_record, with_files
from core.web.api.openapi_values import field_schema
from core.web.api.parameters import check_names, flag_of, names_of, number_of
from core.web.api.refusals import bad_request
from core.web.api.rendering import moment_text
from core.web.api.versions import (
    expected_version,
    matched_version,
    tagged,
    unchanged,
)

MOST_ENTRIES = 1000


def get_record(module: str, name: str, id: int) -> Response:
    """`GET .../<id>`: the record with all that the caller may read, or `fields`.

    301 to the record that stands for one that was merged into it.
    """
    call = open_call(module, name, "read")
    check_names(request.args, ("fields", "titles"))
    fields, titles = names_of(request.args, "fields"), flag_of(request.args, "titles")
    paths = [tuple(field.split(".")) for field in fields]
    call.caller.require_paths(call.compiled, call.id, paths)
    if call.entity.duplicates is not None:
        from core.web.api.duplicates import merged_away

        moved = merged_away(call, module, name, id)
        if moved is not None:
            return moved
    with call.reading() as reader:
        shown = call.one(reader, id, fields, titles)
    response = tagged(answer(shown), shown["version"])
    return unchanged(request, response) or response


def change_record(module: str, name: str, id: int) -> Response:
    """`PATCH .../<id>`: change the fields that the body names."""
    call = open_call(module, name, "write")
    check_names(request.args, WRITE_PARAMETERS)
    body = read_record(request)
    version = expected_version(request, body.values)
    _check_id(body.values, id)
    accept = flag_of(request.args, "accept_warnings")

    def work(tx: Tx) -> Response:
        values = with_files(tx, call.entity, body)
        record = tx.update(call.id, id, values, version, accept_warnings=accept)
        return written(call, tx, record)

    return call.write(work)


def _check_id(body: dict[str, Any], id_: int) -> None:
    if "id" in body and body.pop("id") != id_:
        message = "The id in the body is not the one in the address; leave it out."
        raise ValidationFailed([Problem("id", "readonly", message)])


def delete_record(module: str, name: str, id: int) -> Response:
    """`DELETE .../<id>`: archive where the entity archives, else delete; 204.

    `permanent=1` deletes in either case, if the caller holds the right to.
    """
    call = open_call(module, name, "write")
    check_names(request.args, ("permanent",))
    version = matched_version(request)
    archives = call.entity.definition.archive
    for_good = flag_of(request.args, "permanent") or not archives

    def work(tx: Tx) -> Response:
        if for_good:
            tx.delete(call.id, id, version)
        else:
            tx.archive(call.id, id, version)
        return Response(status=204)

    return call.write(work)


def archive_record(module: str, name: str, id: int) -> Response:
    """`POST .../<id>/archive`: take the record out of lists and pickers."""
    return _file(module, name, id, True)


def restore_record(module: str, name: str, id: int) -> Response:
    """`POST .../<id>/restore`: take the record back out of the archive."""
    return _file(module, name, id, False)


def _file(module: str, name: str, id_: int, archived: bool) -> Response:
    call = open_call(module, name, "write")
    check_names(request.args, WRITE_PARAMETERS[1:])
    if not call.entity.definition.archive:
        raise bad_request(f"{call.entity.plural} have no archive; use DELETE.")
    body = loaded(Versioned(), read_object(request, required=False))
    version = expected_version(request, body)

    def work(tx: Tx) -> Response:
        change = tx.archive if archived else tx.restore
        return written(call, tx, change(call.id, id_, version))

    return call.write(work)


def run_action(module: str, name: str, id: int, action: str) -> Response:
    """`POST .../<id>/actions/<action>`: press the button; 200 with the record."""
    call = open_call(module, name, "write")
    check_names(request.args, WRITE_PARAMETERS[1:])
    body = loaded(Pressed(), read_object(request, required=False))
    version = expected_version(request, body)

    def work(tx: Tx) -> Response:
        record = tx.run_action(call.id, id, action, body["ask"], version, body["take"])
        return written(call, tx, record)

    return call.write(work)


def list_actions(module: str, name: str, id: int) -> Response:
    """`GET .../<id>/actions`: the buttons of the record and whether they are ready."""
    call = open_call(module, name, "read")
    check_names(request.args, ())
    with call.reading() as reader:
        reader.get(call.id, id, ("id",))
        offered = reader.actions(call.id, id)
        return answer({"items": [_offered(call, reader, id, one) for one in offered]})


def list_transitions(module: str, name: str, id: int) -> Response:
    """`GET .../<id>/transitions`: those offered in its state, and whether they are."""
    call = open_call(module, name, "read")
    check_names(request.args, ())
    moves = {key for key, one in call.entity.actions.items() if one.move is not None}
    with call.reading() as reader:
        reader.get(call.id, id, ("id",))
        offered = [one for one in reader.actions(call.id, id) if one.id in moves]
        return answer({"items": [_offered(call, reader, id, one) for one in offered]})


def _offered(
    call: Call, reader: Reader, id_: int, one: OfferedAction
) -> dict[str, Any]:
    action = call.entity.actions[one.id]
    rows = open_rows(reader, call.id, id_, action) if one.ready else []
    return {
        "id": one.id,
        "label": one.label,
        "ready": one.ready,
        "why": one.why,
        "confirm": one.confirm,
        "ask": {name: field_schema(field) for name, field in one.ask.items()},
        "open": [{**asdict(row), "open": str(row.open)} for row in rows],
    }


def show_history(module: str, name: str, id: int) -> Response:
    """`GET .../<id>/history`: the changes of the record, newest first."""
    call = open_call(module, name, "read")
    check_names(request.args, ("limit",))
    limit = number_of(request.args, "limit", 1, MOST_ENTRIES, 100)
    with call.reading() as reader:
        entries = reader.history(call.id, id, limit)
    return answer({"items": [_entry(entry) for entry in entries]})


def _entry(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": moment_text(entry.at),
        "actor": entry.actor,
        "deputy_for": list(entry.deputy_for),
        "merged": list(entry.merged),
        "merged_into": entry.merged_into,
        "transition": entry.transition,
        "reason": entry.reason,
        "origin": entry.origin,
        "via": entry.via,
        "version": entry.version,
        "action": entry.action,
        "changes": entry.changes,
    }
