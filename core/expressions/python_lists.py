"""Lists in the Python back end: loops over loaded relations, and what sums them up.

Called by `to_python`, which passes its own compiler for the nodes inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from core.expressions import exact
from core.expressions.env import Env
from core.expressions.errors import EvaluationError
from core.expressions.tree import (
    Aggregate,
    AllRows,
    Bind,
    Identity,
    Items,
    Node,
    Select,
    ToMany,
    Variable,
)
from core.expressions.types import Kind, Type

Run = Callable[[Env], Any]
Compile = Callable[[Node], Run]
Loop = Callable[[Env], Iterator[Any]]


def compile_select(node: Select, compile_node: Compile) -> Loop:
    """A generator of the items; null items are among them."""
    last = node.binds[-1].variable
    where = None if node.where is None else compile_node(node.where)
    item = compile_node(node.item)
    bare = isinstance(node.item, Variable) and node.item.name == last

    def innermost(env: Env) -> Iterator[Any]:
        if where is None or where(env) is True:
            yield item(env)

    loop: Loop = innermost
    if len(node.binds) == 1 and bare and where is None:
        source = compile_source(node.binds[0].source, compile_node)
        return lambda env: iter(source(env))
    for bind in reversed(node.binds):
        loop = _loop(bind, compile_source(bind.source, compile_node), loop)
    return loop


def _loop(bind: Bind, source: Callable[[Env], Iterable[Any]], inner: Loop) -> Loop:
    name = bind.variable

    def loop(env: Env) -> Iterator[Any]:
        for current in source(env):
            env.locals[name] = current
            yield from inner(env)

    return loop


def compile_source(node: Node, compile_node: Compile) -> Callable[[Env], Iterable[Any]]:
    """The items of one loop's source."""
    if isinstance(node, ToMany):
        return _to_many(node, compile_node)
    if isinstance(node, AllRows):
        return _all_rows(node, compile_node)
    if isinstance(node, Items):
        items = [compile_node(i) for i in node.items]
        return lambda env: [i(env) for i in items]
    value = compile_node(node)
    return lambda env: value(env) or ()


def _to_many(node: ToMany, compile_node: Compile) -> Callable[[Env], Iterable[Any]]:
    of, name = compile_node(node.of), node.name

    def to_many(env: Env) -> Iterable[Any]:
        record = of(env)
        return () if record is None else record.related(name)

    return to_many


def _all_rows(node: AllRows, compile_node: Compile) -> Callable[[Env], Iterable[Any]]:
    entity = node.type.item.entity if node.type.item else ""
    equal = [(member.name, compile_node(value)) for member, value in node.equal]

    def all_rows(env: Env) -> Iterable[Any]:
        if env.rows is None:
            raise EvaluationError("rows() cannot be read here")
        wanted = {name: value(env) for name, value in equal}
        # Nothing equals null.
        return () if None in wanted.values() else env.rows(entity, wanted)

    return all_rows


def compile_aggregate(node: Aggregate, compile_node: Compile) -> Run:
    """The closure of an aggregate."""
    items = compile_select(_counted(node), compile_node)
    if node.name in {"any", "all"}:
        wanted = node.name == "any"

        def quantifier(env: Env) -> bool:
            found = any(item is wanted for item in items(env))
            return found is wanted

        return quantifier
    if node.name == "join":
        separator = compile_node(node.args[0])

        def join(env: Env) -> str | None:
            texts = [i for i in items(env) if i is not None]
            between = separator(env)
            return (between or "").join(texts) or None

        return join
    finish = _FINISH[node.name]
    type = node.type
    first = node.select.binds[0].source
    if not isinstance(first, ToMany):
        return lambda env: finish((i for i in items(env) if i is not None), type)
    rows = _to_many(first, compile_node)

    def summed(env: Env) -> Any:
        # Most records of a large save have no rows: no loop is begun for them.
        if not rows(env):
            return finish(iter(()), type)
        return finish((i for i in items(env) if i is not None), type)

    return summed


def _counted(node: Aggregate) -> Select:
    """What is counted: rows by themselves, as a line not yet saved has no id."""
    select, item = node.select, node.select.item
    if node.name not in {"count", "exists"} or not isinstance(item, Identity):
        return select
    return replace(select, item=item.of) if isinstance(item.of, Variable) else select


def _sum(items: Iterator[Any], type: Type) -> Any:
    if type.kind is Kind.DURATION:
        try:
            return sum(items, timedelta())
        except OverflowError:
            raise EvaluationError("the duration is too long") from None
    total: exact.Number = 0 if type.kind is Kind.INTEGER else Decimal(0)
    for item in items:
        total = exact.add(total, item)
    return total


def _mean(items: Iterator[Any], type: Type) -> Any:
    total: exact.Number = Decimal(0)
    count = 0
    for item in items:
        total = exact.add(total, item)
        count += 1
    return exact.divide(total, count)


def _last(items: Iterator[Any], type: Type) -> Any:
    found = None
    for item in items:
        found = item
    return found


_FINISH: Mapping[str, Callable[[Iterator[Any], Type], Any]] = MappingProxyType(
    {
        "sum": _sum,
        "avg": _mean,
        "min": lambda items, type: min(items, default=None),
        "max": lambda items, type: max(items, default=None),
        "first": lambda items, type: next(items, None),
        "last": _last,
        "count": lambda items, type: sum(1 for _ in items),
        "count_distinct": lambda items, type: len(set(items)),
        "exists": lambda items, type: next(items, None) is not None,
    }
)
