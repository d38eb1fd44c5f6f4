"""A trait's fields embedded in an entity under one name.

Public: `GroupType` (value: dict of short member name -> value, None if all are empty),
`GroupDef` (a resolved group field), `GroupMember`, `flat_members(name, field)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, ClassVar, NamedTuple

import sqlalchemy as sa

from core.expressions import types
from core.expressions.record import Record
from core.expressions.schema import MemberKind
from core.expressions.types import Type
from core.fieldtypes.base import (
    COLUMN_KEYS,
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
from core.fieldtypes.checks import complain
from core.fieldtypes.cleaning import kind_of
from core.frozen import frozen
from core.source import Mapping as MappingNode
from core.source import Node


class GroupMember(NamedTuple):
    """One field of the trait, with its type."""

    name: str
    type: FieldType
    field: FieldDef


@frozen(kw_only=True)
class GroupDef(FieldDef):
    """A group field that knows the fields of its trait."""

    members: tuple[GroupMember, ...] = ()


def members_of(field: FieldDef) -> tuple[GroupMember, ...]:
    """The members of a resolved group field."""
    return field.members if isinstance(field, GroupDef) else ()


def flat_members(name: str, field: FieldDef) -> Iterator[tuple[str, GroupMember]]:
    """Each member with the name its values and columns have: `billing_street`."""
    for member in members_of(field):
        yield f"{name}_{member.name}", member


class GroupColumns(FieldType):
    """The members' columns side by side, each under the group's name and its own."""

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        return tuple(
            column
            for flat, member in flat_members(name, field)
            for column in member.type.columns(flat, member.field)
        )

    def load(self, row: Mapping[str, Any], name: str, field: FieldDef) -> Value:
        values = {
            member.name: member.type.load(row, flat, member.field)
            for flat, member in flat_members(name, field)
        }
        return values if _filled(values) else None

    def store(self, value: Value, name: str, field: FieldDef) -> dict[str, object]:
        given = value or {}
        columns: dict[str, object] = {}
        for flat, member in flat_members(name, field):
            part = given.get(member.name)
            columns |= member.type.store(part, flat, member.field)
        return columns


class GroupType(GroupColumns):
    """Several fields that are given, copied and shown together."""

    name: ClassVar[str] = "group"
    keys: ClassVar[frozenset[str]] = frozenset({"of"})
    required_keys: ClassVar[tuple[str, ...]] = ("of",)
    refused_keys: ClassVar[frozenset[str]] = COLUMN_KEYS
    operators: ClassVar[tuple[str, ...]] = ()
    member_kind: ClassVar[MemberKind] = MemberKind.GROUP
    sortable: ClassVar[bool] = False

    def resolve(self, field: FieldDef, ctx: FieldContext) -> FieldDef:
        parts = ctx.trait(field.of) if field.of is not None else None
        if parts is None:
            return field
        members = []
        for name, part in parts.items():
            type_ = ctx.catalog.get(part.type)
            if type_ is not None:
                inner = replace(ctx, name=name, address=f"{ctx.address}/{name}")
                members.append(GroupMember(name, type_, type_.resolve(part, inner)))
        known = {f.name: getattr(field, f.name) for f in fields(FieldDef)}
        return GroupDef(**known, members=tuple(members))

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        if field.of is None:
            return
        if not isinstance(field, GroupDef):
            if not ctx.diagnostics.is_broken(f"trait {field.of}"):
                message = f"there is no trait '{field.of}'"
                complain(ctx, field, "E301", message, "of")
            return
        for member in field.members:
            if not member.type.columns(member.name, member.field):
                message = (
                    f"'{member.name}' of the trait '{field.of}' is of the type "
                    f"{member.type.name}, which has no column to embed"
                )
                help_ = "mix the trait in with 'uses' instead"
                complain(ctx, field, "E208", message, "of", help_)

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        # As a whole it can only be copied; its members have types of their own.
        return types.group(field.of or "")

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        """A map of members, or a record that uses the trait; missing ones are null."""
        if raw is None or raw == "":
            return None
        given: Mapping[str, object]
        if isinstance(raw, Record):
            given = {m.name: raw.get(m.name) for m in members_of(field)}
        elif isinstance(raw, Mapping):
            given = raw
        else:
            message = f"a map of fields is needed here, not {kind_of(raw)}"
            raise BadValue("wrong_type", message)
        names = [member.name for member in members_of(field)]
        foreign = [str(key) for key in given if key not in names]
        if foreign:
            message = f"the group has no '{foreign[0]}'; it has {', '.join(names)}"
            raise BadValue("unknown_field", message, field=foreign[0])
        values = {}
        for member in members_of(field):
            part = given.get(member.name)
            try:
                values[member.name] = member.type.coerce(part, member.field, locale)
            except BadValue as bad:
                text = f"{member.name}: {bad.message}"
                raise BadValue(bad.code, text, **bad.facts) from bad
        return values if _filled(values) else None

    def literal(self, node: Node | object, field: FieldDef) -> Value:
        if not isinstance(node, MappingNode):
            return self.coerce(node, field)
        values = {}
        for member in members_of(field):
            part = node.get(member.name)
            if part is not None:
                values[member.name] = member.type.literal(part, member.field)
        return values or None

    def _json(self, value: Value, field: FieldDef) -> object:
        found = {}
        for member in members_of(field):
            part = value.get(member.name)
            found[member.name] = member.type.to_json(part, member.field)
        return found

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        return {
            "type": "object",
            "properties": {
                member.name: member.type.json_schema(member.field)
                for member in members_of(field)
            },
            "additionalProperties": False,
        }

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        """The filled members with `, ` between them."""
        texts = (
            member.type.to_text((value or {}).get(member.name), member.field, locale)
            for member in members_of(field)
        )
        return ", ".join(text for text in texts if text)

    def from_text(self, text: str, field: FieldDef, locale: Locale) -> Value:
        """Only an empty cell; each member is imported from a column of its own."""
        if text.strip():
            message = "a group does not fit into one cell; give each part a column"
            raise BadValue("needs_columns", message)
        return None

    def widget(self, field: FieldDef) -> WidgetSpec:
        members = tuple((m.name, m.type.widget(m.field)) for m in members_of(field))
        return WidgetSpec("group", {"of": field.of, "members": members})

    def _resized(self, old: FieldDef, new: FieldDef) -> Conversion:
        if old.of == new.of:
            return Conversion(Safety.SAFE, Method.KEEP)
        note = "the groups have other fields"
        return Conversion(Safety.REFUSED, Method.NONE, note)


def _filled(values: Mapping[str, Value]) -> bool:
    # A boolean is never empty, so a false one alone does not make a group.
    return any(value is not None and value is not False for value in values.values())
