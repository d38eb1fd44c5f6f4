"""Rules for lists: comprehensions, aggregates, list literals and `rows()`.

Part of the type checker. Every list becomes a Select over its sources.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from core.diagnostics import did_you_mean
from core.expressions import syntax as s
from core.expressions.check_names import root_schema
from core.expressions.check_operators import merged_type
from core.expressions.check_paths import as_list
from core.expressions.check_properties import items_for
from core.expressions.checker import Checker, as_value, extent_of, with_article
from core.expressions.coercion import fit, unify
from core.expressions.currencies import (
    depends_on_loop,
    goes_over_slot,
    measured_apart,
    origin,
)
from core.expressions.schema import EntitySchema, Member, MemberKind
from core.expressions.tree import (
    Aggregate,
    AllRows,
    Bind,
    Identity,
    Items,
    Logic,
    Node,
    Read,
    Select,
)
from core.expressions.types import (
    AMOUNTS,
    BOOLEAN,
    DECIMAL,
    INTEGER,
    NUMERIC,
    TEXT,
    Kind,
    Type,
    list_of,
    record,
)

MAX_AGGREGATES = 3
_ORDERED = NUMERIC | {
    Kind.TEXT,
    Kind.DATE,
    Kind.DATETIME,
    Kind.TIME,
    Kind.DURATION,
}
_SUMMED = NUMERIC | {Kind.DURATION}
_COMPARED = _ORDERED | {Kind.CHOICE, Kind.BOOLEAN, Kind.LINK}


def check_list(checker: Checker, syntax: s.Syntax) -> Node | None:
    """`[a, b]`."""
    assert isinstance(syntax, s.ListDisplay)
    nodes = [checker.value(i) for i in syntax.items]
    known = [n for n in nodes if n is not None]
    if len(known) < len(nodes):
        return None
    if not known:
        checker.report("E406", "an empty list has no type", syntax)
        return None
    fitted = unify(checker, known)
    if fitted is None:
        return None
    type = list_of(merged_type(*(n.type for n in fitted)))
    return as_list(checker, Items(type, extent_of(syntax), tuple(fitted)))


def check_comprehension(checker: Checker, syntax: s.Syntax) -> Node | None:
    """`item for name in source if condition`."""
    assert isinstance(syntax, s.Comprehension)
    source = checker.check(syntax.source)
    if source is None:
        return None
    if not isinstance(source, Select):
        checker.report(
            "E406",
            f"'for' needs a list, not {with_article(source.type)}",
            syntax.source,
        )
        return None
    _check_loop_name(checker, syntax)
    outer = checker.loops.get(syntax.name)
    checker.loops[syntax.name] = source.item
    try:
        return _loop(checker, syntax, source)
    finally:
        del checker.loops[syntax.name]
        if outer is not None:
            checker.loops[syntax.name] = outer


def _check_loop_name(checker: Checker, syntax: s.Comprehension) -> None:
    schema = root_schema(checker)
    taken = syntax.name in checker.loops or syntax.name in checker.scope.names
    if taken or (schema is not None and schema.member(syntax.name) is not None):
        checker.report(
            "W422",
            f"the loop name '{syntax.name}' hides another '{syntax.name}'",
            (syntax.name_at, syntax.name_at + len(syntax.name)),
            "use another name",
        )


def _loop(checker: Checker, syntax: s.Comprehension, source: Select) -> Node | None:
    conditions = [checker.boolean(c, "'if'") for c in syntax.conditions]
    item = checker.check(syntax.item)
    known = [c for c in conditions if c is not None]
    if item is None or len(known) < len(conditions):
        return None
    if item.type.kind is Kind.LIST:
        checker.report("E411", "a list inside a list", syntax.item)
        return None
    where = source.where
    for condition in known:
        where = condition if where is None else both(where, condition)
    return Select(list_of(item.type), extent_of(syntax), source.binds, where, item)


def both(a: Node, b: Node) -> Node:
    """a and b."""
    return Logic(BOOLEAN, b.extent, "and", (a, b))


Finish = Callable[[Checker, s.Call, Select, tuple[Node, ...]], Type | None]


def _sum_type(
    checker: Checker, call: s.Call, select: Select, _: tuple[Node, ...]
) -> Type | None:
    item = select.item.type
    if item.kind not in _SUMMED:
        return _no_items(checker, call, item, "numbers")
    return item.sized(None, None) if _one_measure(checker, call, select) else None


def _mean_type(
    checker: Checker, call: s.Call, select: Select, _: tuple[Node, ...]
) -> Type | None:
    item = select.item.type
    if item.kind not in NUMERIC:
        return _no_items(checker, call, item, "numbers")
    if not _one_measure(checker, call, select):
        return None
    return item.sized(None, None) if item.kind in AMOUNTS else DECIMAL


def _extreme_type(
    checker: Checker, call: s.Call, select: Select, _: tuple[Node, ...]
) -> Type | None:
    item = select.item.type
    if item.kind not in _ORDERED:
        return _no_items(checker, call, item, "values with an order")
    return item if _one_measure(checker, call, select) else None


def _picked_type(
    checker: Checker, call: s.Call, select: Select, _: tuple[Node, ...]
) -> Type | None:
    return select.item.type if _one_measure(checker, call, select) else None


def _count_type(
    checker: Checker, call: s.Call, select: Select, _: tuple[Node, ...]
) -> Type | None:
    if call.function == "count_distinct" and select.item.type.kind not in _COMPARED:
        return _no_items(checker, call, select.item.type, "comparable values")
    return INTEGER.sized(18, 0)


def _test_type(
    checker: Checker, call: s.Call, select: Select, _: tuple[Node, ...]
) -> Type | None:
    if call.function != "exists" and select.item.type.kind is not Kind.BOOLEAN:
        return _no_items(checker, call, select.item.type, "conditions")
    return BOOLEAN


def _joined_type(
    checker: Checker, call: s.Call, select: Select, args: tuple[Node, ...]
) -> Type | None:
    if select.item.type.kind is not Kind.TEXT:
        return _no_items(checker, call, select.item.type, "texts")
    return TEXT


def _no_items(checker: Checker, call: s.Call, type: Type, wanted: str) -> Type | None:
    checker.report(
        "E406",
        f"{call.function} takes a list of {wanted}, not of {type}",
        call.args[0],
    )
    return None


def _one_measure(checker: Checker, call: s.Call, select: Select) -> bool:
    """All items must be in one currency or unit."""
    binds = [b for b in select.binds if not goes_over_slot(checker, b)]
    loops = frozenset(b.variable for b in binds)
    if not depends_on_loop(select.item.type, loops):
        return True
    unit = "unit" if select.item.type.kind is Kind.QUANTITY else "currency"
    way = "to_unit" if unit == "unit" else "convert"
    checker.report(
        "E407",
        f"the items are not provably in one {unit}",
        call.args[0],
        f"{way}(...) each item inside the list",
    )
    return False


AGGREGATES: Mapping[str, Finish] = MappingProxyType(
    {
        "sum": _sum_type,
        "avg": _mean_type,
        "min": _extreme_type,
        "max": _extreme_type,
        "first": _picked_type,
        "last": _picked_type,
        "count": _count_type,
        "count_distinct": _count_type,
        "any": _test_type,
        "all": _test_type,
        "exists": _test_type,
        "join": _joined_type,
    }
)


def check_aggregate(checker: Checker, call: s.Call) -> Node | None:
    """`sum(list)` and its kin; `join(list, separator)`."""
    wanted = 2 if call.function == "join" else 1
    if len(call.args) != wanted or call.keywords:
        _wrong_count(checker, call, wanted)
        return None
    if checker.aggregates >= MAX_AGGREGATES:
        checker.report(
            "E413", f"more than {MAX_AGGREGATES} aggregates inside one another", call
        )
        return None
    checker.aggregates += 1
    source = checker.check(call.args[0])
    checker.aggregates -= 1
    if source is None:
        return None
    if not isinstance(source, Select):
        _no_list(checker, call, source.type)
        return None
    listed = items_for(checker, call.function, source)
    if listed is None:
        return None
    source = listed
    args: tuple[Node, ...] = ()
    if wanted == 2:
        separator = checker.value(call.args[1])
        fitted = None if separator is None else fit(checker, separator, TEXT)
        if fitted is None:
            return None
        args = (fitted,)
    type = AGGREGATES[call.function](checker, call, source, args)
    if type is None:
        return None
    if checker.slot.per_measure:
        type = measured_apart(type, source)
    if type.kind is not Kind.RECORD:
        source = replace(source, item=as_value(source.item))
    return Aggregate(type, extent_of(call), call.function, source, args)


def _wrong_count(checker: Checker, call: s.Call, wanted: int) -> None:
    help = None
    if call.function in {"min", "max"} and len(call.args) > 1:
        other = "least" if call.function == "min" else "greatest"
        help = f"{other}(a, b) compares values"
    arguments = "a list and a separator" if wanted == 2 else "one list"
    checker.report("E405", f"{call.function} takes {arguments}", call, help)


def _no_list(checker: Checker, call: s.Call, type: Type) -> None:
    checker.report(
        "E406",
        f"{call.function} takes a list, not {with_article(type)}",
        call.args[0],
    )


def check_rows(checker: Checker, call: s.Call) -> Node | None:
    """`rows(entity, field=value)`."""
    if not checker.slot.rows:
        checker.report(
            "E412",
            f"'rows' is not available in a {checker.slot.name}",
            (call.start, call.name_end),
            "it can be used in rules, conditions, values and filters",
        )
        return None
    schema = _rows_entity(checker, call)
    if schema is None:
        return None
    equal: list[tuple[Member, Node]] = []
    for word in call.keywords:
        pair = _equality(checker, schema, word)
        if pair is None:
            return None
        equal.append(pair)
    if not checker.slot.free_rows and not any(m.indexed for m, _ in equal):
        checker.report(
            "E414",
            f"rows({schema.id}) needs an equality of an indexed field",
            call,
            "index: true on a field makes it one",
        )
        return None
    return _rows_select(checker, schema, tuple(equal), call)


def _rows_select(
    checker: Checker,
    schema: EntitySchema,
    equal: tuple[tuple[Member, Node], ...],
    call: s.Call,
) -> Node:
    extent = extent_of(call)
    target = record(schema.id)
    item = checker.new_variable(target, extent)
    for member, value in equal:
        if member.kind is MemberKind.LINK and isinstance(value, Read | Identity):
            path = origin(checker, value.of)
            if isinstance(value, Read):
                path = (*path, value.name)
            checker.aliases[f"@{item.name}", member.name] = path
    source = AllRows(list_of(target), extent, equal, schema.order)
    return Select(list_of(target), extent, (Bind(item.name, source),), None, item)


def _rows_entity(checker: Checker, call: s.Call) -> EntitySchema | None:
    name = dotted_name(call.args[0]) if len(call.args) == 1 else None
    if name is None:
        checker.report("E405", "rows takes an entity and field=value pairs", call)
        return None
    schema = checker.scope.schema.entity(name)
    if schema is None:
        checker.report(
            "E418",
            f"unknown entity '{name}'",
            call.args[0],
            did_you_mean(name, checker.scope.schema.entity_ids()),
        )
    return schema


def _equality(
    checker: Checker, schema: EntitySchema, word: s.Keyword
) -> tuple[Member, Node] | None:
    member = schema.member(word.name)
    value = checker.value(word.value)
    if member is None or member.to_many or member.kind is MemberKind.GROUP:
        checker.report(
            "E402",
            f"{schema.id} has no field '{word.name}' to compare",
            (word.start, word.start + len(word.name)),
            did_you_mean(word.name, schema.names()),
        )
        return None
    if value is None:
        return None
    type = member.type
    if type.currency or type.unit:
        checker.report("E406", "an amount cannot select rows", word)
        return None
    fitted = fit(checker, value, type)
    return None if fitted is None else (member, fitted)


def dotted_name(syntax: s.Syntax) -> str | None:
    """`a.b` as a text; None if it is something else."""
    if isinstance(syntax, s.Name):
        return syntax.name
    if isinstance(syntax, s.Attribute):
        inner = dotted_name(syntax.of)
        return None if inner is None else f"{inner}.{syntax.name}"
    return None
