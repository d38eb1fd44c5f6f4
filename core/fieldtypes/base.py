"""The base of all field types: every facet of one kind of value in one class.

Subclassed in this package and by modules; asked by compiler, migrations, services,
exchange and web, none of which ever switches on a type's name.

Public: `FieldType`, `GENERAL_KEYS`, and what its facets hand out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

from core.expressions.schema import MemberKind
from core.expressions.types import Type
from core.fieldtypes.context import FieldContext
from core.fieldtypes.locale import NEUTRAL, Locale
from core.fieldtypes.spec import FieldDef
from core.fieldtypes.values import (
    NO_HINTS,
    NOTHING,
    BadValue,
    Conversion,
    Method,
    Safety,
    TextHints,
    Value,
    WidgetSpec,
)
from core.source import Mapping as MappingNode
from core.source import Node, plain_data
from core.source import Scalar as ScalarNode
from core.source import Sequence as SequenceNode

if TYPE_CHECKING:
    import marshmallow as ma

GENERAL_KEYS = frozenset(
    {"type", "label", "help", "was", "deprecated", "hidden", "description"}
    | {"after", "before", "placeholder", "required", "readonly", "visible", "once"}
    | {"default", "derive", "formula", "cases", "stored", "frozen", "unique"}
    | {
        "index",
        "search",
        "copy",
        "track",
        "sensitive",
        "declassify",
        "convert",
        "per_company",
    }
)
# General keys that mean nothing where there is no single column of the record's own.
COLUMN_KEYS = frozenset({"unique", "index", "search", "stored", "convert"})

Coercer = Callable[[object], Value]


class Stored(ABC):
    """How values of a type are kept in the database."""

    name: ClassVar[str]
    # Old types whose values become ours without loss, and those where some may not fit.
    safe_from: ClassVar[frozenset[str]] = frozenset()
    lossy_from: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def columns(self, name: str, field: FieldDef) -> tuple[sa.Column[Any], ...]:
        """The columns that keep the value, the first one named like the field.

        Empty for values that live in rows of other tables. Indexes, uniqueness and the
        folded shadow column are the compiler's.
        """

    def load(self, row: Mapping[str, Any], name: str, field: FieldDef) -> Value:
        """The value out of a row's columns (keyed by column name)."""
        return row[name]

    def store(self, value: Value, name: str, field: FieldDef) -> dict[str, object]:
        """The column values that keep a canonical value."""
        return {name: value}

    def quantize(
        self, value: Value, field: FieldDef, places: int | None = None
    ) -> Value:
        """A computed value in the field's precision; exact numbers round half up.

        `places` are those of the record's currency or unit. A number that needs more
        digits than the field keeps is a BadValue.
        """
        return value

    def conversion_from(self, old: FieldDef, new: FieldDef) -> Conversion:
        """What becomes of the values when the definition `old` is replaced by `new`."""
        if old.type == new.type:
            return self._resized(old, new)
        if old.type in self.safe_from:
            return Conversion(Safety.SAFE, Method.RECODE)
        if old.type in self.lossy_from:
            note = f"values that are no {new.type} are archived and become empty"
            return Conversion(Safety.LOSSY, Method.RECODE, note)
        note = f"{old.type} does not become {new.type}; say how with 'convert'"
        return Conversion(Safety.REFUSED, Method.NONE, note)

    def recode(
        self, value: Value, source: FieldType, old: FieldDef, new: FieldDef
    ) -> Value:
        """A value of the old definition (of the type `source`) under the new one.

        A value that does not fit is a BadValue; the migration archives it.
        """
        return None if value is None else self._recode(value, source, old, new)

    @abstractmethod
    def _recode(
        self, value: Value, source: FieldType, old: FieldDef, new: FieldDef
    ) -> Value:
        """`recode` of a value that is not null."""

    def _resized(self, old: FieldDef, new: FieldDef) -> Conversion:
        """The same type with other keys; overridden where keys change the storage."""
        return Conversion(Safety.SAFE, Method.KEEP)


