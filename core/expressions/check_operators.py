"""Rules for operators: arithmetic, comparisons, `in`, `and or not`, `if else`.

Part of the type checker.
"""

from __future__ import annotations

from dataclasses import replace

from core.expressions import functions_dates as dates
from core.expressions import operators, operators_time
from core.expressions import syntax as s
from core.expressions.check_properties import (
    as_operand,
    is_property,
    no_type,
    read_for,
)
from core.expressions.checker import (
    Checker,
    as_value,
    extent_of,
    is_constant,
    with_article,
)
from core.expressions.coercion import fit, report_measures, unify
from core.expressions.currencies import same_measure
from core.expressions.tree import (
    Among,
    Conditional,
    Extent,
    IsNull,
    Literal,
    Logic,
    Node,
    OneOf,
    Select,
)
from core.expressions.types import (
    AMOUNTS,
    BOOLEAN,
    DECIMAL,
    INTEGER,
    NUMBERS,
    NUMERIC,
    PERCENT,
    Kind,
    Type,
)

_SORTED = NUMERIC | {
    Kind.TEXT,
    Kind.DATE,
    Kind.DATETIME,
    Kind.TIME,
    Kind.DURATION,
}


def check_unary(checker: Checker, syntax: s.Syntax) -> Node | None:
    """`not x` and `-x`."""
    assert isinstance(syntax, s.Unary)
    extent = extent_of(syntax)
    if syntax.operator == "not":
        operand = checker.boolean(syntax.operand, "'not'")
        return None if operand is None else Logic(BOOLEAN, extent, "not", (operand,))
    operand = checker.value(syntax.operand)
    if operand is None:
        return None
    operand = read_for(operand, NUMBERS)
    type = operand.type
    if type.kind in NUMERIC:
        return checker.call(operators.NEGATE, (operand,), extent, type)
    if type.kind is Kind.DURATION:
        return checker.call(operators_time.NEGATE_DURATION, (operand,), extent)
    if type.kind is Kind.NULL:
        return operand
    checker.report("E406", f"a minus needs a number, not {with_article(type)}", syntax)
    return None


def check_connective(checker: Checker, syntax: s.Syntax) -> Node | None:
    """`and`, `or`."""
    assert isinstance(syntax, s.Connective)
    where = f"'{syntax.operator}'"
    nodes = [checker.boolean(o, where) for o in syntax.operands]
    known = tuple(n for n in nodes if n is not None)
    if len(known) < len(nodes):
        return None
    return Logic(BOOLEAN, extent_of(syntax), syntax.operator, known)


def check_condition(checker: Checker, syntax: s.Syntax) -> Node | None:
    """`then if test else other`."""
    assert isinstance(syntax, s.Condition)
    test = checker.boolean(syntax.test, "'if'")
    then, other = checker.value(syntax.then), checker.value(syntax.other)
    if test is None or then is None or other is None:
        return None
    fitted = unify(checker, (then, other))
    if fitted is None:
        return None
    then, other = fitted
    type = merged_type(then.type, other.type)
    return Conditional(type, extent_of(syntax), test, then, other)


def merged_type(*types: Type) -> Type:
    """The type of a value that comes from one of several of one kind."""
    first = types[0]
    if first.kind in NUMERIC:
        return first.sized(None, None)
    if first.kind is Kind.CHOICE:
        keys = dict.fromkeys(k for t in types for k in t.choices)
        return replace(first, choices=tuple(keys))
    return first


def check_binary(checker: Checker, syntax: s.Syntax) -> Node | None:
    """`+ - * / %`."""
    assert isinstance(syntax, s.Binary)
    left, right = checker.value(syntax.left), checker.value(syntax.right)
    if left is None or right is None:
        return None
    return binary(checker, syntax.operator, left, right, extent_of(syntax))


def binary(
    checker: Checker, symbol: str, left: Node, right: Node, extent: Extent
) -> Node | None:
    """The node of an arithmetic operator over two values."""
    left, right = as_operand(symbol, left, right), as_operand(symbol, right, left)
    a, b = left.type, right.type
    if Kind.NULL in {a.kind, b.kind}:
        checker.report("E406", "null is no operand; the result is always null", extent)
        return None
    if a.kind in NUMERIC and b.kind in NUMERIC:
        return _numbers(checker, symbol, left, right, extent)
    if a.kind is Kind.DATE and b.kind is Kind.MONTHS and symbol in "+-":
        function = dates.PLUS_MONTHS if symbol == "+" else dates.MINUS_MONTHS
        return checker.call(function, (left, right), extent)
    if symbol == "*" and a.kind in NUMBERS and b.kind is Kind.DURATION:
        left, right, a, b = right, left, b, a
    time = operators_time.time_operator(symbol, a, b)
    if time is not None:
        return checker.call(time, (left, right), extent)
    _no_operator(checker, symbol, a, b, extent)
    return None


