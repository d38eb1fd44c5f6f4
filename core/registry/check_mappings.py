"""Checks mappings: their entities, conditions, values, lines and links.

Called by core.registry.build once entities are checked; the checked expressions stand
under `mapping <id>/...`.
"""

from __future__ import annotations

import re

from core.definitions.mapping import MappingDef, MappingLinesDef
from core.diagnostics import Span, did_you_mean
from core.expressions import types
from core.expressions.schema import Member, MemberKind
from core.expressions.slots import CHECK, MAPPING, VALUE
from core.expressions.types import RELATIONAL, Kind, Type
from core.fieldtypes.spec import BuildDef, FieldDef
from core.registry.check_effects import EffectChecker
from core.registry.check_fields import FieldChecker
from core.registry.check_foreign import check_foreign
from core.registry.check_values import check_assignments, writable_field
from core.registry.checker import Checker


def check_mappings(checker: Checker) -> None:
    """Check all mappings; those of unknown entities are taken out."""
    mappings = checker.documents.of("mapping", MappingDef)
    for id_, mapping in list(mappings.items()):
        if not _known(checker, id_, mapping):
            del mappings[id_]
            continue
        checker.value_maps = mapping.value_maps
        if mapping.foreign is None:
            _MappingChecker(checker, id_, mapping).check()
        else:
            check_foreign(checker, id_, mapping, mapping.foreign)
        checker.value_maps = {}
    for entity in checker.documents.entities.values():
        for field in entity.fields.values():
            if field.build is not None and field.type in checker.catalog:
                _build(checker, entity.id, field, field.build)


def _build(checker: Checker, entity: str, field: FieldDef, build: BuildDef) -> None:
    """Check the lines of an entity that a mapping makes."""
    mappings = checker.documents.of("mapping", MappingDef)
    module = checker.author_of(field.address) or entity.partition(".")[0]
    span = build.at("mapping")
    if not checker.dependencies.check(module, "mapping", build.mapping, mappings, span):
        return
    mapping = mappings[build.mapping]
    at = f"{field.address}/build"
    checker.condition(build.while_, f"{at}/while", entity, CHECK)
    typed = checker.rows(build.in_, f"{at}/in", entity, VALUE, {})
    if not _PATH.fullmatch(build.in_.text.strip()):
        text = "a path to rows is needed; the mapping's 'where' chooses among them"
        checker.diagnostics.error("E205", text, build.at("in"))
    elif typed is not None:
        item = typed.type.item or typed.type
        if item.kind not in RELATIONAL or mapping.source not in item.entities:
            text = f"the mapping takes records of {mapping.source}, not {typed.type}"
            checker.diagnostics.error("E419", text, build.at("in"))
    if mapping.to != field.of:
        text = f"the mapping makes {mapping.to}, these lines are {field.of}"
        checker.diagnostics.error("E419", text, span)
    if not mapping.match:
        text = "rows that are made again are known by 'match'"
        checker.diagnostics.error("E204", text, span, help=f"add it to {build.mapping}")


def _known(checker: Checker, id_: str, mapping: MappingDef) -> bool:
    module, entities = id_.partition(".")[0], checker.documents.entities
    found = True
    named = [("to", mapping.to)]
    if mapping.foreign is None:
        named.insert(0, ("from", mapping.source))
    for key, entity in named:
        span = mapping.at(key)
        if not checker.dependencies.check(module, "entity", entity, entities, span):
            found = False
    return found


