"""Which currency or unit an amount is in, as a path by which amounts are compared.

The type checker calls it when it reads a field and when amounts meet. Paths are made
canonical: a line's `order.currency` is the order's `currency`.
"""

from __future__ import annotations

from dataclasses import replace

from core.expressions.checker import Checker
from core.expressions.schema import Member, MemberKind
from core.expressions.tree import (
    Bind,
    External,
    Follow,
    Identity,
    Literal,
    Node,
    Read,
    Select,
    Variable,
)
from core.expressions.types import INTEGER, Kind, Path, Type, record


def origin(checker: Checker, node: Node) -> Path:
    """The canonical path to a record; `()` is the root record."""
    if isinstance(node, Variable):
        return () if node.name == "this" else (f"@{node.name}",)
    if isinstance(node, Follow):
        return step(checker, origin(checker, node.of), node.of.type.entity, node.name)
    if isinstance(node, Identity):
        return origin(checker, node.of)
    if isinstance(node, External):
        return (f"@ref:{node.key}",)
    start, end = node.extent
    anchor = f"@expr:{checker.placed.text[start:end]}"
    checker.anchors.setdefault(anchor, node)
    return (anchor,)


def step(checker: Checker, path: Path, entity: str, name: str) -> Path:
    """The canonical path one name further."""
    if len(path) == 1 and (path[0], name) in checker.aliases:
        return checker.aliases[path[0], name]
    schema = checker.scope.schema.entity(entity)
    member = None if schema is None else schema.member(name)
    if member is not None and member.same_as and member.same_as != (name,):
        return walk(checker, path, entity, member.same_as)
    return (*path, name)


def walk(checker: Checker, path: Path, entity: str, names: Path) -> Path:
    """The canonical path along several names."""
    current: str | None = entity
    for position, name in enumerate(names):
        schema = checker.scope.schema.entity(current) if current else None
        member = schema.member(name) if schema else None
        if position == 0 and member is None and name in {"company", "me"}:
            path, current = (f"@{name}",), _global_entity(checker, name)
            continue
        path = step(checker, path, current, name) if current else (*path, name)
        current = member.target if member else None
    return path


def _global_entity(checker: Checker, name: str) -> str:
    scope = checker.scope
    return scope.company_entity if name == "company" else scope.user_entity


def placed_type(checker: Checker, of: Node, member: Member) -> Type:
    """The type of a member with its currency, unit and per as canonical paths."""
    type = member.type
    if type.kind is Kind.LIST or not (type.currency or type.unit or type.per):
        return type
    start = origin(checker, of)
    entity = of.type.entity

    def canonical(path: Path | str | None) -> Path | str | None:
        if isinstance(path, tuple):
            return walk(checker, start, entity, path)
        return path

    return replace(
        type,
        currency=canonical(type.currency),
        unit=canonical(type.unit),
        per=canonical(type.per),
    )


def same_measure(a: Type, b: Type) -> bool:
    """Whether two amounts are provably in one currency or unit."""
    return a.currency == b.currency and a.unit == b.unit and a.per == b.per


def depends_on_loop(type: Type, variables: frozenset[str]) -> bool:
    """Whether the currency or unit may differ from item to item of these loops."""
    for path in (type.currency, type.unit, type.per):
        if isinstance(path, tuple) and path and path[0].startswith("@"):
            start = path[0][1:]
            if start in variables or start.startswith("expr:"):
                return True
    return False


def goes_over_slot(checker: Checker, bind: Bind) -> bool:
    """Whether a loop goes over rows that are added up per currency and unit."""
    return checker.slot.per_measure and isinstance(bind.source, Variable)


def measured_apart(type: Type, select: Select) -> Type:
    """The type with currency and unit as paths from any row of the slot's list."""
    names = {
        f"@{b.variable}": f"@{b.source.name}"
        for b in select.binds
        if isinstance(b.source, Variable)
    }

    def placed(path: Path | str | None) -> Path | str | None:
        if isinstance(path, tuple) and path and path[0] in names:
            return (names[path[0]], *path[1:])
        return path

    return replace(
        type,
        currency=placed(type.currency),
        unit=placed(type.unit),
        per=placed(type.per),
    )


def record_at(checker: Checker, path: Path) -> Node | None:
    """The node that reads the record at a canonical path; None if there is none."""
    node: Node | None
    if path and path[0].startswith("@"):
        node = _anchor(checker, path[0])
        path = path[1:]
    else:
        entity = checker.scope.entity
        node = None if entity is None else Variable(record(entity), (0, 0), "this")
    for name in path:
        if node is None:
            return None
        schema = checker.scope.schema.entity(node.type.entity)
        member = schema.member(name) if schema else None
        if member is None or member.kind is not MemberKind.LINK or not member.target:
            return None
        node = Follow(record(member.target), (0, 0), node, name, member)
    return node


def _anchor(checker: Checker, name: str) -> Node | None:
    if name in {"@company", "@me"}:
        return Variable(record(_global_entity(checker, name[1:])), (0, 0), name[1:])
    if name == "@old" and checker.scope.entity:
        return Variable(record(checker.scope.entity), (0, 0), "old")
    return checker.anchors.get(name)


def currency_places(checker: Checker, type: Type) -> Node | None:
    """The number of decimals of an amount's currency, as a node."""
    if isinstance(type.currency, str):
        places = checker.scope.schema.currency_places(type.currency)
        return None if places is None else Literal(INTEGER, (0, 0), places)
    currency = record_at(checker, type.currency or ())
    if currency is None or currency.type.kind is not Kind.RECORD:
        return None
    schema = checker.scope.schema.entity(currency.type.entity)
    member = schema.member("decimals") if schema else None
    if member is None:
        return None
    return Read(member.type, (0, 0), currency, "decimals", member)
