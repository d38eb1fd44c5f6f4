"""Rules for calls: signatures of the catalogue, and functions with rules of their own.

Part of the type checker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from core.diagnostics import did_you_mean
from core.expressions import functions_numbers as numbers
from core.expressions import syntax as s
from core.expressions.check_calendars import CALENDARS
from core.expressions.check_decide import check_decide
from core.expressions.check_exchange import EXCHANGE
from core.expressions.check_kept import KEPT
from core.expressions.check_lists import AGGREGATES, check_aggregate, check_rows
from core.expressions.check_measures import MEASURES
from core.expressions.check_memory import may_use_memory
from core.expressions.check_paths import as_list
from core.expressions.check_properties import read_for
from core.expressions.check_special import SPECIAL
from core.expressions.check_trees import TREES
from core.expressions.checker import Checker, extent_of, with_article
from core.expressions.coercion import fit
from core.expressions.currencies import currency_places
from core.expressions.function import Function, Param
from core.expressions.patterns import BadPattern, checked_pattern
from core.expressions.tree import Literal, Node
from core.expressions.types import DATE, INTEGER, NUMBERS, TEXT, Kind

Special = Callable[[Checker, s.Call], Node | None]


def check_call(checker: Checker, syntax: s.Syntax) -> Node | None:
    """A call of any function."""
    assert isinstance(syntax, s.Call)
    name = syntax.function
    if name in AGGREGATES:
        return check_aggregate(checker, syntax)
    special = _SPECIAL.get(name)
    if special is not None:
        return special(checker, syntax)
    overloads = checker.scope.functions.get(name)
    if not overloads:
        _unknown(checker, syntax)
        return None
    return _call(checker, syntax, overloads)


def _unknown(checker: Checker, call: s.Call) -> None:
    at = (call.start, call.name_end)
    head, dot, last = call.function.rpartition(".")
    known = (*checker.scope.functions.names(), *AGGREGATES, *_SPECIAL)
    help = did_you_mean(call.function, known)
    if dot and last in known:
        help = f"functions take the value as an argument: {last}({head})"
    checker.report("E404", f"unknown function '{call.function}'", at, help)


def _call(
    checker: Checker, call: s.Call, overloads: tuple[Function, ...]
) -> Node | None:
    """A function of the catalogue: arguments by place or name, then their kinds."""
    args = [checker.value(a) for a in call.args]
    words = {w.name: checker.value(w.value) for w in call.keywords}
    if any(a is None for a in (*args, *words.values())):
        return None
    values = [a for a in args if a is not None]
    named = {k: v for k, v in words.items() if v is not None}
    fitting = [f for f in overloads if _takes(f, len(values), named)]
    if not fitting:
        checker.report("E405", f"write {_usage(overloads)}", call)
        return None
    function = next((f for f in fitting if _kinds_fit(f, values, named)), fitting[0])
    nodes = _arguments(checker, function, values, named, call)
    if nodes is None or not _allowed(checker, function, call):
        return None
    return as_list(checker, checker.call(function, nodes, extent_of(call)))


def _takes(function: Function, count: int, named: Mapping[str, Node]) -> bool:
    rest = function.params[count:]
    if count > len(function.params):
        return False
    names = {p.name for p in rest}
    return set(named) <= names and all(p.optional or p.name in named for p in rest)


def _usage(overloads: tuple[Function, ...]) -> str:
    forms = []
    for function in overloads:
        params = [f"{p.name}?" if p.optional else p.name for p in function.params]
        forms.append(f"{function.name}({', '.join(params)})")
    return " or ".join(forms)


def _kinds_fit(
    function: Function, values: list[Node], named: Mapping[str, Node]
) -> bool:
    given = [*zip(function.params, values, strict=False)]
    given += [(p, named[p.name]) for p in function.params if p.name in named]
    return all(read_for(v, p.kinds).type.kind in p.kinds for p, v in given)


def _arguments(
    checker: Checker,
    function: Function,
    values: list[Node],
    named: Mapping[str, Node],
    call: s.Call,
) -> tuple[Node, ...] | None:
    nodes: list[Node] = []
    for position, param in enumerate(function.params):
        given = values[position] if position < len(values) else named.get(param.name)
        if given is None:
            type = INTEGER if Kind.INTEGER in param.kinds else TEXT
            if param.default is not None:
                nodes.append(Literal(type, extent_of(call), param.default))
            continue
        node = _argument(checker, function, param, given)
        if node is None:
            return None
        nodes.append(node)
    return tuple(nodes)


def _argument(
    checker: Checker, function: Function, param: Param, node: Node
) -> Node | None:
    node = read_for(node, param.kinds)
    kind = node.type.kind
    if kind is Kind.NULL and not param.literal:
        if kind in param.kinds:
            return node
        return replace(node, type=replace(node.type, kind=min(param.kinds)))
    if kind not in param.kinds:
        if kind is Kind.INTEGER and Kind.DECIMAL in param.kinds:
            return fit(checker, node, replace(INTEGER, kind=Kind.DECIMAL))
        wanted = " or ".join(sorted(str(k) for k in param.kinds)[:4])
        checker.report(
            "E406",
            f"{function.name}: '{param.name}' is {wanted}, "
            f"not {with_article(node.type)}",
            node.extent,
        )
        return None
    if (param.literal or param.keys) and not isinstance(node, Literal):
        checker.report(
            "E406", f"{function.name}: '{param.name}' is a constant text", node.extent
        )
        return None
    if param.keys and isinstance(node, Literal) and node.value not in param.keys:
        checker.report(
            "E406",
            f"{function.name}: '{param.name}' is one of {', '.join(param.keys)}",
            node.extent,
            did_you_mean(str(node.value), param.keys),
        )
        return None
    if function.name == "matches" and param.literal and isinstance(node, Literal):
        return _pattern(checker, node)
    return node


def _pattern(checker: Checker, node: Literal) -> Node | None:
    try:
        checked_pattern(node.value or "")
    except BadPattern as error:
        checker.report("E406", str(error), node.extent)
        return None
    return node


def _allowed(checker: Checker, function: Function, call: s.Call) -> bool:
    return not function.memory or may_use_memory(checker, call)


def _round(checker: Checker, call: s.Call) -> Node | None:
    """`round(x)`: money to the places of its currency, a number to a whole one."""
    if len(call.args) != 1 or any(w.name == "n" for w in call.keywords):
        return _call(checker, call, checker.scope.functions.get("round"))
    value = checker.value(call.args[0])
    if value is None:
        return None
    value = read_for(value, NUMBERS)
    kind = value.type.kind
    mode: Node = Literal(TEXT, extent_of(call), "up")
    for word in call.keywords:
        given = checker.value(word.value)
        if given is None:
            return None
        if not isinstance(given, Literal) or given.value not in {"up", "even"}:
            checker.report("E406", "round: 'mode' is one of up, even", word)
            return None
        mode = given
    if kind is Kind.MONEY:
        return _round_money(checker, call, value, mode)
    if kind in NUMBERS:
        return checker.call(numbers.ROUND_WHOLE, (value, mode), extent_of(call))
    return _call(checker, call, checker.scope.functions.get("round"))


def _round_money(
    checker: Checker, call: s.Call, value: Node, mode: Node
) -> Node | None:
    places = currency_places(checker, value.type)
    if places is None:
        checker.report(
            "E407",
            "the places of this currency are not known here",
            call,
            "write the number of places: round(x, 2)",
        )
        return None
    function = checker.scope.functions.get("round")[0]
    return checker.call(function, (value, places, mode), extent_of(call))


def _date(checker: Checker, call: s.Call) -> Node | None:
    """`date('2026-12-31')` is a constant; other forms are functions."""
    argument = call.args[0] if len(call.args) == 1 and not call.keywords else None
    if not isinstance(argument, s.Text):
        return _call(checker, call, checker.scope.functions.get("date"))
    try:
        if len(argument.value) != 10:
            raise ValueError
        return Literal(DATE, extent_of(call), date.fromisoformat(argument.value))
    except ValueError:
        checker.report("E406", "a date is written like '2026-12-31'", argument)
        return None


_SPECIAL: Mapping[str, Special] = MappingProxyType(
    {
        **SPECIAL,
        **MEASURES,
        **CALENDARS,
        **EXCHANGE,
        **TREES,
        **KEPT,
        "decide": check_decide,
        "rows": check_rows,
        "round": _round,
        "date": _date,
    }
)


def special_names() -> tuple[str, ...]:
    """The functions that have rules of their own, for the reference."""
    return tuple(_SPECIAL)
