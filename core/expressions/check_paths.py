"""Steps along paths: from a record, a list of records, a reference or a group.

Part of the type checker; `check_names` finds where a path begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from core.diagnostics import did_you_mean
from core.expressions.checker import Checker
from core.expressions.currencies import origin, placed_type
from core.expressions.schema import Member, MemberKind
from core.expressions.tree import (
    Aggregate,
    Bind,
    Coalesce,
    Conditional,
    Extent,
    Follow,
    GroupPart,
    Identity,
    Literal,
    Narrow,
    Node,
    Read,
    Select,
    ToMany,
)
from core.expressions.types import Kind, Type, list_of, record


def follow(
    checker: Checker, of: Node, name: str, extent: Extent, at: int | None = None
) -> Node | None:
    """One step along a name, from a record, a list of records or a group."""
    if isinstance(of, GroupPart):
        inner = of.member.member(name)
        if inner is None:
            names = [m.name for m in of.member.members]
            _no_member(checker, of.member.name, name, names, extent, at)
            return None
        flat = replace(inner, name=f"{of.member.name}_{name}")
        return _read(checker, of.of, flat, extent)
    if of.type.kind is Kind.LIST:
        return _follow_each(checker, of, name, extent, at)
    if of.type.kind is Kind.REFERENCE and len(of.type.entities) > 1:
        return _follow_any(checker, of, name, extent, at)
    base = as_record(of)
    if base is None:
        checker.report(
            "E410", f"'{name}' cannot follow {of.type}: it is no link", extent
        )
        return None
    schema = checker.scope.schema.entity(base.type.entity)
    if schema is None:
        return None
    member = schema.member(name)
    if member is None:
        _no_member(checker, schema.id, name, list(schema.names()), extent, at)
        return None
    return _read(checker, base, member, extent)


def _no_member(
    checker: Checker,
    owner: str,
    name: str,
    names: list[str],
    extent: Extent,
    at: int | None,
) -> None:
    place = (extent[1] - len(name) if at is None else at, extent[1])
    checker.report(
        "E402", f"{owner} has no field '{name}'", place, did_you_mean(name, names)
    )


def _read(checker: Checker, of: Node, member: Member, extent: Extent) -> Node | None:
    if member.sensitive and not checker.scope.may_reveal:
        checker.report(
            "E417",
            f"'{member.name}' is sensitive and everybody would see it here",
            extent,
        )
        return None
    if member.kind is MemberKind.GROUP:
        return GroupPart(member.type, extent, of, member)
    if member.to_many and member.target:
        return _to_many(checker, of, member, extent)
    if checker.slot.sql and not member.stored and member.computed is None:
        checker.report("E415", f"'{member.name}' is computed in memory only", extent)
        return None
    type = placed_type(checker, of, member)
    if type.kind is Kind.RECORD:
        type = replace(type, kind=Kind.LINK)
    node = Read(type, extent, of, member.name, member)
    return as_list(checker, node) if type.kind is Kind.LIST else node


def _to_many(checker: Checker, of: Node, member: Member, extent: Extent) -> Node:
    target = record(member.target or "")
    item = checker.new_variable(target, extent)
    if member.back:
        checker.aliases[f"@{item.name}", member.back] = origin(checker, of)
    schema = checker.scope.schema.entity(target.entity)
    back = schema.member(member.back) if schema and member.back else None
    source = ToMany(
        list_of(target),
        extent,
        of,
        member.name,
        member,
        schema.order if schema else (),
        back is not None and back.kind is MemberKind.REFERENCE,
        back is not None and back.kind is MemberKind.LINKS,
    )
    return Select(list_of(target), extent, (Bind(item.name, source),), None, item)


def as_list(checker: Checker, node: Node) -> Node:
    """A list-typed value (multichoice, series) as a list to loop over."""
    plain = node.type.kind is not Kind.LIST or node.type.item is None
    if isinstance(node, Select) or plain:
        return node
    assert node.type.item is not None
    item = checker.new_variable(node.type.item, node.extent)
    return Select(node.type, node.extent, (Bind(item.name, node),), None, item)


def _follow_each(
    checker: Checker, of: Node, name: str, extent: Extent, at: int | None
) -> Node | None:
    if not isinstance(of, Select):
        return None
    item = follow(checker, of.item, name, extent, at)
    if item is None:
        return None
    if isinstance(item, Select):
        binds = (*of.binds, *item.binds)
        return Select(item.type, extent, binds, of.where, item.item)
    if isinstance(item, GroupPart):
        checker.report("E411", "a group of a list", extent)
        return None
    return Select(list_of(item.type), extent, of.binds, of.where, item)


def _follow_any(
    checker: Checker, of: Node, name: str, extent: Extent, at: int | None
) -> Node | None:
    """A name that all entities of a reference have with one type."""
    found: list[Node] = []
    for entity in of.type.entities:
        narrowed = Narrow(Type(Kind.LINK, entities=(entity,)), of.extent, of)
        node = follow(checker, narrowed, name, extent, at)
        if node is None:
            return None
        found.append(node)
    first = found[0]
    if any(n.type != first.type for n in found) or isinstance(first, Select):
        checker.report(
            "E410",
            f"'{name}' has not one type in all of {', '.join(of.type.entities)}",
            extent,
            f"name one entity: ['{of.type.entities[0]}'].{name}",
        )
        return None
    return Coalesce(first.type, extent, tuple(found))


def as_record(node: Node) -> Node | None:
    """The record behind a node that is a link or a record; None if it is neither."""
    type = node.type
    if type.kind is Kind.RECORD:
        return node
    if type.kind not in {Kind.LINK, Kind.REFERENCE} or len(type.entities) != 1:
        return None
    to = record(type.entity)
    match node:
        case Read():
            return Follow(to, node.extent, node.of, node.name, node.member)
        case Narrow(of=Read() as read):
            return Follow(to, node.extent, read.of, read.name, read.member)
        case Identity():
            return node.of
        case Literal(value=None):
            return Literal(to, node.extent, None)
        case Conditional():
            then, other = as_record(node.then), as_record(node.other)
            if then is None or other is None:
                return None
            return Conditional(to, node.extent, node.test, then, other)
        case Coalesce():
            args = [as_record(a) for a in node.args]
            known = tuple(a for a in args if a is not None)
            return None if len(known) < len(args) else Coalesce(to, node.extent, known)
        case Aggregate():
            item = as_record(node.select.item)
            if item is None:
                return None
            select = replace(node.select, type=list_of(to), item=item)
            return Aggregate(to, node.extent, node.name, select, node.args)
        case _:
            return None


def links_followed(node: Node) -> int:
    """How many links and to-many members a path goes along."""
    if isinstance(node, Select):
        return sum(links_followed(b.source) for b in node.binds) + links_followed(
            node.item
        )
    if isinstance(node, Follow | ToMany):
        return 1 + links_followed(node.of)
    return max((links_followed(n) for n in _inner(node)), default=0)


def _inner(node: Node) -> Iterator[Node]:
    match node:
        case Read() | Narrow() | Identity() | GroupPart():
            yield node.of
        case Coalesce():
            yield from node.args
        case _:
            return
