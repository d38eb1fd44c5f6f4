"""Operations beside reading and writing records, for the OpenAPI document.

Called by `openapi_paths` for entities that the caller may read: saved views here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.compiler import CompiledEntity, EntityAccess
from core.services.saved_views import LISTS, LONGEST_NAME, TEXTS
from core.web.api.openapi_operation import (
    READ_ONE,
    WRITE,
    WRITE_ONE,
    Operation,
    Part,
)
from core.web.api.openapi_values import record_id, ref, whole

_VIEW = "/views/{view}"


def more_of_all(entity: CompiledEntity) -> Iterator[Operation]:
    """What concerns the records as a whole."""
    yield from _views(entity)


def more_of_one(
    entity: CompiledEntity, access: EntityAccess, admin: bool
) -> Iterator[Operation]:
    """What concerns one record."""
    yield from ()


def _views(entity: CompiledEntity) -> Iterator[Operation]:
    plural = entity.plural
    yield Operation("/views", "get", "views", f"Saved views of {plural}", (), "Views")
    yield Operation(
        "/views",
        "post",
        "save_view",
        f"Save a view of {plural}",
        ("idempotency_key",),
        "View",
        "NewView",
        WRITE,
        "201",
        tagged=True,
    )
    one = f"one saved view of {plural}"
    yield Operation(
        _VIEW, "get", "view", f"Get {one}", ("view",), "View", errors=READ_ONE
    )
    yield Operation(
        _VIEW,
        "patch",
        "change_view",
        f"Change {one}",
        ("view", "if_match", "idempotency_key"),
        "View",
        "ChangedView",
        WRITE_ONE,
        tagged=True,
    )
    yield Operation(
        _VIEW,
        "delete",
        "delete_view",
        f"Delete {one}",
        ("view", "idempotency_key"),
        errors=WRITE_ONE,
        status="204",
    )


def more_schemas() -> dict[str, Part]:
    """The schemas of these operations."""
    return _view_schemas()


def _view_schemas() -> dict[str, Part]:
    text: Part = {"type": "string"}
    shared: Part = {
        "type": ["array", "null"],
        "items": text,
        "description": "null: for the owner alone; empty: for everybody.",
    }
    own: Part = {
        "name": {**text, "minLength": 1, "maxLength": LONGEST_NAME},
        "state": ref("schemas", "ViewState"),
        "roles": shared,
        "usual": {"type": "boolean", "description": "Your lists begin with it."},
    }
    view: dict[str, Any] = {
        "id": record_id(),
        "version": whole(),
        **own,
        "owner": record_id(),
        "may_change": {"type": "boolean"},
        "page": {**text, "description": "The address of its page."},
    }
    some: Part = {"type": "object", "additionalProperties": False}
    return {
        "ViewState": _state(),
        "View": object_of(view),
        "Views": object_of({"items": list_of(ref("schemas", "View"))}),
        "NewView": {**some, "required": ["name"], "properties": own},
        "ChangedView": {**some, "properties": {**own, "version": whole()}},
    }


def _state() -> Part:
    text: Part = {"type": "string"}
    return {
        "type": "object",
        "additionalProperties": False,
        "description": "What a list shows; parts that are empty are left out.",
        "properties": {
            **{name: {**text, "maxLength": most} for name, most in TEXTS.items()},
            **{
                name: {**list_of(text), "maxItems": most}
                for name, most in LISTS.items()
            },
        },
    }


def object_of(properties: Part) -> Part:
    """An object that has all of the properties."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
    }


def list_of(items: Part) -> Part:
    """A list of one kind of item."""
    return {"type": "array", "items": items}
