"""Where a sensitive value would come out (E417), and what may be declassified.

Asked by the checks of fields, spreads, decisions and effects.
"""

from __future__ import annotations

from core.diagnostics import Span
from core.expressions.substitution import children
from core.expressions.tree import Aggregate, Follow, Node, Read, ToMany, Typed
from core.fieldtypes.spec import FieldDef
from core.registry.checker import Checker

#: Aggregates that hand out one of the values as it is.
_PICKING = frozenset({"first", "last", "join"})


def report_leak(checker: Checker, name: str, span: Span, note: str = "") -> None:
    """Report that a field that everybody reads would take over a sensitive value."""
    checker.diagnostics.error(
        "E417",
        f"'{name}' would take over a sensitive value",
        span,
        note or None,
        f"make '{name}' sensitive as well",
    )


def check_declassified(
    checker: Checker, owner: str, field: FieldDef, typed: Typed
) -> None:
    """A formula is made public only as a figure of several values, and asked for."""
    if not field.declassify or not typed.uses.sensitive:
        return
    if not _is_figure(typed.tree):
        checker.diagnostics.error(
            "E417",
            f"'{field.id}' would show single sensitive values",
            field.at("declassify"),
            "only a figure over several records hides each of them",
            "use sum, avg, count, min or max over a list, or leave 'declassify' out",
        )
    module = checker.author_of(field.address) or owner.partition(".")[0]
    wanted = f"{owner}.{field.id}"
    if not checker.dependencies.may_declassify(module, wanted):
        checker.diagnostics.error(
            "E417",
            f"the module '{module}' does not ask for making '{wanted}' public",
            field.at("declassify"),
            "whoever installs the module is to see it",
            f"add 'asks: {{declassify: [{wanted}]}}' to module.yml of '{module}'",
        )


def _is_figure(node: Node, inside: bool = False) -> bool:
    """Whether every sensitive value stands in an aggregate that hides it."""
    if isinstance(node, Read | Follow | ToMany) and node.member.sensitive:
        return inside
    inside = inside or (isinstance(node, Aggregate) and node.name not in _PICKING)
    return all(_is_figure(child, inside) for child in children(node))
