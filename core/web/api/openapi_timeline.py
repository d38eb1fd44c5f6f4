"""Operations of timelines for the OpenAPI document.

Called by `openapi.py` for entities with a timeline that the caller may read.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from core.compiler import CompiledEntity, EntityAccess
from core.services.timeline import KINDS, LONGEST, TYPES
from core.web.api.openapi_mails import draft_schema, new_mail
from core.web.api.openapi_values import record_id, ref

Part = dict[str, Any]
_TEXT = MappingProxyType({"type": "string"})
_BINARY = MappingProxyType(
    {"type": "string", "contentMediaType": "application/octet-stream"}
)
_ERRORS = MappingProxyType(
    {
        "400": "BadRequest",
        "401": "NotSignedIn",
        "403": "NotAllowed",
        "404": "NotFound",
        "422": "Invalid",
        "429": "TooMany",
        "503": "Unavailable",
    }
)


def timeline_schemas() -> Part:
    """The entry of a timeline, and a page of them."""
    entry: Part = {
        "type": "object",
        "required": ["kind", "id", "at", "by"],
        "description": "What else stands here depends on the kind.",
        "properties": {
            "kind": {"type": "string", "enum": list(KINDS)},
            "id": record_id(),
            "at": {"type": "string", "format": "date-time"},
            "by": {"type": ["integer", "null"]},
        },
    }
    items = {"type": "array", "items": ref("schemas", "TimelineEntry")}
    page = {
        "type": "object",
        "required": ["items", "next"],
        "properties": {"items": items, "next": {"type": ["string", "null"]}},
    }
    return {"TimelineEntry": entry, "Timeline": page}


def timeline_paths(whole: CompiledEntity, access: EntityAccess) -> dict[str, Part]:
    """The paths of an entity's timeline; none without one."""
    if not whole.definition.timeline or not access.can("read"):
        return {}
    root = f"/{whole.id.replace('.', '/')}/{{id}}"
    found: dict[str, Part] = {
        f"{root}/timeline": {"get": _get(whole, "timeline")},
        f"{root}/comments": {"get": _get(whole, "comments")},
        f"{root}/attachments": {"get": _get(whole, "attachments")},
    }
    if access.can("comment"):
        body = {"type": "string", "minLength": 1, "maxLength": LONGEST}
        made = _post(whole, "comment", _json({"body": body}, "body"))
        found[f"{root}/comments"]["post"] = made
    if access.can("comment") or access.can("update"):
        file = {
            "type": "object",
            "required": ["file"],
            "properties": {"file": dict(_BINARY)},
        }
        parts = {"multipart/form-data": {"schema": file}}
        found[f"{root}/attachments"]["post"] = _post(whole, "attach", parts)
        found[f"{root}/activities"] = {"post": _post(whole, "plan", _planned())}
        done = _json({"done": {"type": "boolean"}}, "done")
        finished = _operation(whole, "finish", f"Finish at one {whole.label}", "200")
        good = {"application/json": {"schema": ref("schemas", "TimelineEntry")}}
        finished["responses"]["200"]["content"] = good
        finished["requestBody"] = {"required": True, "content": done}
        finished["parameters"].append(ref("parameters", "activity"))
        found[f"{root}/activities/{{activity}}"] = {"patch": finished}
    if access.can("mail"):
        mail = {"application/json": {"schema": new_mail()}}
        found[f"{root}/mails"] = {"post": _post(whole, "mail", mail)}
        found[f"{root}/mails/draft"] = {"get": _mail_draft(whole)}
    found[f"{root}/attachments/{{attachment}}"] = _attachment(whole, access)
    found[f"{root}/follow"] = {
        "put": _silent(whole, "follow", f"Follow one {whole.label}"),
        "delete": _silent(whole, "unfollow", f"Follow one {whole.label} no longer"),
    }
    return found


def _attachment(whole: CompiledEntity, access: EntityAccess) -> Part:
    """Getting a file, and taking it away."""
    place = ref("parameters", "attachment")
    get = _operation(whole, "attachment", f"A file of one {whole.label}", "200")
    get["responses"]["200"]["content"] = {"*/*": {"schema": dict(_BINARY)}}
    get["parameters"] += [place, ref("parameters", "small")]
    found: Part = {"get": get}
    if access.can("update"):
        gone = _silent(whole, "detach", f"Take a file away from one {whole.label}")
        gone["parameters"].append(place)
        found["delete"] = gone
    return found


def _mail_draft(whole: CompiledEntity) -> Part:
    """What is proposed for a mail."""
    made = _operation(whole, "draft", f"Propose a mail at one {whole.label}", "200")
    good = {"application/json": {"schema": draft_schema()}}
    made["responses"]["200"]["content"] = good
    made["parameters"].append(ref("parameters", "template"))
    return made


def _silent(whole: CompiledEntity, name: str, summary: str) -> Part:
    """An operation that answers nothing."""
    made = _operation(whole, name, summary, "204")
    made["responses"]["204"] = {"description": "Done."}
    return made


def _planned() -> Part:
    return _json(
        {
            "summary": {"type": "string", "minLength": 1, "maxLength": 255},
            "type": {"type": "string", "enum": list(TYPES)},
            "due": {"type": ["string", "null"], "format": "date"},
            "person": {"type": ["string", "null"], "description": "A user name."},
        },
        "summary",
    )


def _json(properties: Part, *required: str) -> Part:
    schema = {
        "type": "object",
        "required": list(required),
        "properties": properties,
    }
    return {"application/json": {"schema": schema}}


def _get(whole: CompiledEntity, name: str) -> Part:
    made = _operation(whole, name, f"{name.capitalize()} of one {whole.label}", "200")
    pages = ("limit", "cursor", *(("kind",) if name == "timeline" else ()))
    made["parameters"] += [ref("parameters", one) for one in pages]
    return made


def _post(whole: CompiledEntity, name: str, content: Part) -> Part:
    made = _operation(whole, name, f"{name.capitalize()} at one {whole.label}", "201")
    return {**made, "requestBody": {"required": True, "content": content}}


def _operation(whole: CompiledEntity, name: str, summary: str, status: str) -> Part:
    schema = "Timeline" if status == "200" else "TimelineEntry"
    good = {"application/json": {"schema": ref("schemas", schema)}}
    return {
        "operationId": f"{whole.id.replace('.', '_')}_timeline_{name}",
        "tags": [whole.id],
        "summary": summary,
        "parameters": [ref("parameters", "id")],
        "responses": {
            status: {"description": "Done.", "content": good},
            **{code: ref("responses", one) for code, one in _ERRORS.items()},
        },
    }
