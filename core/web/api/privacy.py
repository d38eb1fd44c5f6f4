"""Personal data of a record: handed out whole, or erased for good.

Registered by `register`.
"""

from __future__ import annotations

from flask import Response, request

from core.services.privacy import erase_personal_data, personal_data
from core.web.api.calls import open_call
from core.web.api.json_text import answer
from core.web.api.parameters import check_names
from core.web.state import application


def hand_out(module: str, name: str, id: int) -> Response:
    """`GET .../<id>/personal-data`: everything that is held about the record."""
    call = open_call(module, name, "read")
    check_names(request.args, ())
    # What leads here belongs to other entities: a key for one of them is not enough.
    for other in call.entity.inverses.values():
        call.caller.require(other.entity, "read")
    with call.reading() as reader:
        return answer(personal_data(reader, call.id, id))


def erase(module: str, name: str, id: int) -> Response:
    """`POST .../<id>/erase`: overwrite what the retention names; says what is kept."""
    call = open_call(module, name, "write")
    check_names(request.args, ())
    done = erase_personal_data(application(), call.caller.actor, call.id, id, "api")
    return answer(done.document())
