"""One operation, and how the OpenAPI document describes it.

The files that list operations make `Operation`s; `openapi_paths` gathers them.
"""

from __future__ import annotations

from typing import Any

from core.exchange import MEDIA
from core.frozen import frozen
from core.web.api.openapi_values import ref

Part = dict[str, Any]
Names = tuple[str, ...]
READ: Names = ("400 BadRequest", "401 NotSignedIn", "403 NotAllowed")
READ_ONE: Names = (*READ, "404 NotFound")
#: What every operation may answer.
ALWAYS: Names = ("429 TooMany", "503 Unavailable")
WRITE: Names = (
    *READ,
    *("409 Conflict", "413 TooLarge", "415 WrongMediaType", "422 Invalid"),
)
WRITE_ONE: Names = (*WRITE, "404 NotFound")
WARNED: Names = ("accept_warnings", "titles", "idempotency_key")
BASED: Names = ("id", "if_match")
ONE = "/{id}"


@frozen
class Operation:
    """One operation; `tail` follows the entity's address.

    `answer` is the schema of the answer (None: no body), `body` that of the request:
    a component's name or a schema. `tagged` answers carry an entity tag.
    """

    tail: str
    method: str
    name: str
    summary: str
    parameters: Names = ()
    answer: str | None = None
    body: str | Part | None = None
    errors: Names = READ
    status: str = "200"
    tagged: bool = False
    optional_body: bool = False
    takes_file: bool = False
    gives_file: bool = False
    gives: str = ""


def described(tag: str, operation: Operation) -> Part:
    """The operation as the document has it; tag: an entity, or a part of the API."""
    found: Part = {
        "operationId": f"{tag.replace('.', '_')}_{operation.name}",
        "tags": [tag],
        "summary": operation.summary,
        "parameters": [ref("parameters", one) for one in operation.parameters],
        "responses": _responses(operation),
    }
    if operation.body is not None:
        body = operation.body
        schema = ref("schemas", body) if isinstance(body, str) else body
        found["requestBody"] = {
            "required": not operation.optional_body,
            "content": {"application/json": {"schema": schema}},
        }
    if operation.takes_file:
        found["requestBody"] = {"required": True, "content": _any_file()}
    return found


def _any_file() -> Part:
    return {
        media.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
        for media in MEDIA.values()
    }


def _responses(operation: Operation) -> Part:
    good: Part = {"description": "Done."}
    if operation.answer is not None:
        schema = ref("schemas", operation.answer)
        good["content"] = {"application/json": {"schema": schema}}
    if operation.gives:
        binary = {"type": "string", "format": "binary"}
        good["content"] = {operation.gives: {"schema": binary}}
    if operation.gives_file:
        good["content"] = _any_file()
    if operation.tagged:
        good["headers"] = {
            "ETag": {
                "description": "Changes with the record.",
                "schema": {"type": "string"},
            }
        }
    found = {operation.status: good}
    if operation.tagged and operation.method == "get":
        found["304"] = {"description": "The record still looks the same."}
    for code, name in (one.split() for one in (*operation.errors, *ALWAYS)):
        found[code] = ref("responses", name)
    return found
