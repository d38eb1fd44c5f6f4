"""Checks mappings of foreign data: their names, values, lines and reasons to refuse.

Called by core.registry.check_mappings; the checked expressions stand under
`mapping <id>/...`, like those over records.
"""

from __future__ import annotations

import re

from core.definitions.formats import BLOCKS, Many
from core.definitions.mapping import ForeignDef, MappingDef, MappingLinesDef, MissingDef
from core.diagnostics import Span, did_you_mean
from core.expressions import types
from core.expressions.schema import MemberKind
from core.expressions.slots import MAPPING, MESSAGE
from core.expressions.types import Kind, Type
from core.registry.check_fields import FieldChecker
from core.registry.check_values import check_assignments, check_value, writable_field
from core.registry.checker import Checker
from core.source import Map, Values, ValueSlot

#: A name of the foreign data by itself, which files are read for directly.
PLAIN = re.compile(r"src((?:\.[a-z][a-z0-9_]*)+)")
#: A name whose texts a map translates.
MAPPED = re.compile(
    r"mapped\(\s*src((?:\.[a-z][a-z0-9_]*)+)\s*,\s*['\"](\w+)['\"]\s*\)"
)
#: Which of several values become lines.
OF_KIND = re.compile(r"kind\s*==\s*['\"](\w+)['\"]")
_BARE = re.compile(r"[a-z][a-z0-9_]*")
_RECORDS_ONLY = ("when", "where", "group_by", "ask", "link", "then")
_LINES_ONLY_OF_RECORDS = ("open", "group_by", "link", "back", "match")
_LINKED = frozenset({MemberKind.LINK, MemberKind.REFERENCE, MemberKind.LINKS})


def check_foreign(
    checker: Checker, id: str, mapping: MappingDef, foreign: ForeignDef
) -> None:
    """Check one mapping of foreign data."""
    _ForeignChecker(checker, id, mapping, foreign).check()


