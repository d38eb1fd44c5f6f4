"""Views of a record's timeline: what happened, comments, attachments, activities.

Registered by `register`. Rights of the record hold for all of it; people are named by
their login.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Response, request

from core.services import AuditEntry, Problem, Query, Reader, ValidationFailed
from core.services import Transaction as Tx
from core.services.files import open_file, small_picture
from core.services.timeline import (
    KINDS,
    TYPES,
    Entry,
    Place,
    add_comment,
    attach,
    attached_file,
    detach,
    feed,
    follow,
    mentioned_logins,
    place_of,
    plan_activity,
    set_done,
)
from core.web.api.bodies import read_object
from core.web.api.calls import Call, open_call
from core.web.api.cursors import open_cursor, sealed_cursor
from core.web.api.json_text import answer
from core.web.api.parameters import check_names, flag_of, number_of
from core.web.api.parts import open_parts
from core.web.api.refusals import bad_request
from core.web.api.rendering import moment_text
from core.web.mentions import people_of
from core.web.sending import send_file, send_thumbnail
from core.web.state import application

MOST = 200


def show_timeline(module: str, name: str, id: int) -> Response:
    """`GET .../<id>/timeline?kind=&limit=&cursor=`: a page, newest first."""
    check_names(request.args, ("kind", "limit", "cursor"))
    kind = request.args.get("kind")
    if kind is not None and kind not in KINDS:
        raise bad_request(f"The kind is one of {', '.join(KINDS)}.", parameter="kind")
    return _listed(open_call(module, name, "read"), id, (kind,) if kind else KINDS)


def list_comments(module: str, name: str, id: int) -> Response:
    """`GET .../<id>/comments`."""
    check_names(request.args, ("limit", "cursor"))
    return _listed(open_call(module, name, "read"), id, ("comment",))


def list_attachments(module: str, name: str, id: int) -> Response:
    """`GET .../<id>/attachments`."""
    check_names(request.args, ("limit", "cursor"))
    return _listed(open_call(module, name, "read"), id, ("attachment",))


def _listed(call: Call, id_: int, kinds: tuple[str, ...]) -> Response:
    limit = number_of(request.args, "limit", 1, MOST, 50)
    about = f"{call.id} {id_}"
    before = _before(about)
    with call.reading() as reader:
        entries = feed(reader, call.id, id_, kinds, limit + 1, before, call.reads)
    following = None
    if len(entries) > limit:
        at, kind, number = place_of(entries[limit - 1])
        following = sealed_cursor(about, f"{at.isoformat()}~{kind}~{number}")
    items = [shown(entry) for entry in entries[:limit]]
    return answer({"items": items, "next": following})


def _before(about: str) -> Place | None:
    """The place that the cursor of the address names."""
    query = open_cursor(about, Query(cursor=request.args.get("cursor") or None))
    if query.cursor is None:
        return None
    at, kind, number = query.cursor.split("~")
    return datetime.fromisoformat(at), kind, int(number)


def shown(entry: Entry) -> dict[str, Any]:
    """One entry as the plain values of an answer."""
    facts = dict(entry.facts)
    found = facts.pop("entry", None)
    if isinstance(found, AuditEntry):
        facts = {"action": found.action, "via": found.via, "changes": found.changes}
    for name in ("due", "was_due", "done_at", "sent_at"):
        value = facts.get(name)
        if isinstance(value, datetime):
            facts[name] = moment_text(value)
        elif value is not None:
            facts[name] = str(value)
    at = moment_text(entry.at)
    return {"kind": entry.kind, "id": entry.id, "at": at, "by": entry.author, **facts}


def create_comment(module: str, name: str, id: int) -> Response:
    """`POST .../<id>/comments` {body}: 201 with the comment."""
    call = open_call(module, name, "write")
    check_names(request.args, ())
    body = _text(read_object(request), "body")
    known = people_of(application(), mentioned_logins(body))

    def work(tx: Tx) -> Response:
        made = add_comment(tx, call.id, id, body, lambda _names: known)
        return _made(tx, call, id, "comment", made)

    return call.write(work)


def create_attachment(module: str, name: str, id: int) -> Response:
    """`POST .../<id>/attachments`, one part `file`: 201 with the attachment."""
    call = open_call(module, name, "write")
    check_names(request.args, ())
    open_parts(request)
    part = request.files.get("file")
    if part is None:
        raise bad_request("Send one part named 'file' as multipart/form-data.")

    def work(tx: Tx) -> Response:
        made = attach(tx, call.id, id, part.stream, part.filename or "file")
        return _made(tx, call, id, "attachment", made)

    return call.write(work)


def get_attachment(module: str, name: str, id: int, attachment: int) -> Response:
    """`GET .../<id>/attachments/<attachment>`: the file; `small=1`: a thumbnail."""
    call = open_call(module, name, "read")
    check_names(request.args, ("small",))
    with call.reading() as reader:
        found = attached_file(reader, call.id, id, attachment)
        if flag_of(request.args, "small"):
            return send_thumbnail(small_picture(reader.runtime, found), found.sha256)
        return send_file(open_file(reader.runtime, found))


def delete_attachment(module: str, name: str, id: int, attachment: int) -> Response:
    """`DELETE .../<id>/attachments/<attachment>`: 204."""
    call = open_call(module, name, "write")
    check_names(request.args, ())

    def work(tx: Tx) -> Response:
        detach(tx, call.id, id, attachment)
        return Response(status=204)

    return call.write(work)


def create_activity(module: str, name: str, id: int) -> Response:
    """`POST .../<id>/activities` {summary, type, due, person (login)}: 201."""
    call = open_call(module, name, "write")
    check_names(request.args, ())
    body = read_object(request)
    login = _text(body, "person") if body.get("person") else ""
    person = people_of(application(), [login]).get(login) if login else None
    if login and person is None:
        raise _wrong("person", "There is no such person.")
    try:
        due = date.fromisoformat(_text(body, "due")) if body.get("due") else None
    except ValueError:
        raise _wrong("due", "A date is written like 2026-12-31.") from None
    type_ = _text(body, "type") if body.get("type") else TYPES[0]
    summary = _text(body, "summary")

    def work(tx: Tx) -> Response:
        made = plan_activity(tx, call.id, id, summary, type_, due, person)
        return _made(tx, call, id, "activity", made)

    return call.write(work)


def change_activity(module: str, name: str, id: int, activity: int) -> Response:
    """`PATCH .../<id>/activities/<activity>` {done}: 200 with the activity."""
    call = open_call(module, name, "write")
    check_names(request.args, ())
    done = read_object(request).get("done")
    if not isinstance(done, bool):
        raise _wrong("done", "Say true or false.")

    def work(tx: Tx) -> Response:
        set_done(tx, call.id, id, activity, done)
        return _made(tx, call, id, "activity", activity, 200)

    return call.write(work)


def follow_record(module: str, name: str, id: int) -> Response:
    """`PUT` or `DELETE .../<id>/follow`: be told of what happens, or no longer."""
    # For the key it is a change, whatever the person needs for it.
    call = open_call(module, name, "write")
    check_names(request.args, ())

    def work(tx: Tx) -> Response:
        follow(tx, call.id, id, request.method == "PUT")
        return Response(status=204)

    return call.write(work)


def _made(
    reader: Reader, call: Call, id_: int, kind: str, made: int, status: int = 201
) -> Response:
    entries = feed(reader, call.id, id_, (kind,), 1000)
    return answer(next(shown(one) for one in entries if one.id == made), status)


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise _wrong(name, f"'{name}' has to be a text.")
    return value


def _wrong(field: str, message: str) -> ValidationFailed:
    return ValidationFailed([Problem(field, "wrong_type", message)])
