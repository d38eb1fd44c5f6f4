"""`within`, `nearest` and `at`: questions to trees and to rows that count for a time.

Part of the type checker; `check_calls` looks them up by name. All three become nodes
that the back ends know already: reads of kept paths, and the first of a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from core.expressions import syntax as s
from core.expressions.check_lists import both
from core.expressions.check_operators import compare
from core.expressions.check_paths import as_record, follow
from core.expressions.checker import Checker, as_value, extent_of, with_article
from core.expressions.coercion import fit
from core.expressions.currencies import depends_on_loop
from core.expressions.functions_trees import WITHIN
from core.expressions.schema import ancestors_member, path_member
from core.expressions.tree import (
    Aggregate,
    Bind,
    Follow,
    Identity,
    IsNull,
    Logic,
    Node,
    Read,
    Select,
    ToMany,
)
from core.expressions.types import BOOLEAN, DATE, TEXT, Kind, list_of, record


def tree_of(checker: Checker, node: Node) -> str | None:
    """The tree's link of the entity a record or link is of; None: it is no tree."""
    if node.type.kind not in (Kind.RECORD, Kind.LINK) or not node.type.entities:
        return None
    schema = checker.scope.schema.entity(node.type.entity)
    return None if schema is None else schema.tree


def _within(checker: Checker, call: s.Call) -> Node | None:
    """`within(link, link)`: whether the first is the second or somewhere below it."""
    if len(call.args) != 2 or call.keywords:
        checker.report("E405", "write within(link, link)", call)
        return None
    inner, outer = checker.value(call.args[0]), checker.value(call.args[1])
    if inner is None or outer is None:
        return None
    start = as_record(inner)
    tree = None if start is None else tree_of(checker, start)
    if start is None or tree is None:
        _no_tree(checker, call.args[0], inner)
        return None
    if outer.type.kind is not Kind.LINK or outer.type.entity != start.type.entity:
        checker.report(
            "E406",
            f"within compares two places of {start.type.entity}, "
            f"not one with {with_article(outer.type)}",
            call.args[1],
        )
        return None
    member, extent = path_member(tree), extent_of(call)
    path = Read(TEXT, extent, start, member.name, member)
    return checker.call(WITHIN, (path, outer), extent)


def _no_tree(checker: Checker, at: s.Syntax, node: Node) -> None:
    shown = node.type.entities[0] if node.type.entities else with_article(node.type)
    checker.report(
        "E426",
        f"{shown} is no tree",
        at,
        "an entity becomes a tree by the key 'tree: parent'",
    )


def _nearest(checker: Checker, call: s.Call) -> Node | None:
    """`nearest(category.account)`: the first value on the way up to the root."""
    if len(call.args) != 1 or call.keywords:
        checker.report("E405", "write nearest(path over a tree)", call)
        return None
    value = checker.value(call.args[0])
    if value is None:
        return None
    steps: list[str] = []
    node: Node = value
    while isinstance(node, Read | Follow | Identity):
        if not isinstance(node, Identity):
            steps.append(node.name)
        node = node.of
        tree = tree_of(checker, node) if steps else None
        if tree is not None:
            return _first_above(checker, call, node, tree, steps[::-1])
    _no_tree(checker, call.args[0], node)
    return None


def _first_above(
    checker: Checker, call: s.Call, start: Node, tree: str, steps: list[str]
) -> Node | None:
    extent, entity = extent_of(call), start.type.entity
    above = checker.new_variable(record(entity), extent)
    item: Node | None = above
    for step in steps:
        item = None if item is None else follow(checker, item, step, extent)
    if item is None:
        return None
    item = as_value(item)
    if depends_on_loop(item.type, frozenset({above.name})):
        checker.report(
            "E407",
            "the amounts above are not provably in one currency or unit",
            call.args[0],
        )
        return None
    member = ancestors_member(entity, tree)
    source = ToMany(list_of(record(entity)), extent, start, member.name, member)
    bind = Bind(above.name, source)
    select = Select(list_of(item.type), extent, (bind,), None, item)
    return Aggregate(item.type, extent, "first", select)


def _at(checker: Checker, call: s.Call) -> Node | None:
    """`at(rows, date)`: the row that counts on a day."""
    if len(call.args) != 2 or call.keywords:
        checker.report("E405", "write at(rows, date)", call)
        return None
    rows, given = checker.check(call.args[0]), checker.value(call.args[1])
    day = None if given is None else fit(checker, given, DATE)
    if rows is None or day is None:
        return None
    if not isinstance(rows, Select) or rows.item.type.kind is not Kind.RECORD:
        shown = with_article(rows.type)
        checker.report("E406", f"at takes rows, not {shown}", call.args[0])
        return None
    schema = checker.scope.schema.entity(rows.item.type.entity)
    dates = None if schema is None else schema.effective
    if schema is None or dates is None:
        checker.report(
            "E406",
            f"{rows.item.type.entity} has no dates between which a row counts",
            call.args[0],
            "the key 'effective: {from: ..., to: ...}' adds them",
        )
        return None
    return _row_at(checker, call, rows, dates, day)


def _row_at(
    checker: Checker, call: s.Call, rows: Select, dates: tuple[str, str], day: Node
) -> Node | None:
    extent = extent_of(call)
    begin = follow(checker, rows.item, dates[0], extent)
    end = follow(checker, rows.item, dates[1], extent)
    if begin is None or end is None:
        return None
    after = compare(checker, "<=", begin, day, extent)
    before = compare(checker, ">=", end, day, extent)
    if after is None or before is None:
        return None
    begun = Logic(BOOLEAN, extent, "or", (IsNull(BOOLEAN, extent, begin), after))
    lasting = Logic(BOOLEAN, extent, "or", (IsNull(BOOLEAN, extent, end), before))
    where = both(begun, lasting)
    if rows.where is not None:
        where = both(rows.where, where)
    select = replace(rows, where=where)
    return Aggregate(rows.item.type, extent, "first", select)


TREES: Mapping[str, Callable[[Checker, s.Call], Node | None]] = MappingProxyType(
    {"within": _within, "nearest": _nearest, "at": _at}
)
