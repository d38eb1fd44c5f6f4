"""Checks decisions, each when an expression first asks for it.

So a decision is settled before those who call it, and a circle of decisions that call
each other shows itself (E416).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from core.definitions import DecisionColumnDef, DecisionDef
from core.expressions import types
from core.expressions.schema import Decision, Member, MemberKind
from core.expressions.slots import CONSTRAINT, DECISION
from core.expressions.tree import Typed
from core.expressions.types import AMOUNTS, NUMERIC, Kind, Path, Type
from core.fieldtypes.spec import FieldDef
from core.registry.checker import Checker
from core.registry.decision_rows import check_rows
from core.registry.formulas import literal_of, report_circle
from core.registry.paths import check_path
from core.registry.secrecy import report_leak
from core.source import ExprText, Map, Values

#: What a decision may be kept as, and the mode that belongs to each.
_SOURCES = ("rows", "entity", "bands")
#: The ways a column meets the inputs.
WAYS = ("equal", "within", "at_least", "from", "until", "holds")


class DecisionChecker:
    """Settles decisions and keeps the checked forms of their expressions."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._stack: list[str] = []

    def settled(self, id: str) -> Decision | None:
        """The decision as expressions see it; None if there is none of this id."""
        definition = self._checker.documents.decisions.get(id)
        if definition is None:
            return None
        if id in self._stack:
            circle = [*self._stack[self._stack.index(id) :], id]
            report_circle(self._checker, circle, definition.span)
            return None
        self._stack.append(id)
        try:
            return self._settled(definition)
        finally:
            self._stack.pop()

    def _settled(self, definition: DecisionDef) -> Decision:
        inputs = {n: m.type for n, m in self._members(definition.inputs).items()}
        outputs = self._members(definition.outputs)
        body = _Body(self._checker, definition, inputs, outputs)
        body.check()
        return Decision(
            definition.id,
            inputs,
            outputs,
            many=definition.mode == "all",
            reads=body.reads(),
        )

    def _members(self, fields: Map[FieldDef]) -> dict[str, Member]:
        found: dict[str, Member] = {}
        for name, field in fields.items():
            kind = self._checker.catalog.get(field.type)
            if kind is None:
                text = f"unknown field type '{field.type}'"
                self._checker.diagnostics.error("E203", text, field.at("type"))
                continue
            context = self._checker.context("", field)
            type = kind.expression_type(field, context)
            target = type.entity if type.kind is Kind.LINK else None
            way = MemberKind.COLUMN if target is None else MemberKind.LINK
            secret = field.sensitive
            found[name] = Member(name, type, way, target, sensitive=secret)
        return found


