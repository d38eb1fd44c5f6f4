"""Checks assignments, and makes an automation of the event of each.

Called by core.registry.build before the automations are checked, so that events,
conditions and circles are checked once, in one place.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.definitions import (
    AssignmentDef,
    AssignRuleDef,
    AutomationDef,
    EffectDef,
)
from core.expressions import types
from core.expressions.slots import AFTERWARDS, MESSAGE
from core.expressions.types import NUMBERS, RELATIONAL, Kind, Type
from core.registry.check_workflows import moment_after
from core.registry.checker import Checker
from core.registry.members import USER
from core.registry.paths import check_name
from core.source import ExprText

_TEXTS = ("text", "longtext")


def check_assignments(checker: Checker) -> None:
    """Check all assignments; those of no entity are taken out."""
    known = checker.documents.of("assignment", AssignmentDef)
    for id_, one in list(known.items()):
        module, entities = id_.partition(".")[0], checker.documents.entities
        span, check = one.at("entity"), checker.dependencies.check
        if not check(module, "entity", one.entity, entities, span):
            del known[id_]
            continue
        _AssignmentChecker(checker, one).check()
        if one.event and one.enabled:
            _react(checker, one)


def _react(checker: Checker, one: AssignmentDef) -> None:
    """The automation that assigns at the event."""
    automations = checker.documents.of("automation", AutomationDef)
    if one.id in automations:
        text = f"there is an automation '{one.id}' as well"
        checker.diagnostics.error("E302", text, one.span, help="choose another id")
        return
    effect = EffectDef(span=one.span, spans={"assign": one.span}, assign=one.id)
    automations[one.id] = AutomationDef(
        id=one.id,
        address=one.address,
        span=one.span,
        spans=one.spans,
        label=one.label,
        event=one.event,
        when=one.when,
        do=(effect,),
    )


class _AssignmentChecker:
    def __init__(self, checker: Checker, one: AssignmentDef) -> None:
        self._checker = checker
        self._one = one
        self._at = f"assignment {one.id}"

    def check(self) -> None:
        """Check everything beside event and condition."""
        one = self._one
        self._fields()
        if not one.rules:
            self._error("E204", "the assignment has no rules", "rules")
        for name, rule in one.rules.items():
            self._rule(rule, f"{self._at}/rules/{name}")
        self._people(one.fallback, f"{self._at}/fallback", many=False)
        self._capacity()
        retry = one.retry
        if retry is not None:
            due = moment_after(retry.after, retry.calendar, retry.at("after"))
            self._checker.expression(
                due, f"{self._at}/retry/due", one.entity, AFTERWARDS
            )
            self._checker.condition(
                retry.unless, f"{self._at}/retry/unless", one.entity, AFTERWARDS
            )
            if retry.most < 1:
                text = "'most' is 1 or more"
                self._checker.diagnostics.error("E205", text, retry.at("most"))

    def _fields(self) -> None:
        one, checker = self._one, self._checker
        entity = checker.documents.entities[one.entity]
        if check_name(checker, one.entity, one.field, one.at("field")) is not None:
            field = entity.fields.get(one.field)
            if field is None or field.type != "link" or field.to != (USER,):
                text = f"'{one.field}' is no link to {USER}"
                self._error("E419", text, "field")
        if one.reason is None:
            return
        if check_name(checker, one.entity, one.reason, one.at("reason")) is not None:
            field = entity.fields.get(one.reason)
            if field is None or field.type not in _TEXTS or field.formula is not None:
                text = f"'{one.reason}' cannot hold a reason, which is a text"
                self._error("E419", text, "reason")

    def _rule(self, rule: AssignRuleDef, at: str) -> None:
        checker, entity = self._checker, self._one.entity
        checker.condition(rule.when, f"{at}/when", entity, AFTERWARDS)
        checker.text(rule.say, f"{at}/say", entity, MESSAGE)
        given = [key for key in ("to", "pool") if rule.gave(key)]
        if len(given) != 1:
            code = "E208" if given else "E204"
            text = "a rule names one user with 'to', or several with 'pool'"
            checker.diagnostics.error(code, text, rule.span)
            return
        self._people(rule.to, f"{at}/to", many=False)
        self._people(rule.pool, f"{at}/pool", many=True)
        for key in ("by", "skill"):
            if rule.to is not None and rule.gave(key):
                text = f"'{key}' picks one of a 'pool', and this is 'to' somebody"
                checker.diagnostics.error("E208", text, rule.at(key))
        self._skill(rule, at)

    def _skill(self, rule: AssignRuleDef, at: str) -> None:
        checker, entity = self._checker, self._one.entity
        scored = rule.by == "score"
        if scored and rule.skill is None:
            text = "'by: score' takes the highest 'skill', and there is none"
            checker.diagnostics.error("E204", text, rule.at("by"))
        capacity = self._one.capacity
        if rule.by == "least_load" and (capacity is None or capacity.load is None):
            text = "'by: least_load' compares 'load' of 'capacity', and there is none"
            checker.diagnostics.error("E204", text, rule.at("by"))
        if scored:
            self._number(rule.skill, f"{at}/skill")
        else:
            checker.condition(rule.skill, f"{at}/skill", entity, AFTERWARDS, self._it)

    def _capacity(self) -> None:
        capacity = self._one.capacity
        if capacity is None:
            return
        self._number(capacity.load, f"{self._at}/capacity/load")
        if isinstance(capacity.most, ExprText):
            self._number(capacity.most, f"{self._at}/capacity/most")
        if capacity.load is None and capacity.per is None:
            text = "'most' of what? say 'load', or 'per' a time"
            self._checker.diagnostics.error("E204", text, capacity.span)

    @property
    def _it(self) -> Mapping[str, Type]:
        return {"it": types.link(USER)}

    def _number(self, text: ExprText | None, at: str) -> None:
        if text is None:
            return
        typed = self._checker.expression(
            text, at, self._one.entity, AFTERWARDS, names=self._it
        )
        if typed is not None and typed.type.kind not in NUMBERS:
            message = f"a number is needed here, this is {typed.type}"
            self._checker.diagnostics.error("E419", message, text.span)

    def _people(self, text: ExprText | None, at: str, many: bool) -> None:
        if text is None:
            return
        typed = self._checker.rows(text, at, self._one.entity, AFTERWARDS, {})
        if typed is None:
            return
        found = typed.type
        if many and found.kind is Kind.LIST and found.item is not None:
            found = found.item
        if found.kind not in RELATIONAL or found.entities != (USER,):
            what = "users are" if many else "a user is"
            message = f"{what} needed here, this is {typed.type}"
            self._checker.diagnostics.error("E419", message, text.span)

    def _error(self, code: str, text: str, key: str) -> None:
        self._checker.diagnostics.error(code, text, self._one.at(key))
