"""Fields that lead to many other records.

Public: `LinksType` (value: tuple of ids), `TagsType` (ids and new names), `LinesType`
(value: tuple of dicts, one per row). They have no column: association
tables, the rows themselves and their positions are kept by compiler and services.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

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
from core.fieldtypes.checks import check_entity, complain
from core.fieldtypes.cleaning import clean_line, kind_of
from core.fieldtypes.limits import limits_of
from core.fieldtypes.links import external_or_raw, id_of
from core.fieldtypes.numbers import IntegerType
from core.source import Node

MOST_ROWS = 10_000


class ManyType(FieldType):
    """The base of to-many fields: no column, a list of records in expressions."""

    refused_keys: ClassVar[frozenset[str]] = COLUMN_KEYS
    operators: ClassVar[tuple[str, ...]] = ("contains", "empty")
    sortable: ClassVar[bool] = False

    def target(self, field: FieldDef) -> str | None:
        """The entity of the records."""
        return field.of

    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        return ()

    def load(self, row: Mapping[str, Any], name: str, field: FieldDef) -> Value:
        return row.get(name, ())

    def store(self, value: Value, name: str, field: FieldDef) -> dict[str, object]:
        return {}

    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        target = self.target(field)
        return types.list_of(types.record(target)) if target else types.NULL

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        target = self.target(field)
        if target is not None:
            check_entity(ctx, field, target, "to" if "to" in self.keys else "of")

    def items(self, raw: object) -> list[object]:
        """The items of an input; null is none."""
        if raw is None or raw == "":
            return []
        if isinstance(raw, str):
            return [part for part in raw.split(",") if part.strip()]
        if isinstance(raw, Mapping | Record) or not isinstance(raw, Iterable):
            raise BadValue("wrong_type", f"a list is needed here, not {kind_of(raw)}")
        found = list(raw)
        if len(found) > MOST_ROWS:
            message = f"the list has {len(found)} entries, at most {MOST_ROWS} fit"
            raise BadValue("too_many", message, length=len(found), allowed=MOST_ROWS)
        return found

    def _json(self, value: Value, field: FieldDef) -> object:
        return list(value)

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        """The titles where the caller knows them, else the ids, with `; ` between."""
        target = self.target(field) or ""
        texts = []
        for item in value or ():
            title = hints.title(target, item) if hints.title else None
            texts.append(title or str(item))
        return "; ".join(texts)

    def from_text(self, text: str, field: FieldDef, locale: Locale) -> Value:
        separator = ";" if ";" in text else ","
        parts = [part.strip() for part in text.split(separator)]
        return self.coerce([part for part in parts if part], field, locale)

    def _resized(self, old: FieldDef, new: FieldDef) -> Conversion:
        if self.target(old) != self.target(new) or old.through != new.through:
            note = "the rows belong to another entity"
            return Conversion(Safety.REFUSED, Method.NONE, note)
        return Conversion(Safety.SAFE, Method.KEEP)


class LinksType(ManyType):
    """Any number of records of one entity, each once."""

    name: ClassVar[str] = "links"
    keys: ClassVar[frozenset[str]] = frozenset(
        {"to", "where", "inverse", "through", "min", "max"}
    )
    required_keys: ClassVar[tuple[str, ...]] = ("to",)
    member_kind: ClassVar[MemberKind] = MemberKind.LINKS

    def target(self, field: FieldDef) -> str | None:
        return field.to[0] if field.to else None

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        if len(field.to) > 1:
            message = f"links lead to one entity, not to {len(field.to)}"
            complain(ctx, field, "E208", message, "to")
        if field.through is not None:
            check_entity(ctx, field, field.through, "through")
        _check_counts(field, ctx)

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        target = self.target(field)
        ids = (id_of(item, target) for item in self.items(raw))
        return tuple(dict.fromkeys(id_ for id_ in ids if id_ is not None))

    def literal(self, node: Node | object, field: FieldDef) -> Value:
        """Ids stay ids, external ids stay texts; one alone is a list of one."""
        raw = external_or_raw(node)
        items = raw if isinstance(raw, list | tuple) else [raw]
        texts = [item.strip() for item in items if isinstance(item, str)]
        ids = self.coerce([i for i in items if not isinstance(i, str)], field)
        return (*ids, *(text for text in texts if text))

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        items = {"type": "integer", "format": "int64", "x-entity": self.target(field)}
        return {"type": "array", "items": items, "uniqueItems": True}

    def widget(self, field: FieldDef) -> WidgetSpec:
        return WidgetSpec("links", {"to": self.target(field), "create": field.create})

    def _recode(
        self, value: Value, source: FieldType, old: FieldDef, new: FieldDef
    ) -> Value:
        many = value if isinstance(source, ManyType) else [value]
        return self.coerce(many, new)

    def conversion_from(self, old: FieldDef, new: FieldDef) -> Conversion:
        if old.type == "link" and old.to[:1] == new.to[:1] and new.through is None:
            note = "each link becomes the first of the links"
            return Conversion(Safety.SAFE, Method.RECODE, note)
        return super().conversion_from(old, new)


class TagsType(LinksType):
    """Records picked or made by typing their name.

    Names stay texts in the value until the services have found or made their records.
    """

    name: ClassVar[str] = "tags"
    keys: ClassVar[frozenset[str]] = frozenset({"of"})
    required_keys: ClassVar[tuple[str, ...]] = ()

    def resolve(self, field: FieldDef, ctx: FieldContext) -> FieldDef:
        return field if field.of else replace(field, of=self.target(field))

    def target(self, field: FieldDef) -> str | None:
        return field.of or "base.tag"

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        target = self.target(field)
        found: dict[int | str, None] = {}
        for item in self.items(raw):
            try:
                tag: int | str | None = id_of(item, target)
            except BadValue as bad:
                if bad.code != "needs_lookup":
                    raise
                tag = clean_line(item)
            if tag is not None:
                found[tag] = None
        return tuple(found)

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        items = {"type": ["integer", "string"], "x-entity": self.target(field)}
        return {"type": "array", "items": items, "uniqueItems": True}

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        target = self.target(field) or ""
        title = hints.title
        return "; ".join(
            item
            if isinstance(item, str)
            else (title(target, item) if title else None) or str(item)
            for item in value or ()
        )

    def widget(self, field: FieldDef) -> WidgetSpec:
        return WidgetSpec("tags", {"to": self.target(field)})


class LinesType(ManyType):
    """Owned rows: a list of maps; an `id` among the keys means a row that is there."""

    name: ClassVar[str] = "lines"
    keys: ClassVar[frozenset[str]] = frozenset({"of", "where", "min", "max", "build"})
    required_keys: ClassVar[tuple[str, ...]] = ("of",)
    operators: ClassVar[tuple[str, ...]] = ("empty",)
    member_kind: ClassVar[MemberKind] = MemberKind.LINES

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        super().check(field, ctx)
        _check_counts(field, ctx)

    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        rows = self.items(raw)
        limits = limits_of(COUNT, field)
        if limits is not None and rows:
            self._count(len(rows), limits.least, limits.most)
        return tuple(self._row(row, place) for place, row in enumerate(rows, 1))

    def _count(self, count: int, least: int | None, most: int | None) -> None:
        if least is not None and count < least:
            message = f"there are {count} rows, at least {least} are needed"
            raise BadValue("too_few", message, count=count, allowed=least)
        if most is not None and count > most:
            message = f"there are {count} rows, at most {most} are allowed"
            raise BadValue("too_many", message, count=count, allowed=most)

    def _row(self, row: object, place: int) -> dict[str, object]:
        if isinstance(row, Record):
            values = {"id": row.id} if row.id is not None else {}
            return {**row.values, **values}
        if not isinstance(row, Mapping) or not all(isinstance(k, str) for k in row):
            message = f"row {place} is not a map of fields but {kind_of(row)}"
            raise BadValue("wrong_type", message, row=place)
        found = dict(row)
        if "id" in found:
            id_ = id_of(found.pop("id"), None)
            if id_ is not None:
                found["id"] = id_
        return found

    def literal(self, node: Node | object, field: FieldDef) -> Value:
        return self.coerce(external_or_raw(node), field)

    def _json(self, value: Value, field: FieldDef) -> object:
        return [dict(row) for row in value]

    def json_schema(self, field: FieldDef) -> dict[str, object]:
        items = {"type": "object", "x-entity": field.of}
        return {"type": "array", "items": items, "maxItems": MOST_ROWS}

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        """The number of rows; their own fields are shown by lists and exports."""
        return str(len(value)) if value else ""

    def from_text(self, text: str, field: FieldDef, locale: Locale) -> Value:
        """Only an empty cell; rows are imported as rows."""
        if text.strip():
            message = "rows do not fit into one cell; import them as rows of their own"
            raise BadValue("needs_rows", message)
        return ()

    def widget(self, field: FieldDef) -> WidgetSpec:
        return WidgetSpec("lines", {"of": field.of})


# `min` and `max` of lines are whole numbers.
COUNT = IntegerType()


def _check_counts(field: FieldDef, ctx: FieldContext) -> None:
    """`min` and `max` of rows and of picked records are whole numbers."""
    for key in ("min", "max"):
        slot = getattr(field, key)
        if slot is None or slot.literal is None:
            continue
        try:
            COUNT.literal(slot.literal, replace(field, min=None, max=None))
        except BadValue as bad:
            complain(ctx, field, "E205", f"'{key}' counts rows: {bad}", key)
