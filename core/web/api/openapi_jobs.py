"""Operations on jobs and schedules, for the OpenAPI document of administrators.

Called by `openapi_platform.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from core.services.jobs import KINDS, STATES
from core.web.api.openapi_flows import FLOW_TAG, flow_parameters, flow_schemas
from core.web.api.openapi_mailboxes import (
    MAILBOX_TAG,
    mailbox_operations,
    mailbox_parameters,
    mailbox_schemas,
)
from core.web.api.openapi_mails import (
    mail_operations,
    mail_parameters,
    mail_schemas,
)
from core.web.api.openapi_more import list_of, object_of
from core.web.api.openapi_operation import READ_ONE, WRITE_ONE, Operation, Part
from core.web.api.openapi_values import record_id

JOB_TAGS = MappingProxyType(
    {
        "jobs": "What is done after commits and by the clock",
        "schedules": "What runs at certain times",
        "flows": FLOW_TAG,
        "mails": "Mails about records",
        "mailboxes": MAILBOX_TAG,
        "arrivals": "Mails that came in, and what became of them",
        "suppressed": "Addresses that get no mails",
    }
)


def job_operations() -> Iterator[Operation]:
    """List jobs and schedules, try again, run at once; and those on mails."""
    yield from mail_operations()
    yield from mailbox_operations()
    asked = ("job_state", "job_kind", "limit")
    yield Operation(
        "/jobs",
        "get",
        "list",
        "List jobs, newest first",
        asked,
        "Jobs",
        errors=READ_ONE,
    )
    yield Operation(
        "/jobs/replay",
        "post",
        "replay",
        "Try again all jobs that were given up, or one",
        ("job", "idempotency_key"),
        "Count",
        errors=WRITE_ONE,
    )
    yield Operation(
        "/schedules", "get", "list", "List schedules with their runs", (), "Schedules"
    )
    yield Operation(
        "/schedules/{schedule}/run",
        "post",
        "run",
        "Let a schedule run at once",
        ("schedule", "idempotency_key"),
        "Schedule",
        errors=WRITE_ONE,
        status="202",
    )


def job_parameters() -> dict[str, Part]:
    """The parameters of these operations."""
    text: Part = {"type": "string"}
    return {
        **flow_parameters(),
        **mail_parameters(),
        **mailbox_parameters(),
        "schedule": {
            "name": "schedule",
            "in": "path",
            "required": True,
            "schema": text,
            "description": "The schedule's id.",
        },
        "job": _query("job", "Only this job.", record_id()),
        "job_state": _query(
            "state", "Only jobs in this state.", {**text, "enum": list(STATES)}
        ),
        "job_kind": _query(
            "kind", "Only jobs made by this.", {**text, "enum": list(KINDS)}
        ),
    }


def _query(name: str, description: str, schema: Part) -> Part:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def job_schemas() -> dict[str, Part]:
    """The schemas of these operations."""
    text: Part = {"type": "string"}
    moment: Part = {"type": "string", "format": "date-time"}
    maybe: Part = {**moment, "type": ["string", "null"]}
    job = object_of(
        {
            "id": record_id(),
            "kind": {**text, "enum": list(KINDS)},
            "what": {**text, "description": "The id of what is done."},
            "key": {**text, "description": "What it is done about."},
            "state": {**text, "enum": list(STATES)},
            "attempts": {"type": "integer", "minimum": 0},
            "at": moment,
            "due_at": moment,
            "ended_at": maybe,
            "said": {"type": ["string", "null"], "description": "How the try went."},
        }
    )
    schedule = object_of(
        {
            "id": text,
            "enabled": {"type": "boolean"},
            "every": text,
            "next_at": maybe,
            "last_at": maybe,
        }
    )
    return {
        **flow_schemas(),
        **mail_schemas(),
        **mailbox_schemas(),
        "Jobs": object_of({"items": list_of(job)}),
        "Schedule": schedule,
        "Schedules": object_of({"items": list_of(schedule)}),
    }
