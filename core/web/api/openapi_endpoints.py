"""The endpoints of modules in the OpenAPI document, for who may call them.

Called by `openapi_platform.py`.
"""

from __future__ import annotations

from typing import Any

from core.compiler import AccessMap, Compiled, CompiledEndpoint, compile_endpoint
from core.web.api.openapi_operation import Part
from core.web.api.openapi_values import ref

ENDPOINT_TAG = "Addresses that modules bring"
_PROBLEMS = (
    ("400", "BadRequest"),
    ("401", "NotSignedIn"),
    ("403", "NotAllowed"),
    ("404", "NotFound"),
    ("409", "Conflict"),
    ("413", "TooLarge"),
    ("415", "WrongMediaType"),
    ("422", "Invalid"),
    ("429", "TooMany"),
    ("503", "Unavailable"),
)


def endpoint_paths(compiled: Compiled, rights: AccessMap) -> dict[str, Any]:
    """The path of each endpoint that somebody with these rights may call."""
    registry = compiled.registry
    found: dict[str, Any] = {}
    for id_, one in registry.endpoints.items():
        made = compile_endpoint(registry, compiled.catalog, id_)
        open_ = "none" in one.auth or rights.roles & set(made.roles)
        if one.enabled and (rights.admin or open_):
            label = registry.label(f"endpoint {id_}")
            found.setdefault(one.path, {})[one.method.lower()] = _described(made, label)
    return found


def _described(endpoint: CompiledEndpoint, label: str) -> Part:
    definition = endpoint.definition
    good = {str(one.status) for one in endpoint.answers} or {"200"}
    ways: dict[str, Part] = {"bearer": {"bearer": []}, "key": {"key": []}}
    return {
        "operationId": f"endpoint_{endpoint.id.replace('.', '_')}",
        "tags": ["endpoints"],
        "summary": label,
        "security": [ways.get(one, {}) for one in definition.auth],
        "parameters": [],
        "requestBody": {
            "required": bool(_required(endpoint)),
            "content": {"application/json": {"schema": _body(endpoint)}},
        },
        "responses": {
            **{code: ref("responses", name) for code, name in _PROBLEMS},
            **{code: {"description": "Done."} for code in sorted(good)},
        },
    }


def _body(endpoint: CompiledEndpoint) -> Part:
    schema: Part = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: field.type.json_schema(field.definition)
            for name, field in endpoint.fields.items()
        },
    }
    required = _required(endpoint)
    return {**schema, "required": required} if required else schema


def _required(endpoint: CompiledEndpoint) -> list[str]:
    return [n for n, f in endpoint.fields.items() if f.definition.required is True]
