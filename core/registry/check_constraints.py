"""Checks constraints: one kind each, names that are columns, expressions with SQL.

Called by core.registry.check_entities for entities and traits.
"""

from __future__ import annotations

from collections.abc import Callable

from core.definitions import EntityDef, TraitDef
from core.definitions.entity import ConstraintDef
from core.diagnostics import Span
from core.expressions import types
from core.expressions.schema import MemberKind
from core.expressions.slots import CONSTRAINT, MESSAGE
from core.registry.checker import Checker
from core.registry.paths import check_path

Column = Callable[[Checker, str, str, Span], None]
KINDS = (
    "unique",
    "no_overlap",
    "at_most_one",
    "exactly_one",
    "group_check",
    "acyclic",
)


def check_constraints(
    checker: Checker, owner: EntityDef | TraitDef, address: str, column: Column
) -> None:
    """Check all constraints; `column` checks a name that must have a column."""
    if isinstance(owner, EntityDef) and owner.effective is not None:
        for name in owner.effective.per:
            column(checker, owner.id, name, owner.effective.at("per"))
    for name, constraint in owner.constraints.items():
        at = f"{address}/constraints/{name}"
        _kind(checker, constraint)
        for key in ("unique", "no_overlap", "per"):
            for field in getattr(constraint, key):
                column(checker, owner.id, field, constraint.at(key))
        checker.condition(constraint.where, f"{at}/where", owner.id, CONSTRAINT)
        for key in ("at_most_one", "exactly_one"):
            text = getattr(constraint, key)
            checker.condition(text, f"{at}/{key}", owner.id, CONSTRAINT)
        rows = {"rows": types.list_of(types.record(owner.id))}
        checker.condition(
            constraint.group_check, f"{at}/group_check", None, CONSTRAINT, rows
        )
        checker.text(constraint.message, f"{at}/message", owner.id, MESSAGE)
        _period(checker, owner.id, constraint)
        _way(checker, owner.id, constraint)


def _kind(checker: Checker, constraint: ConstraintDef) -> None:
    given = [kind for kind in KINDS if getattr(constraint, kind)]
    if len(given) == 1:
        return
    text = f"a constraint has one of the keys {', '.join(KINDS)}"
    where = constraint.at(given[1]) if given else constraint.span
    checker.diagnostics.error("E208" if given else "E204", text, where)


def _period(checker: Checker, owner: str, constraint: ConstraintDef) -> None:
    names = constraint.no_overlap
    if not names:
        return
    schema = checker.schema.entity(owner)
    members = [schema.member(name) for name in names] if schema else []
    kinds = {member.type.kind for member in members if member is not None}
    dated = kinds <= {types.Kind.DATE} or kinds <= {types.Kind.DATETIME}
    if len(names) != 2 or (None not in members and not dated):
        checker.diagnostics.error(
            "E419",
            "'no_overlap' takes the first and the last field of a period",
            constraint.at("no_overlap"),
            "not two dates or two moments",
            "write no_overlap: [start, end]",
        )


def _way(checker: Checker, owner: str, constraint: ConstraintDef) -> None:
    if constraint.acyclic is None:
        return
    span = constraint.at("acyclic")
    member = check_path(checker, owner, constraint.acyclic)
    if member is None:
        return
    schema = checker.schema.entity(owner)
    steps = constraint.acyclic.steps
    first = schema.member(steps[0]) if schema else None
    own = first is not None and first.kind in (MemberKind.LINK, MemberKind.LINES)
    if member.target != owner or not own or len(steps) > 2:
        checker.diagnostics.error(
            "E419",
            f"'{'.'.join(steps)}' does not lead from {owner} to itself",
            span,
            "no way that could be a circle",
            "name a link to the entity itself, or its lines and their link",
        )
