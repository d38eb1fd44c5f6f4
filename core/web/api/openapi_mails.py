"""Operations on all mails, for the OpenAPI document of administrators.

Called by `openapi_jobs.py`; `openapi_timeline.py` uses the shapes of one record.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.services.mails import STATES
from core.services.mails.suppression import REASONS
from core.web.api.openapi_more import list_of, object_of
from core.web.api.openapi_operation import READ, WRITE, WRITE_ONE, Operation, Part
from core.web.api.openapi_values import record_id

_ROOT = "/suppressed"
_ONCE = ("idempotency_key",)


def mail_operations() -> Iterator[Operation]:
    """List mails and addresses that get none; keep back, let go, take a bounce."""
    yield Operation(
        "/mails",
        "get",
        "list",
        "List mails about records, newest first",
        ("mail_state", "limit"),
        "Mails",
    )
    yield Operation(
        _ROOT, "get", "list", "List addresses that get no mails", (), "KeptBacks"
    )
    yield Operation(
        _ROOT,
        "post",
        "suppress",
        "Send no more mails to an address",
        _ONCE,
        "KeptBack",
        _kept(),
        WRITE,
        "201",
    )
    yield from _letting_go()


def _letting_go() -> Iterator[Operation]:
    yield Operation(
        f"{_ROOT}/{{address}}",
        "delete",
        "release",
        "Send mails to an address again",
        ("address", *_ONCE),
        errors=WRITE_ONE,
        status="204",
    )
    yield Operation(
        "/mails/bounces",
        "post",
        "bounce",
        "Tell of a mail that came back (RFC 3464)",
        _ONCE,
        "Bounced",
        errors=(*READ, "413 TooLarge", "422 Invalid", "409 Conflict"),
        takes_file=True,
    )


def _kept() -> Part:
    """The body that keeps an address back."""
    return {
        "type": "object",
        "required": ["address"],
        "additionalProperties": False,
        "properties": {
            "address": {"type": "string", "maxLength": 320},
            "marketing": {
                "type": "boolean",
                "description": "Only mails of the kind marketing.",
            },
        },
    }


def mail_parameters() -> dict[str, Part]:
    """The parameters of these operations."""
    text: Part = {"type": "string"}
    return {
        "address": {
            "name": "address",
            "in": "path",
            "required": True,
            "schema": text,
            "description": "An e-mail address.",
        },
        "mail_state": {
            "name": "state",
            "in": "query",
            "description": "Only mails in this state.",
            "schema": {**text, "enum": list(STATES)},
        },
        "template": {
            "name": "template",
            "in": "query",
            "description": "The id of the mail to fill in.",
            "schema": text,
        },
    }


def new_mail() -> Part:
    """The body of a mail that is written at a record."""
    text: Part = {"type": "string"}
    maybe: Part = {"type": ["string", "null"]}
    addresses = "Addresses with commas between them."
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "to": {**maybe, "description": f"{addresses} By default the record's."},
            "cc": {**text, "description": addresses},
            "subject": {**text, "description": "By default that of the template."},
            "body": {**text, "description": "By default that of the template."},
            "template": {**text, "description": "The id of a mail."},
            "attachments": {
                **list_of(record_id()),
                "description": "Files that hang on the record.",
            },
        },
    }


def mail_schemas() -> dict[str, Part]:
    """The schemas of these operations."""
    text: Part = {"type": "string"}
    maybe: Part = {"type": ["string", "null"]}
    moment: Part = {**text, "format": "date-time"}
    receiver = object_of(
        {
            "address": text,
            "role": {**text, "enum": ["to", "cc"]},
            "state": text,
            "said": text,
        }
    )
    mail = {
        "id": record_id(),
        "entity": text,
        "record": record_id(),
        "direction": {**text, "enum": ["out", "in"]},
        "template": maybe,
        "kind": {**text, "enum": ["transactional", "marketing"]},
        "message_id": text,
        "sender": maybe,
        "subject": text,
        "receivers": list_of(receiver),
        "state": {**text, "enum": list(STATES)},
        "at": moment,
        "sent_at": {**moment, "type": ["string", "null"]},
        "said": maybe,
    }
    kept = _kept_back()
    return {
        "Mails": object_of({"items": list_of(object_of(mail))}),
        "KeptBack": kept,
        "KeptBacks": object_of({"items": list_of(kept)}),
        "Bounced": object_of({"addresses": list_of(text)}),
    }


def _kept_back() -> Part:
    text: Part = {"type": "string"}
    return object_of(
        {
            "address": text,
            "reason": {**text, "enum": list(REASONS)},
            "marketing": {"type": "boolean"},
            "said": {"type": ["string", "null"]},
            "at": {**text, "format": "date-time"},
        }
    )


def draft_schema() -> Part:
    """What is proposed for a mail at a record."""
    text: Part = {"type": "string"}
    template = object_of({"id": text, "label": text})
    return object_of(
        {
            "template": text,
            "to": text,
            "subject": text,
            "body": text,
            "files": list_of(text),
            "templates": list_of(template),
        }
    )
