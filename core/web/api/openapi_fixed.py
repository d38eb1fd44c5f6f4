"""The parts of the OpenAPI document that no definition changes.

Called by `openapi.py`: shared schemas, answers that every operation may give, and the
ways to sign in.
"""

from __future__ import annotations

from typing import Any

from core.web.api.openapi_values import record_id, ref, whole
from core.web.api.problems import MEDIA_TYPE, PROBLEM_TITLES

Part = dict[str, Any]


def schemas() -> Part:
    """The schemas that all entities share."""
    return {
        "Problem": _problem(),
        "TitledLink": _object(
            {"id": record_id(), "title": {"type": ["string", "null"]}}
        ),
        "Upload": _object(
            {
                "id": record_id(),
                "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                "name": {"type": "string"},
                "size": {"type": "integer", "minimum": 0},
                "media_type": {"type": "string"},
            }
        ),
        "Versioned": _optional({"version": _or_null(whole())}),
        "Count": _object({"count": {"type": "integer", "minimum": 0}}),
        "Found": _items(
            {
                "id": record_id(),
                "title": {"type": "string"},
                "subtitle": {"type": ["string", "null"]},
            }
        ),
        **_suspecting(),
        "History": _items(_entry()),
        "Actions": _items(_action()),
        "Reasons": _reasons(),
        "BulkOutcome": _bulk_outcome(),
        "ActionOutcome": _action_outcome(),
        "ImportReport": _import_report(),
        **_signing_in(),
        **_drafting(),
    }


def _likeness() -> Part:
    return {
        "score": {**whole(), "description": "How much they are alike, in percent."},
        "fields": {"type": "array", "items": {"type": "string"}},
    }


def _suspecting() -> Part:
    ids = {"type": "array", "items": record_id(), "minItems": 2, "maxItems": 2}
    pair = _object({"ids": ids, **_likeness()})
    titles: Part = {
        "id": record_id(),
        "title": {"type": "string"},
        "subtitle": {"type": ["string", "null"]},
    }
    return {
        "Suspects": _items({**titles, **_likeness()}),
        "SuspectedPairs": _object(
            {"items": {"type": "array", "items": pair}, "more": {"type": "boolean"}}
        ),
        "PairsApart": _items(
            {
                "ids": ids,
                "at": {"type": "string", "format": "date-time"},
                "by": {"type": ["integer", "null"]},
            }
        ),
        "PairOfIds": _object({"ids": ids}),
        "Merging": _merging(),
    }


def _merging() -> Part:
    seen = _optional({"id": record_id(), "version": _or_null(whole())})
    records = {"type": "array", "items": {**seen, "required": ["id"]}, "minItems": 1}
    take = {
        "type": "object",
        "additionalProperties": record_id(),
        "description": "Per field the record whose value is taken over.",
    }
    known = {"records": records, "version": _or_null(whole()), "take": take}
    return {**_optional(known), "required": ["records"]}


def _import_report() -> Part:
    text = {"type": "string"}
    error = _object(
        {
            "line": whole(),
            "column": _or_null(text),
            "value": _or_null(text),
            "reason": text,
            "code": text,
        }
    )
    counts = ("rows", "created", "updated", "unchanged", "rejected")
    return _object(
        {
            "dry_run": {"type": "boolean"},
            "import": _or_null(whole()),
            **{name: {"type": "integer", "minimum": 0} for name in counts},
            "errors": {"type": "array", "items": error},
            "warnings": {"type": "array", "items": text},
        }
    )


def _signing_in() -> Part:
    text = {"type": "string"}
    return {
        "Credentials": {
            **_object({"username": text, "password": {**text, "format": "password"}}),
            "additionalProperties": False,
        },
        "Token": _object(
            {
                "access_token": text,
                "expires_in": {**whole(), "description": "Seconds."},
                "token_type": {"const": "Bearer"},
            }
        ),
    }


def _drafting() -> Part:
    names = {"type": "array", "items": {"type": "string"}}
    draft = _optional({"values": {"type": "object"}, "id": _or_null(whole())})
    return {
        "Draft": {**draft, "required": ["values"]},
        "FormState": _object(
            {
                "values": {"type": "object"},
                "visible": names,
                "required": names,
                "readonly": names,
                "problems": {"type": "array", "items": _error()},
            }
        ),
    }


def _object(properties: Part) -> Part:
    """An object that has all of the properties."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
    }


def _optional(properties: Part) -> Part:
    """An object that may have the properties and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


def _or_null(schema: Part) -> Part:
    return {**schema, "type": [schema["type"], "null"]}


def _items(properties: Part) -> Part:
    return _object({"items": {"type": "array", "items": _object(properties)}})


