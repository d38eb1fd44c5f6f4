"""The Python back end: a checked tree becomes nested closures.

The compiler calls `to_python` once per expression; the services run the result on many
records. Reading, links and constants are short closures, because they run most.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from core.expressions import python_lists as lists
from core.expressions.env import Env
from core.expressions.function import Function
from core.expressions.record import Ref
from core.expressions.tree import (
    Aggregate,
    Among,
    Call,
    Coalesce,
    Conditional,
    External,
    Follow,
    Identity,
    IsNull,
    Literal,
    Logic,
    Narrow,
    Node,
    OneOf,
    Parts,
    Read,
    Select,
    Typed,
    Variable,
    Widen,
)

Run = Callable[[Env], Any]


def to_python(typed: Typed) -> Run:
    """A function from the surroundings to the value; see Env and errors."""
    return compile_node(typed.tree)


def compile_node(node: Node) -> Run:
    """The closure of one node."""
    return _COMPILERS[type(node)](node)


def _literal(node: Literal) -> Run:
    value = node.value
    return lambda env: value


def _variable(node: Variable) -> Run:
    name = node.name
    if name.startswith("#"):
        return lambda env: env.locals[name]
    if name in {"this", "old", "me", "company", "now", "today"}:
        return _ATTRIBUTES[name]
    if name.startswith("settings."):
        setting = name.removeprefix("settings.")
        return lambda env: env.settings[setting]
    if name.startswith("role:"):
        role = name.removeprefix("role:")

        def has_role(env: Env) -> bool | None:
            if env.me is None or env.me.id is None or env.has_role is None:
                return None
            return env.has_role(env.me.id, role)

        return has_role
    return lambda env: env.names[name]


def _this(env: Env) -> Any:
    return env.this


_ATTRIBUTES: Mapping[str, Run] = MappingProxyType(
    {
        "this": _this,
        "old": lambda env: env.old,
        "me": lambda env: env.me,
        "company": lambda env: env.company,
        "now": lambda env: env.now,
        "today": lambda env: env.today,
    }
)


def _read(node: Read) -> Run:
    of, name = compile_node(node.of), node.name
    if of is _this:

        def read_this(env: Env) -> Any:
            try:
                return env.this.values[name]  # type: ignore[union-attr]
            except KeyError:
                return env.this[name]  # type: ignore[index]

        return read_this

    def read(env: Env) -> Any:
        record = of(env)
        return None if record is None else record[name]

    return read


def _follow(node: Follow) -> Run:
    of, name = compile_node(node.of), node.name
    entity = node.type.entity

    def follow(env: Env) -> Any:
        record = of(env)
        if record is None:
            return None
        target = record.related(name)
        # A reference may lead to a record of another entity.
        return target if target is None or target.entity == entity else None

    return follow


def _identity(node: Identity) -> Run:
    of = compile_node(node.of)

    def identity(env: Env) -> Any:
        record = of(env)
        return None if record is None else record.id

    return identity


def _external(node: External) -> Run:
    key = node.key

    def external(env: Env) -> Any:
        return None if env.ref is None else env.ref(key)

    return external


def _narrow(node: Narrow) -> Run:
    of, entity = compile_node(node.of), node.type.entity

    def narrow(env: Env) -> Any:
        ref = of(env)
        return ref[1] if ref is not None and ref[0] == entity else None

    return narrow


def _widen(node: Widen) -> Run:
    of, entity = compile_node(node.of), node.of.type.entity

    def widen(env: Env) -> Any:
        id = of(env)
        return None if id is None else Ref(entity, id)

    return widen


def _call(node: Call) -> Run:
    function = node.function
    args = [compile_node(a) for a in node.args]
    if not function.strict or function.needs_env or len(args) not in {1, 2}:
        return _general_call(function, args)
    body = function.python
    if len(args) == 1:
        only = args[0]

        def call_1(env: Env) -> Any:
            a = only(env)
            return None if a is None else body(a)

        return call_1
    first, second = args
    if isinstance(node.args[1], Literal) and node.args[1].value is not None:
        constant = node.args[1].value

        def call_constant(env: Env) -> Any:
            a = first(env)
            return None if a is None else body(a, constant)

        return call_constant

    def call_2(env: Env) -> Any:
        a = first(env)
        if a is None:
            return None
        b = second(env)
        return None if b is None else body(a, b)

    return call_2


def _general_call(function: Function, args: list[Run]) -> Run:
    body, strict, needs_env = function.python, function.strict, function.needs_env

    def call(env: Env) -> Any:
        values = [a(env) for a in args]
        if strict and None in values:
            return None
        return body(env, *values) if needs_env else body(*values)

    return call


def _logic(node: Logic) -> Run:
    args = [compile_node(a) for a in node.args]
    if node.operator == "not":
        only = args[0]

        def negation(env: Env) -> bool | None:
            value = only(env)
            return None if value is None else not value

        return negation
    # `and` stops at false, `or` at true; an unknown operand leaves the answer unknown.
    stop = node.operator == "or"

    def connective(env: Env) -> bool | None:
        result: bool | None = not stop
        for arg in args:
            value: bool | None = arg(env)
            if value is stop:
                return value
            if value is None:
                result = None
        return result

    return connective


def _conditional(node: Conditional) -> Run:
    test, then = compile_node(node.test), compile_node(node.then)
    other = compile_node(node.other)
    return lambda env: then(env) if test(env) is True else other(env)


def _coalesce(node: Coalesce) -> Run:
    args = [compile_node(a) for a in node.args]

    def coalesce(env: Env) -> Any:
        for arg in args:
            value = arg(env)
            if value is not None:
                return value
        return None

    return coalesce


def _is_null(node: IsNull) -> Run:
    of = compile_node(node.of)
    return lambda env: of(env) is None


def _one_of(node: OneOf) -> Run:
    needle = compile_node(node.needle)
    items = [compile_node(i) for i in node.items]
    if all(isinstance(i, Literal) for i in node.items):
        constants = frozenset(i.value for i in node.items if isinstance(i, Literal))

        def one_of_constants(env: Env) -> bool | None:
            value = needle(env)
            return None if value is None else value in constants

        return one_of_constants

    def one_of(env: Env) -> bool | None:
        value = needle(env)
        if value is None:
            return None
        found: bool | None = False
        for item in items:
            other = item(env)
            if other is None:
                found = None
            elif other == value:
                return True
        return found

    return one_of


def _among(node: Among) -> Run:
    needle = compile_node(node.needle)
    items = lists.compile_select(node.select, compile_node)

    def among(env: Env) -> bool | None:
        value = needle(env)
        if value is None:
            return None
        return any(item is not None and item == value for item in items(env))

    return among


def _parts(node: Parts) -> Run:
    names, parts = node.names, [compile_node(p) for p in node.parts]

    def whole(env: Env) -> dict[str, Any] | None:
        values = [part(env) for part in parts]
        known = any(value is not None for value in values)
        return dict(zip(names, values, strict=True)) if known else None

    return whole


def _select(node: Select) -> Run:
    items = lists.compile_select(node, compile_node)
    as_ids = node.type.item is not None and node.type.item.kind == "record"

    def select(env: Env) -> tuple[Any, ...]:
        found = tuple(items(env))
        return tuple(r.id for r in found if r is not None) if as_ids else found

    return select


def _aggregate(node: Aggregate) -> Run:
    return lists.compile_aggregate(node, compile_node)


_COMPILERS: Mapping[type[Node], Callable[[Any], Run]] = MappingProxyType(
    {
        Literal: _literal,
        Variable: _variable,
        Read: _read,
        Follow: _follow,
        Identity: _identity,
        External: _external,
        Narrow: _narrow,
        Widen: _widen,
        Call: _call,
        Logic: _logic,
        Conditional: _conditional,
        Coalesce: _coalesce,
        IsNull: _is_null,
        OneOf: _one_of,
        Among: _among,
        Parts: _parts,
        Select: _select,
        Aggregate: _aggregate,
    }
)
