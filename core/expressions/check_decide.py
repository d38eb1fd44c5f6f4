"""`decide(decision, input=value, ...)`: the outputs of a decision as a record.

Part of the type checker. An output in a currency or unit that is an input is proved to
be in that of the argument.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.diagnostics import did_you_mean
from core.expressions import syntax as s
from core.expressions.check_lists import dotted_name
from core.expressions.check_memory import may_use_memory
from core.expressions.check_paths import as_list, as_record
from core.expressions.checker import Checker, extent_of, with_article
from core.expressions.coercion import fit
from core.expressions.currencies import origin, step
from core.expressions.env import Env
from core.expressions.function import Function, takes
from core.expressions.schema import Decision
from core.expressions.tree import Literal, Node, Read
from core.expressions.types import AMOUNTS, Kind, Type, list_of, record


def check_decide(checker: Checker, call: s.Call) -> Node | None:
    """The call of a decision; inputs left out are null."""
    decision = _decision(checker, call)
    if decision is None or not may_use_memory(checker, call):
        return None
    words = {w.name: w for w in call.keywords}
    for name, word in words.items():
        if name not in decision.inputs:
            help = did_you_mean(name, decision.inputs)
            message = f"{decision.name} has no input '{name}'"
            checker.report("E405", message, word, help)
            return None
    nodes: list[Node] = []
    for name, type in decision.inputs.items():
        node = _input(checker, call, words.get(name), type)
        if node is None:
            return None
        _note_measure(checker, call, name, node)
        nodes.append(_with_record(node, decision.reads.get(name)))
    given = record(decision.id)
    function = _function(decision, list_of(given) if decision.many else given)
    return as_list(checker, checker.call(function, tuple(nodes), extent_of(call)))


def _decision(checker: Checker, call: s.Call) -> Decision | None:
    name = dotted_name(call.args[0]) if len(call.args) == 1 else None
    if name is None:
        checker.report("E405", "decide takes a decision and input=value pairs", call)
        return None
    found = checker.scope.schema.decision(name)
    if found is None:
        checker.report("E418", f"unknown decision '{name}'", call.args[0])
    return found


def _input(
    checker: Checker, call: s.Call, word: s.Keyword | None, type: Type
) -> Node | None:
    if word is None:
        return Literal(type, extent_of(call), None)
    value = checker.value(word.value)
    if value is None or type.kind not in AMOUNTS:
        return None if value is None else fit(checker, value, type)
    if value.type.kind in (type.kind, Kind.NULL):
        return value
    message = f"{with_article(value.type)} does not fit {with_article(type)}"
    checker.report("E406", message, word)
    return None


def _note_measure(checker: Checker, call: s.Call, name: str, node: Node) -> None:
    """An output whose currency is this input is in the argument's currency."""
    start, end = extent_of(call)
    anchor = f"@expr:{checker.placed.text[start:end]}"
    if isinstance(node, Read) and node.type.kind is Kind.LINK:
        of = origin(checker, node.of)
        path = step(checker, of, node.of.type.entity, node.name)
        checker.aliases[anchor, name] = path


def _with_record(node: Node, reads: Any) -> Node:
    """The record itself, where the decision reads more of it than that it is it."""
    found = as_record(node) if reads and node.type.kind is Kind.LINK else None
    return node if found is None else found


def _function(decision: Decision, result: Type) -> Function:
    names = tuple(decision.inputs)
    return Function(
        "decide",
        tuple(takes(name, type.kind) for name, type in decision.inputs.items()),
        result,
        _runner(decision.name, names),
        strict=False,
        needs_env=True,
        follows=tuple(decision.reads.get(name, frozenset()) for name in names),
    )


def _runner(decision: str, names: tuple[str, ...]) -> Callable[..., Any]:
    def run(env: Env, *values: Any) -> Any:
        if env.decide is None:
            return None
        return env.decide(decision, dict(zip(names, values, strict=True)))

    return run
