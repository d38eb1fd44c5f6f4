"""Operations on instances of flows, for the OpenAPI document.

Called by `openapi_platform.py` where there are flows that the caller may see.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.services.flows.instances import STATES
from core.services.flows.shown import ASKED
from core.web.api.openapi_more import list_of, object_of
from core.web.api.openapi_operation import READ_ONE, WRITE, WRITE_ONE, Operation, Part
from core.web.api.openapi_values import record_id

FLOW_TAG = "What goes on step by step"


def flow_operations() -> Iterator[Operation]:
    """List, get, start, wake and cancel."""
    asked = ("flow_id", "flow_state", "flow_entity", "flow_record", "limit")
    yield Operation(
        "/flows",
        "get",
        "list",
        "List instances of flows, newest first",
        asked,
        "Flows",
        errors=READ_ONE,
    )
    yield Operation(
        "/flows",
        "post",
        "start",
        "Start a flow about a record; one key gives one instance",
        ("idempotency_key",),
        "Flow",
        "NewFlow",
        WRITE,
        "201",
    )
    yield from _of_one()


def _of_one() -> Iterator[Operation]:
    once, one = ("flow", "idempotency_key"), "/flows/{flow}"
    yield Operation(one, "get", "get", "Get one", ("flow",), "Flow", errors=READ_ONE)
    yield Operation(
        f"{one}/wake",
        "post",
        "wake",
        "Let one be woken at once",
        once,
        "Flow",
        errors=WRITE_ONE,
        status="202",
    )
    yield Operation(
        f"{one}/cancel",
        "post",
        "cancel",
        "Cancel one and undo its steps",
        once,
        "Flow",
        "FlowReason",
        WRITE_ONE,
    )


def flow_parameters() -> dict[str, Part]:
    """The parameters of these operations."""
    text: Part = {"type": "string"}
    number = {
        "name": "flow",
        "in": "path",
        "required": True,
        "schema": record_id(),
        "description": "The number of the instance.",
    }
    return {
        "flow": number,
        "flow_id": _query("flow", "Only instances of this flow.", text),
        "flow_state": _query(
            "state",
            "Only in this state; `open` are all that may still go on.",
            {**text, "enum": list(ASKED)},
        ),
        "flow_entity": _query("entity", "With `record`: only those about it.", text),
        "flow_record": _query(
            "record", "With `entity`: only those about it.", record_id()
        ),
    }


def _query(name: str, description: str, schema: Part) -> Part:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def flow_schemas() -> dict[str, Part]:
    """The schemas of these operations."""
    text: Part = {"type": "string"}
    maybe: Part = {"type": ["string", "null"]}
    one = _instance()
    new: Part = {
        "type": "object",
        "properties": {
            "flow": text,
            "record": record_id(),
            "key": {**maybe, "maxLength": 200},
            "input": {"type": "object"},
        },
        "required": ["flow", "record"],
        "additionalProperties": False,
    }
    reason: Part = {
        "type": "object",
        "properties": {"reason": {**text, "maxLength": 500}},
        "additionalProperties": False,
    }
    return {
        "Flow": one,
        "Flows": object_of({"items": list_of(one)}),
        "NewFlow": new,
        "FlowReason": reason,
    }


def _instance() -> Part:
    text: Part = {"type": "string"}
    moment: Part = {"type": "string", "format": "date-time"}
    maybe: Part = {"type": ["string", "null"]}
    return object_of(
        {
            "id": record_id(),
            "flow": text,
            "entity": text,
            "record": record_id(),
            "title": text,
            "key": maybe,
            "state": {**text, "enum": list(STATES)},
            "step": {**maybe, "description": "Where it rests, or what failed."},
            "code": maybe,
            "reason": {**maybe, "description": "Why it rests or was cancelled."},
            "due_at": {**maybe, "format": "date-time"},
            "at": moment,
            "changed_at": moment,
            "ended_at": {**maybe, "format": "date-time"},
            "steps": {
                "type": "object",
                "additionalProperties": text,
                "description": "How each step went that was reached.",
            },
        }
    )
