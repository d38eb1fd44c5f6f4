"""Operations on mailboxes, for the OpenAPI document of administrators.

Called by `openapi_jobs.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.services.mailboxes import ARRIVAL_STATES
from core.web.api.openapi_more import list_of, object_of
from core.web.api.openapi_operation import READ_ONE, WRITE_ONE, Operation, Part
from core.web.api.openapi_values import record_id

MAILBOX_TAG = "Mails that come in, and their servers"
_ROOT = "/mailboxes"


def mailbox_operations() -> Iterator[Operation]:
    """List mailboxes and what came in, take a mail in, ask a server."""
    yield Operation(_ROOT, "get", "list", "List mailboxes", (), "Mailboxes")
    yield Operation(
        "/arrivals",
        "get",
        "list",
        "List the mails that came in, newest first",
        ("of_mailbox", "arrival_state", "limit"),
        "Arrivals",
        errors=READ_ONE,
    )
    yield Operation(
        f"{_ROOT}/{{mailbox}}/mails",
        "post",
        "take",
        "Take a mail in as it came (RFC 5322)",
        ("mailbox", "idempotency_key"),
        "TakenMail",
        errors=(*WRITE_ONE, "413 TooLarge"),
        takes_file=True,
    )
    yield Operation(
        f"{_ROOT}/{{mailbox}}/pull",
        "post",
        "pull",
        "Let a worker ask the server at once",
        ("mailbox", "idempotency_key"),
        "Mailbox",
        errors=WRITE_ONE,
        status="202",
    )


def mailbox_parameters() -> dict[str, Part]:
    """The parameters of these operations."""
    text: Part = {"type": "string"}
    return {
        "mailbox": {
            "name": "mailbox",
            "in": "path",
            "required": True,
            "schema": text,
            "description": "The mailbox's id.",
        },
        "of_mailbox": {
            "name": "mailbox",
            "in": "query",
            "description": "Only mails to this mailbox.",
            "schema": text,
        },
        "arrival_state": {
            "name": "state",
            "in": "query",
            "description": "Only mails that became this.",
            "schema": {**text, "enum": list(ARRIVAL_STATES)},
        },
    }


def mailbox_schemas() -> dict[str, Part]:
    """The schemas of these operations."""
    text: Part = {"type": "string"}
    maybe: Part = {"type": ["string", "null"]}
    moment: Part = {**text, "format": "date-time"}
    later: Part = {**moment, "type": ["string", "null"]}
    number: Part = {**record_id(), "type": ["integer", "null"]}
    states = [*ARRIVAL_STATES, "known"]
    mailbox = object_of(
        {
            "id": text,
            "entity": text,
            "address": {**text, "description": "Empty if nobody has named one."},
            "enabled": {"type": "boolean"},
            "served": {"type": "boolean", "description": "Whether it has a server."},
            "pulled_at": later,
            "next_at": later,
            "failures": {"type": "integer", "minimum": 0},
            "said": {**maybe, "description": "What went wrong last."},
        }
    )
    return {
        "Mailbox": mailbox,
        "Mailboxes": object_of({"items": list_of(mailbox)}),
        "Arrivals": object_of({"items": list_of(_arrival())}),
        "TakenMail": object_of(
            {"state": {**text, "enum": states}, "said": text, "record": number}
        ),
    }


def _arrival() -> Part:
    text: Part = {"type": "string"}
    maybe: Part = {"type": ["string", "null"]}
    moment: Part = {**text, "format": "date-time"}
    number: Part = {**record_id(), "type": ["integer", "null"]}
    return object_of(
        {
            "id": record_id(),
            "mailbox": text,
            "at": moment,
            "sender": text,
            "subject": text,
            "state": {**text, "enum": list(ARRIVAL_STATES)},
            "said": maybe,
            "entity": maybe,
            "record": number,
        }
    )
