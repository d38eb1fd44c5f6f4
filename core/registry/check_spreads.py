"""Checks spreads: an amount that is shared out among the rows of a lines field.

Called by core.registry.check_entities.
"""

from __future__ import annotations

from core.definitions import EntityDef
from core.definitions.entity import SpreadDef
from core.expressions import types
from core.expressions.schema import MemberKind
from core.expressions.slots import CONSTRAINT
from core.registry.checker import Checker
from core.registry.paths import check_name
from core.registry.secrecy import report_leak


def check_spreads(checker: Checker, entity: EntityDef) -> None:
    """Check all spreads of an entity."""
    for name, spread in entity.spreads.items():
        _spread(checker, entity, spread, f"entity {entity.id}/spreads/{name}")


def _spread(checker: Checker, entity: EntityDef, spread: SpreadDef, at: str) -> None:
    member = check_name(checker, entity.id, spread.over, spread.at("over"))
    if member is None:
        return
    if member.kind is not MemberKind.LINES or member.target is None:
        text = f"'{spread.over}' holds no rows to share an amount among"
        checker.diagnostics.error("E419", text, spread.at("over"))
        return
    child = member.target
    amount = checker.expression(spread.amount, f"{at}/amount", entity.id, CONSTRAINT)
    by = checker.expression(spread.by, f"{at}/by", child, CONSTRAINT)
    checker.condition(spread.where, f"{at}/where", child, CONSTRAINT)
    into = check_name(checker, child, spread.into, spread.at("into"))
    for typed, key in ((amount, "amount"), (by, "by")):
        if typed is not None and typed.type.kind not in types.NUMERIC:
            text = f"'{key}' of a spread is a number, not {typed.type}"
            checker.diagnostics.error("E419", text, spread.at(key))
    if into is None:
        return
    for typed, key in ((amount, "amount"), (by, "by")):
        if typed is not None and typed.uses.sensitive and not into.sensitive:
            report_leak(checker, spread.into, spread.at(key))
    if into.formula or into.type.kind not in types.NUMERIC:
        text = f"'{spread.into}' cannot take a share: it is no stored number"
        checker.diagnostics.error("E419", text, spread.at("into"))