def _no_operator(
    checker: Checker, symbol: str, a: Type, b: Type, extent: Extent
) -> None:
    help = None
    if Kind.MONTHS in {a.kind, b.kind}:
        help = "months and years are only added to a date"
    elif {a.kind, b.kind} & {Kind.DATE, Kind.DATETIME} and b.kind in NUMBERS:
        help = "days(n), hours(n), months(n) make a length of time of a number"
    elif Kind.TEXT in {a.kind, b.kind}:
        help = "text(x) makes a text of a value"
    checker.report(
        "E406",
        f"'{symbol}' does not fit {with_article(a)} and {with_article(b)}",
        extent,
        help,
    )


def _numbers(
    checker: Checker, symbol: str, left: Node, right: Node, extent: Extent
) -> Node | None:
    a, b = left.type, right.type
    if symbol == "%":
        if a.kind is Kind.INTEGER and b.kind is Kind.INTEGER:
            return checker.call(operators.MODULO, (left, right), extent)
        checker.report("E406", "'%' needs two whole numbers", extent)
        return None
    if symbol in "+-" and {a.kind, b.kind} & AMOUNTS:
        pair = _same_amounts(checker, left, right)
        if pair is None:
            return None
        left, right = pair
        result: Type | None = left.type.sized(None, None)
    elif symbol in "+-":
        result = _sum_type(a, b)
    else:
        result = _product_type(a, b) if symbol == "*" else _quotient_type(a, b)
    if result is None:
        _refuse_amounts(checker, symbol, left, right, extent)
        return None
    function = operators.NUMBER_OPERATORS[symbol]
    return checker.call(function, (left, right), extent, result)


def _same_amounts(
    checker: Checker, left: Node, right: Node
) -> tuple[Node, Node] | None:
    target = left.type if left.type.kind in AMOUNTS else right.type
    fitted_left = fit(checker, left, target)
    fitted_right = fit(checker, right, target)
    if fitted_left is None or fitted_right is None:
        return None
    return fitted_left, fitted_right


def _sum_type(a: Type, b: Type) -> Type:
    kinds = {a.kind, b.kind}
    if kinds == {Kind.INTEGER}:
        return INTEGER
    return DECIMAL if Kind.DECIMAL in kinds else PERCENT


def _product_type(a: Type, b: Type) -> Type | None:
    if a.kind in NUMBERS and b.kind in NUMBERS:
        integers = a.kind is Kind.INTEGER and b.kind is Kind.INTEGER
        return INTEGER if integers else DECIMAL
    if b.kind in NUMBERS:
        return a.sized(None, None)
    if a.kind in NUMBERS:
        return b.sized(None, None)
    price, amount = (a, b) if a.kind is Kind.MONEY else (b, a)
    priced = price.kind is Kind.MONEY and amount.kind is Kind.QUANTITY
    if priced and price.per is not None and price.per == amount.unit:
        return replace(price, per=None, digits=None, places=None)
    return None


def _quotient_type(a: Type, b: Type) -> Type | None:
    if b.kind in NUMBERS:
        return DECIMAL if a.kind in NUMBERS else a.sized(None, None)
    if a.kind is b.kind:
        return DECIMAL if same_measure(a, b) else None
    if a.kind is Kind.MONEY and b.kind is Kind.QUANTITY and a.per is None:
        return replace(a, per=b.unit, digits=None, places=None)
    return None


def _refuse_amounts(
    checker: Checker, symbol: str, left: Node, right: Node, extent: Extent
) -> None:
    a, b = left.type, right.type
    mixed = {a.kind, b.kind} == {Kind.MONEY, Kind.QUANTITY}
    if symbol == "/" and a.kind is b.kind and not same_measure(a, b):
        report_measures(checker, right, a, b)
    elif symbol == "*" and mixed and (a.per or b.per):
        checker.report("E407", "the price is for another unit", extent)
    else:
        _no_operator(checker, symbol, a, b, extent)