class _Body:
    """One decision under check."""

    def __init__(
        self,
        checker: Checker,
        definition: DecisionDef,
        inputs: Mapping[str, Type],
        outputs: Mapping[str, Member],
    ) -> None:
        self._checker = checker
        self._definition = definition
        self._inputs = inputs
        self._outputs = outputs
        self._at = f"decision {definition.id}"
        self._typed: list[Typed] = []

    def reads(self) -> Mapping[str, frozenset[Path]]:
        """The paths that the expressions follow from each input."""
        found: dict[str, frozenset[Path]] = {}
        for typed in self._typed:
            for name, paths in typed.reads_of.items():
                found[name] = found.get(name, frozenset()) | paths
        return {name: paths for name, paths in found.items() if name in self._inputs}

    def check(self) -> None:
        definition = self._definition
        given = [key for key in _SOURCES if definition.gave(key)]
        if len(given) != 1:
            code = "E208" if given else "E204"
            self._report(code, f"a decision has exactly one of {', '.join(_SOURCES)}")
            return
        if (definition.mode == "bands") != (given[0] == "bands"):
            self._report("E208", "'bands' and 'mode: bands' go together")
            return
        tests: dict[str, Typed | None] = {}
        sound = True
        for name, row in definition.rows.items():
            at = f"{self._at}/rows/{name}"
            tests[name] = None
            if row.when is not None:
                tests[name] = self._expression(row.when, f"{at}/when", types.BOOLEAN)
                sound = sound and tests[name] is not None
            self._values(row.then, f"{at}/then")
        if tests and sound:
            check_rows(self._checker, definition, self._inputs, tests)
        self._values(definition.otherwise, f"{self._at}/otherwise")
        if given[0] == "entity":
            self._rows_of_users()
        elif given[0] == "bands":
            self._bands()

    def _report(self, code: str, text: str) -> None:
        self._checker.diagnostics.error(code, text, self._definition.span)

    def _expression(
        self, text: ExprText, at: str, expected: Type | None
    ) -> Typed | None:
        if expected is not None and expected.kind in AMOUNTS:
            # What it is in is the caller's to prove.
            expected = None
        typed = self._checker.expression(
            text, at, None, DECISION, names=self._inputs, expected=expected
        )
        if typed is not None:
            self._typed.append(typed)
        return typed

    def _values(self, values: Values, at: str) -> None:
        for name, value in values.items():
            member = self._outputs.get(name)
            if member is None:
                text = f"{self._definition.id} has no output '{name}'"
                self._checker.diagnostics.error("E402", text, values.key_span(name))
            elif value.expr is not None:
                typed = self._expression(value.expr, f"{at}/{name}", member.type)
                if typed is not None and typed.uses.sensitive and not member.sensitive:
                    report_leak(self._checker, name, value.span)
            elif member.kind is MemberKind.COLUMN:
                literal_of(self._checker, value, self._definition.outputs[name])

    def _rows_of_users(self) -> None:
        definition, checker = self._definition, self._checker
        entity = definition.entity or ""
        module = definition.id.partition(".")[0]
        known = checker.documents.entities
        if not checker.dependencies.check(
            module, "entity", entity, known, definition.at("entity")
        ):
            return
        schema = checker.schema.entities[entity]
        for name, output in self._outputs.items():
            given = schema.member(name)
            if given is None:
                self._report("E402", f"{entity} has no field '{name}' to give out")
            elif given.sensitive and not output.sensitive:
                span = definition.outputs.key_span(name)
                report_leak(checker, name, span, "whoever calls it would see it")
        for name, column in definition.columns.items():
            member = schema.member(name)
            if member is None:
                span = definition.columns.key_span(name)
                text = f"{entity} has no field '{name}'"
                checker.diagnostics.error("E402", text, span)
            else:
                self._column(name, column, member)
        if definition.where is not None:
            at = f"{self._at}/where"
            checker.condition(definition.where, at, entity, CONSTRAINT)
        for order in definition.order:
            check_path(checker, entity, order.path)

    def _column(
        self, name: str, column: str | DecisionColumnDef, member: Member
    ) -> None:
        at = f"{self._at}/columns/{name}"
        span = self._definition.columns.key_span(name)
        if isinstance(column, str):
            if name not in self._inputs:
                text = f"{self._definition.id} has no input '{name}' to compare"
                self._checker.diagnostics.error("E402", text, span)
            return
        ways = list(ways_of(column))
        if len(ways) != 1:
            text = f"a column has exactly one of {', '.join(WAYS)}"
            self._checker.diagnostics.error("E208", text, span)
            return
        way, expr = ways[0]
        expected = replace(member.type, places=None, digits=None)
        if member.type.kind is Kind.LINK:
            expected = member.type
        if way == "holds":
            if member.type.item is None or member.type.item.kind is not Kind.BOOLEAN:
                text = f"'{name}' is no field for conditions"
                self._checker.diagnostics.error("E406", text, span)
                return
            expected = types.link(member.type.entity)
        self._expression(expr, f"{at}/{way}", expected)

    def _bands(self) -> None:
        first = next(iter(self._inputs.values()), None)
        if first is None or first.kind not in NUMERIC:
            self._report("E406", "the first input of bands is a number or an amount")
        if len(self._outputs) != 1:
            self._report("E405", "bands have exactly one output")
        for bands in self._definition.bands:
            try:
                date.fromisoformat(bands.valid)
            except ValueError:
                text = "the day is written like 2026-12-31"
                self._checker.diagnostics.error("E218", text, bands.at("valid"))
            limits = [band.upto for band in bands.rows]
            known = [limit for limit in limits[:-1] if limit is not None]
            if len(known) != len(limits) - 1 or known != sorted(set(known)):
                text = "each band but the last ends at 'upto', above the one before"
                self._checker.diagnostics.error("E218", text, bands.at("rows"))


def ways_of(column: DecisionColumnDef) -> Iterator[tuple[str, ExprText]]:
    """How a column meets the inputs: the word and its expression."""
    for way in WAYS:
        found = getattr(column, "from_" if way == "from" else way)
        if found is not None:
            yield way, found