class Exchanged(ABC):
    """How values of a type look outside: in JSON, in texts, in forms."""

    @abstractmethod
    def coerce(self, raw: object, field: FieldDef, locale: Locale = NEUTRAL) -> Value:
        """Any input of Python, JSON or a form as the canonical value, else BadValue."""

    @abstractmethod
    def json_schema(self, field: FieldDef) -> dict[str, object]:
        """The JSON Schema (2020-12) of a value in the API, which is not null."""

    @abstractmethod
    def widget(self, field: FieldDef) -> WidgetSpec:
        """The control that edits the value."""

    def to_json(self, value: Value, field: FieldDef) -> object:
        """The value in the API: numbers as strings, ISO dates, moments with `Z`."""
        return None if value is None else self._json(value, field)

    def _json(self, value: Value, field: FieldDef) -> object:
        """`to_json` of a value that is not null."""
        return value

    def schema_field(self, field: FieldDef) -> ma.fields.Field[Any]:
        """A marshmallow field that loads by `coerce` and dumps by `to_json`."""
        from core.fieldtypes.schema_field import ValueField

        return ValueField(self, field)

    def to_text(
        self,
        value: Value,
        field: FieldDef,
        locale: Locale,
        hints: TextHints = NO_HINTS,
    ) -> str:
        """The value as people of the locale read it; null is the empty text."""
        return "" if value is None else str(value)

    def from_text(self, text: str, field: FieldDef, locale: Locale) -> Value:
        """The value of a cell that people of the locale wrote, else BadValue."""
        return self.coerce(text, field, locale)


class FieldType(Stored, Exchanged):
    """One kind of value. Immutable; one instance per catalog serves all fields.

    `keys` are the keys of its own beside the general ones, `required_keys` those that
    must be given, `refused_keys` general ones that mean nothing here. `operators` are
    those of filter chips. `text_like` values may get a folded shadow column; `sortable`
    ones may stand in an order; `write_only` ones are never read back or exported.
    """

    keys: ClassVar[frozenset[str]] = frozenset()
    required_keys: ClassVar[tuple[str, ...]] = ()
    refused_keys: ClassVar[frozenset[str]] = frozenset()
    operators: ClassVar[tuple[str, ...]] = ("is", "is_not", "empty")
    member_kind: ClassVar[MemberKind] = MemberKind.COLUMN
    text_like: ClassVar[bool] = False
    sortable: ClassVar[bool] = True
    write_only: ClassVar[bool] = False
    # Whether a person or program may give the value, or only the platform does.
    writable: ClassVar[bool] = True

    @abstractmethod
    def expression_type(self, field: FieldDef, ctx: FieldContext) -> Type:
        """The type of the value in expressions; digits and places are the column's."""

    def _recode(
        self, value: Value, source: FieldType, old: FieldDef, new: FieldDef
    ) -> Value:
        return self.coerce(source.to_json(value, old), new)

    def resolve(self, field: FieldDef, ctx: FieldContext) -> FieldDef:
        """The definition with what it names filled in (shared choices, group members).

        The registry replaces the field by it once, before anything else is asked.
        """
        return field

    def check(self, field: FieldDef, ctx: FieldContext) -> None:
        """Report the mistakes of a (resolved) definition into `ctx.diagnostics`."""
        from core.fieldtypes.checks import check_keys, check_literals

        check_keys(self, field, ctx)
        check_literals(self, field, ctx)

    def coercer(self, field: FieldDef, locale: Locale = NEUTRAL) -> Coercer:
        """`coerce` with everything that the field decides worked out beforehand."""
        return lambda raw: self.coerce(raw, field, locale)

    def literal(self, node: Node | object, field: FieldDef) -> Value:
        """The value of a YAML literal such as `2026-12-31`; links keep external ids."""
        if isinstance(node, ScalarNode):
            # Numbers are taken by their text, so that 1.10 keeps its places.
            number = node.plain and not isinstance(node.value, bool | str | None)
            return self.coerce(node.text if number else node.value, field)
        if isinstance(node, MappingNode | SequenceNode):
            return self.coerce(plain_data(node), field)
        return self.coerce(node, field)


__all__ = [
    "COLUMN_KEYS",
    "GENERAL_KEYS",
    "NEUTRAL",
    "NOTHING",
    "NO_HINTS",
    "BadValue",
    "Coercer",
    "Conversion",
    "FieldContext",
    "FieldDef",
    "FieldType",
    "Locale",
    "Method",
    "Safety",
    "TextHints",
    "Value",
    "WidgetSpec",
]
