"""Operations beside reading and writing records, for the OpenAPI document.

Called by `openapi_paths` for entities that the caller may read: saved views here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.compiler import CompiledEntity, EntityAccess
from core.registry.clocks import STATES
from core.services.saved_views import LISTS, LONGEST_NAME, TEXTS
from core.web.api.openapi_operation import (
    ONE,
    READ_ONE,
    WARNED,
    WRITE,
    WRITE_ONE,
    Operation,
    Part,
)
from core.web.api.openapi_schemas import schema_name
from core.web.api.openapi_values import record_id, ref, whole
from core.web.api.parameters import COUNT_PARAMETERS

_VIEW = "/views/{view}"
_VERSION = "/{id}/versions/{version}"


def more_of_all(entity: CompiledEntity) -> Iterator[Operation]:
    """What concerns the records as a whole."""
    yield Operation(
        "/aggregate",
        "get",
        "aggregate",
        f"Figures over {entity.plural}",
        ("by", "measures", *COUNT_PARAMETERS, "titles"),
        "Aggregate",
    )
    yield from _views(entity)


def more_of_one(
    entity: CompiledEntity, access: EntityAccess, admin: bool
) -> Iterator[Operation]:
    """What concerns one record."""
    yield from _versions(entity, access)
    if entity.workflows:
        about = f"How long one {entity.label} has stood in its states"
        yield Operation(
            f"{ONE}/states", "get", "states", about, ("id",), "States", errors=READ_ONE
        )
    yield from _privacy(entity, access, admin)


def clocks_of_one(entity: CompiledEntity) -> Operation:
    """How the clocks of a record stand."""
    about = f"How the clocks of one {entity.label} stand"
    return Operation(
        f"{ONE}/clocks", "get", "clocks", about, ("id",), "Clocks", errors=READ_ONE
    )


def _versions(entity: CompiledEntity, access: EntityAccess) -> Iterator[Operation]:
    label = entity.label
    about = f"What going back to an old version of one {label} would change"
    names = ("id", "version")
    yield Operation(
        _VERSION, "get", "version", about, names, "OldVersion", errors=READ_ONE
    )
    shown = schema_name(entity.id)
    if access.can("update"):
        yield Operation(
            f"{_VERSION}/restore",
            "post",
            "go_back",
            f"Go back to an old version of one {label}",
            (*names, "if_match", *WARNED),
            shown,
            "Versioned",
            WRITE_ONE,
            tagged=True,
            optional_body=True,
        )
    if access.can("print"):
        yield Operation(
            f"{ONE}/print",
            "get",
            "print",
            f"Print one {label}",
            ("id",),
            errors=READ_ONE,
            gives="application/pdf",
        )
    yield from _copies(label, shown) if access.can("create") else ()


def _privacy(
    entity: CompiledEntity, access: EntityAccess, admin: bool
) -> Iterator[Operation]:
    label = entity.label
    if access.can("export"):
        yield Operation(
            f"{ONE}/personal-data",
            "get",
            "personal_data",
            f"Everything that is held about one {label}",
            ("id",),
            "PersonalData",
            errors=READ_ONE,
        )
    if entity.definition.retention and (admin or access.can("delete")):
        yield Operation(
            f"{ONE}/erase",
            "post",
            "erase",
            f"Erase the personal data of one {label}",
            ("id",),
            "PersonalData",
            errors=WRITE_ONE,
        )


def _copies(label: str, shown: str) -> Iterator[Operation]:
    values: Part = {"type": "object", "description": "Fields that differ."}
    yield Operation(
        f"{ONE}/copy",
        "post",
        "copy",
        f"Copy one {label}",
        ("id", *WARNED),
        shown,
        values,
        WRITE_ONE,
        "201",
        tagged=True,
        optional_body=True,
    )


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
    change = object_of(
        {
            "field": {"type": "string"},
            "now": {},
            "then": {},
            "open": {"type": "boolean", "description": "Going back sets it."},
        }
    )
    old = {
        "version": whole(),
        "current": whole(),
        "at": {"type": "string", "format": "date-time"},
        "actor": {"type": ["integer", "null"]},
        "changes": list_of(change),
    }
    return {
        **_view_schemas(),
        "States": object_of({"items": list_of(_state_time())}),
        "Clocks": object_of({"items": list_of(_clock())}),
        "OldVersion": object_of(old),
        "Aggregate": _aggregate(),
        "PersonalData": {"type": "object", "description": "Facts by what they are."},
    }


def _clock() -> Part:
    length: Part = {"type": ["string", "null"], "format": "duration"}
    moment: Part = {"type": ["string", "null"], "format": "date-time"}
    return object_of(
        {
            "clock": {"type": "string"},
            "state": {"type": "string", "enum": list(STATES)},
            "target": length,
            "elapsed": length,
            "left": {**length, "description": "Negative once the time is over."},
            "due": moment,
            "began_at": moment,
            "ended_at": moment,
        }
    )


def _state_time() -> Part:
    text: Part = {"type": "string"}
    moment: Part = {"type": "string", "format": "date-time"}
    return object_of(
        {
            "workflow": text,
            "state": text,
            "times": {"type": "integer", "minimum": 1},
            "total": {**text, "format": "duration"},
            "since": moment,
            "last": moment,
            "until": {**moment, "type": ["string", "null"]},
        }
    )


def _aggregate() -> Part:
    text: Part = {"type": "string"}
    or_null: Part = {"type": ["string", "null"]}
    unit: Part = {"type": ["integer", "null"]}
    amount = object_of({"value": {}, "unit": unit, "code": or_null})
    group = object_of(
        {
            "keys": {"type": "array", "items": {}},
            "count": {"type": "integer", "minimum": 0},
            "values": list_of(list_of(amount)),
        }
    )
    group["description"] = (
        "Keys in the order of `by`; per measure one amount for each currency or unit."
    )
    measure = object_of({"measure": text, "kind": text, "unit": or_null})
    return object_of(
        {
            "by": list_of(text),
            "measures": list_of(measure),
            "groups": list_of(group),
            "more": {"type": "boolean", "description": "There are more groups."},
        }
    )


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