def _error() -> Part:
    found = _object(
        {
            "field": {"type": ["string", "null"]},
            "path": {"type": "array", "items": {"type": ["string", "integer"]}},
            "code": {"type": "string"},
            "message": {"type": "string"},
        }
    )
    found["properties"]["level"] = {"type": "string", "enum": ["error", "warn"]}
    return found


def _problem() -> Part:
    text = {"type": "string"}
    found = _object(
        {
            "type": {**text, "format": "uri-reference"},
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "instance": text,
            "code": text,
            "errors": {"type": "array", "items": _error()},
            "correlation_id": text,
        }
    )
    codes = ", ".join(sorted(PROBLEM_TITLES))
    return {"description": f"What is wrong, after RFC 9457. Codes: {codes}.", **found}


def _entry() -> Part:
    changes = {"type": "object", "description": "Per field the old and the new value."}
    return {
        "id": record_id(),
        "at": {"type": "string", "format": "date-time"},
        "actor": {"type": ["integer", "null"]},
        "deputy_for": {"type": "array", "items": record_id()},
        "merged": {"type": "array", "items": record_id()},
        "merged_into": _or_null(record_id()),
        "transition": {"type": ["string", "null"]},
        "reason": {"type": ["string", "null"]},
        "origin": {
            "type": ["string", "null"],
            "description": "What wrote by itself: `automation crm.remind`.",
        },
        "via": {"type": "string"},
        "version": whole(),
        "action": {"type": "string"},
        "changes": changes,
    }


def _reasons() -> Part:
    """For administrators: others are refused. Fields and who got it without a verb."""
    told: Part = {"type": ["string", "null"]}
    fields = dict.fromkeys(("field", "label", "state", "reason"), told)
    names = ("assignment", "label", "rule", "rule_label", "name", "reason")
    given: Part = {
        "at": {"type": "string", "format": "date-time"},
        "person": {"type": ["integer", "null"]},
        **dict.fromkeys(names, told),
    }
    return _object(
        {
            "items": {"type": "array", "items": _object(_reason())},
            "fields": {"type": "array", "items": _object(fields)},
            "given": {"type": "array", "items": _object(given)},
        }
    )


def _reason() -> Part:
    texts = {"type": "array", "items": {"type": "string"}}
    return {
        "verb": {"type": "string"},
        "allowed": {"type": "boolean"},
        "reasons": texts,
    }


def _action() -> Part:
    text = {"type": ["string", "null"]}
    return {
        "id": {"type": "string"},
        "label": {"type": "string"},
        "ready": {"type": "boolean"},
        "why": text,
        "confirm": text,
        "ask": {"type": "object"},
        "open": {"type": "array", "items": _object(_open_row())},
    }


def _open_row() -> Part:
    """A row of which a press of the button may take less than is open."""
    text = {"type": "string"}
    names = ("mapping", "lines", "title", "source", "open")
    return {"row": {"type": "integer"}, **dict.fromkeys(names, text)}


def _action_outcome() -> Part:
    row = _object(
        {
            "id": {"type": "integer"},
            "done": {"type": "boolean"},
            "errors": {"type": "array", "items": _error()},
        }
    )
    count = {"type": "integer", "minimum": 0}
    return _object(
        {"done": count, "refused": count, "items": {"type": "array", "items": row}}
    )


def _bulk_outcome() -> Part:
    row = _object(
        {
            "index": {"type": "integer"},
            "id": {"type": ["integer", "null"]},
            "status": {"type": "integer"},
            "action": {"type": "string"},
            "errors": {"type": "array", "items": _error()},
        }
    )
    count = {"type": "integer", "minimum": 0}
    found = _object({"written": count, "refused": count})
    for part in ("create", "update", "archive", "restore", "delete"):
        found["properties"][part] = {"type": "array", "items": row}
    return found


def responses() -> Part:
    """The answers that operations refer to."""
    told = {
        "BadRequest": "The address, a header or the JSON is not understood.",
        "NotSignedIn": "There is no valid credential.",
        "NotAllowed": "The caller's roles or the credential's scopes do not cover it.",
        "NotFound": "There is no such record, or none that the caller may see.",
        "Conflict": "Somebody saved first (`version`, `changed`), the action is not "
        "possible now, or the same idempotency key is at work.",
        "TooLarge": "The body has more than 10 MB, or a file more than is allowed.",
        "WrongMediaType": "The body is not sent as JSON.",
        "Invalid": "Values cannot be taken or rules are broken; see `errors`.",
        "TooMany": "There were too many tries or requests; see `Retry-After`.",
        "Unavailable": "The database is not available; see `Retry-After`.",
    }
    content = {MEDIA_TYPE: {"schema": ref("schemas", "Problem")}}
    return {
        name: {"description": text, "content": content} for name, text in told.items()
    }


def security_schemes(cookie: str) -> Part:
    """The ways to sign in; cookie: what that of a session is called."""
    return {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "session": {"type": "apiKey", "in": "cookie", "name": cookie},
    }
