"""Views of an entity as a whole: list, create, count, look-up, drafts.

Registered by `register`; everything is asked of Reader and Transaction.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Response, request, url_for

from core.expressions import Record
from core.services import FormState, NotFound, Reader, Transaction
from core.web.api.bodies import read_object
from core.web.api.calls import Call, open_call
from core.web.api.cursors import open_cursor, sealed_cursor
from core.web.api.envelopes import Draft, loaded
from core.web.api.json_text import answer
from core.web.api.multipart import read_record, with_files
from core.web.api.parameters import (
    COUNT_PARAMETERS,
    LIST_PARAMETERS,
    Wish,
    check_names,
    flag_of,
    number_of,
    read_candidates,
    read_query,
    text_of,
)
from core.web.api.problems import error_of
from core.web.api.versions import tagged

MOST_FOUND = 100
WRITE_PARAMETERS = ("accept_warnings", "titles")


def list_records(module: str, name: str) -> Response:
    """`GET /<module>/<name>`: a page of records."""
    call = open_call(module, name, "read")
    wish = read_query(request.args, (*LIST_PARAMETERS, "saved"))
    with call.reading() as reader:
        return answer(page_of(call, reader, call.id, _begun(call, reader, wish)))


def _begun(call: Call, reader: Reader, wish: Wish) -> Wish:
    """The wish with what a saved view adds to it."""
    if "saved" not in request.args:
        return wish
    from core.web.api.saved_views import saved_wish

    return saved_wish(reader, call.id, wish)


def page_of(call: Call, reader: Reader, entity: str, wish: Wish) -> dict[str, Any]:
    """The page of an entity that a query names, as the plain values of the answer."""
    query = open_cursor(entity, wish.query)
    call.check_paths(reader, entity, query)
    with call.working_out(query):
        page = reader.search(entity, query)
    renderer = call.renderer(reader, query.fields or listed(reader, entity), entity)
    shown: dict[str, Any] = {
        "items": call.rendered(reader, page.items, renderer, wish.titles),
        "next": sealed_cursor(entity, page.next),
        "count": page.count,
    }
    if page.estimated:
        shown["estimated"] = True
    return shown


def listed(reader: Reader, entity: str) -> tuple[str, ...]:
    """The fields of a list without `fields`: all but to-many ones."""
    compiled = reader.runtime.compiled.entity(entity)
    readable = reader.access.of(entity).readable
    names = [
        name
        for name, field in compiled.fields.items()
        if field.kind not in ("lines", "links", "group")
        and not field.type.write_only
        and name in readable
    ]
    stamps = ("created_at", "created_by", "updated_at", "updated_by")
    return (*names, *stamps, "archived", "archived_at")


def create_record(module: str, name: str) -> Response:
    """`POST /<module>/<name>`: 201 with the record and its address."""
    call = open_call(module, name, "write")
    check_names(request.args, WRITE_PARAMETERS)
    body = read_record(request)
    accept = flag_of(request.args, "accept_warnings")

    def work(tx: Transaction) -> Response:
        values = with_files(tx, call.entity, body)
        record = tx.create(call.id, values, accept_warnings=accept)
        response = written(call, tx, record, 201)
        response.headers["Location"] = url_for(
            "api.record", module=module, name=name, id=record.id
        )
        return response

    return call.write(work)


def written(call: Call, tx: Transaction, record: Record, status: int = 200) -> Response:
    """The answer to a write: the record as reading it would show it.

    Who may write but not read it gets id and version only.
    """
    shown: dict[str, Any] = {"id": record.id, "version": record.get("version")}
    readable = tx.access.can(call.id, "read") and call.caller.covers(call.id, "read")
    if readable and record.id is not None:
        # The change may have taken the record out of the caller's sight.
        with suppress(NotFound):
            shown = call.one(tx, record.id, titles=flag_of(request.args, "titles"))
    return tagged(answer(shown, status), shown["version"])


def count_records(module: str, name: str) -> Response:
    """`GET /<module>/<name>/count`: how many records a filter names."""
    call = open_call(module, name, "read")
    wish = read_query(request.args, (*COUNT_PARAMETERS, "saved"))
    with call.reading() as reader:
        query = _begun(call, reader, wish).query
        call.check_paths(reader, call.id, query)
        with call.working_out(query):
            return answer({"count": reader.count(call.id, query)})


def look_up(module: str, name: str) -> Response:
    """`GET /<module>/<name>/lookup?q=`: what a picker offers for a text."""
    call = open_call(module, name, "read")
    check_names(request.args, ("for", "limit", "q", "values"))
    limit = number_of(request.args, "limit", 1, MOST_FOUND, 10)
    text = text_of(request.args, "q") or ""
    candidates = read_candidates(request.args)
    if candidates is not None:
        module, _, name = candidates.entity.partition(".")
        open_call(module, name, "read")
    with call.reading() as reader:
        found = reader.lookup(call.id, text, limit, candidates)
    items = [
        {"id": one.id, "title": one.title, "subtitle": one.subtitle} for one in found
    ]
    return answer({"items": items})


def evaluate_draft(module: str, name: str) -> Response:
    """`POST /<module>/<name>/evaluate`: a draft worked out as a save would."""
    call = open_call(module, name, "read")
    check_names(request.args, ())
    draft = loaded(Draft(), read_object(request))
    with call.reading() as reader:
        state = reader.evaluate(call.id, draft["values"], draft["id"])
        return answer(_state(call, reader, state))


def _state(call: Call, reader: Reader, state: FormState) -> dict[str, Any]:
    rights = reader.access.of(call.id)
    known = rights.readable | rights.writable
    values = dict(state.values)
    rows = {name: values.pop(name, None) for name in call.entity.lines}
    record = Record(call.id, values.get("id"), values)
    for name, found in rows.items():
        child = call.entity.lines[name].child
        record.relations[name] = tuple(
            Record(child, row.get("id"), dict(row)) for row in found or ()
        )
    return {
        "values": call.renderer(reader).render(record),
        "visible": sorted(state.visible & known),
        "required": sorted(state.required & known),
        "readonly": sorted(state.readonly & known),
        "problems": [error_of(problem) for problem in state.problems],
    }


__all__ = [
    "WRITE_PARAMETERS",
    "count_records",
    "create_record",
    "evaluate_draft",
    "list_records",
    "look_up",
    "page_of",
    "written",
]
