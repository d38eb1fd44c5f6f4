"""JSON Schema (2020-12) from the same dataclasses that read the documents.

Called by the command line and the studio, for editors; hands back plain dicts.

Public: `json_schema(cls, reader, title=None, head=None) -> dict`.
"""

import inspect

from core.source.slot import JsonSchema, Schemas
from core.source.slots import ID_PATTERN
from core.source.structure import StructureReader

DIALECT = "https://json-schema.org/draft/2020-12/schema"
HEAD_PATTERN = f"{ID_PATTERN}|^[a-z][a-z0-9_]*$"


def json_schema(
    cls: type,
    reader: StructureReader | None = None,
    *,
    title: str | None = None,
    head: str | None = None,
) -> JsonSchema:
    """Return the schema of a document or part; nested parts stand in `$defs`.

    `head` is the kind of a document: it becomes a required first key with the id.
    """
    schemas = _Schemas(reader or StructureReader())
    body = schemas.body(cls, head)
    schema: JsonSchema = {"$schema": DIALECT, "title": title or head or cls.__name__}
    schema.update(body)
    if schemas.definitions:
        ordered = sorted(schemas.definitions.items())
        schema["$defs"] = dict(ordered)
    return schema


class _Schemas(Schemas):
    """Collects the schemas of nested dataclasses, each once."""

    def __init__(self, reader: StructureReader) -> None:
        self._reader = reader
        self._names: dict[type, str] = {}
        self.definitions: dict[str, JsonSchema] = {}

    def of(self, annotation: object) -> JsonSchema:
        """Return a reference for a dataclass, else the slot's own schema."""
        if not isinstance(annotation, type):
            return self._reader.slot_for(annotation).schema(self)
        name = self._names.get(annotation)
        if name is None:
            name = self._free_name(annotation.__name__)
            self._names[annotation] = name
            self.definitions[name] = {}
            self.definitions[name] = self.body(annotation, None)
        return {"$ref": f"#/$defs/{name}"}

    def body(self, cls: type, head: str | None) -> JsonSchema:
        """Return the object schema of a dataclass."""
        plans = self._reader.part_slot(cls).keys
        properties: dict[str, JsonSchema] = {}
        if head:
            properties[head] = {"type": "string", "pattern": HEAD_PATTERN}
        for name, plan in plans.items():
            described = dict(plan.slot.schema(self))
            if plan.doc:
                described["description"] = plan.doc
            if not (head and name == head):
                properties[name] = described
        required = [plan.name for plan in plans.values() if plan.required]
        schema: JsonSchema = {"type": "object" if head else ["object", "null"]}
        if required and not head:
            schema["type"] = "object"
        if cls.__doc__:
            schema["description"] = inspect.cleandoc(cls.__doc__)
        schema["properties"] = properties
        schema["additionalProperties"] = False
        if head or required:
            schema["required"] = [*([head] if head else []), *required]
        return schema

    def _free_name(self, wanted: str) -> str:
        name, number = wanted, 2
        while name in self.definitions:
            name, number = f"{wanted}{number}", number + 1
        return name
