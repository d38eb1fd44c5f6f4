"""From the text of an expression to a checked tree, or to complaints.

Called once per expression by the registry's checks, by filters of users and by tests;
hands on a `Typed` that all back ends understand.
"""

from __future__ import annotations

from types import MappingProxyType

from core.diagnostics import Diagnostics
from core.expressions import (
    check_calls,
    check_lists,
    check_names,
    check_operators,
    types,
)
from core.expressions import syntax as s
from core.expressions.analysis import analysed
from core.expressions.checker import Checker, as_value, extent_of
from core.expressions.coercion import fit
from core.expressions.currencies import placed_type
from core.expressions.parser import as_placed, parse
from core.expressions.schema import Member
from core.expressions.scope import Scope
from core.expressions.tree import Literal, Node, Typed, Variable
from core.expressions.types import Kind, Type
from core.source import ExprText


def typecheck(
    expr: ExprText | str, scope: Scope, diagnostics: Diagnostics
) -> Typed | None:
    """The checked expression; None if something was wrong, which has been reported."""
    syntax = parse(expr, diagnostics)
    if syntax is None:
        return None
    placed = as_placed(expr)
    checker = Checker(scope, diagnostics, placed, RULES)
    wants_list = scope.expected is not None and scope.expected.kind is Kind.LIST
    node = checker.check(syntax) if wants_list else checker.value(syntax)
    if node is not None:
        node = _finish(checker, node, syntax)
    return None if node is None else analysed(node, placed.text, scope.entity)


def _finish(checker: Checker, node: Node, syntax: s.Syntax) -> Node | None:
    node = as_value(node)
    is_test = isinstance(node, Literal) and node.type.kind is Kind.BOOLEAN
    if is_test and not isinstance(syntax, s.Boolean | s.Null):
        assert isinstance(node, Literal)
        result = "never true" if node.value is None else f"always {node.value}".lower()
        checker.report("W421", f"this is {result}", syntax)
    expected = checker.scope.expected
    if expected is None:
        return node
    return _fit_result(checker, node, expected)


def _fit_result(checker: Checker, node: Node, expected: Type) -> Node | None:
    """The result as the target's type; its paths are seen from the same record."""
    if expected.kind is Kind.PERCENT and node.type.kind is Kind.DECIMAL:
        return node
    if expected.kind is Kind.LIST and node.type.kind is not Kind.LIST:
        checker.report("E419", f"a list is needed, not {node.type}", node.extent)
        return None
    if expected.kind in types.AMOUNTS and checker.scope.entity is not None:
        this = types.record(checker.scope.entity)
        expected = _placed(checker, expected, this)
    return fit(checker, node, expected, "E419")


def _placed(checker: Checker, expected: Type, this: Type) -> Type:
    root = Variable(this, (0, 0), "this")
    return placed_type(checker, root, Member("", expected))


def _number(_: Checker, syntax: s.Syntax) -> Node:
    assert isinstance(syntax, s.Number)
    whole = isinstance(syntax.value, int)
    type = types.INTEGER if whole else types.DECIMAL
    return Literal(type, extent_of(syntax), syntax.value)


def _text(_: Checker, syntax: s.Syntax) -> Node:
    assert isinstance(syntax, s.Text)
    if not syntax.value:
        return Literal(types.NULL, extent_of(syntax), None)
    return Literal(types.TEXT, extent_of(syntax), syntax.value)


def _boolean(_: Checker, syntax: s.Syntax) -> Node:
    assert isinstance(syntax, s.Boolean)
    return Literal(types.BOOLEAN, extent_of(syntax), syntax.value)


def _null(_: Checker, syntax: s.Syntax) -> Node:
    return Literal(types.NULL, extent_of(syntax), None)


RULES = MappingProxyType(
    {
        s.Number: _number,
        s.Text: _text,
        s.Boolean: _boolean,
        s.Null: _null,
        s.Name: check_names.check_name,
        s.Attribute: check_names.check_attribute,
        s.Subscript: check_names.check_subscript,
        s.Call: check_calls.check_call,
        s.Unary: check_operators.check_unary,
        s.Binary: check_operators.check_binary,
        s.Comparison: check_operators.check_comparison,
        s.Connective: check_operators.check_connective,
        s.Condition: check_operators.check_condition,
        s.ListDisplay: check_lists.check_list,
        s.Comprehension: check_lists.check_comprehension,
    }
)
