"""The parts of the OpenAPI document that no definition changes.

Called by `openapi.py`: parameters of lists, the problem schema, answers that every
operation may give, and the ways to sign in.
"""

from __future__ import annotations

from typing import Any

from core.web.api.openapi_values import ref
from core.web.api.problems import MEDIA_TYPE, PROBLEM_TITLES

Part = dict[str, Any]
_WHOLE = {"type": "integer", "minimum": 1}
_ID = {"type": "integer", "format": "int64", "minimum": 1}


def _query(name: str, description: str, schema: Part) -> Part:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def parameters() -> Part:
    """The parameters that operations refer to."""
    text, flag = {"type": "string"}, {"type": "boolean", "default": False}
    found = {
        "filter": _query(
            "filter",
            "An expression that is true for the records wanted, such as `amount > 5 and "
            "state == 'open'`; named filters stand first: `@open and amount > 5`.",
            text,
        ),
        "q": _query("q", "Words that the search fields contain.", text),
        "order": _query(
            "order", "Fields or paths with commas between, `-` for descending.", text
        ),
        "fields": _query(
            "fields",
            "Fields and paths (`party.name`) to return, with commas between.",
            text,
        ),
        "limit": _query(
            "limit",
            "How many records a page has.",
            {"type": "integer", "minimum": 1, "maximum": 1000, "default": 25},
        ),
        "cursor": _query("cursor", "`next` of the page before.", text),
        "offset": _query(
            "offset",
            "How many records to leave out; slow far into a list, prefer `cursor`.",
            {"type": "integer", "minimum": 0, "maximum": 10_000_000},
        ),
        "count": _query(
            "count",
            "Whether to count all records that the filter names.",
            {
                "type": "string",
                "enum": ["none", "exact", "estimate"],
                "default": "none",
            },
        ),
        "archived": _query(
            "archived",
            "Whether archived records are left out, included, or the only ones.",
            {"type": "string", "enum": ["no", "yes", "only"], "default": "no"},
        ),
        "titles": _query("titles", "Return links as objects with their title.", flag),
        "accept_warnings": _query(
            "accept_warnings", "Save even though rules warn.", flag
        ),
        "permanent": _query(
            "permanent", "Delete even where the entity has an archive.", flag
        ),
    }
    return {**found, **_others()}


def _others() -> Part:
    return {
        "id": {
            "name": "id",
            "in": "path",
            "required": True,
            "description": "The record's id.",
            "schema": _ID,
        },
        "if_match": {
            "name": "If-Match",
            "in": "header",
            "description": "The entity tag, or the version in quotes, that the change "
            "is based on; the body's `version` does the same.",
            "schema": {"type": "string"},
        },
        "if_none_match": {
            "name": "If-None-Match",
            "in": "header",
            "description": "An entity tag; 304 if the record still looks the same.",
            "schema": {"type": "string"},
        },
        "idempotency_key": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "A text of your own. Sending the same request again with it "
            "writes nothing and returns the first answer.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        },
    }


def schemas() -> Part:
    """The schemas that all entities share."""
    names = {"type": "array", "items": {"type": "string"}}
    return {
        "Problem": _problem(),
        "TitledLink": {
            "type": "object",
            "required": ["id", "title"],
            "properties": {"id": _ID, "title": {"type": ["string", "null"]}},
        },
        "Token": {
            "type": "object",
            "required": ["access_token", "expires_in", "token_type"],
            "properties": {
                "access_token": {"type": "string"},
                "expires_in": {**_WHOLE, "description": "Seconds."},
                "token_type": {"const": "Bearer"},
            },
        },
        "Credentials": {
            "type": "object",
            "required": ["username", "password"],
            "additionalProperties": False,
            "properties": {
                "username": {"type": "string"},
                "password": {"type": "string", "format": "password"},
            },
        },
        "Versioned": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"version": {"type": ["integer", "null"], "minimum": 1}},
        },
        "Count": {
            "type": "object",
            "required": ["count"],
            "properties": {"count": {"type": "integer", "minimum": 0}},
        },
        "Found": _items(
            {
                "type": "object",
                "required": ["id", "title", "subtitle"],
                "properties": {
                    "id": _ID,
                    "title": {"type": "string"},
                    "subtitle": {"type": ["string", "null"]},
                },
            }
        ),
        "History": _items(_entry()),
        "Actions": _items(_action()),
        "FormState": {
            "type": "object",
            "required": ["values", "visible", "required", "readonly", "problems"],
            "properties": {
                "values": {"type": "object"},
                "visible": names,
                "required": names,
                "readonly": names,
                "problems": {"type": "array", "items": _error()},
            },
        },
        "Draft": {
            "type": "object",
            "required": ["values"],
            "additionalProperties": False,
            "properties": {
                "values": {"type": "object"},
                "id": {"type": ["integer", "null"], "minimum": 1},
            },
        },
        "BulkOutcome": _bulk_outcome(),
    }