class _MappingChecker:
    def __init__(self, checker: Checker, id: str, mapping: MappingDef) -> None:
        self._checker = checker
        self._mapping = mapping
        self._at = f"mapping {id}"
        self._source = mapping.source

    def check(self) -> None:
        mapping, checker, at = self._mapping, self._checker, self._at
        asked = self._asked()
        source = self._source
        checker.condition(mapping.when, f"{at}/when", source, MAPPING, asked)
        checker.condition(mapping.where, f"{at}/where", source, MAPPING, asked)
        for index, text in enumerate(mapping.group_by):
            checker.expression(
                text, f"{at}/group_by/{index}", source, MAPPING, names=asked
            )
        names = {**asked, "rows": types.list_of(types.record(source))}
        owners = checker.documents.entities[mapping.to].part_of.values()
        owner = next(iter(owners), None)
        if owner is not None:
            # What lines are built for.
            names["parent"] = types.link(owner)
        check_assignments(
            checker, mapping.fields, mapping.to, f"{at}/fields", source, names
        )
        target = checker.documents.entities[mapping.to]
        for name in mapping.match:
            writable_field(checker, target, name, mapping.at("match"))
        self._link(mapping.to, mapping.link, source, mapping.at("link"))
        for name, lines in mapping.lines.items():
            self._lines(lines, f"{at}/lines/{name}", asked)
        self._then(asked)

    def _then(self, asked: dict[str, Type]) -> None:
        """Effects on the source; they read the answers and the target."""
        mapping = self._mapping
        module = mapping.id.partition(".")[0]
        names = {**asked, "target": types.link(mapping.to)}
        effects = EffectChecker(self._checker, module, self._source)
        effects.check(mapping.then, f"{self._at}/then", names)

    def _asked(self) -> dict[str, Type]:
        checker = self._checker
        fields = FieldChecker(checker, self._source)
        names: dict[str, Type] = {}
        for name, field in self._mapping.ask.items():
            type_ = checker.catalog.get(field.type)
            if type_ is not None:
                fields.check(field)
                context = checker.context(self._source, field)
                names[f"ask.{name}"] = type_.expression_type(field, context)
        return names

    def _lines(self, lines: MappingLinesDef, at: str, asked: dict[str, Type]) -> None:
        checker = self._checker
        typed = checker.rows(lines.from_, f"{at}/from", self._source, MAPPING, asked)
        child = self._child(lines)
        if typed is None or child is None:
            return
        item = typed.type.item or typed.type
        if item.kind not in RELATIONAL or len(item.entities) != 1:
            text = f"rows of one entity are needed here, this is {typed.type}"
            checker.diagnostics.error("E419", text, lines.at("from"))
            return
        row = item.entities[0]
        names: dict[str, Type] = {**asked, "parent": types.link(self._source)}
        checker.condition(lines.where, f"{at}/where", row, MAPPING, names)
        for index, key in enumerate(lines.group_by):
            checker.expression(key, f"{at}/group_by/{index}", row, MAPPING, names=names)
        names["rows"] = types.list_of(types.record(row))
        self._open(lines, at, row, names)
        check_assignments(checker, lines.fields, child, f"{at}/fields", row, names)
        owner = checker.documents.entities[child]
        for name in lines.match:
            writable_field(checker, owner, name, lines.at("match"))
        self._link(child, lines.link, row, lines.at("link"))
        if lines.back is not None:
            self._back(lines, row, child)
        if lines.group_by and (lines.link or lines.back):
            text = "merged rows have no line of their own to link to"
            checker.diagnostics.error("E208", text, lines.at("group_by"))

    def _open(
        self, lines: MappingLinesDef, at: str, row: str, names: dict[str, Type]
    ) -> None:
        if lines.open_ is None:
            return
        inner = {name: kind for name, kind in names.items() if name != "rows"}
        typed = self._checker.expression(
            lines.open_, f"{at}/open", row, MAPPING, names=inner
        )
        if typed is None:
            return
        names["open"] = typed.type
        if typed.type.kind not in _COUNTED:
            text = f"what is still open is a number, this is {typed.type}"
            self._checker.diagnostics.error("E419", text, lines.at("open"))

    def _child(self, lines: MappingLinesDef) -> str | None:
        schema = self._checker.schema.entities[self._mapping.to]
        member = schema.member(lines.to)
        if member is not None and member.kind is MemberKind.LINES:
            return member.target
        self._checker.diagnostics.error(
            "E402",
            f"'{self._mapping.to}' has no lines '{lines.to}'",
            lines.at("to"),
            "unknown name",
            did_you_mean(lines.to, schema.names()),
        )
        return None

    def _link(self, owner: str, name: str | None, to: str, span: Span) -> None:
        """Check that a field of `owner` may lead to a record of `to`."""
        if name is None:
            return
        entity = self._checker.documents.entities[owner]
        if writable_field(self._checker, entity, name, span) is None:
            return
        member = self._checker.schema.entities[owner].member(name)
        if not _may_reach(member, to):
            text = f"'{name}' is no link to {to}"
            self._checker.diagnostics.error("E419", text, span)

    def _back(self, lines: MappingLinesDef, row: str, child: str) -> None:
        member = self._checker.schema.entities[row].member(lines.back or "")
        to = child if _may_reach(member, child) else self._mapping.to
        self._link(row, lines.back, to, lines.at("back"))


_PATH = re.compile(r"[a-z_]\w*(\s*\.\s*[a-z_]\w*)*")
_COUNTED = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.QUANTITY, Kind.MONEY})


def _may_reach(member: Member | None, entity: str) -> bool:
    if member is None or member.kind not in _LEADING:
        return False
    item = member.type.item or member.type
    return entity in item.entities


_LEADING = frozenset({MemberKind.LINK, MemberKind.REFERENCE, MemberKind.LINKS})
