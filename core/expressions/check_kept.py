"""`holds(field, record)` and `value_of(field, record)`: expressions kept as data.

Part of the type checker. The field says over which entity its expressions are and what
they give; the services check and run the text, see core.services.kept_expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from core.expressions import syntax as s
from core.expressions.check_memory import may_use_memory
from core.expressions.check_paths import as_record
from core.expressions.checker import Checker, extent_of, with_article
from core.expressions.env import Env
from core.expressions.function import Function, takes
from core.expressions.tree import Node, Variable
from core.expressions.types import BOOLEAN, Kind, Path, Type, record


def _rule(name: str) -> Callable[[Checker, s.Call], Node | None]:
    def rule(checker: Checker, call: s.Call) -> Node | None:
        written = _record_syntax(call)
        if len(call.args) not in (1, 2) or (call.keywords and written is None):
            checker.report("E405", f"write {name}(field, record)", call)
            return None
        text = checker.value(call.args[0])
        if text is None or not may_use_memory(checker, call):
            return None
        type = text.type
        if type.kind is not Kind.TEXT or type.item is None:
            message = f"{name} takes a field of type expression"
            checker.report("E406", message, call.args[0])
            return None
        if name == "holds" and type.item.kind is not Kind.BOOLEAN:
            message = f"this expression gives {with_article(type.item)}, no condition"
            checker.report("E406", message, call.args[0], "value_of(...) reads it")
            return None
        of = _record(checker, call, written, type.entity)
        if of is None:
            return None
        result = BOOLEAN if name == "holds" else type.item
        function = _function(name, type, result)
        return checker.call(function, (text, of), extent_of(call))

    return rule


def _record_syntax(call: s.Call) -> s.Syntax | None:
    if len(call.args) == 2 and not call.keywords:
        return call.args[1]
    if len(call.args) == 1 and [w.name for w in call.keywords] == ["record"]:
        return call.keywords[0].value
    return None


def _record(
    checker: Checker, call: s.Call, written: s.Syntax | None, entity: str
) -> Node | None:
    """The record it runs on: the one given, else the root record."""
    given: Node | None
    if written is None:
        root = checker.scope.entity
        given = None if root is None else Variable(record(root), (0, 0), "this")
    else:
        value = checker.value(written)
        if value is None:
            return None
        given = None if value.type.kind is not Kind.LINK else _any_record(value)
    if given is None or given.type.entity != entity:
        at = written or call
        checker.report("E406", f"the expression runs on a {entity}", at)
        return None
    return given


def _any_record(value: Node) -> Node:
    return as_record(value) or value


def _function(name: str, kept: Type, result: Type) -> Function:
    kind = result.kind

    def run(env: Env, text: str, of: Any) -> Any:
        if env.run_text is None:
            return None
        return env.run_text(text, kept.entity, str(kind), of)

    params = (takes("field", Kind.TEXT), takes("record", Kind.RECORD, Kind.LINK))
    # The record itself has to be there, not only its id.
    follows: tuple[frozenset[Path], ...] = (frozenset(), frozenset({("id",)}))
    return Function(name, params, result, run, needs_env=True, follows=follows)


KEPT: Mapping[str, Callable[[Checker, s.Call], Node | None]] = MappingProxyType(
    {name: _rule(name) for name in ("holds", "value_of")}
)
