"""Formulas and cases: checked once, classified as stored or computed on read.

Called when a formula's member is first asked for, by whichever expression reads it; so
a formula is settled before its readers, and a circle shows itself (E416).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from core.definitions import EntityDef, TraitDef
from core.diagnostics import Span
from core.expressions import types
from core.expressions.schema import Member, MemberKind
from core.expressions.slots import COMPUTED_FORMULA, STORED_FORMULA
from core.expressions.tree import Conditional, Literal, Node, Typed, Uses
from core.expressions.types import Path, Type
from core.fieldtypes.base import BadValue
from core.fieldtypes.spec import CaseDef, FieldDef
from core.registry.checker import Checker
from core.registry.per_company import value_of_company
from core.registry.schema import RegistrySchema
from core.registry.secrecy import check_declassified
from core.source import ValueSlot

#: Formulas that read formulas that read ...: more than this no author overlooks.
DEEPEST = 40


class Formulas:
    """Settles the members of formula fields."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._stack: list[tuple[str, str]] = []
        self._circles: set[frozenset[tuple[str, str]]] = set()

    def settled(
        self, owner: EntityDef | TraitDef, field: FieldDef, declared: Member
    ) -> Member:
        """Return the member with what its formula says about storage and secrecy."""
        here = (owner.id, field.id)
        if here in self._stack:
            self._report_circle(here)
            return declared
        if len(self._stack) >= DEEPEST:
            text = f"formulas read each other over more than {DEEPEST} levels"
            self._checker.diagnostics.error("E413", text, _formula_span(field))
            return declared
        self._stack.append(here)
        try:
            typed = self._typed(owner, field, declared)
        finally:
            self._stack.pop()
        if typed is None:
            return declared
        stored = field.stored
        if stored is None:
            stored = self._worth_keeping(owner, field, typed)
        check_declassified(self._checker, owner.id, field, typed)
        hidden = typed.uses.sensitive and not (field.declassify or field.per_company)
        return replace(
            declared,
            stored=stored,
            computed=None if stored else typed,
            sensitive=field.sensitive or hidden,
            same_as=_plain_path(typed, field),
        )

    def _worth_keeping(
        self, owner: EntityDef | TraitDef, field: FieldDef, typed: Typed
    ) -> bool:
        """Whether a formula that does not say so is kept in a column.

        One that only repeats a value behind links is a join when it is read; kept, it
        would be written again in every record that leads there. A column that is
        searched or indexed has to be one.
        """
        repeated = _plain_path(typed, field)
        wanted = field.index or field.search or field.unique
        if repeated is not None and len(repeated) > 1 and not wanted:
            return False
        return is_followed(typed, owner.id, self._checker.schema)

    def _typed(
        self, owner: EntityDef | TraitDef, field: FieldDef, declared: Member
    ) -> Typed | None:
        slot = STORED_FORMULA if field.stored else COMPUTED_FORMULA
        if field.per_company and field.formula is not None:
            return value_of_company(self._checker, owner.id, field, declared.type)
        if field.formula is not None:
            return self._checker.expression(
                field.formula,
                f"{field.address}/formula",
                owner.id,
                slot,
                expected=declared.type,
            )
        joined = CasesJoiner(self._checker, owner.id, field, declared.type, slot)
        typed = joined.typed()
        if typed is not None:
            self._checker.expressions[f"{field.address}/cases"] = typed
        return typed

    def _report_circle(self, here: tuple[str, str]) -> None:
        circle = self._stack[self._stack.index(here) :]
        if frozenset(circle) in self._circles:
            return
        self._circles.add(frozenset(circle))
        start = circle.index(min(circle))
        ordered = [*circle[start:], *circle[:start]]
        names = [f"{entity}.{name}" for entity, name in (*ordered, ordered[0])]
        entity, name = ordered[0]
        documents = self._checker.documents
        owner = documents.entities.get(entity) or documents.traits[entity]
        report_circle(self._checker, names, _formula_span(owner.fields[name]))


def report_circle(checker: Checker, names: list[str], span: Span) -> None:
    """Report E416 for names that read each other in a circle."""
    checker.diagnostics.error(
        "E416",
        f"values read each other in a circle: {' -> '.join(names)}",
        span,
        "leads back to itself",
        "take one of them out of the circle",
    )


