"""Operations that belong to no entity, for the OpenAPI document.

Called by `openapi.py`: webhooks and the journal of sign-ins for administrators, imports
that were made, mappings that the caller may run.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from core.compiler import AccessMap, Compiled
from core.services.webhooks import ALL, EVENTS, STATES
from core.web.api.openapi_flows import flow_operations
from core.web.api.openapi_jobs import (
    JOB_TAGS,
    job_operations,
    job_parameters,
    job_schemas,
)
from core.web.api.openapi_more import list_of, object_of
from core.web.api.openapi_operation import (
    READ_ONE,
    WRITE,
    WRITE_ONE,
    Operation,
    Part,
    described,
)
from core.web.api.openapi_values import record_id, ref, whole
from core.web.entrance.journal import ACTS

_ABOUT = MappingProxyType(
    {
        "webhooks": "Who is told of what happens to records",
        "sign-ins": "The journal of sign-ins",
        **JOB_TAGS,
        "approvals": "What waits for a decision",
        "imports": "Files that were taken in",
        "mappings": "Records that become others",
    }
)
_ONCE = ("idempotency_key",)


def platform_paths(compiled: Compiled, rights: AccessMap) -> dict[str, Part]:
    """The paths that a set of rights opens."""
    ids, flows = compiled.ids(), compiled.registry.flows.values()
    found = [*_webhooks(), *job_operations(), _journal()] if rights.admin else []
    if any(rights.entity(id_).can("import") for id_ in ids):
        found += _imports()
    if any(rights.entity(id_).can("read") for id_ in ids):
        found.append(_approvals())
    if any(rights.entity(flow.subject).can("read") for flow in flows):
        found += flow_operations()
    paths: dict[str, Part] = {}
    for one in found:
        tag = one.tail.split("/")[1]
        paths.setdefault(one.tail, {})[one.method] = described(tag, one)
    known = _mappings(compiled, rights)
    return {**paths, **(_running(known) if known else {})}


def platform_tags(paths: dict[str, Part]) -> list[Part]:
    """The tags of those paths that there are."""
    there = {path.split("/")[1] for path in paths}
    return [{"name": n, "description": d} for n, d in _ABOUT.items() if n in there]


def _webhooks() -> Iterator[Operation]:
    root, one, about = "/webhooks", "/webhooks/{webhook}", ("webhook",)
    yield Operation(root, "get", "list", "List webhooks", (), "Webhooks")
    yield Operation(
        root,
        "post",
        "create",
        "Keep a webhook; its secret is in this answer only",
        _ONCE,
        "MadeWebhook",
        "NewWebhook",
        WRITE,
        "201",
    )
    yield Operation(
        one, "get", "get", "Get a webhook", about, "Webhook", errors=READ_ONE
    )
    yield Operation(
        one,
        "patch",
        "change",
        "Pause a webhook, or let it go on",
        (*about, *_ONCE),
        "Webhook",
        "ChangedWebhook",
        WRITE_ONE,
    )
    yield Operation(
        one,
        "delete",
        "delete",
        "Delete a webhook and what was still to be told",
        (*about, *_ONCE),
        errors=WRITE_ONE,
        status="204",
    )
    yield from _deliveries(one)


def _deliveries(one: str) -> Iterator[Operation]:
    yield Operation(
        f"{one}/deliveries",
        "get",
        "deliveries",
        "List deliveries, newest first",
        ("webhook", "delivery_state", "limit"),
        "Deliveries",
        errors=READ_ONE,
    )
    yield Operation(
        f"{one}/replay",
        "post",
        "replay",
        "Tell again all that was given up, or one delivery",
        ("webhook", "delivery", *_ONCE),
        "Count",
        errors=WRITE_ONE,
    )


def _journal() -> Operation:
    return Operation(
        "/sign-ins",
        "get",
        "list",
        "Who came in when, from where and how, or why not; newest first",
        ("login", "act", "before", "limit"),
        "SignIns",
        errors=READ_ONE,
    )


def _approvals() -> Operation:
    text = "List the records that you may approve now, the oldest first"
    return Operation("/approvals", "get", "list", text, (), "Approvals")


def _imports() -> Iterator[Operation]:
    one = "/imports/{import}"
    yield Operation(
        "/imports", "get", "list", "List imports, newest first", ("runs",), "Imports"
    )
    yield Operation(
        one,
        "get",
        "get",
        "Get an import with the rows that it left out",
        ("import",),
        "ImportOutcome",
        errors=READ_ONE,
    )
    yield Operation(
        f"{one}/undo",
        "post",
        "undo",
        "Take an import back",
        ("import",),
        "UndoneImport",
        errors=WRITE_ONE,
    )


def _mappings(compiled: Compiled, rights: AccessMap) -> list[str]:
    """The mappings of records whose source may be read and whose target be made."""
    return sorted(
        id_
        for id_, one in compiled.registry.mappings.items()
        if one.foreign is None
        and rights.entity(one.source).can("read")
        and rights.entity(one.to).can("create")
        and compiled.registry.entities[one.to].api
    )


def _running(known: list[str]) -> dict[str, Part]:
    operation = Operation(
        "",
        "post",
        "run",
        "Run a mapping; 200 with what would be made if `preview` is set",
        _ONCE,
        "Mapped",
        "MappingRun",
        WRITE_ONE,
        "201",
    )
    found = described("mappings", operation)
    place: Part = {"name": "mapping", "in": "path", "required": True}
    found["parameters"].append(
        {**place, "schema": {"type": "string", "enum": known}, "description": "Its id."}
    )
    found["responses"]["200"] = found["responses"]["201"]
    return {"/mappings/{mapping}": {"post": found}}


def platform_parameters() -> dict[str, Part]:
    """The parameters of these operations."""
    ids = {
        "webhook": "The webhook's id.",
        "import": "The import's id.",
    }
    number: Part = {"type": "integer", "minimum": 1, "maximum": 200}
    return {
        **{
            name: {
                "name": name,
                "in": "path",
                "required": True,
                "schema": record_id(),
                "description": text,
            }
            for name, text in ids.items()
        },
        **job_parameters(),
        "delivery": _query("delivery", "Only this delivery.", record_id()),
        "delivery_state": _query(
            "state",
            "Only deliveries in this state.",
            {"type": "string", "enum": list(STATES)},
        ),
        "login": _query("user", "Only about this user name.", {"type": "string"}),
        "act": _query("act", "Only this.", {"type": "string", "enum": list(ACTS)}),
        "before": _query("before", "`next` of the answer before.", record_id()),
        "runs": _query("limit", "How many items to return at most.", number),
    }


def _query(name: str, description: str, schema: Part) -> Part:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def platform_schemas() -> dict[str, Part]:
    """The schemas of these operations."""
    made = (
        _webhook_schemas(),
        job_schemas(),
        _import_schemas(),
        _mapping_schemas(),
        _approval_schemas(),
        _entries(),
    )
    return {name: schema for part in made for name, schema in part.items()}


def _webhook_schemas() -> dict[str, Part]:
    text: Part = {"type": "string"}
    maybe: Part = {"type": ["string", "null"]}
    moment: Part = {"type": "string", "format": "date-time"}
    words: Part = list_of({"type": "string", "enum": [ALL, *EVENTS]})
    secret = {**maybe, "description": "Else one is made up; at least 16 characters."}
    new: Part = {
        "entity": text,
        "url": {**text, "maxLength": 2000},
        "events": {**words, "type": ["array", "null"]},
        "filter": {**maybe, "description": "Only records for which this holds."},
    }
    kept: Part = {
        "id": record_id(),
        **new,
        "events": words,
        "active": {"type": "boolean"},
        "at": moment,
    }
    active = {"active": kept["active"]}
    some: Part = {"type": "object", "additionalProperties": False}
    return {
        "Webhook": object_of(kept),
        "MadeWebhook": object_of({**kept, "secret": text}),
        "Webhooks": object_of({"items": list_of(ref("schemas", "Webhook"))}),
        "NewWebhook": {
            **some,
            "required": ["entity", "url"],
            "properties": {**new, "secret": secret},
        },
        "ChangedWebhook": {**some, "required": ["active"], "properties": active},
        "Deliveries": object_of({"items": list_of(_delivery())}),
    }


def _delivery() -> Part:
    text: Part = {"type": "string"}
    moment: Part = {"type": "string", "format": "date-time"}
    found = object_of(
        {
            "id": record_id(),
            "event": record_id(),
            "name": text,
            "key": {**text, "description": "The record it is about."},
            "state": {"type": "string", "enum": list(STATES)},
            "attempts": {"type": "integer", "minimum": 0},
            "at": moment,
            "due_at": moment,
            "ended_at": {**moment, "type": ["string", "null"]},
            "said": {"type": ["string", "null"], "description": "How the try went."},
        }
    )
    return found


def _entries() -> dict[str, Part]:
    maybe: Part = {"type": ["string", "null"]}
    person = object_of({"id": record_id(), "username": maybe})
    someone: Part = {"anyOf": [person, {"type": "null"}]}
    entry = object_of(
        {
            "id": record_id(),
            "at": {"type": "string", "format": "date-time"},
            "user": someone,
            "act": {"type": "string", "enum": list(ACTS)},
            **dict.fromkeys(("way", "reason", "address", "device"), maybe),
            "by": {
                **someone,
                "description": "Who did it, where it was done to a user.",
            },
        }
    )
    older: Part = {"type": ["integer", "null"], "description": "The next `before`."}
    return {"SignIns": object_of({"items": list_of(entry), "next": older})}


def _approval_schemas() -> dict[str, Part]:
    text: Part = {"type": "string"}
    number: Part = {"type": "integer", "minimum": 0}
    row = {
        **dict.fromkeys(("entity", "title", "workflow", "state", "people"), text),
        **dict.fromkeys(("level", "levels", "given", "need"), number),
        "id": record_id(),
        "since": {"type": "string", "format": "date-time"},
    }
    return {"Approvals": object_of({"items": list_of(object_of(row))})}


def _import_schemas() -> dict[str, Part]:
    count: Part = {"type": "integer", "minimum": 0}
    maybe: Part = {"type": ["string", "null"], "format": "date-time"}
    text: Part = {"type": "string"}
    run: Part = {
        "id": record_id(),
        "at": {"type": "string", "format": "date-time"},
        "actor": {"type": ["integer", "null"]},
        **dict.fromkeys(("entity", "file", "state"), text),
        **dict.fromkeys(("rows", "created", "updated", "unchanged", "rejected"), count),
        "ended_at": maybe,
        "undone_at": maybe,
        "undone": {"type": ["object", "null"]},
    }
    errors = list_of({"type": "object"})
    undone: Part = dict.fromkeys(("deleted", "restored", "gone", "stayed"), count)
    return {
        "Imports": object_of({"items": list_of(object_of(run))}),
        "ImportOutcome": object_of({**run, "errors": errors}),
        "UndoneImport": object_of(
            {**undone, "kept": list_of({"type": "array", "items": {}})}
        ),
    }


def _mapping_schemas() -> dict[str, Part]:
    ids: Part = {"type": "array", "items": record_id()}
    answers: Part = {"type": "object", "description": "Answers to its questions."}
    lines: Part = {
        "type": ["object", "null"],
        "description": "Per lines of the mapping, how much of which row is taken.",
    }
    run: Part = {
        "records": {**ids, "minItems": 1, "maxItems": 1000},
        "ask": answers,
        "take": lines,
        "preview": {"type": "boolean", "description": "Write nothing."},
    }
    made: Part = {
        "type": "object",
        "required": ["sources"],
        "properties": {
            "sources": ids,
            "entity": {"type": "string"},
            "id": whole(),
            "values": {"type": "object"},
            "lines": list_of({"type": "object"}),
        },
    }
    return {
        "MappingRun": {
            "type": "object",
            "additionalProperties": False,
            "required": ["records"],
            "properties": run,
        },
        "Mapped": object_of({"items": list_of(made)}),
    }
