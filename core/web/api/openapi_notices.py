"""Operations on the caller's notices, for the OpenAPI document.

Called by `openapi.py`.
"""

from __future__ import annotations

from typing import Any

from core.web.api.openapi_more import list_of, object_of
from core.web.api.openapi_operation import WRITE, Operation, Part, described
from core.web.api.openapi_values import record_id

NOTICE_TAG = "What the caller is told of"


def notice_paths() -> dict[str, Any]:
    """List notices, and mark them as read."""
    listed = Operation(
        "/notices",
        "get",
        "list",
        "List the caller's notices, newest first",
        ("unread", "limit"),
        "Notices",
    )
    read = Operation(
        "/notices/read",
        "post",
        "read",
        "Mark all notices as read, or one",
        ("notice", "idempotency_key"),
        "Unread",
        errors=WRITE,
    )
    return {one.tail: {one.method: described("notices", one)} for one in (listed, read)}


def notice_parameters() -> dict[str, Part]:
    """The parameters of these operations."""
    return {
        "unread": {
            "name": "unread",
            "in": "query",
            "description": "Only those that were not read yet.",
            "schema": {"type": "boolean", "default": False},
        },
        "notice": {
            "name": "notice",
            "in": "query",
            "description": "Only this one.",
            "schema": record_id(),
        },
    }


def notice_schemas() -> dict[str, Part]:
    """The schemas of these operations."""
    text: Part = {"type": "string"}
    count: Part = {"type": "integer", "minimum": 0}
    notice = object_of(
        {
            "id": record_id(),
            "at": {**text, "format": "date-time"},
            "author": {**record_id(), "type": ["integer", "null"]},
            "kind": text,
            "entity": text,
            "record": record_id(),
            "title": text,
            "read": {"type": "boolean"},
            "text": {**text, "description": "What a message says; else empty."},
            "level": text,
        }
    )
    return {
        "Notices": object_of({"items": list_of(notice), "unread": count}),
        "Unread": object_of({"unread": count}),
    }
