"""Schemas of entities for the OpenAPI document: read, create, update, page, bulk.

Called by `openapi.py` for one caller's rights; fields that the caller may neither read
nor write do not appear.
"""

from __future__ import annotations

from typing import Any

from core.compiler import AccessMap, Compiled, CompiledEntity, CompiledField
from core.web.api.openapi_values import (
    Schema,
    always_required,
    example_of,
    input_schema,
    nullable,
    output_schema,
    record_id,
    ref,
)
from core.web.api.rendering import everything


def schema_name(entity: str, part: str = "") -> str:
    """The name of a component: `crm.stage` -> CrmStage, CrmStageCreate."""
    words = entity.replace(".", "_").split("_")
    return "".join(word.capitalize() for word in words) + part


class EntitySchemas:
    """Makes the schemas of entities for one set of rights."""

    def __init__(self, compiled: Compiled, rights: AccessMap) -> None:
        self.compiled = compiled
        self.rights = rights
        self.made: dict[str, Schema] = {}

    def add(self, entity: str, *, reads: bool, creates: bool, updates: bool) -> None:
        """Make the schemas that the operations of an entity refer to."""
        whole = self.compiled.entity(entity)
        if reads:
            self.made[schema_name(entity)] = self._read(whole)
            self.made[schema_name(entity, "Page")] = _page(entity)
        if creates:
            self.made[schema_name(entity, "Create")] = self._input(whole, True)
        if updates:
            self.made[schema_name(entity, "Update")] = self._input(whole, False)
        if creates or updates:
            self.made[schema_name(entity, "Bulk")] = self._bulk(
                entity, creates, updates
            )

    def _read(self, whole: CompiledEntity) -> Schema:
        rights = self.rights.entity(whole.id)
        properties: dict[str, Any] = {
            "id": {**record_id(), "readOnly": True},
            "version": {"type": "integer", "minimum": 1},
        }
        for name in everything(whole, rights.readable):
            field = whole.fields.get(name)
            if field is None:
                properties[name] = _stamp(name)
            elif field.kind == "group":
                properties[name] = self._group(whole, field, rights.readable, False)
            elif name in whole.lines:
                properties[name] = self._lines(whole, name, False)
            else:
                properties[name] = output_schema(field)
        found: Schema = {"type": "object", "title": whole.label}
        if whole.definition.help:
            found["description"] = str(whole.definition.help)
        return {**found, "required": ["id", "version"], "properties": properties}

    def _input(self, whole: CompiledEntity, new: bool, back: str = "") -> Schema:
        writable = self.rights.entity(whole.id).writable
        properties: dict[str, Any] = {}
        required: list[str] = []
        for name, field in whole.fields.items():
            if field.group is not None or name == back or field.definition.hidden:
                continue
            if field.kind == "group":
                inner = self._group(whole, field, writable, True)
                if inner["properties"]:
                    properties[name] = nullable(inner)
            elif name not in writable or not field.writable:
                continue
            elif name in whole.lines:
                properties[name] = self._lines(whole, name, True)
            else:
                properties[name] = input_schema(field)
                if new and _must_be_given(field):
                    required.append(name)
        found: Schema = {
            "type": "object",
            "additionalProperties": False,
            "properties": properties,
        }
        if required:
            found["required"] = required
        if not new:
            properties["version"] = {"type": "integer", "minimum": 1}
        elif not back:
            names = required or list(properties)[:1]
            example = {name: example_of(properties[name]) for name in names}
            found["examples"] = [example]
        return found

    def _group(
        self,
        whole: CompiledEntity,
        field: CompiledField,
        allowed: frozenset[str],
        given: bool,
    ) -> Schema:
        shape = input_schema if given else output_schema
        members = [whole.fields[member] for member in field.members]
        return {
            "type": "object",
            "title": field.label,
            "properties": {
                member.name.removeprefix(f"{field.name}_"): shape(member)
                for member in members
                if member.name in allowed
            },
        }

    def _lines(self, whole: CompiledEntity, name: str, given: bool) -> Schema:
        lines = whole.lines[name]
        component = schema_name(lines.child, "RowInput" if given else "Row")
        if component not in self.made:
            self.made[component] = {}
            child = self.compiled.entity(lines.child)
            self.made[component] = self._row(child, lines.back, given)
        found: Schema = {"type": "array", "items": ref("schemas", component)}
        if given:
            found["description"] = (
                "All rows: those with an id are kept and changed, those without are "
                "new, and those left out are removed."
            )
        return {"title": whole.fields[name].label, **found}

    def _row(self, child: CompiledEntity, back: str, given: bool) -> Schema:
        if given:
            found = self._input(child, True, back)
            # A row that is there needs only what changes.
            found.pop("required", None)
            known = {"type": "integer", "format": "int64", "minimum": 1}
            found["properties"] = {"id": known, **found["properties"]}
            return found
        found = self._read(child)
        # The title is that of the records themselves; generators name classes by it.
        found.pop("title", None)
        for name in (
            "version",
            back,
            *(n for n in found["properties"] if _is_stamp(n)),
        ):
            found["properties"].pop(name, None)
        found["required"] = ["id"]
        return found

    def _bulk(self, entity: str, creates: bool, updates: bool) -> Schema:
        ids = {"type": "array", "items": {"type": "integer", "minimum": 1}}
        properties: dict[str, Any] = {"partial": {"type": "boolean", "default": False}}
        if creates:
            row = ref("schemas", schema_name(entity, "Create"))
            properties["create"] = {"type": "array", "items": row}
        if updates:
            row = self.made[schema_name(entity, "Update")]
            known = {"id": {"type": "integer", "minimum": 1}, **row["properties"]}
            one = {**row, "required": ["id"], "properties": known}
            properties["update"] = {"type": "array", "items": one}
        properties |= {"archive": ids, "restore": ids, "delete": ids}
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": properties,
        }


def _must_be_given(field: CompiledField) -> bool:
    """Whether a new record is refused without the field, whatever else it holds."""
    definition = field.definition
    filled = definition.default is not None or definition.derive is not None
    return always_required(field) and not filled


def _is_stamp(name: str) -> bool:
    return name in ("archived", "archived_at") or name.startswith(
        ("created_", "updated_")
    )


def _stamp(name: str) -> Schema:
    if name == "archived":
        return {"type": "boolean", "readOnly": True}
    if name.endswith("_at"):
        return {
            "type": ["string", "null"],
            "format": "date-time",
            "readOnly": True,
        }
    user = {"type": ["integer", "null"]}
    return {"anyOf": [user, ref("schemas", "TitledLink")], "readOnly": True}


def _page(entity: str) -> Schema:
    record = ref("schemas", schema_name(entity))
    return {
        "type": "object",
        "required": ["items", "next", "count"],
        "properties": {
            "items": {"type": "array", "items": record},
            "next": {
                "type": ["string", "null"],
                "description": "The cursor of the next page.",
            },
            "count": {"type": ["integer", "null"]},
            "estimated": {"type": "boolean"},
        },
    }
