"""Fields that lead to one other record.

Public: `LinkType` (value: the record's id), `ReferenceType` (value: Ref(entity, id)),
`id_of(raw, entity)`, `table_of(entity)`. Finding a record by its title or key is the
services' work: `coerce` takes ids and records only.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import sqlalchemy as sa

from core.expressions import types
from core.expressions.record import Record, Ref
from core.expressions.schema import MemberKind
from core.expressions.storage_types import code_point_text
from core.expressions.types import Type
from core.fieldtypes.base import (
    NEUTRAL,
    NO_HINTS,
    BadValue,
    Conversion,
    FieldContext,
    FieldDef,
    FieldType,
    Locale,
    Method,
    Safety,
    TextHints,
    Value,
    WidgetSpec,
)
from core.fieldtypes.checks import check_entity, complain
from core.fieldtypes.cleaning import kind_of, shortened
from core.source import Mapping as MappingNode
from core.source import Node, plain_data
from core.source import Scalar as ScalarNode
from core.source import Sequence as SequenceNode

# `module.name`, both of at most 40 characters.
ENTITY = 81
MOST_ID = 2**63 - 1
ON_DELETE = MappingProxyType(
    {"restrict": "RESTRICT", "clear": "SET NULL", "cascade": "CASCADE"}
)


def table_of(entity: str) -> str:
    """The table of an entity: `base.party` -> base_party."""
    return entity.replace(".", "_")


def id_of(raw: object, entity: str | None) -> int | None:
    """The id that an input names: a number, its text, `{"id": 7}`, a Record or a Ref.

    None for null and empty text. A text that is no number is a BadValue with the code
    `needs_lookup` and the text among its facts.
    """
    if raw is None or raw == "":
        return None
    if type(raw) is int:
        return _checked_id(raw)
    if isinstance(raw, str):
        text = raw.strip()
        if text.isdigit() and text.isascii() and len(text) < 20:
            return _checked_id(int(text))
        if not text:
            return None
        message = f"'{shortened(text)}' is no record id; choose a record"
        raise BadValue("needs_lookup", message, text=text)
    if isinstance(raw, Record | Ref):
        if entity is not None and raw.entity != entity:
            message = f"a record of {entity} is needed here, not one of {raw.entity}"
            raise BadValue("wrong_entity", message, entity=raw.entity)
        if raw.id is None:
            raise BadValue("not_saved", "the record is not saved yet, so it has no id")
        return raw.id
    if isinstance(raw, Mapping) and "id" in raw and not isinstance(raw["id"], Mapping):
        return id_of(raw["id"], entity)
    raise BadValue("wrong_type", f"a record id is needed here, not {kind_of(raw)}")


def _checked_id(number: int) -> int:
    if not 1 <= number <= MOST_ID:
        raise BadValue("wrong_id", f"{number} is no record id; ids count from 1")
    return number


def external_or_raw(node: Node | object) -> object:
    """A YAML literal as plain data, with an external id kept as its text."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, MappingNode | SequenceNode):
        return plain_data(node)
    return node


class LinkType(FieldType):
    """The id of one record of one entity."""

    name: ClassVar[str] = "link"
    keys: ClassVar[frozenset[str]] = frozenset(
        {"to", "where", "inverse", "on_delete", "create"}
    )
    required_keys: ClassVar[tuple[str, ...]] = ("to",)
    operators: ClassVar[tuple[str, ...]] = ("is", "is_not", "in", "empty")
    member_kind: ClassVar[MemberKind] = MemberKind.LINK
    lossy_from: ClassVar[frozenset[str]] = frozenset({"integer"})

    def target(self, field: FieldDef) -> str | None:
        """The entity the link leads to."""
        return field.to[0] if field.to else None

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        if not field.to:
            return (sa.Column(name, sa.BigInteger()),)
        key = sa.ForeignKey(
            f"{table_of(field.to[0])}.id", ondelete=ON_DELETE[field.on_delete]
        )
        return (sa.Column(name, sa.BigInteger(), key),)

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return types.link(field.to[0]) if field.to else types.NULL

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        if len(field.to) > 1:
            message = f"a link leads to one entity, not to {len(field.to)}"
            help_ = "take the type reference for a link to one of several"
            complain(ctx, field, "E219", message, "to", help_)
        for entity in field.to:
            check_entity(ctx, field, entity, "to")
        if field.on_delete == "clear" and field.required is True:
            message = "'on_delete: clear' would empty a required field"
            help_ = "take restrict or cascade, or do not require the field"
            complain(ctx, field, "E219", message, "on_delete", help_)

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        return id_of(raw, self.target(field))

    def literal(self, node: Node | object, field: FieldDef) -> Value:
        raw = external_or_raw(node)
        # An external id or a natural key; the services know which record it is.
        return raw.strip() if isinstance(raw, str) else self.coerce(raw, field)

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        return {"type": "integer", "format": "int64", "x-entity": self.target(field)}

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        """The record's title where the caller knows it, else its id."""
        if value is None:
            return ""
        target = self.target(field)
        found = hints.title(target, value) if hints.title and target else None
        return found or str(value)

    def widget(self, field: FieldDef) -> WidgetSpec:
        attributes = {"to": self.target(field), "create": field.create}
        return WidgetSpec("link", attributes)

    def _resized(self, old: FieldDef, new: FieldDef) -> Conversion:
        if old.to[:1] != new.to[:1]:
            note = "the ids of one entity are not those of another"
            return Conversion(Safety.REFUSED, Method.NONE, note)
        if old.on_delete != new.on_delete:
            return Conversion(Safety.SAFE, Method.ALTER)
        return Conversion(Safety.SAFE, Method.KEEP)


