"""Operations with files for the OpenAPI document.

Called by `openapi.py`: the upload, records that come as parts, and the files of fields
that the caller may read.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from core.compiler import CompiledEntity, EntityAccess
from core.fieldtypes.files import FileType
from core.web.api.openapi_values import ref

Part = dict[str, Any]
_BINARY = MappingProxyType(
    {"type": "string", "contentMediaType": "application/octet-stream"}
)
_MULTIPART = "multipart/form-data"


def upload_operation() -> Part:
    """`POST /files`."""
    schema = {
        "type": "object",
        "required": ["file"],
        "properties": {"file": dict(_BINARY)},
    }
    return {
        "operationId": "files_upload",
        "tags": ["files"],
        "summary": "Upload a file; a field takes it by the id that is answered",
        "parameters": [
            {
                "name": "for",
                "in": "query",
                "description": "The field it is meant for, as module.entity.field: "
                "its limits are then told at once.",
                "schema": {"type": "string"},
            }
        ],
        "requestBody": {"required": True, "content": {_MULTIPART: {"schema": schema}}},
        "responses": {
            "201": {
                "description": "Taken in.",
                "content": {"application/json": {"schema": ref("schemas", "Upload")}},
            },
            **_errors("BadRequest", "NotSignedIn", "NotAllowed", "TooLarge", "Invalid"),
        },
    }


def with_file_paths(
    paths: dict[str, Part], whole: CompiledEntity, access: EntityAccess
) -> dict[str, Part]:
    """The paths of an entity, with those of its files and with bodies in parts."""
    root = "/" + whole.id.replace(".", "/")
    fields = [n for n, f in whole.fields.items() if isinstance(f.type, FileType)]
    readable = [name for name in fields if name in access.readable]
    found = dict(paths)
    if access.can("read"):
        for name in readable:
            found.update(_reading(root, whole, name))
    writable = [name for name in fields if name in access.writable]
    for tail, method in (("", "post"), ("/{id}", "patch")):
        operation = found.get(root + tail, {}).get(method)
        if operation is not None and writable:
            content = operation["requestBody"]["content"]
            content[_MULTIPART] = {"schema": _parts(content, whole, writable)}
    return found


def _parts(content: Part, whole: CompiledEntity, names: list[str]) -> Part:
    plain = content["application/json"]["schema"]
    files: Part = {
        name: {"type": "array", "items": dict(_BINARY)}
        if whole.fields[name].definition.multiple
        else dict(_BINARY)
        for name in names
    }
    return {"type": "object", "properties": {"record": plain, **files}}


def _reading(root: str, whole: CompiledEntity, name: str) -> dict[str, Part]:
    one = {f"{root}/{{id}}/files/{name}": {"get": _get(whole, name, False)}}
    if not whole.fields[name].definition.multiple:
        return one
    several = f"{root}/{{id}}/files/{name}/{{sha256}}"
    return {**one, several: {"get": _get(whole, name, True)}}


def _get(whole: CompiledEntity, name: str, hashed: bool) -> Part:
    small = {
        "name": "small",
        "in": "query",
        "description": "A thumbnail in place of a picture.",
        "schema": {"type": "string", "enum": ["0", "1"]},
    }
    sha256 = {
        "name": "sha256",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    }
    tail = "_one" if hashed else ""
    label = whole.fields[name].label
    return {
        "operationId": f"{whole.id.replace('.', '_')}_file_{name}{tail}",
        "tags": [whole.id],
        "summary": f"{label} of one {whole.label}, as a file",
        "parameters": [ref("parameters", "id"), *([sha256] if hashed else []), small],
        "responses": {
            "200": {
                "description": "The file, to be saved.",
                "content": {"*/*": {"schema": dict(_BINARY)}},
            },
            "304": {"description": "The caller has this very file."},
            **_errors("BadRequest", "NotSignedIn", "NotAllowed", "NotFound"),
        },
    }


def _errors(*names: str) -> Part:
    codes = {
        "BadRequest": "400",
        "NotSignedIn": "401",
        "NotAllowed": "403",
        "NotFound": "404",
        "TooLarge": "413",
        "Invalid": "422",
    }
    named = {codes[name]: ref("responses", name) for name in names}
    return {**named, "503": ref("responses", "Unavailable")}
