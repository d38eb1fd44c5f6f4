"""Why an expression came out as it did: its parts with their values.

Shown when a guard refuses or a rule breaks; only the parts that decided are kept. The
services word what `deciding` finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.expressions.env import Env
from core.expressions.errors import EvaluationError
from core.expressions.record import NotLoaded
from core.expressions.substitution import children
from core.expressions.to_python import compile_node
from core.expressions.tree import (
    Aggregate,
    Among,
    Coalesce,
    Conditional,
    External,
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
from core.frozen import frozen

_READS = (Read, Follow, Identity, Variable, Aggregate, Select, External)


@frozen
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


@frozen
class Decider:
    """What an expression read that made its value: a field, a name or a whole list."""

    node: Node
    text: str
    value: Any


def deciding(typed: Typed, env: Env) -> tuple[Decider, ...]:
    """What was read and decided, each once, in the order in which it is written."""
    found: list[Decider] = []
    for node, value in _deciders(typed.tree, env):
        start, end = node.extent
        decider = Decider(node, typed.text[start:end], value)
        if decider not in found:
            found.append(decider)
    return tuple(found)


def _deciders(node: Node, env: Env) -> Iterator[tuple[Node, Any]]:
    if isinstance(node, Literal):
        return
    value = _evaluate(node, env)
    if isinstance(node, Among):
        # A list has no single value; which one is meant says the text.
        yield from _deciders(node.needle, env)
        return
    if isinstance(node, _READS) or isinstance(value, EvaluationError | NotLoaded):
        yield node, value
        return
    parts = list(_parts(node, value, env))
    if not parts and not isinstance(node, Coalesce):
        yield node, value
    for part in parts:
        yield from _deciders(part, env)


def _explain(node: Node, text: str, env: Env) -> Explanation:
    value = _evaluate(node, env)
    parts = tuple(_explain(child, text, env) for child in _parts(node, value, env))
    start, end = node.extent
    return Explanation(text[start:end], value, parts)


def _evaluate(node: Node, env: Env) -> Any:
    try:
        return compile_node(node)(env)
    except (EvaluationError, NotLoaded) as error:
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
