"""The OpenAPI 3.1 document of what the caller may use, made once per role set.

Registered by `register`. It is kept beside the plans of the generation, so a new
generation describes itself anew.
"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Response, request

from core.compiler import AccessMap, Compiled
from core.frozen import frozen
from core.services import Reader
from core.web.api import openapi_fixed as fixed
from core.web.api.calls import served
from core.web.api.credentials import caller
from core.web.api.json_text import to_bytes
from core.web.api.openapi_endpoints import ENDPOINT_TAG, endpoint_paths
from core.web.api.openapi_files import upload_operation, with_file_paths
from core.web.api.openapi_more import more_schemas
from core.web.api.openapi_notices import (
    NOTICE_TAG,
    notice_parameters,
    notice_paths,
    notice_schemas,
)
from core.web.api.openapi_parameters import parameters
from core.web.api.openapi_paths import paths_of
from core.web.api.openapi_platform import (
    platform_parameters,
    platform_paths,
    platform_schemas,
    platform_tags,
)
from core.web.api.openapi_schemas import EntitySchemas
from core.web.api.openapi_timeline import timeline_paths, timeline_schemas
from core.web.api.openapi_values import ref
from core.web.api.problems import ROOT
from core.web.state import application, web

_ABOUT = """Every entity has the same operations. Decimals are texts, so that no digit
is lost; links are ids, or objects with a title on request; a record carries `id` and
`version`. Send `version` or `If-Match` with a change, and you are told (409) if
somebody saved first. Every write takes an `Idempotency-Key`. Errors are problems after
RFC 9457.
"""


@frozen
class Document:
    """The text of a document and its entity tag."""

    text: bytes
    tag: str


def show_openapi() -> Response:
    """`GET /openapi.json`: the document for the caller's roles."""
    asking = caller()
    actor = asking.actor
    with application().reader(actor) as reader:
        key = ("openapi", actor.roles, actor.is_admin)
        document: Document = reader.runtime.plans.get(key, lambda: _made(reader))
    headers = {"ETag": f'"{document.tag}"', "Cache-Control": "private, no-cache"}
    if request.if_none_match.contains_weak(document.tag):
        return Response(status=304, headers=headers)
    return Response(document.text, mimetype="application/json", headers=headers)


def _made(reader: Reader) -> Document:
    cookie = web().settings.session_cookie
    compiled, rights = reader.runtime.compiled, reader.access.map
    text = to_bytes(openapi_document(compiled, rights, cookie))
    return Document(text, hashlib.blake2b(text, digest_size=8).hexdigest())


def openapi_document(
    compiled: Compiled, rights: AccessMap, cookie: str = "intarsia"
) -> dict[str, Any]:
    """Return the document for a set of rights, as plain values.

    cookie: what that of a session is called.
    """
    schemas = EntitySchemas(compiled, rights)
    paths: dict[str, Any] = {"/auth/login": {"post": _login()}}
    tags = []
    for id_ in sorted(one for one in compiled.ids() if served(compiled, one)):
        access = rights.entity(id_)
        creates, updates = access.can("create"), access.can("update")
        whole = compiled.entity(id_)
        found = paths_of(compiled, whole, rights)
        if not found:
            continue
        schemas.add(id_, reads=access.can("read"), creates=creates, updates=updates)
        paths.update(with_file_paths(found, whole, access))
        paths.update(timeline_paths(whole, access))
        tags.append({"name": id_, "description": whole.plural})
    paths.update(platform_paths(compiled, rights))
    if any("post" in at or "patch" in at for at in list(paths.values())[1:]):
        paths["/files"] = {"post": upload_operation()}
    paths.update({**notice_paths(), **endpoint_paths(compiled, rights)})
    return {
        "openapi": "3.1.0",
        "info": {"title": "Intarsia", "version": "1", "description": _ABOUT},
        "servers": [{"url": ROOT}],
        "security": [{"bearer": []}, {"key": []}, {"session": []}],
        "tags": _tags(paths, tags),
        "paths": paths,
        "components": _components(schemas, cookie),
    }


def _tags(paths: dict[str, Any], tags: list[dict[str, str]]) -> list[dict[str, str]]:
    """What operations are grouped by, as far as there are any."""
    used = {tag for at in paths.values() for one in at.values() for tag in one["tags"]}
    known = {
        "auth": "Signing in",
        "files": "Uploads",
        "notices": NOTICE_TAG,
        **{one["name"]: one["description"] for one in platform_tags(paths)},
        "endpoints": ENDPOINT_TAG if "endpoints" in used else "",
    }
    own = [{"name": name, "description": text} for name, text in known.items() if text]
    return [*own, *tags]


def _components(schemas: EntitySchemas, cookie: str) -> dict[str, Any]:
    return {
        "schemas": _schemas() | schemas.made,
        "parameters": {
            **parameters(),
            **platform_parameters(),
            **notice_parameters(),
        },
        "responses": fixed.responses(),
        "securitySchemes": fixed.security_schemes(cookie),
    }


def _schemas() -> dict[str, Any]:
    """The schemas that no definition changes."""
    return {
        **fixed.schemas(),
        **timeline_schemas(),
        **more_schemas(),
        **platform_schemas(),
        **notice_schemas(),
    }


def _login() -> dict[str, Any]:
    def body(name: str) -> dict[str, Any]:
        return {"application/json": {"schema": ref("schemas", name)}}

    return {
        "operationId": "auth_login",
        "tags": ["auth"],
        "summary": "Exchange a user name and password for an access token",
        "security": [],
        "requestBody": {"required": True, "content": body("Credentials")},
        "responses": {
            "200": {"description": "Signed in.", "content": body("Token")},
            "400": ref("responses", "BadRequest"),
            "401": ref("responses", "NotSignedIn"),
            "422": ref("responses", "Invalid"),
            "429": ref("responses", "TooMany"),
        },
    }
