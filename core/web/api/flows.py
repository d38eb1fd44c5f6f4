"""Instances of flows: listed, started, woken and cancelled.

Registered by `register`; an API key needs the scope that covers everything.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request

from core.services import Transaction as Tx
from core.services.flows.shown import (
    ASKED,
    Asked,
    Shown,
    cancel_flow,
    get_flow,
    list_flows,
    start_flow,
    wake_flow,
)
from core.web.api.bodies import read_object
from core.web.api.calls import write_once
from core.web.api.credentials import caller
from core.web.api.envelopes import FlowCancel, FlowStart, loaded
from core.web.api.json_text import answer
from core.web.api.parameters import check_names, number_of, word_of
from core.web.api.refusals import bad_request
from core.web.api.rendering import moment_text
from core.web.state import application

_MOST_ID = 2**63 - 1


def list_all() -> Response:
    """`GET /flows?flow=&state=&entity=&record=&limit=`: newest first."""
    asking = caller()
    asking.require("flow", "read")
    check_names(request.args, ("flow", "state", "entity", "record", "limit"))
    asked = Asked(
        flow=request.args.get("flow", ""),
        state=word_of(request.args, "state", ("", *ASKED)),
        entity=request.args.get("entity", ""),
        record=number_of(request.args, "record", 1, _MOST_ID, 0),
        limit=number_of(request.args, "limit", 1, 1000, 100),
    )
    if bool(asked.entity) != bool(asked.record):
        detail = "'entity' and 'record' name one record together."
        raise bad_request(detail, parameter="record" if asked.entity else "entity")
    with application().reader(asking.actor) as reader:
        return answer({"items": [shown_flow(one) for one in list_flows(reader, asked)]})


def get_one(flow: int) -> Response:
    """`GET /flows/<flow>`."""
    asking = caller()
    asking.require("flow", "read")
    check_names(request.args, ())
    with application().reader(asking.actor) as reader:
        return answer(shown_flow(get_flow(reader, flow)))


def start() -> Response:
    """`POST /flows` {flow, record, key, input}: 201, or 200 for a key that is there."""
    asking = caller()
    asking.require("flow", "write")
    check_names(request.args, ())
    body = loaded(FlowStart(), read_object(request))

    def work(tx: Tx) -> Response:
        given = body["flow"], body["record"], body["key"], body["input"]
        one, fresh = start_flow(tx, *given)
        return answer(shown_flow(one), 201 if fresh else 200)

    return write_once(asking.actor, work)


def wake(flow: int) -> Response:
    """`POST /flows/<flow>/wake`: let it be woken at once; 202."""
    asking = caller()
    asking.require("flow", "write")
    check_names(request.args, ())
    return write_once(
        asking.actor, lambda tx: answer(shown_flow(wake_flow(tx, flow)), 202)
    )


def cancel(flow: int) -> Response:
    """`POST /flows/<flow>/cancel` {reason}: end it and undo its steps."""
    asking = caller()
    asking.require("flow", "write")
    check_names(request.args, ())
    body = loaded(FlowCancel(), read_object(request, required=False))
    return write_once(
        asking.actor,
        lambda tx: answer(shown_flow(cancel_flow(tx, flow, body["reason"]))),
    )


def shown_flow(one: Shown) -> dict[str, Any]:
    """An instance as plain values."""
    return {
        "id": one.id,
        "flow": one.flow,
        "entity": one.entity,
        "record": one.record,
        "title": one.title,
        "key": one.key,
        "state": one.state,
        "step": one.step,
        "code": one.code,
        "reason": one.said,
        "due_at": None if one.due_at is None else moment_text(one.due_at),
        "at": moment_text(one.at),
        "changed_at": moment_text(one.changed_at),
        "ended_at": None if one.ended_at is None else moment_text(one.ended_at),
        "steps": one.steps,
    }