class _ForeignChecker:
    def __init__(
        self, checker: Checker, id: str, mapping: MappingDef, foreign: ForeignDef
    ) -> None:
        self._checker = checker
        self._mapping = mapping
        self._foreign = foreign
        self._at = f"mapping {id}"
        self._names: dict[str, Type] = {}

    def check(self) -> None:
        mapping, checker = self._mapping, self._checker
        for key in _RECORDS_ONLY:
            if mapping.gave(key):
                text = f"'{key}' is about records; foreign data has none"
                checker.diagnostics.error("E208", text, mapping.at(key))
        self._names = self._known_names()
        entity = checker.documents.entities[mapping.to]
        for name, value in mapping.fields.items():
            field = writable_field(checker, entity, name, mapping.fields.key_span(name))
            if field is not None and value.expr is None:
                check_value(checker, value, field, mapping.to)
            elif field is not None:
                self._value(name, value)
                self._listed(name, value)
        for name, value in mapping.external.items():
            self._text(value, f"{self._at}/external/{name}")
        self._match()
        for name, lines in mapping.lines.items():
            self._lines(name, lines)
        for name, missing in mapping.missing.items():
            self._missing(name, missing, mapping.missing)
        for name, reject in mapping.reject.items():
            at = f"{self._at}/reject/{name}"
            checker.condition(reject.check, f"{at}/check", None, MAPPING, self._names)
            checker.text(reject.say, f"{at}/say", None, MESSAGE, self._names)

    def _error(self, code: str, text: str, span: Span, near: str | None = None) -> None:
        self._checker.diagnostics.error(code, text, span, None, near)

    def _known_names(self) -> dict[str, Type]:
        foreign, checker = self._foreign, self._checker
        block = BLOCKS.get(foreign.format)
        if block is not None:
            if foreign.gave("schema"):
                text = f"{foreign.format} has the names of its format"
                self._error("E208", text, foreign.at("schema"))
            return {f"src.{name}": types.TEXT for name in block.names}
        if not foreign.schema:
            text = "the columns that are read need their types: schema"
            self._error("E204", text, foreign.span)
        fields = FieldChecker(checker, "")
        names: dict[str, Type] = {}
        for name, field in foreign.schema.items():
            kind = checker.catalog.get(field.type)
            if kind is not None and kind.member_kind is not MemberKind.COLUMN:
                text = f"a {field.type} is no value of a file; take a text"
                self._error("E205", text, field.at("type"))
            elif kind is not None:
                fields.check(field)
                names[f"src.{name}"] = kind.expression_type(
                    field, checker.context("", field)
                )
        return names

    def _value(self, name: str, value: ValueSlot) -> None:
        """A value of a field; a text by itself is read as the field reads texts."""
        checker, at = self._checker, f"{self._at}/fields/{name}"
        member = checker.schema.entities[self._mapping.to].member(name)
        expected = None if member is None else member.type
        plain = value.expr is not None and PLAIN.fullmatch(value.expr.text.strip())
        if plain and self._names.get(f"src{plain[1]}") == types.TEXT:
            expected = None
        if member is not None and member.kind in _LINKED:
            # Texts name records; what leads to one is one.
            expected = None
        checker.expression(
            value.expr, at, None, MAPPING, names=self._names, expected=expected
        )

    def _listed(self, name: str, value: ValueSlot) -> None:
        """What a map makes of foreign texts has to be a key of a choice."""
        hit = MAPPED.fullmatch(value.expr.text.strip()) if value.expr else None
        member = self._checker.schema.entities[self._mapping.to].member(name)
        if hit is None or member is None or member.type.kind is not Kind.CHOICE:
            return
        values = self._mapping.value_maps.get(hit[2])
        for foreign, own in () if values is None else values.items():
            if values is not None and own not in member.type.choices:
                text = f"'{own}' is no key of '{name}'"
                near = did_you_mean(own, member.type.choices)
                self._error("E408", text, values.key_span(foreign), near)

    def _text(self, value: ValueSlot, at: str) -> None:
        if value.expr is None or not PLAIN.fullmatch(value.expr.text.strip()):
            text = "a name of the foreign data is needed here, like =src.uid"
            self._error("E205", text, value.span)
            return
        self._checker.expression(value.expr, at, None, MAPPING, names=self._names)

    def _match(self) -> None:
        mapping = self._mapping
        for name in mapping.match:
            if name not in mapping.fields:
                near = did_you_mean(name, mapping.fields)
                text = f"'{name}' is not among the fields of the mapping"
                self._error("E402", text, mapping.at("match"), near)

    def _lines(self, name: str, lines: MappingLinesDef) -> None:
        for key in _LINES_ONLY_OF_RECORDS:
            if lines.gave(key):
                text = f"'{key}' is about records; foreign data has none"
                self._error("E208", text, lines.at(key))
        many = self._many(lines)
        schema = self._checker.schema.entities[self._mapping.to]
        member = schema.member(lines.to)
        if member is None or member.kind is not MemberKind.LINES:
            text = f"'{self._mapping.to}' has no lines '{lines.to}'"
            near = did_you_mean(lines.to, schema.names())
            self._error("E402", text, lines.at("to"), near)
        elif many is not None:
            self._line_fields(lines, many, member.target or "", name)

    def _many(self, lines: MappingLinesDef) -> Many | None:
        """What there is several of, chosen by its kind."""
        block = BLOCKS.get(self._foreign.format)
        known = {} if block is None else block.many
        hit = PLAIN.fullmatch(lines.from_.text.strip())
        many = known.get(hit[1][1:]) if hit else None
        if many is None:
            near = did_you_mean(hit[1][1:] if hit else "", known)
            text = f"there are not several of '{lines.from_.text}' in the data"
            self._error("E402", text, lines.at("from"), near)
            return None
        if lines.where is None and not many.kinds:
            return many
        chosen = None if lines.where is None else OF_KIND.fullmatch(lines.where.text)
        if chosen is None or chosen[1] not in many.kinds:
            kinds = ", ".join(f"'{kind}'" for kind in many.kinds)
            text = f"lines of these are chosen by kind == one of {kinds}"
            if not many.kinds:
                text = "these are of one kind; nothing is to be chosen"
            near = did_you_mean(chosen[1], many.kinds) if chosen else None
            span = lines.at("where") if lines.where is not None else lines.at("from")
            self._error("E205", text, span, near)
        return many

    def _line_fields(
        self, lines: MappingLinesDef, many: Many, child: str, name: str
    ) -> None:
        constants = {k: v for k, v in lines.fields.items() if v.expr is None}
        only = Map(constants, {k: lines.fields.key_span(k) for k in constants})
        check_assignments(self._checker, only, child, f"{self._at}/lines/{name}", None)
        entity = self._checker.documents.entities[child]
        for field, value in lines.fields.items():
            if value.expr is None:
                continue
            span = lines.fields.key_span(field)
            writable_field(self._checker, entity, field, span)
            text = value.expr.text.strip()
            if text not in many.parts:
                near = did_you_mean(text, many.parts) if _BARE.fullmatch(text) else None
                parts = ", ".join(many.parts)
                said = f"a part of the value is needed here: {parts}"
                self._error("E402", said, value.span, near)

    def _missing(self, name: str, body: object, all_: Map[object]) -> None:
        first, dot, rest = name.partition(".")
        schema = self._checker.schema.entities[self._mapping.to]
        member = schema.member(first)
        if (
            dot
            and member is not None
            and member.target in self._checker.schema.entities
        ):
            member = self._checker.schema.entities[member.target].member(rest)
        if member is None or member.kind not in _LINKED:
            text = f"'{name}' is no link of the target"
            near = did_you_mean(first, schema.names())
            self._error("E402", text, all_.key_span(name), near)
        elif isinstance(body, MissingDef) and member.target:
            at = f"{self._at}/missing/{name}"
            check_assignments(self._checker, body.create, member.target, at, None)
            self._constants(body.create)

    def _constants(self, values: Values) -> None:
        for value in values.values():
            if value.expr is not None:
                text = "only constants are possible here"
                self._error("E205", text, value.span)


__all__ = ["MAPPED", "OF_KIND", "PLAIN", "check_foreign"]