def check_comparison(checker: Checker, syntax: s.Syntax) -> Node | None:
    """One comparison, or a chain, which is all of its links."""
    assert isinstance(syntax, s.Comparison)
    parts: list[Node | None] = []
    left = syntax.first
    for operator, right in zip(syntax.operators, syntax.operands, strict=True):
        extent = (left.start, right.end)
        parts.append(_compare(checker, operator, left, right, extent))
        left = right
    known = tuple(p for p in parts if p is not None)
    if len(known) < len(parts):
        return None
    if len(known) == 1:
        return known[0]
    return Logic(BOOLEAN, extent_of(syntax), "and", known)


def _compare(
    checker: Checker, operator: str, a: s.Syntax, b: s.Syntax, extent: Extent
) -> Node | None:
    if operator in {"is", "is not"}:
        value = checker.value(a)
        if value is None:
            return None
        test = IsNull(BOOLEAN, extent, value)
        return test if operator == "is" else Logic(BOOLEAN, extent, "not", (test,))
    if operator in {"in", "not in"}:
        member = _membership(checker, a, b, extent)
        if member is None or operator == "in":
            return member
        return Logic(BOOLEAN, extent, "not", (member,))
    left, right = checker.value(a), checker.value(b)
    if left is None or right is None:
        return None
    return compare(checker, operator, left, right, extent)


def compare(
    checker: Checker, operator: str, left: Node, right: Node, extent: Extent
) -> Node | None:
    """The node of `== != < <= > >=` over two values."""
    if is_constant(left, Kind.NULL) or is_constant(right, Kind.NULL):
        negation = "is not null" if operator == "!=" else "is null"
        checker.report(
            "E409", "a comparison with null is always null", extent, f"write {negation}"
        )
        return None
    if operator not in {"==", "!="} and is_property(left) and is_property(right):
        no_type(checker, left)
        return None
    if left.type.kind in NUMBERS and right.type.kind in NUMBERS:
        pair: list[Node] | None = [left, right]
    else:
        pair = unify(checker, (left, right))
    if pair is None:
        return None
    left, right = pair
    function = operators.COMPARISONS[operator]
    if operator not in {"==", "!="}:
        type = left.type
        if type.kind is Kind.CHOICE and type.ordered:
            rank = operators.rank_of(type.choices)
            left = checker.call(rank, (left,), left.extent)
            right = checker.call(rank, (right,), right.extent)
        elif type.kind not in _SORTED:
            checker.report("E428", f"{with_article(type)} has no order", extent)
            return None
    elif left.type.kind in {Kind.JSON, Kind.MONTHS}:
        checker.report("E406", f"{with_article(left.type)} cannot be compared", extent)
        return None
    return checker.call(function, (left, right), extent)


def _membership(
    checker: Checker, needle: s.Syntax, haystack: s.Syntax, extent: Extent
) -> Node | None:
    value = checker.value(needle)
    if isinstance(haystack, s.ListDisplay):
        return _one_of(checker, value, haystack, extent)
    select = checker.check(haystack)
    if value is None or select is None:
        return None
    if not isinstance(select, Select):
        checker.report(
            "E406",
            f"'in' needs a list, not {with_article(select.type)}",
            haystack,
            "contains(text, part) searches in a text",
        )
        return None
    if is_constant(value, Kind.NULL):
        checker.report("E409", "null is in no list", needle)
        return None
    pair = unify(checker, (value, as_value(select.item)))
    if pair is None:
        return None
    return Among(BOOLEAN, extent, pair[0], replace(select, item=pair[1]))


def _one_of(
    checker: Checker, value: Node | None, items: s.ListDisplay, extent: Extent
) -> Node | None:
    nodes = [checker.value(i) for i in items.items]
    if value is None or any(n is None for n in nodes):
        return None
    if not nodes:
        return Literal(BOOLEAN, extent, False)
    for node, item in zip(nodes, items.items, strict=True):
        if node is not None and node.type.kind is Kind.NULL:
            checker.report("E409", "null equals nothing", item, "use 'is null'")
            return None
    pairs: list[Node] = []
    for node in nodes:
        pair = unify(checker, (value, node)) if node is not None else None
        if pair is None:
            return None
        value = pair[0]
        pairs.append(pair[1])
    return OneOf(BOOLEAN, extent, value, tuple(pairs))
