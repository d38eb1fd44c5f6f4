"""The state of one type check and its reports; the rules stand in the check_* files.

`typecheck` makes one per expression. Each rule takes the checker and a piece of syntax
and gives back a typed node, or None after it has reported why not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.diagnostics import Diagnostics
from core.expressions import syntax as s
from core.expressions.check_properties import read_for
from core.expressions.errors import EvaluationError
from core.expressions.function import Function
from core.expressions.scope import Scope
from core.expressions.slots import Slot
from core.expressions.tree import (
    Call,
    Extent,
    GroupPart,
    Identity,
    Literal,
    Node,
    Variable,
)
from core.expressions.types import BOOLEAN, Kind, Path, Type, link
from core.source import ExprText

Rule = Callable[["Checker", s.Syntax], Node | None]
_CONDITION = frozenset({Kind.BOOLEAN})


@dataclass(slots=True)
class Checker:
    """Scope, place of reports, loop variables and what is known of currencies.

    `loops` maps loop names to the node of the current item. `aliases` says that the
    name of a loop's record always leads to the same as a path (`l.order` is the order).
    `anchors` finds the node at the start of a path that is not the root record.
    """

    scope: Scope
    diagnostics: Diagnostics
    placed: ExprText
    rules: Mapping[type[s.Syntax], Rule]
    loops: dict[str, Node] = field(default_factory=dict)
    aliases: dict[tuple[str, str], Path] = field(default_factory=dict)
    anchors: dict[str, Node] = field(default_factory=dict)
    variables: int = 0
    aggregates: int = 0

    @property
    def slot(self) -> Slot:
        """Where the expression stands."""
        return self.scope.slot

    def check(self, syntax: s.Syntax) -> Node | None:
        """The typed node of any syntax."""
        return self.rules[type(syntax)](self, syntax)

    def value(self, syntax: s.Syntax) -> Node | None:
        """The node of a single value: records become links, lists are E411."""
        node = self.check(syntax)
        if node is None:
            return None
        if node.type.kind is Kind.LIST:
            self.report(
                "E411",
                "a list stands where one value is needed",
                syntax,
                "use sum, count, any, all, first ... to make one value of it",
            )
            return None
        if isinstance(node, GroupPart):
            return self.group(node)
        return as_value(node)

    def group(self, part: GroupPart) -> Node | None:
        """A whole group as a value; it has no form in SQL."""
        if not self.slot.sql:
            return part.whole()
        name = part.member.name
        self.report("E406", f"'{name}' is a group of fields", part.extent)
        return None

    def boolean(self, syntax: s.Syntax, where: str) -> Node | None:
        """The node of a condition."""
        node = self.value(syntax)
        if node is None:
            return None
        if node.type.kind is Kind.NULL:
            return Literal(BOOLEAN, node.extent, None)
        node = read_for(node, _CONDITION)
        if node.type.kind is not Kind.BOOLEAN:
            self.report(
                "E425",
                f"{where} needs a condition, not {with_article(node.type)}",
                syntax,
                "compare it, or ask 'is not null'",
            )
            return None
        return node

    def report(
        self,
        code: str,
        message: str,
        at: s.Syntax | Extent,
        help: str | None = None,
    ) -> None:
        """Report a problem at a piece of the text."""
        start, end = at if isinstance(at, tuple) else (at.start, at.end)
        span = self.placed.at(start, max(1, end - start))
        self.diagnostics.error(code, message, span, help=help)

    def call(
        self,
        function: Function,
        args: tuple[Node, ...],
        extent: Extent,
        type: Type | None = None,
    ) -> Node:
        """A call; one of constants is computed at once."""
        result = type or function.result_type(tuple(a.type for a in args))
        values = [a.value for a in args if isinstance(a, Literal)]
        if function.strict and None in values:
            return Literal(result, extent, None)
        if len(values) == len(args) and args and not function.needs_env:
            try:
                return Literal(result, extent, function.python(*values))
            except EvaluationError:
                pass
        return Call(result, extent, function, args)

    def new_variable(self, type: Type, extent: Extent) -> Variable:
        """A fresh loop variable."""
        self.variables += 1
        name = f"#{self.variables}"
        variable = Variable(type, extent, name)
        self.anchors[f"@{name}"] = variable
        return variable


def as_value(node: Node) -> Node:
    """A record as the value of a link to it; other nodes as they are."""
    if node.type.kind is Kind.RECORD:
        return Identity(link(node.type.entity), node.extent, node)
    return node


def is_constant(node: Node, *kinds: Kind) -> bool:
    """Whether the node is a literal of one of these kinds."""
    return isinstance(node, Literal) and node.type.kind in kinds


def with_article(type: Type) -> str:
    """The type in a sentence."""
    if type.kind is Kind.NULL:
        return "null"
    name = str(type)
    if name in {"text", "money", "money per unit", "json"}:
        return name
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def extent_of(syntax: s.Syntax) -> Extent:
    """Start and end."""
    return syntax.start, syntax.end
