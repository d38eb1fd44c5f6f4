"""Example records for conditions: the values at which they may turn, tried one by one.

Asked by core.registry.check_behaviour. A part of a condition is tried if it compares
fields of the record with constants; then each constant, what lies beside and between
them, each choice and the missing value are all the cases there are. Other parts are
taken as true and the answer is not sure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise, product
from math import prod
from typing import Any

from core.definitions import EntityDef
from core.expressions import Env, EvaluationError, Record, to_python
from core.expressions.storage_types import plain
from core.expressions.substitution import walk
from core.expressions.tree import (
    Call,
    Coalesce,
    IsNull,
    Literal,
    Logic,
    Node,
    OneOf,
    Read,
    Typed,
    Variable,
)
from core.expressions.types import NUMERIC, Kind
from core.frozen import frozen
from core.source import Scalar

#: So many records are tried; a condition over more is left to its author.
_MOST = 2_000
_COMPARED = frozenset({"==", "!=", "<", "<=", ">", ">="})
_KINDS = NUMERIC | {Kind.DATE, Kind.CHOICE, Kind.BOOLEAN, Kind.TEXT}
Values = dict[str, Any]


@frozen
class Condition:
    """A condition that must hold while some fields are known, as the state is."""

    typed: Typed
    known: Mapping[str, Any] = field(default_factory=dict)


@frozen
class Found:
    """A record for which all conditions hold, if any; `sure`: all of each was tried."""

    example: Values | None
    sure: bool

    @property
    def never(self) -> bool:
        """Whether no record can meet the conditions."""
        # Parts that were left out could only make it harder.
        return self.example is None

    def shown(self) -> str:
        """The example in words."""
        told = [f"{name} = {_shown(one)}" for name, one in (self.example or {}).items()]
        return " and ".join(told) or "any record"


def find(entity: EntityDef, conditions: Sequence[Condition]) -> Found:
    """Look for a record that meets all conditions."""
    parts: list[tuple[Typed, Mapping[str, Any]]] = []
    sure = True
    for one in conditions:
        for node in _conjuncts(one.typed.tree):
            if _is_tried(node):
                parts.append((replace(one.typed, tree=node), one.known))
            else:
                sure = False
    reads = [node for typed, _ in parts for node in walk(typed.tree)]
    known = {name for _, fixed in parts for name in fixed}
    values = {
        node.name: _values(entity, node, reads)
        for node in reads
        if isinstance(node, Read) and node.name not in known
    }
    if prod(map(len, values.values())) > _MOST:
        return Found({}, False)
    runs = [(to_python(typed), fixed) for typed, fixed in parts]
    for case in product(*values.values()):
        tried = dict(zip(values, case, strict=True))
        try:
            if all(
                run(Env(this=Record(entity.id, 1, {**tried, **fixed}))) is True
                for run, fixed in runs
            ):
                return Found(tried, sure)
        except EvaluationError:
            return Found({}, False)
    return Found(None, sure)


def _conjuncts(node: Node) -> Iterator[Node]:
    if isinstance(node, Logic) and node.operator == "and":
        for part in node.args:
            yield from _conjuncts(part)
    else:
        yield node


def _is_tried(node: Node) -> bool:
    if isinstance(node, Logic):
        return all(_is_tried(one) for one in node.args)
    if isinstance(node, IsNull):
        return _is_field(node.of)
    if isinstance(node, OneOf):
        constants = all(isinstance(one, Literal) for one in node.items)
        return constants and _is_value(node.needle)
    if isinstance(node, Call) and node.function.name in _COMPARED:
        left, right = node.args
        return (_is_value(left) and isinstance(right, Literal)) or (
            isinstance(left, Literal) and _is_value(right)
        )
    return isinstance(node, Literal) or (
        _is_field(node) and node.type.kind is Kind.BOOLEAN
    )


def _is_value(node: Node) -> bool:
    if isinstance(node, Coalesce):
        first, *rest = node.args
        return _is_field(first) and all(isinstance(one, Literal) for one in rest)
    return _is_field(node)


def _is_field(node: Node) -> bool:
    """A column of the record itself."""
    return (
        isinstance(node, Read)
        and isinstance(node.of, Variable)
        and node.of.name == "this"
        and node.type.kind in _KINDS
    )


def _values(entity: EntityDef, read: Read, nodes: Sequence[Node]) -> list[Any]:
    field = entity.fields.get(read.name)
    needed = field is not None and field.required is True
    nothing: list[Any] = [] if needed else [None]
    named = [
        node.value
        for node in nodes
        if isinstance(node, Literal) and node.value is not None
    ]
    kind = read.type.kind
    if kind is Kind.BOOLEAN:
        return [True, False]
    if kind is Kind.CHOICE:
        return [*read.type.choices, *nothing]
    if kind is Kind.TEXT:
        texts = sorted({one for one in named if isinstance(one, str)})
        return [*texts, "".join(texts) + "x", *nothing]
    if kind is Kind.DATE:
        one = timedelta(days=1)
        days = {day for day in named if isinstance(day, date)} or {date(2000, 1, 1)}
        return [*sorted({day + n * one for day in days for n in (-1, 0, 1)}), *nothing]
    return [n for n in _numbers(named, kind) if _allowed(entity, read, n)] + nothing


def _numbers(named: Sequence[Any], kind: Kind) -> list[Any]:
    given = {
        Decimal(one)
        for one in named
        if isinstance(one, int | Decimal) and not isinstance(one, bool)
    } or {Decimal(0)}
    if kind is Kind.INTEGER:
        return sorted({int(number) + n for number in given for n in (-1, 0, 1)})
    exact = sorted(given)
    between = [(a + b) / 2 for a, b in pairwise(exact)]
    return sorted({*exact, *between, exact[0] - 1, exact[-1] + 1})


def _allowed(entity: EntityDef, read: Read, value: Any) -> bool:
    """Whether the field can hold the number at all."""
    field = entity.fields.get(read.name)
    for key, least in (("min", True), ("max", False)):
        slot = getattr(field, key, None)
        if slot is None or not isinstance(slot.literal, Scalar):
            continue
        if not isinstance(slot.literal.value, int | Decimal):
            continue
        limit = Decimal(str(slot.literal.value))
        if value < limit if least else value > limit:
            return False
    return True


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return plain(value) if isinstance(value, Decimal) else str(value)