class CasesJoiner:
    """Makes one conditional expression of the lines of `cases`."""

    def __init__(
        self, checker: Checker, owner: str, field: FieldDef, value: Type, slot: Any
    ) -> None:
        self._checker = checker
        self._owner = owner
        self._field = field
        self._value = value
        self._slot = slot
        self._parts: list[Typed] = []

    def typed(self) -> Typed | None:
        """Return the joined expression; None (reported) if a line is bad."""
        lines = self._field.cases
        good = True
        pairs: list[tuple[Node | None, Node]] = []
        for index, case in enumerate(lines):
            pair = self._pair(case, index, last=index == len(lines) - 1)
            good = good and pair is not None
            if pair is not None:
                pairs.append(pair)
        if not good:
            return None
        tree: Node = Literal(types.NULL, (0, 0), None)
        if self._value.kind is not types.Kind.NULL:
            tree = Literal(self._value, (0, 0), None)
        for test, then in reversed(pairs):
            if test is None:
                tree = then
            else:
                tree = Conditional(self._value, (0, 0), test, then, tree)
        return self._joined(tree)

    def _pair(
        self, case: CaseDef, index: int, last: bool
    ) -> tuple[Node | None, Node] | None:
        address = f"{self._field.address}/cases/{index}"
        is_else = case.gave("else")
        if is_else != (not case.gave("when")) or is_else == case.gave("then"):
            text = "a case is either 'when' and 'then', or 'else' alone"
            self._checker.diagnostics.error("E215", text, case.span)
            return None
        if is_else and not last:
            text = "'else' is the last case; those behind it are never reached"
            self._checker.diagnostics.error("E215", text, case.span)
            return None
        value = self._node(case.else_ if is_else else case.then, address)
        if is_else or case.when is None:
            return None if value is None else (None, value)
        test = self._checker.checked(
            case.when, self._owner, self._slot, expected=types.BOOLEAN
        )
        if test is None or value is None:
            return None
        self._parts.append(test)
        return test.tree, value

    def _node(self, value: ValueSlot | None, address: str) -> Node | None:
        if value is None:
            return None
        if value.expr is not None:
            typed = self._checker.checked(
                value.expr, self._owner, self._slot, expected=self._value
            )
            if typed is None:
                return None
            self._parts.append(typed)
            return typed.tree
        literal = literal_of(self._checker, value, self._field)
        if literal is BAD:
            return None
        return Literal(self._value, (0, 0), literal)

    def _joined(self, tree: Node) -> Typed:
        reads_of: dict[str, frozenset[Path]] = {}
        for part in self._parts:
            for name, paths in part.reads_of.items():
                reads_of[name] = reads_of.get(name, frozenset()) | paths
        return Typed(
            tree=tree,
            text="; ".join(part.text for part in self._parts),
            entity=self._owner,
            reads=frozenset().union(*(part.reads for part in self._parts)),
            reads_of=reads_of,
            uses=joined_uses(part.uses for part in self._parts),
        )


BAD = object()


def literal_of(checker: Checker, value: ValueSlot, field: FieldDef) -> object:
    """Return the value of a literal in a slot for this field, `BAD` when reported."""
    type_ = checker.catalog.get(field.type)
    if type_ is None:
        return BAD
    try:
        return type_.literal(value.literal, field)
    except BadValue as bad:
        near = bad.facts.get("nearest")
        checker.diagnostics.error(
            "E408" if bad.code == "unknown_choice" else "E214",
            f"this is no value of '{field.id}': {bad.message}",
            value.span,
            None if near is None else f"the nearest one is '{near}'",
        )
        return BAD


def joined_uses(uses: Iterable[Uses]) -> Uses:
    """Return what several expressions use together."""
    found = Uses()
    for other in uses:
        found = Uses(
            me=found.me or other.me,
            company=found.company or other.company,
            clock=found.clock or other.clock,
            old=found.old or other.old,
            memory=found.memory or other.memory,
            sensitive=found.sensitive or other.sensitive,
            rows=found.rows | other.rows,
            settings=found.settings | other.settings,
            functions=found.functions | other.functions,
            external=found.external | other.external,
        )
    return found


def is_followed(typed: Typed, owner: str, schema: RegistrySchema) -> bool:
    """Whether every change of an expression's value comes with a change of a record.

    Then the value can be kept in a column. Clock, user, settings and what
    saves themselves stamp on the record change without one.
    """
    uses = typed.uses
    if uses.me or uses.company or uses.clock or uses.old or uses.memory:
        return False
    if uses.rows or uses.settings:
        return False
    if any(name.startswith("ref:") for name in typed.reads_of):
        return False
    return all(_is_followed(path, owner, schema, True) for path in typed.reads)


_WHEN_SAVED = frozenset({"version", "updated_at", "updated_by"})
_AT_FIRST = frozenset({"id", "created_at", "created_by"})


def _is_followed(path: Path, owner: str, schema: RegistrySchema, own: bool) -> bool:
    entity = schema.entity(owner)
    member = None if entity is None else entity.column(path[0])
    if member is None or path[0] in _WHEN_SAVED or (own and path[0] in _AT_FIRST):
        return False
    if member.kind is MemberKind.GROUP and len(path) > 1:
        return _is_followed((f"{path[0]}_{path[1]}", *path[2:]), owner, schema, own)
    if member.computed is not None:
        return is_followed(member.computed, owner, schema)
    if len(path) == 1:
        return True
    own = own and member.kind is MemberKind.LINES
    if member.kind is MemberKind.REFERENCE:
        targets = [t for t in member.type.entities if _has(schema, t, path[1])]
    else:
        targets = [member.target] if member.target is not None else []
    rest = path[1:]
    return bool(targets) and all(_is_followed(rest, t, schema, own) for t in targets)


def _has(schema: RegistrySchema, entity: str, name: str) -> bool:
    found = schema.entity(entity)
    return found is not None and found.column(name) is not None


def _plain_path(typed: Typed, field: FieldDef) -> Path | None:
    text = "" if field.formula is None else field.formula.text
    path = tuple(step.strip() for step in text.split("."))
    return path if path in typed.reads and len(typed.reads) == 1 else None


def _formula_span(field: FieldDef) -> Span:
    return field.at("formula" if field.formula is not None else "cases")
