"""Views of old versions of a record, of going back to one, of copies and prints.

Registered by `register`.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for

from core.services import Transaction as Tx
from core.services.copying import copy_record
from core.services.versions import OldVersion, old_version, restore_version
from core.web.api.bodies import read_object
from core.web.api.calls import open_call
from core.web.api.collection import WRITE_PARAMETERS, written
from core.web.api.envelopes import Versioned, loaded
from core.web.api.json_text import answer
from core.web.api.parameters import check_names, flag_of
from core.web.api.rendering import moment_text
from core.web.api.versions import expected_version
from core.web.pages.printing import printed_pdf
from core.web.pages.screen import screen_of


def get_version(module: str, name: str, id: int, version: int) -> Response:
    """`GET .../<id>/versions/<version>`: what going back to it would change."""
    call = open_call(module, name, "read")
    check_names(request.args, ())
    with call.reading() as reader:
        return answer(_shown(old_version(reader, call.id, id, version)))


def _shown(found: OldVersion) -> dict[str, Any]:
    return {
        "version": found.version,
        "current": found.current,
        "at": moment_text(found.at),
        "actor": found.actor,
        "changes": [
            {"field": one.name, "now": one.now, "then": one.then, "open": one.open}
            for one in found.changes
        ],
    }


def go_back(module: str, name: str, id: int, version: int) -> Response:
    """`POST .../<id>/versions/<version>/restore`: 200 with the record."""
    call = open_call(module, name, "write")
    check_names(request.args, WRITE_PARAMETERS)
    body = loaded(Versioned(), read_object(request, required=False))
    expected = expected_version(request, body)
    accept = flag_of(request.args, "accept_warnings")

    def work(tx: Tx) -> Response:
        record = restore_version(tx, call.id, id, version, expected, accept)
        return written(call, tx, record)

    return call.write(work)


def print_record(module: str, name: str, id: int) -> Response:
    """`GET .../<id>/print`: the record as a PDF in the language of the caller."""
    call = open_call(module, name, "read")
    check_names(request.args, ())
    return printed_pdf(screen_of(call.id), id)


def make_copy(module: str, name: str, id: int) -> Response:
    """`POST .../<id>/copy`: 201 with a record like it; the body changes fields."""
    call = open_call(module, name, "write")
    check_names(request.args, WRITE_PARAMETERS)
    values = read_object(request, required=False)
    accept = flag_of(request.args, "accept_warnings")

    def work(tx: Tx) -> Response:
        record = copy_record(tx, call.id, id, values, accept)
        response = written(call, tx, record, 201)
        response.headers["Location"] = url_for(
            "api.record", module=module, name=name, id=record.id
        )
        return response

    return call.write(work)
