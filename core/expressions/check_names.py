"""Rules for names, paths and subscripts: what leads where, and where it is allowed.

Part of the type checker.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType

from core.diagnostics import did_you_mean
from core.expressions import syntax as s
from core.expressions.checker import Checker, extent_of
from core.expressions.currencies import origin, placed_type
from core.expressions.schema import EntitySchema, Member, MemberKind
from core.expressions.tree import (
    Aggregate,
    Bind,
    Coalesce,
    Conditional,
    Extent,
    Follow,
    Identity,
    Literal,
    Narrow,
    Node,
    Read,
    Select,
    ToMany,
    Variable,
)
from core.expressions.types import Kind, Type, list_of, record

SLOT_NAMES = MappingProxyType(
    {
        "it": "the condition of a link",
        "ask": "what an action does with its answers",
        "params": "views and reports",
        "src": "mappings",
        "body": "endpoints and webhooks",
        "input": "flows and endpoints",
        "open": "mappings",
        "parent": "mappings of lines",
        "rows": "constraints, views and mappings",
    }
)


@dataclass(frozen=True, slots=True)
class GroupPart(Node):
    """A group on the way to one of its members; never part of a finished tree."""

    of: Node
    member: Member


def check_name(checker: Checker, syntax: s.Syntax) -> Node | None:
    """A bare name, looked up in the order of the grammar."""
    assert isinstance(syntax, s.Name)
    name, extent = syntax.name, extent_of(syntax)
    if name in checker.loops:
        return replace(checker.loops[name], extent=extent)
    if name in checker.scope.names:
        _warn_shadow(checker, syntax)
        return _slot_name(checker, name, extent)
    schema = root_schema(checker)
    if schema is not None and checker.scope.entity:
        if schema.member(name) is not None:
            this = Variable(record(schema.id), extent, "this")
            return follow(checker, this, name, extent)
    if name in {"this", "old", "me", "company"}:
        return _global_name(checker, name, syntax)
    _unknown_name(checker, syntax, schema)
    return None


def root_schema(checker: Checker) -> EntitySchema | None:
    """The entity of the root record."""
    entity = checker.scope.entity
    return None if entity is None else checker.scope.schema.entity(entity)


def _warn_shadow(checker: Checker, syntax: s.Name) -> None:
    schema = root_schema(checker)
    if schema is not None and schema.member(syntax.name) is not None:
        checker.report(
            "W422",
            f"'{syntax.name}' is the name of this place, not the field",
            syntax,
            f"this.{syntax.name} reads the field",
        )


def _slot_name(checker: Checker, name: str, extent: Extent) -> Node:
    type = checker.scope.names[name]
    if type.kind is Kind.LINK:
        type = record(type.entity)
    variable = Variable(type, extent, name)
    if type.kind is Kind.LIST and type.item is not None:
        item = checker.new_variable(type.item, extent)
        return Select(type, extent, (Bind(item.name, variable),), None, item)
    return variable


def _global_name(checker: Checker, name: str, syntax: s.Syntax) -> Node | None:
    scope, slot = checker.scope, checker.slot
    extent = extent_of(syntax)
    if name in {"this", "old"}:
        if scope.entity is None or (name == "old" and not slot.old):
            return _not_here(checker, syntax, name)
        return Variable(record(scope.entity), extent, name)
    if not slot.user:
        return _not_here(checker, syntax, name)
    entity = scope.user_entity if name == "me" else scope.company_entity
    return Variable(record(entity), extent, name)


def _not_here(checker: Checker, syntax: s.Syntax, name: str) -> Node | None:
    where = {
        "me": "rules, conditions, values, grants and filters",
        "company": "rules, conditions, values, grants and filters",
        "old": "rules, conditions and values",
        "settings": "rules, conditions, values, grants and filters",
        "this": "places that belong to a record",
    }[name]
    checker.report(
        "E412",
        f"'{name}' is not available in a {checker.slot.name}",
        syntax,
        f"it can be used in {where}",
    )
    return None


def _unknown_name(
    checker: Checker, syntax: s.Name, schema: EntitySchema | None
) -> None:
    name = syntax.name
    if name in SLOT_NAMES:
        checker.report(
            "E412",
            f"'{name}' is not available in a {checker.slot.name}",
            syntax,
            f"it is known in {SLOT_NAMES[name]}",
        )
        return
    known = {*checker.loops, *checker.scope.names, "this", "me", "company"}
    if schema is not None:
        known.update(schema.names())
    where = "here" if schema is None else f"in {schema.id}"
    checker.report(
        "E402", f"unknown name '{name}' {where}", syntax, did_you_mean(name, known)
    )


def check_attribute(checker: Checker, syntax: s.Syntax) -> Node | None:
    """`of.name`: a setting, a dotted name of the slot, or one step of a path."""
    assert isinstance(syntax, s.Attribute)
    dotted = _dotted(syntax)
    if dotted is not None and dotted.split(".")[0] not in checker.loops:
        if dotted in checker.scope.names:
            return _slot_name(checker, dotted, extent_of(syntax))
        head, _, rest = dotted.partition(".")
        if head == "settings" and rest.count(".") < 2:
            return _setting(checker, syntax, rest)
        if _is_namespace(checker, head):
            _unknown_in_namespace(checker, syntax, head)
            return None
    of = checker.check(syntax.of)
    if of is None:
        return None
    node = follow(checker, of, syntax.name, extent_of(syntax), syntax.at)
    if node is not None and links_followed(node) > checker.slot.max_steps:
        checker.report(
            "E410",
            f"the path follows more than {checker.slot.max_steps} links",
            syntax,
            "keep the value in a formula nearer by",
        )
        return None
    return node


def _dotted(syntax: s.Syntax) -> str | None:
    if isinstance(syntax, s.Name):
        return syntax.name
    if isinstance(syntax, s.Attribute):
        inner = _dotted(syntax.of)
        return None if inner is None else f"{inner}.{syntax.name}"
    return None


def _is_namespace(checker: Checker, head: str) -> bool:
    names = checker.scope.names
    return head not in names and any(n.startswith(f"{head}.") for n in names)


def _unknown_in_namespace(checker: Checker, syntax: s.Attribute, head: str) -> None:
    known = [n for n in checker.scope.names if n.startswith(f"{head}.")]
    name = _dotted(syntax) or ""
    checker.report(
        "E402", f"unknown name '{name}'", syntax, did_you_mean(name, known)
    )


def _setting(checker: Checker, syntax: s.Attribute, rest: str) -> Node | None:
    module, dot, name = rest.partition(".")
    if not dot:
        checker.report("E402", "settings are read as settings.module.name", syntax)
        return None
    if not checker.slot.settings:
        return _not_here(checker, syntax, "settings")
    type = checker.scope.schema.setting(module, name)
    if type is None:
        checker.report("E418", f"unknown setting '{module}.{name}'", syntax)
        return None
    if type.kind is Kind.LINK:
        type = record(type.entity)
    return Variable(type, extent_of(syntax), f"settings.{module}.{name}")


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


def _read(
    checker: Checker, of: Node, member: Member, extent: Extent
) -> Node | None:
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
        checker.report(
            "E415", f"'{member.name}' is computed in memory only", extent
        )
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
    if isinstance(node, Select) or node.type.item is None:
        return node
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


def check_subscript(checker: Checker, syntax: s.Syntax) -> Node | None:
    """`reference['entity']`."""
    assert isinstance(syntax, s.Subscript)
    of = checker.value(syntax.of)
    if of is None:
        return None
    if of.type.kind is not Kind.REFERENCE:
        checker.report(
            "E406", f"[...] picks an entity of a reference, not of {of.type}", syntax
        )
        return None
    if syntax.key not in of.type.entities:
        checker.report(
            "E418",
            f"the reference does not lead to '{syntax.key}'",
            syntax,
            did_you_mean(syntax.key, of.type.entities),
        )
        return None
    return Narrow(Type(Kind.LINK, entities=(syntax.key,)), extent_of(syntax), of)


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
