"""`changed(field)` and `previous(field)`: the stored value beside the new one.

Part of the type checker; both are written out with `old`, which is empty for a record
that is just being made, so that no back end has to know them.
"""

from __future__ import annotations

from collections.abc import Callable

from core.expressions import operators
from core.expressions import syntax as s
from core.expressions.checker import Checker, extent_of
from core.expressions.tree import Logic, Node
from core.expressions.types import AMOUNTS, BOOLEAN

Same = Callable[[Checker, s.Call, list[Node]], Node | None]


def previous(checker: Checker, call: s.Call) -> Node | None:
    """The stored value of a field; null for a new record."""
    name = _field(checker, call, "previous")
    now = None if name is None else checker.value(name)
    return None if name is None or now is None else _stored(checker, name, now)


def changed(same: Same) -> Callable[[Checker, s.Call], Node | None]:
    """The rule of `changed`, over the comparison in which nulls are equal."""

    def rule(checker: Checker, call: s.Call) -> Node | None:
        name = _field(checker, call, "changed")
        if name is None:
            return None
        now = checker.value(name)
        before = None if now is None else _stored(checker, name, now)
        if now is None or before is None:
            return None
        equal = same(checker, call, [now, before])
        if equal is None:
            return None
        return Logic(BOOLEAN, extent_of(call), "not", (equal,))

    return rule


def _field(checker: Checker, call: s.Call, function: str) -> s.Name | None:
    if len(call.args) == 1 and not call.keywords and isinstance(call.args[0], s.Name):
        if checker.slot.old:
            return call.args[0]
        checker.report(
            "E415" if checker.slot.sql else "E412",
            f"{function}() is not available in a {checker.slot.name}",
            call,
            "it needs a save, as in rules, conditions, defaults and effects",
        )
        return None
    checker.report("E405", f"write {function}(field), with a field of the record", call)
    return None


def _stored(checker: Checker, name: s.Name, now: Node) -> Node | None:
    """The value of `old.<name>`; an amount counts as one in the present currency."""
    old = s.Name(name.start, name.start, "old")
    written = s.Attribute(name.start, name.end, old, name.name, name.start)
    before = checker.value(written)
    if before is None or now.type.kind not in AMOUNTS:
        return before
    return checker.call(operators.RETYPE, (before,), before.extent, now.type)