def _items(item: Part) -> Part:
    return {
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": item}},
    }


def _error() -> Part:
    step = {"type": ["string", "integer"]}
    return {
        "type": "object",
        "required": ["field", "path", "code", "message"],
        "properties": {
            "field": {"type": ["string", "null"]},
            "path": {"type": "array", "items": step},
            "code": {"type": "string"},
            "message": {"type": "string"},
            "level": {"type": "string", "enum": ["error", "warn"]},
        },
    }


def _problem() -> Part:
    return {
        "type": "object",
        "description": "What is wrong, after RFC 9457. Codes: "
        + ", ".join(sorted(PROBLEM_TITLES)),
        "required": [
            *("type", "title", "status", "detail", "instance", "code", "errors"),
            "correlation_id",
        ],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
            "code": {"type": "string"},
            "errors": {"type": "array", "items": _error()},
            "correlation_id": {"type": "string"},
        },
    }


def _entry() -> Part:
    return {
        "type": "object",
        "required": ["id", "at", "actor", "via", "version", "action", "changes"],
        "properties": {
            "id": _ID,
            "at": {"type": "string", "format": "date-time"},
            "actor": {"type": ["integer", "null"]},
            "via": {"type": "string"},
            "version": _WHOLE,
            "action": {"type": "string"},
            "changes": {
                "type": "object",
                "description": "Per field the old and the new value.",
            },
        },
    }


def _action() -> Part:
    text = {"type": ["string", "null"]}
    return {
        "type": "object",
        "required": ["id", "label", "ready", "why", "confirm", "ask"],
        "properties": {
            "id": {"type": "string"},
            "label": {"type": "string"},
            "ready": {"type": "boolean"},
            "why": text,
            "confirm": text,
            "ask": {"type": "object"},
        },
    }


def _bulk_outcome() -> Part:
    row = {
        "type": "object",
        "required": ["index", "id", "status", "action", "errors"],
        "properties": {
            "index": {"type": "integer"},
            "id": {"type": ["integer", "null"]},
            "status": {"type": "integer"},
            "action": {"enum": ["created", "updated", "unchanged", "refused"]},
            "errors": {"type": "array", "items": _error()},
        },
    }
    rows = {"type": "array", "items": row}
    parts = ("create", "update", "archive", "restore", "delete")
    return {
        "type": "object",
        "required": ["written", "refused"],
        "properties": {
            "written": {"type": "integer"},
            "refused": {"type": "integer"},
            **dict.fromkeys(parts, rows),
        },
    }


def responses() -> Part:
    """The answers that operations refer to."""
    told = {
        "BadRequest": "The address, a header or the JSON is not understood.",
        "NotSignedIn": "There is no valid credential.",
        "NotAllowed": "The caller's roles or the credential's scopes do not cover it.",
        "NotFound": "There is no such record, or none that the caller may see.",
        "Conflict": "Somebody saved first (`version`, `changed`), the action is not "
        "possible now, or the same idempotency key is at work.",
        "TooLarge": "The body has more than 10 MB.",
        "WrongMediaType": "The body is not sent as JSON.",
        "Invalid": "Values cannot be taken or rules are broken; see `errors`.",
        "TooMany": "There were too many tries; see `Retry-After`.",
        "Unavailable": "The database is not available; see `Retry-After`.",
    }
    content = {MEDIA_TYPE: {"schema": ref("schemas", "Problem")}}
    return {
        name: {"description": text, "content": content} for name, text in told.items()
    }


def security_schemes() -> Part:
    """The ways to sign in."""
    return {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "session": {"type": "apiKey", "in": "cookie", "name": "intarsia"},
    }
