"""Why an expression came out as it did: its parts with their values.

Shown when a guard refuses or a rule breaks; only the parts that decided are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.expressions.env import Env
from core.expressions.errors import EvaluationError
from core.expressions.substitution import children
from core.expressions.to_python import compile_node
from core.expressions.tree import (
    Conditional,
    Follow,
    Identity,
    Literal,
    Logic,
    Node,
    Read,
    Select,
    Typed,
    Variable,
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A part of an expression: its text, its value, and the parts it came from."""

    text: str
    value: Any
    parts: tuple[Explanation, ...] = ()

    def lines(self, indent: int = 0) -> Iterator[str]:
        """The explanation as lines `text: value`, parts indented."""
        yield f"{'  ' * indent}{self.text}: {_shown(self.value)}"
        for part in self.parts:
            yield from part.lines(indent + 1)


def explain(typed: Typed, env: Env) -> Explanation:
    """The value of an expression and, down to the fields, of the parts that made it."""
    return _explain(typed.tree, typed.text, env)


def _explain(node: Node, text: str, env: Env) -> Explanation:
    value = _evaluate(node, env)
    parts = tuple(_explain(child, text, env) for child in _parts(node, value, env))
    start, end = node.extent
    return Explanation(text[start:end], value, parts)


def _evaluate(node: Node, env: Env) -> Any:
    try:
        return compile_node(node)(env)
    except EvaluationError as error:
        return error


def _parts(node: Node, value: Any, env: Env) -> Iterator[Node]:
    """The parts worth showing: of `and`, only those that made it false, and so on."""
    if isinstance(node, Read | Follow | Identity | Variable | Literal):
        return
    if isinstance(node, Logic) and node.operator != "not":
        for arg in node.args:
            if _evaluate(arg, env) == value:
                yield arg
        return
    if isinstance(node, Conditional):
        yield node.test
        yield node.then if _evaluate(node.test, env) is True else node.other
        return
    for child in children(node):
        # What happens for each item of a list has no single value to show.
        if not isinstance(child, Literal | Select) and child.extent != (0, 0):
            yield child


def _shown(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
