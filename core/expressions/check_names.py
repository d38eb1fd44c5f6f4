"""Rules for names, dotted names and subscripts: what they are, where they may stand.

Part of the type checker.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from core.diagnostics import did_you_mean
from core.expressions import syntax as s
from core.expressions.check_paths import follow, links_followed
from core.expressions.check_properties import property_of
from core.expressions.checker import Checker, extent_of, with_article
from core.expressions.schema import EntitySchema
from core.expressions.tree import Bind, Extent, Narrow, Node, Select, Variable
from core.expressions.types import Kind, Type, record

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
    if schema is not None and schema.member(name) is not None:
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
    checker.report("E402", f"unknown name '{name}'", syntax, did_you_mean(name, known))


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


def check_subscript(checker: Checker, syntax: s.Syntax) -> Node | None:
    """`reference['entity']`, or `properties['name']`."""
    assert isinstance(syntax, s.Subscript)
    of = checker.value(syntax.of)
    if of is None:
        return None
    one = property_of(of, syntax.key, extent_of(syntax))
    if one is not None:
        return one
    if of.type.kind is not Kind.REFERENCE:
        checker.report(
            "E406",
            f"[...] picks an entity of a reference or one of the properties, "
            f"not of {with_article(of.type)}",
            syntax,
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
