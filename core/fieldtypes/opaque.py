"""Fields whose content expressions do not see: documents and pieces of definitions.

Public: `JsonType` (value: dict or list), `FieldNamesType` (tuple of names),
`ExpressionType` (text of an expression).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import sqlalchemy as sa

from core.diagnostics import Diagnostics, did_you_mean
from core.expressions import types
from core.expressions.schema import Schema
from core.expressions.storage_types import ChoiceSet, code_point_text
from core.expressions.types import Kind, Type
from core.fieldtypes.base import (
    NEUTRAL,
    NO_HINTS,
    BadValue,
    Coercer,
    FieldContext,
    FieldDef,
    FieldType,
    Locale,
    TextHints,
    Value,
    WidgetSpec,
)
from core.fieldtypes.checks import check_entity, complain
from core.fieldtypes.cleaning import clean_text, kind_of, limited, shortened
from core.fieldtypes.documents import checked_document, json_column, read_document
from core.source import plain_data
from core.source.names import is_name

OPAQUE_KEYS = frozenset({"unique", "index", "search"})
EXPRESSION = 4_000


class DocumentType(FieldType):
    """The base of values that are kept as a JSON document."""

    refused_keys: ClassVar[frozenset[str]] = OPAQUE_KEYS
    operators: ClassVar[tuple[str, ...]] = ("empty",)
    sortable: ClassVar[bool] = False

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        return (json_column(name),)

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return types.JSON

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        import json

        return "" if value is None else json.dumps(value, ensure_ascii=False)


class JsonType(DocumentType):
    """Any JSON object or list; with `schema` one that fits a JSON Schema."""

    name: ClassVar[str] = "json"
    keys: ClassVar[frozenset[str]] = frozenset({"schema"})
    lossy_from: ClassVar[frozenset[str]] = frozenset({"text", "longtext"})
    safe_from: ClassVar[frozenset[str]] = frozenset({"properties", "geo"})

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        if field.schema is not None:
            from jsonschema.exceptions import SchemaError

            try:
                _validator(field)
            except SchemaError as error:
                message = f"'schema' is no JSON Schema: {error.message}"
                complain(ctx, field, "E205", message, "schema")
                return
        super().check(field, ctx)

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        return self.coercer(field, locale)(raw)

    def coercer(self, field: FieldDef, locale: Locale = NEUTRAL) -> Coercer:
        validator = None if field.schema is None else _validator(field)

        def coerce(raw: object) -> Value:
            if raw is None or (isinstance(raw, str) and not raw.strip()):
                return None
            document = read_document(raw) if isinstance(raw, str) else raw
            document = checked_document(document)
            if not isinstance(document, dict | list):
                message = "a JSON object {...} or list [...] is needed here"
                raise BadValue("wrong_type", message)
            if validator is not None:
                _validate(validator, document)
            return document

        return coerce

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        if field.schema is None:
            return {"type": ["object", "array"], "items": {}}
        found = _schema(field)
        return dict(found) if isinstance(found, Mapping) else {}

    def widget(self, field: FieldDef) -> WidgetSpec:
        return WidgetSpec("json")


def _schema(field: FieldDef) -> Any:
    return None if field.schema is None else checked_document(plain_data(field.schema))


def _validator(field: FieldDef) -> Any:
    from jsonschema import Draft202012Validator

    schema = _schema(field)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _validate(validator: Any, document: object) -> None:
    from jsonschema.exceptions import best_match

    error = best_match(validator.iter_errors(document))
    if error is not None:
        where = "".join(f"/{part}" for part in error.absolute_path) or "the whole"
        message = f"the document does not fit its schema at {where}: {error.message}"
        raise BadValue("schema", shortened(message, 400), path=where)


class FieldNamesType(FieldType):
    """Names of fields of an entity, for instance those that a stage requires."""

    name: ClassVar[str] = "field_names"
    keys: ClassVar[frozenset[str]] = frozenset({"of"})
    required_keys: ClassVar[tuple[str, ...]] = ("of",)
    refused_keys: ClassVar[frozenset[str]] = OPAQUE_KEYS
    operators: ClassVar[tuple[str, ...]] = ("contains", "empty")
    sortable: ClassVar[bool] = False

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        return (sa.Column(name, ChoiceSet()),)

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return types.list_of(types.TEXT)

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        if field.of is not None:
            check_entity(ctx, field, field.of, "of")

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        if raw is None or raw == "":
            return None
        parts = raw.replace(";", ",").split(",") if isinstance(raw, str) else raw
        if not isinstance(parts, list | tuple | set | frozenset):
            message = f"a list of field names is needed here, not {kind_of(raw)}"
            raise BadValue("wrong_type", message)
        names: dict[str, None] = {}
        for part in parts:
            name = part.strip() if isinstance(part, str) else None
            if name == "":
                continue
            if name is None or not is_name(name):
                shown = shortened(part) if isinstance(part, str) else kind_of(part)
                message = f"'{shown}' is no name of a field"
                raise BadValue("not_a_name", message)
            names[name] = None
        return tuple(names) or None

    def checked(self, value: Value, field: FieldDef, schema: Schema) -> Value:
        """The value, unless a name in it is none of the entity (BadValue)."""
        entity = schema.entity(field.of) if field.of is not None else None
        for name in value or ():
            if entity is not None and entity.member(name) is None:
                help_ = did_you_mean(name, entity.names())
                message = f"'{field.of}' has no field '{name}'"
                raise BadValue(
                    "unknown_field", f"{message}; {help_}" if help_ else message
                )
        return value

    def _json(self, value: Value, field: FieldDef) -> object:
        return list(value)

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        return {"type": "array", "items": {"type": "string"}, "uniqueItems": True}

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        return ", ".join(value or ())

    def widget(self, field: FieldDef) -> WidgetSpec:
        return WidgetSpec("multiselect", {"of": field.of})


class ExpressionType(FieldType):
    """An expression that users write and that runs on records of the entity `of`."""

    name: ClassVar[str] = "expression"
    keys: ClassVar[frozenset[str]] = frozenset({"of", "result"})
    required_keys: ClassVar[tuple[str, ...]] = ("of",)
    refused_keys: ClassVar[frozenset[str]] = OPAQUE_KEYS
    operators: ClassVar[tuple[str, ...]] = ("contains", "empty")
    lossy_from: ClassVar[frozenset[str]] = frozenset({"text", "longtext"})

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        return (sa.Column(name, code_point_text(None)),)

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        result = field.result if field.result in RESULTS else "boolean"
        return types.kept_expression(field.of or "", Type(Kind(result)))

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        if field.of is not None:
            check_entity(ctx, field, field.of, "of")
        if field.result is not None and field.result not in RESULTS:
            message = f"an expression does not yield '{field.result}'"
            help_ = did_you_mean(field.result, RESULTS)
            help_ = help_ or f"it is one of {', '.join(RESULTS)}"
            complain(ctx, field, "E205", message, "result", help_)

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        text = None if raw is None else clean_text(raw)
        if text is None:
            return None
        text = limited(text.removeprefix("=").strip(), EXPRESSION)
        from core.expressions.parser import parse

        found = Diagnostics()
        if parse(text, found) is None:
            raise _not_usable(found)
        return text

    def checked(self, value: Value, field: FieldDef, schema: Schema) -> Value:
        """The value, unless it does not fit the entity and the result (BadValue)."""
        if value is None:
            return None
        from core.expressions.scope import Scope
        from core.expressions.slots import CHECK, VALUE
        from core.expressions.typecheck import typecheck

        result = field.result or "boolean"
        expected = Type(Kind(result)) if result in RESULTS else None
        slot = CHECK if result == "boolean" else VALUE
        found = Diagnostics()
        # Who writes an expression sees by its result what it reads.
        scope = Scope(schema, field.of, slot, expected=expected, may_reveal=False)
        if typecheck(value, scope, found) is None:
            raise _not_usable(found)
        return value

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        return {"type": "string", "maxLength": EXPRESSION, "x-entity": field.of}

    def widget(self, field: FieldDef) -> WidgetSpec:
        return WidgetSpec("expression", {"of": field.of, "result": field.result})


RESULTS = ("boolean", "text", "integer", "decimal", "percent", "date", "datetime")


def _not_usable(found: Diagnostics) -> BadValue:
    first = next(iter(found), None)
    if first is None:
        return BadValue("not_an_expression", "this is not an expression")
    help_ = f"; {first.help}" if first.help else ""
    message = f"the expression cannot be used: {first.message}{help_}"
    return BadValue("not_an_expression", message, diagnostic=first.code)