class ReferenceType(FieldType):
    """A record of one of several entities; kept as id and entity."""

    name: ClassVar[str] = "reference"
    keys: ClassVar[frozenset[str]] = frozenset({"to", "inverse"})
    required_keys: ClassVar[tuple[str, ...]] = ("to",)
    operators: ClassVar[tuple[str, ...]] = ("is", "is_not", "empty")
    member_kind: ClassVar[MemberKind] = MemberKind.REFERENCE
    sortable: ClassVar[bool] = False

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        entity = sa.Column(f"{name}_entity", code_point_text(ENTITY))
        return (sa.Column(name, sa.BigInteger()), entity)

    def load(self, row: Mapping[str, Any], name: str, field: FieldDef) -> Value:
        id_ = row[name]
        return None if id_ is None else Ref(row[f"{name}_entity"], id_)

    def store(self, value: Value, name: str, field: FieldDef) -> dict[str, object]:
        entity, id_ = (None, None) if value is None else value
        return {name: id_, f"{name}_entity": entity}

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        return types.reference(*field.to) if field.to else types.NULL

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        for entity in field.to:
            check_entity(ctx, field, entity, "to")

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        entity: object
        if isinstance(raw, Ref | Record):
            entity, id_ = raw.entity, id_of(raw, None)
        elif isinstance(raw, Mapping):
            entity, id_ = raw.get("entity"), id_of(raw.get("id"), None)
        elif isinstance(raw, str):
            entity, slash, text = raw.strip().partition("/")
            if not slash:
                message = f"'{shortened(raw)}' is no reference; choose a record"
                raise BadValue("needs_lookup", message, text=raw.strip())
            id_ = id_of(text, None)
        else:
            message = (
                'a reference like {"entity": "module.name", "id": 7} is needed here, '
                f"not {kind_of(raw)}"
            )
            raise BadValue("wrong_type", message)
        if entity is None and id_ is None:
            return None
        if id_ is None:
            raise BadValue("wrong_type", "the reference names an entity but no id")
        if entity not in field.to:
            message = (
                f"the field refers to {' or '.join(field.to)}, not to {entity or 'it'}"
            )
            raise BadValue("wrong_entity", message, entity=entity)
        return Ref(str(entity), id_)

    def literal(self, node: Node | object, field: FieldDef) -> Value:
        raw = external_or_raw(node)
        if isinstance(raw, str) and "/" not in raw:
            return raw.strip()
        return self.coerce(raw, field)

    def _json(self, value: Value, field: FieldDef) -> object:
        return {"entity": value.entity, "id": value.id}

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        return {
            "type": "object",
            "required": ["entity", "id"],
            "properties": {
                "entity": {"type": "string", "enum": list(field.to)},
                "id": {"type": "integer", "format": "int64"},
            },
        }

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        """The record's title where the caller knows it, else `entity/id`."""
        if value is None:
            return ""
        found = hints.title(value.entity, value.id) if hints.title else None
        return found or f"{value.entity}/{value.id}"

    def widget(self, field: FieldDef) -> WidgetSpec:
        return WidgetSpec("reference", {"to": field.to})

    def _recode(
        self, value: Value, source: FieldType, old: FieldDef, new: FieldDef
    ) -> Value:
        if isinstance(source, LinkType):
            return self.coerce(Ref(old.to[0], value), new)
        return super()._recode(value, source, old, new)

    def conversion_from(self, old: FieldDef, new: FieldDef) -> Conversion:
        if old.type == "link" and old.to and old.to[0] in new.to:
            note = "the entity is written beside each id"
            return Conversion(Safety.SAFE, Method.RECODE, note)
        return super().conversion_from(old, new)

    def _resized(self, old: FieldDef, new: FieldDef) -> Conversion:
        gone = [entity for entity in old.to if entity not in new.to]
        if gone:
            note = f"references to {', '.join(gone)} are archived and become empty"
            return Conversion(Safety.LOSSY, Method.RECODE, note)
        return Conversion(Safety.SAFE, Method.KEEP)
