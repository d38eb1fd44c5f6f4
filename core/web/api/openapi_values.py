"""JSON Schemas of single values, as the OpenAPI document and action forms show them.

Called by the schema builders beside this file; the types of fields say what their
values look like.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.compiler import CompiledField
from core.fieldtypes.files import FileType
from core.source import ExprText

Schema = dict[str, Any]


def nullable(schema: Schema) -> Schema:
    """The schema of the same values or null."""
    kind = schema.get("type")
    if kind is None:
        return {"anyOf": [schema, {"type": "null"}]}
    found = dict(schema)
    found["type"] = [*(kind if isinstance(kind, list) else [kind]), "null"]
    if "enum" in found:
        found["enum"] = [*found["enum"], None]
    return found


def input_schema(field: CompiledField) -> Schema:
    """The schema of what may be given for a field; null unless it is required."""
    schema: Schema = dict(field.type.json_schema(field.definition))
    if isinstance(field.type, FileType):
        schema = file_input(field)
    if field.kind == "link":
        schema["minimum"] = 1
    if not always_required(field):
        return described(field, nullable(schema))
    if schema.get("type") == "string" and not {"enum", "format"} & set(schema):
        schema.setdefault("minLength", 1)
    return described(field, schema)


def file_input(field: CompiledField) -> Schema:
    """What may be given for a field of files: an upload by its id, or what is there."""
    id_ = {**record_id(), "description": "The id of an upload of yours."}
    kept = field.type.json_schema(field.definition)
    if field.definition.multiple:
        kept = dict(kept["items"])  # type: ignore[call-overload]
    upload = {"type": "object", "required": ["id"], "properties": {"id": id_}}
    one: Schema = {"anyOf": [upload, kept]}
    return {"type": "array", "items": one} if field.definition.multiple else one


def always_required(field: CompiledField) -> bool:
    """Whether the field must have a value in every record."""
    return field.definition.required is True


def field_schema(field: CompiledField) -> Schema:
    """The schema of a field of a small form; `required` says if it must be filled."""
    schema = input_schema(field)
    if always_required(field):
        schema["x-required"] = True
    return schema


def output_schema(field: CompiledField) -> Schema:
    """The schema of what a field is read as: links may come with their titles."""
    plain: Schema = dict(field.type.json_schema(field.definition))
    if field.kind == "link":
        entity = plain.pop("x-entity", None)
        found: Schema = {"anyOf": [nullable(plain), ref("schemas", "TitledLink")]}
        if entity:
            found["x-entity"] = entity
        return described(field, found)
    if field.kind == "links":
        either = [plain.get("items", {}), ref("schemas", "TitledLink")]
        return described(field, {"type": "array", "items": {"anyOf": either}})
    if field.kind == "reference":
        plain["properties"] = {
            **plain.get("properties", {}),
            "title": {"type": ["string", "null"]},
        }
    shown = described(field, nullable(plain))
    if field.computed or not field.writable:
        shown["readOnly"] = True
    return shown


def described(field: CompiledField, schema: Schema) -> Schema:
    """The schema with the field's label and help."""
    schema["title"] = field.label
    help_ = str(field.definition.help or "")
    notes = [help_] if help_ else []
    if isinstance(field.definition.required, ExprText):
        notes.append(f"Required if: {field.definition.required.text}")
    if field.once:
        notes.append("Can be given once and then stays.")
    if notes:
        schema["description"] = " ".join(notes)
    return schema


def record_id() -> Schema:
    """The schema of a record's id."""
    return {"type": "integer", "format": "int64", "minimum": 1}


def whole() -> Schema:
    """The schema of a whole number from 1."""
    return {"type": "integer", "minimum": 1}


def ref(kind: str, name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}


def example_of(schema: Mapping[str, Any]) -> Any:
    """A value that fits a schema, for the examples of the document."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0])
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "string":
        return _text_example(schema)
    if kind == "object":
        inner = schema.get("properties", {})
        return {name: example_of(inner[name]) for name in schema.get("required", ())}
    plain = {"integer": 1, "number": 1, "boolean": True, "array": []}
    return plain.get(str(kind))


def _text_example(schema: Mapping[str, Any]) -> str:
    known = {
        "date": "2026-12-31",
        "date-time": "2026-12-31T10:00:00Z",
        "decimal": "12.50",
        "duration": "PT1H30M",
        "email": "somebody@example.org",
        "time": "14:30:00",
        "uri": "https://example.org/",
        "uuid": "0b8f1a52-1c3e-4d0c-9f57-0d6f2f1f8a11",
    }
    return known.get(str(schema.get("format")), str(schema.get("title", "Text")))
