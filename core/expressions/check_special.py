"""Functions whose types or meaning no signature can tell: nulls, records, clock, user.

Part of the type checker; `check_calls` looks them up by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import time
from types import MappingProxyType

from core.diagnostics import did_you_mean
from core.expressions import functions_numbers as numbers
from core.expressions import functions_text as texts
from core.expressions import operators
from core.expressions import syntax as s
from core.expressions.check_change import changed, previous
from core.expressions.check_lists import dotted_name
from core.expressions.check_operators import merged_type
from core.expressions.check_paths import as_record
from core.expressions.checker import Checker, extent_of, with_article
from core.expressions.coercion import fit, unify
from core.expressions.function import Function, takes
from core.expressions.substitution import substitute
from core.expressions.tree import (
    Coalesce,
    Conditional,
    External,
    Identity,
    IsNull,
    Literal,
    Logic,
    Narrow,
    Node,
    Variable,
)
from core.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    NUMERIC,
    TEXT,
    TIME,
    Kind,
    Type,
    money,
    quantity,
    record,
)

_ORDERED = NUMERIC | {
    Kind.TEXT,
    Kind.DATE,
    Kind.DATETIME,
    Kind.TIME,
    Kind.DURATION,
}


def _values(
    checker: Checker, call: s.Call, least: int, most: int, usage: str
) -> list[Node] | None:
    """The argument values of a call without keywords."""
    if call.keywords or not least <= len(call.args) <= most:
        checker.report("E405", f"write {usage}", call)
        return None
    nodes = [checker.value(a) for a in call.args]
    known = [n for n in nodes if n is not None]
    return None if len(known) < len(nodes) else known


def _literal_text(checker: Checker, syntax: s.Syntax, what: str) -> str | None:
    if isinstance(syntax, s.Text):
        return syntax.value
    checker.report("E427", f"{what} is written as a constant text", syntax)
    return None


def _coalesce(checker: Checker, call: s.Call) -> Node | None:
    values = _values(checker, call, 1, 50, "coalesce(a, b, ...)")
    fitted = unify(checker, values) if values else None
    if fitted is None:
        return None
    type = merged_type(*(n.type for n in fitted))
    return Coalesce(type, extent_of(call), tuple(fitted))


def _same_node(checker: Checker, call: s.Call, values: list[Node]) -> Node | None:
    fitted = unify(checker, values)
    if fitted is None:
        return None
    if fitted[0].type.kind in {Kind.JSON, Kind.MONTHS}:
        checker.report("E406", "these values cannot be compared", call)
        return None
    if fitted[0].type.kind is Kind.NULL:
        return Literal(BOOLEAN, extent_of(call), True)
    return checker.call(operators.SAME, tuple(fitted), extent_of(call))


def _same(checker: Checker, call: s.Call) -> Node | None:
    values = _values(checker, call, 2, 2, "same(a, b)")
    return None if values is None else _same_node(checker, call, values)


def _null_if(checker: Checker, call: s.Call) -> Node | None:
    values = _values(checker, call, 2, 2, "null_if(a, b)")
    test = None if values is None else _same_node(checker, call, values)
    if test is None or values is None:
        return None
    value = values[0]
    nothing = Literal(value.type, value.extent, None)
    return Conditional(value.type, extent_of(call), test, nothing, value)


def _extreme(function: Function) -> Callable[[Checker, s.Call], Node | None]:
    def rule(checker: Checker, call: s.Call) -> Node | None:
        usage = f"{function.name}(a, b, ...)"
        values = _values(checker, call, 2, 50, usage)
        fitted = unify(checker, values) if values else None
        if fitted is None:
            return None
        type = fitted[0].type
        if type.kind not in _ORDERED:
            checker.report("E428", f"{with_article(type)} has no order", call)
            return None
        return checker.call(function, tuple(fitted), extent_of(call), merged_type(type))

    return rule


def _concat(checker: Checker, call: s.Call) -> Node | None:
    values = _values(checker, call, 1, 50, "concat(a, b, ...)")
    if values is None:
        return None
    fitted = [fit(checker, v, TEXT) for v in values]
    known = tuple(f for f in fitted if f is not None)
    if len(known) < len(fitted):
        return None
    return checker.call(texts.CONCAT, known, extent_of(call))


def _text(checker: Checker, call: s.Call) -> Node | None:
    """`text(x)` and `text(x, 'format')`."""
    values = _values(checker, call, 1, 2, "text(x, 'format')")
    if values is None:
        return None
    if len(values) == 2 and not isinstance(values[1], Literal):
        checker.report("E427", "a format is written as a constant text", call.args[1])
        return None
    if values[0].type.kind is Kind.NULL:
        return Literal(TEXT, extent_of(call), None)
    if checker.slot.sql or not checker.slot.memory:
        checker.report(
            "E415" if checker.slot.sql else "E412",
            "'text' depends on the reader's language and works in memory only",
            (call.start, call.name_end),
        )
        return None
    function = texts.text_of(values[0].type)
    return checker.call(function, tuple(values), extent_of(call))


def _clock(name: str, type: Type) -> Callable[[Checker, s.Call], Node | None]:
    def rule(checker: Checker, call: s.Call) -> Node | None:
        if call.args or call.keywords:
            checker.report("E405", f"write {name}()", call)
            return None
        if not checker.slot.clock:
            checker.report(
                "E412",
                f"'{name}()' is not available in a {checker.slot.name}",
                call,
                "it can be used in rules, conditions, values and filters",
            )
            return None
        return Variable(type, extent_of(call), name)

    return rule


def _ref(checker: Checker, call: s.Call) -> Node | None:
    if len(call.args) != 1 or call.keywords:
        checker.report("E405", "write ref('module.entity.key')", call)
        return None
    key = _literal_text(checker, call.args[0], "an external id")
    if key is None:
        return None
    entity = checker.scope.schema.external(key)
    if entity is None:
        checker.report("E418", f"unknown external id '{key}'", call.args[0])
        return None
    return External(record(entity), extent_of(call), key)


def _title_of(checker: Checker, call: s.Call) -> Node | None:
    values = _values(checker, call, 1, 1, "title_of(link)")
    if values is None:
        return None
    value, extent = values[0], extent_of(call)
    if value.type.kind is Kind.REFERENCE:
        titles = [
            _title(checker, Narrow(Type(Kind.LINK, entities=(e,)), value.extent, value))
            for e in value.type.entities
        ]
        known = tuple(t for t in titles if t is not None)
        return Coalesce(TEXT, extent, known) if known else None
    if value.type.kind is not Kind.LINK:
        checker.report(
            "E406", f"title_of takes a link, not {with_article(value.type)}", call
        )
        return None
    return _title(checker, value)


def _title(checker: Checker, value: Node) -> Node | None:
    target = as_record(value)
    schema = checker.scope.schema.entity(value.type.entity)
    if target is None or schema is None:
        return None
    typed = schema.title
    if typed is None:
        return checker.call(texts.ID_TEXT, (value,), value.extent)
    # Loop variables of the title must not meet those of this expression.
    checker.variables += 1
    return substitute(typed.tree, target, f"t{checker.variables}")


def _is_a(checker: Checker, call: s.Call) -> Node | None:
    if len(call.args) != 2 or call.keywords:
        checker.report("E405", "write is_a(reference, 'entity')", call)
        return None
    value = checker.value(call.args[0])
    written = call.args[1]
    entity = dotted_name(written) or _literal_text(checker, written, "an entity")
    if value is None or entity is None:
        return None
    if value.type.kind is not Kind.REFERENCE:
        checker.report(
            "E406", f"is_a takes a reference, not {with_article(value.type)}", call
        )
        return None
    if entity not in value.type.entities:
        checker.report(
            "E418",
            f"the reference does not lead to '{entity}'",
            written,
            did_you_mean(entity, value.type.entities),
        )
        return None
    extent = extent_of(call)
    narrowed = Narrow(Type(Kind.LINK, entities=(entity,)), extent, value)
    leads_there = Logic(BOOLEAN, extent, "not", (IsNull(BOOLEAN, extent, narrowed),))
    nothing = Literal(BOOLEAN, extent, None)
    return Conditional(
        BOOLEAN, extent, IsNull(BOOLEAN, extent, value), nothing, leads_there
    )


def _has_role(checker: Checker, call: s.Call) -> Node | None:
    if len(call.args) != 2 or call.keywords:
        checker.report("E405", "write has_role(user, 'module.role')", call)
        return None
    user = checker.value(call.args[0])
    role = _literal_text(checker, call.args[1], "a role")
    if user is None or role is None:
        return None
    if user.type.kind is not Kind.LINK or user.type.entity != checker.scope.user_entity:
        checker.report("E406", "has_role takes a user", call.args[0])
        return None
    if not checker.scope.schema.has_role(role):
        checker.report("E418", f"unknown role '{role}'", call.args[1])
        return None
    extent = extent_of(call)
    match user:
        case Identity(of=Variable(name="me")):
            return Variable(BOOLEAN, extent, f"role:{role}")
    if checker.slot.sql or not checker.slot.memory:
        checker.report("E415", "only has_role(me, ...) has an SQL form", call)
        return None
    return checker.call(HAS_ROLE, (user, Literal(TEXT, extent, role)), extent)


HAS_ROLE = Function(
    "has_role",
    (takes("user", Kind.LINK), takes("role", Kind.TEXT, literal=True)),
    BOOLEAN,
    lambda env, user, role: None if env.has_role is None else env.has_role(user, role),
    needs_env=True,
)


def _amount(kind: Kind) -> Callable[[Checker, s.Call], Node | None]:
    """`money(n, 'EUR')` and `quantity(n, 'kg')`."""

    def rule(checker: Checker, call: s.Call) -> Node | None:
        if len(call.args) != 2 or call.keywords:
            checker.report("E405", f"write {kind}(number, 'code')", call)
            return None
        value = checker.value(call.args[0])
        code = _literal_text(checker, call.args[1], "a currency or unit")
        number = None if value is None else fit(checker, value, DECIMAL)
        if number is None or code is None:
            return None
        if kind is Kind.MONEY:
            if checker.scope.schema.currency_places(code) is None:
                checker.report("E418", f"unknown currency '{code}'", call.args[1])
                return None
            type = money(code)
        else:
            type = quantity(code)
        if isinstance(number, Literal):
            return replace(number, type=type.sized(None, None), extent=extent_of(call))
        return checker.call(
            operators.RETYPE, (number,), extent_of(call), type.sized(None, None)
        )

    return rule


def _time(checker: Checker, call: s.Call) -> Node | None:
    """`time('08:00')`."""
    if len(call.args) != 1 or call.keywords:
        checker.report("E405", "write time('08:00')", call)
        return None
    written = _literal_text(checker, call.args[0], "a time of day")
    if written is None:
        return None
    try:
        value = time.fromisoformat(written)
    except ValueError:
        value = None
    if value is None or value.tzinfo is not None or len(written) not in {5, 8}:
        checker.report("E406", "a time is written like '08:00'", call.args[0])
        return None
    return Literal(TIME, extent_of(call), value)


SPECIAL: Mapping[str, Callable[[Checker, s.Call], Node | None]] = MappingProxyType(
    {
        "coalesce": _coalesce,
        "same": _same,
        "changed": changed(_same_node),
        "previous": previous,
        "null_if": _null_if,
        "least": _extreme(numbers.LEAST),
        "greatest": _extreme(numbers.GREATEST),
        "concat": _concat,
        "text": _text,
        "today": _clock("today", DATE),
        "now": _clock("now", DATETIME),
        "ref": _ref,
        "title_of": _title_of,
        "is_a": _is_a,
        "has_role": _has_role,
        "money": _amount(Kind.MONEY),
        "quantity": _amount(Kind.QUANTITY),
        "time": _time,
    }
)
