"""Checks the fields of entities, traits and questions: own keys and expressions.

Called by core.registry.check for each definition; the field types check what belongs to
them, this file what every field may carry.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.expressions import types
from core.expressions.parser import parse
from core.expressions.schema import MemberKind
from core.expressions.slots import CHECK, LINK_WHERE, VALUE
from core.expressions.types import Type
from core.fieldtypes.spec import ChoiceDef, DeriveDef, FieldDef
from core.registry.check_values import LINKED, check_value
from core.registry.checker import NO_NAMES, Checker
from core.registry.paths import check_path
from core.registry.secrecy import report_leak
from core.source import ExprText, Map, PathText

#: Their `min` and `max` count rows.
_MANY = frozenset({MemberKind.LINES, MemberKind.LINKS})
PATH_KEYS = ("currency", "per", "unit", "defined_by")


class FieldChecker:
    """Checks fields whose expressions have `owner` as their record."""

    def __init__(
        self, checker: Checker, owner: str, names: Mapping[str, Type] = NO_NAMES
    ) -> None:
        self._checker = checker
        self._owner = owner
        self._names = names

    def check(self, field: FieldDef) -> None:
        """Check one field of a known type."""
        type_ = self._checker.catalog[field.type]
        ctx = self._checker.context(self._owner, field)
        if not self._over_broken_paths(field):
            type_.check(field, ctx)
            value = type_.expression_type(field, ctx)
            self._values(field, value)
            if field.where is not None and type_.member_kind is not MemberKind.LINES:
                self._where(field, value)
        self._conditions(field)

    def _over_broken_paths(self, field: FieldDef) -> bool:
        for key in PATH_KEYS:
            path = getattr(field, key)
            if isinstance(path, PathText) and self._checker.is_marked(
                self._owner, path.steps[0]
            ):
                return True
        return False

    def _conditions(self, field: FieldDef) -> None:
        for key in ("required", "readonly", "visible", "frozen"):
            text = getattr(field, key)
            if isinstance(text, ExprText):
                self._condition(text, f"{field.address}/{key}")
        if isinstance(field.choices, Map):
            for name, choice in field.choices.items():
                if isinstance(choice, ChoiceDef):
                    at = f"{field.address}/choices/{name}/when"
                    self._condition(choice.when, at)
        if field.convert is not None:
            # What `old` is, only the plan knows, which compares with the last state.
            parse(field.convert, self._checker.diagnostics)

    def _condition(self, text: ExprText | bool | None, address: str) -> None:
        self._checker.condition(text, address, self._owner, CHECK, self._names)

    def _values(self, field: FieldDef, value: Type) -> None:
        kind = self._checker.catalog[field.type].member_kind
        for key in ("default", "min", "max"):
            slot = getattr(field, key)
            if slot is not None and slot.expr is not None:
                wanted = types.INTEGER if key != "default" and kind in _MANY else value
                self._computed(field, key, slot.expr, wanted)
        if field.default is not None and kind in LINKED:
            check_value(self._checker, field.default, field, None)
        derive = field.derive
        if isinstance(derive, DeriveDef):
            self._computed(field, "derive", derive.value, value)
            self._condition(derive.while_, f"{field.address}/derive/while")
            for path in derive.watch:
                check_path(self._checker, self._owner, path)
        elif derive is not None:
            self._computed(field, "derive", derive, value)

    def _computed(self, field: FieldDef, key: str, text: ExprText, value: Type) -> None:
        typed = self._checker.expression(
            text,
            f"{field.address}/{key}",
            self._owner,
            VALUE,
            names=self._names,
            expected=value,
        )
        copies = key in ("default", "derive")
        if copies and typed is not None and typed.uses.sensitive:
            self._leak(field, key)

    def _leak(self, field: FieldDef, key: str) -> None:
        if not field.sensitive:
            note = "everybody who reads the field would see it"
            report_leak(self._checker, field.id, field.at(key), note)

    def _where(self, field: FieldDef, value: Type) -> None:
        item = value.item if value.item is not None else value
        if not item.entities:
            return
        entities = item.entities
        it = types.link(entities[0])
        if len(entities) > 1:
            it = types.reference(*entities)
        self._checker.condition(
            field.where,
            f"{field.address}/where",
            self._owner,
            LINK_WHERE,
            {**self._names, "it": it},
            # Whoever picks a record learns for which ones it holds.
            may_reveal=field.sensitive,
        )
