"""Making values fit one another: the silent conversions of the language, and no others.

The check_* files call `fit` for one value and a type, `unify` for several values that
must become one type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from core.diagnostics import did_you_mean
from core.expressions import operators
from core.expressions.check_paths import as_record
from core.expressions.check_properties import common_with, is_property, reads_as
from core.expressions.checker import Checker, as_value, is_constant, with_article
from core.expressions.currencies import same_measure
from core.expressions.schema import pseudo_members
from core.expressions.tree import Identity, Literal, Node, Parts, Read, Widen
from core.expressions.types import (
    AMOUNTS,
    DECIMAL,
    NUMBERS,
    RELATIONAL,
    TEXT,
    Kind,
    Type,
)

PSEUDO_NAMES = frozenset(m.name for m in pseudo_members(""))
_CONSTANT_NUMBERS = (Kind.INTEGER, Kind.DECIMAL)


def fit(checker: Checker, node: Node, target: Type, code: str = "E406") -> Node | None:
    """The node as a value of the target type; None after a report."""
    node = as_value(node) if target.kind is not Kind.RECORD else node
    kind, wanted = node.type.kind, target.kind
    if kind is Kind.NULL:
        return Literal(target, node.extent, None)
    if is_property(node):
        read = reads_as(node, target)
        return _refuse(checker, node, target, code) if read is None else read
    if wanted in AMOUNTS:
        return _fit_amount(checker, node, target, code)
    if wanted in NUMBERS:
        number = _fit_number(checker, node, target)
        if number is not None:
            return number
    elif wanted is Kind.CHOICE:
        return _fit_choice(checker, node, target, code)
    elif wanted in RELATIONAL:
        related = _fit_relation(node, target)
        if related is not None:
            return related
    elif wanted is Kind.JSON and target.entities:
        whole = _fit_group(checker, node, target)
        if whole is not None:
            return whole
    elif (wanted is Kind.LIST and kind is Kind.LIST) or kind is wanted:
        return node
    return _refuse(checker, node, target, code)


def _refuse(checker: Checker, node: Node, target: Type, code: str) -> Node | None:
    checker.report(
        code,
        f"{with_article(node.type)} does not fit {with_article(target)}",
        node.extent,
        _conversion(node.type, target),
    )
    return None


def _conversion(given: Type, wanted: Type) -> str | None:
    """The function that converts, where there is one."""
    pair = (given.kind, wanted.kind)
    if wanted.kind is Kind.TEXT:
        return "text(x) makes a text of it"
    if given.kind in AMOUNTS and wanted.kind in NUMBERS:
        return "magnitude(x) gives the bare number"
    if pair == (Kind.DATETIME, Kind.DATE):
        return "date(x) gives the day"
    if pair == (Kind.DATE, Kind.DATETIME):
        return "datetime(day, time) makes a moment of a day"
    if pair == (Kind.BOOLEAN, Kind.INTEGER):
        return "write 1 if condition else 0"
    if wanted.kind is Kind.INTEGER and given.kind in NUMBERS:
        return "round(x), floor(x) or ceil(x) gives a whole number"
    return None


def _fit_number(checker: Checker, node: Node, target: Type) -> Node | None:
    kind = node.type.kind
    if kind is target.kind:
        return node
    if target.kind is Kind.INTEGER or kind not in NUMBERS:
        return None
    if isinstance(node, Literal):
        return replace(node, type=target.sized(None, None), value=Decimal(node.value))
    if kind is Kind.INTEGER:
        result = DECIMAL if target.kind is Kind.DECIMAL else target.sized(None, None)
        return checker.call(operators.TO_DECIMAL, (node,), node.extent, result)
    if kind is Kind.PERCENT:
        return checker.call(
            operators.RETYPE, (node,), node.extent, replace(node.type, kind=target.kind)
        )
    return None


def _fit_amount(checker: Checker, node: Node, target: Type, code: str) -> Node | None:
    if is_constant(node, *_CONSTANT_NUMBERS) and isinstance(node, Literal):
        value = None if node.value is None else Decimal(node.value)
        return replace(node, type=target.sized(None, None), value=value)
    if node.type.kind is not target.kind:
        _refuse(checker, node, target, code)
        return None
    if not same_measure(node.type, target):
        report_measures(checker, node, node.type, target)
        return None
    return node


def report_measures(checker: Checker, node: Node, a: Type, b: Type) -> None:
    """Report that two amounts are not provably in one currency or unit."""
    money = a.kind is Kind.MONEY
    left, right = (a.currency, b.currency) if money else (a.unit, b.unit)
    if left == right:
        left, right = a.per, b.per
    checker.report(
        "E407",
        f"{'currencies' if money else 'units'} are not provably the same: "
        f"{shown(left)} and {shown(right)}",
        node.extent,
        "convert(x, currency, date) makes them one"
        if money
        else "to_unit(x, unit) makes them one",
    )


def shown(path: object) -> str:
    """A currency or unit path as the author would write it."""
    if path is None:
        return "none"
    if isinstance(path, tuple):
        return ".".join(p.removeprefix("@").removeprefix("expr:") for p in path)
    return str(path)


def _fit_choice(checker: Checker, node: Node, target: Type, code: str) -> Node | None:
    if is_constant(node, Kind.TEXT) and isinstance(node, Literal):
        if node.value in target.choices:
            return replace(node, type=target)
        checker.report(
            "E408",
            f"'{node.value}' is no key of this choice",
            node.extent,
            did_you_mean(str(node.value), target.choices)
            or f"keys: {', '.join(target.choices[:12])}",
        )
        return None
    if node.type.kind is Kind.CHOICE and set(node.type.choices) & set(target.choices):
        return node
    _refuse(checker, node, target, code)
    return None


def _fit_group(checker: Checker, node: Node, target: Type) -> Node | None:
    """A group of the same trait, or a record that uses the trait."""
    if node.type.kind is Kind.JSON:
        return node if node.type.entities == target.entities else None
    of = as_record(node)
    schema = None if of is None else checker.scope.schema.entity(of.type.entity)
    trait = checker.scope.schema.entity(target.entity)
    if of is None or schema is None or trait is None or checker.slot.sql:
        return None
    names = tuple(n for n in trait.names() if n not in PSEUDO_NAMES)
    members = [schema.member(name) for name in names]
    reads = tuple(
        Read(m.type, node.extent, of, m.name, m) for m in members if m is not None
    )
    if len(reads) < len(names):
        return None
    return Parts(target, node.extent, names, reads)


def _fit_relation(node: Node, target: Type) -> Node | None:
    given = node.type
    if target.kind is Kind.REFERENCE:
        if given.kind is Kind.REFERENCE and set(given.entities) & set(target.entities):
            return node
        if given.kind is Kind.LINK and given.entity in target.entities:
            return Widen(target, node.extent, node)
        return None
    if given.kind is Kind.RECORD and target.kind is Kind.LINK:
        node = Identity(target, node.extent, node)
    same = given.entities == target.entities and given.kind is not Kind.REFERENCE
    return node if same else None


def unify(checker: Checker, nodes: Sequence[Node]) -> list[Node] | None:
    """The nodes as values of one type; None after a report."""
    target = common_type([as_value(n) for n in nodes])
    fitted = [fit(checker, n, target) for n in nodes]
    if any(n is None for n in fitted):
        return None
    return [n for n in fitted if n is not None]


def common_type(nodes: Sequence[Node]) -> Type:
    """The type to which the nodes are brought, if they can be."""
    types = [n.type for n in nodes if n.type.kind is not Kind.NULL]
    if not types:
        return nodes[0].type
    if any(is_property(n) for n in nodes):
        known = [n for n in nodes if not is_property(n)]
        types = [n.type for n in known if n.type.kind is not Kind.NULL]
        return common_with(types) if types else TEXT
    kinds = {t.kind for t in types}
    for kind in (
        Kind.JSON,
        Kind.MONEY,
        Kind.QUANTITY,
        Kind.CHOICE,
        Kind.REFERENCE,
        Kind.DECIMAL,
        Kind.PERCENT,
    ):
        if kind in kinds:
            return next(t for t in types if t.kind is kind)
    return types[0]
