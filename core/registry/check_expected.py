"""Checks what the steps `expect` of a test say: fields, counts, effects, conditions.

Called by core.registry.check_scenarios. The path of `record.field` stands checked under
its own address, as the conditions do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from core.definitions import MailDef, ScenarioDef
from core.definitions.scenario import ExpectDef, HappenedDef
from core.diagnostics import Span, did_you_mean
from core.expressions.slots import TEST
from core.expressions.tree import Typed
from core.expressions.types import AMOUNTS, NUMERIC, Kind
from core.registry.checker import Checker
from core.registry.scenario_keys import Keys
from core.source import ExprText, Scalar, ValueSlot

#: Exactly one of them is an effect that happened.
SEEN = ("notify", "activity", "mail", "comment", "event")
#: Kinds of values that are one record.
LINKED = frozenset({Kind.LINK, Kind.REFERENCE, Kind.RECORD})


def read_number(text: str) -> Decimal:
    """A number as it is written; ValueError if it is none."""
    try:
        return Decimal(text)
    except ArithmeticError as error:
        raise ValueError(text) from error


#: How the literal of a kind is read; ValueError if it is none.
READERS: MappingProxyType[Kind, Callable[[str], object]] = MappingProxyType(
    dict.fromkeys(NUMERIC, read_number) | {Kind.DATE: date.fromisoformat}
)


class ExpectationChecker:
    """Checks expectations with the keys that are known by then."""

    def __init__(self, checker: Checker, keys: Keys, scenario: ScenarioDef) -> None:
        self._checker = checker
        self._keys = keys
        self._scenario = scenario

    def check(self, expect: ExpectDef, address: str) -> None:
        """Check one step."""
        for path, value in expect.values.items():
            span = expect.values.key_span(path)
            typed = self.path(path, f"{address}/{path}", span)
            if typed is not None:
                self._value(value, typed, f"{address}/{path}/value")
        entities = self._checker.documents.entities
        for entity in expect.count:
            if entity not in entities:
                text = f"there is no entity '{entity}'"
                help_ = did_you_mean(entity, entities)
                self._error("E301", text, expect.count.key_span(entity), help_)
        for index, one in enumerate(expect.effects):
            self._happened(one, f"{address}/effects/{index}")
        for shown in (expect.sees, expect.hides):
            for person, places in shown.items():
                self._person(person, shown.key_span(person))
                for place in places:
                    self._seen(place, shown.key_span(person))
        for index, check in enumerate(expect.check):
            at = f"{address}/check/{index}"
            self._checker.condition(check, at, None, TEST, self._keys.names())

    def path(self, path: str, address: str, span: Span) -> Typed | None:
        """Check `record.field`, also along links."""
        key, _, field = path.partition(".")
        text, names = path, self._keys.names()
        if key not in names:
            external, field = self._shipped(path)
            if external is None:
                self.unknown_key(key, span)
                return None
            text = f"ref('{external}').{field}"
        return self._checker.expression(
            ExprText(text, span), address, None, TEST, names=names
        )

    def unknown_key(self, key: str, span: Span) -> None:
        """Report a key that no row of the test has."""
        help_ = did_you_mean(key, self._keys.of)
        self._error("E301", f"the test has no row '{key}' here", span, help_)

    def _shipped(self, path: str) -> tuple[str | None, str]:
        """The external id that a path begins with, and what follows it."""
        steps = path.split(".")
        external = ".".join(steps[:3])
        known = len(steps) > 3 and self._checker.schema.external(external)
        return (external if known else None), ".".join(steps[3:])

    def _value(self, value: ValueSlot, typed: Typed, address: str) -> None:
        kind = typed.type.kind
        if value.expr is not None:
            names = self._keys.names()
            self._checker.expression(value.expr, address, None, TEST, names=names)
            return
        node = value.literal
        if not isinstance(node, Scalar):
            self._error("E205", "a single value is expected here", value.span)
        elif node.value is None:
            return
        elif kind in LINKED:
            if self._keys.find(node.text) is None:
                self.unknown_key(node.text, node.span)
        elif kind is Kind.CHOICE and node.text not in typed.type.choices:
            text = f"'{node.text}' is none of the choices"
            help_ = did_you_mean(node.text, typed.type.choices)
            self._error("E408", text, node.span, help_)
        elif kind is Kind.BOOLEAN and not isinstance(node.value, bool):
            self._error("E205", "true or false is expected here", node.span)
        else:
            self._read(node, kind)

    def _read(self, node: Scalar, kind: Kind) -> None:
        try:
            READERS.get(kind, str)(node.text)
        except ValueError:
            text = f"this is no {kind}"
            help_ = "write the number alone" if kind in AMOUNTS else None
            self._error("E205", text, node.span, help_)

    def _happened(self, one: HappenedDef, address: str) -> None:
        if len([name for name in SEEN if one.gave(name)]) != 1:
            text = f"an effect is one of {', '.join(SEEN)}"
            self._error("E204", text, one.span)
        for seen in (one.notify, one.activity):
            if seen is not None and seen.to is not None:
                self._person(seen.to, seen.at("to"))
        mail, mails = one.mail, self._checker.documents.of("mail", MailDef)
        if mail is not None and mail.template and mail.template not in mails:
            text = f"there is no mail '{mail.template}'"
            help_ = did_you_mean(mail.template, mails)
            self._error("E301", text, mail.at("template"), help_)

    def _person(self, person: str, span: Span) -> None:
        if person not in self._keys.people:
            help_ = did_you_mean(person, self._keys.people)
            text = f"there is no user '{person}'"
            self._error("E301", text, span, help_ or "name it in 'users'")

    def _seen(self, place: str, span: Span) -> None:
        key, dot, field = place.partition(".")
        id_ = self._keys.of.get(key)
        entity = self._checker.documents.entities.get(id_ or "")
        if entity is None:
            self.unknown_key(key, span)
        elif dot and field not in entity.fields:
            text = f"'{entity.id}' has no field '{field}'"
            self._error("E402", text, span, did_you_mean(field, entity.fields))

    def _error(self, code: str, text: str, span: Span, help: str | None = None) -> None:
        self._checker.diagnostics.error(code, text, span, help=help)
