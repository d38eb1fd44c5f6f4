"""How the clocks of a record stand now, and how long it stood in which state.

Registered by `register`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Response, request

from core.fieldtypes.moments import iso_duration
from core.services.clocks.shown import ShownClock, clocks_of_record
from core.services.state_times import state_times
from core.web.api.calls import open_call
from core.web.api.json_text import answer
from core.web.api.parameters import check_names
from core.web.api.rendering import moment_text


def list_clocks(module: str, name: str, id: int) -> Response:
    """The clocks that have begun, with the time that has counted until now."""
    call = open_call(module, name, "read")
    check_names(request.args, ())
    with call.reading() as reader:
        found = clocks_of_record(reader, call.id, id)
    return answer({"items": [shown_clock(one) for one in found]})


def shown_clock(one: ShownClock) -> dict[str, Any]:
    """A clock as the plain values of an answer."""
    return {
        "clock": one.clock,
        "state": one.state,
        "target": _length(one.target),
        "elapsed": _length(one.elapsed),
        "left": _length(one.left),
        "due": _moment(one.due_at),
        "began_at": _moment(one.began_at),
        "ended_at": _moment(one.ended_at),
    }


def _length(value: timedelta | None) -> str | None:
    return None if value is None else iso_duration(value)


def _moment(value: datetime | None) -> str | None:
    return None if value is None else moment_text(value)


def list_states(module: str, name: str, id: int) -> Response:
    """`GET .../<id>/states`: how long the record has stood in each of its states."""
    call = open_call(module, name, "read")
    check_names(request.args, ())
    with call.reading() as reader:
        found = state_times(reader, call.id, id)
    items = [
        {
            "workflow": one.workflow,
            "state": one.state,
            "times": one.times,
            "total": _length(one.total),
            "since": _moment(one.since),
            "last": _moment(one.last),
            "until": _moment(one.until),
        }
        for one in found
    ]
    return answer({"items": items})
