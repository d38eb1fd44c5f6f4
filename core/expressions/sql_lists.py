"""Lists in the SQL back end: correlated subqueries over joined sources.

Called by `to_sql` for aggregates and `in`; the order of `first`, `last` and `join` is the
default order of the sources, nulls smallest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.expressions import sql_values as values
from core.expressions import sqlforms as f
from core.expressions.errors import CannotTranslate
from core.expressions.free import free_records
from core.expressions.function import Bridge, Function
from core.expressions.schema import MemberKind
from core.expressions.sql_columns import column_of
from core.expressions.sqlforms import Element, Sql
from core.expressions.tree import (
    Aggregate,
    AllRows,
    Among,
    Bind,
    Items,
    Node,
    Select,
    ToMany,
)
from core.expressions.types import BOOLEAN, NUMERIC, Kind, Type

if TYPE_CHECKING:
    from core.expressions.to_sql import SqlCompiler

_BIG = sa.BigInteger()


@dataclass(frozen=True, slots=True)
class Joined:
    """The FROM elements, conditions and order of a list, and the scope inside it."""

    scope: SqlCompiler
    source: sa.FromClause | None = None
    conditions: tuple[Element, ...] = ()
    order: tuple[tuple[Element, bool], ...] = ()

    def adding(
        self,
        scope: SqlCompiler,
        sources: Sequence[sa.FromClause],
        conditions: Sequence[Element],
        order: Sequence[tuple[Element, bool]],
    ) -> Joined:
        """With one more source, of one or two tables."""
        joined = self.source
        for table in sources:
            joined = table if joined is None else joined.join(table, sa.true())
        return Joined(
            scope,
            joined,
            (*self.conditions, *conditions),
            (*self.order, *order),
        )

    def select(self, *columns: Any) -> sa.Select[Any]:
        """The query of these columns, unordered."""
        assert self.source is not None
        query = sa.select(*columns).select_from(self.source)
        return query.where(*self.conditions)

    def ordered(self, reverse: bool = False) -> list[Any]:
        """The ORDER BY elements."""
        return [
            sorted_by(element, descending is not reverse, self.scope.postgres)
            for element, descending in self.order
        ]


def sorted_by(element: Element, descending: bool, postgres: bool) -> Any:
    """One ORDER BY element with nulls smallest."""
    if not descending:
        return element.asc().nulls_first() if postgres else element.asc()
    return element.desc().nulls_last() if postgres else element.desc()


def order_columns(
    schema_order: Sequence[str], row: sa.FromClause, column: Callable[[str], Element]
) -> list[tuple[Element, bool]]:
    """The default order of an entity's rows: (column, descending), ending in the id."""
    order: list[tuple[Element, bool]] = []
    for name in schema_order:
        order.append((column(name.removeprefix("-")), name.startswith("-")))
    if not any(n.removeprefix("-") == "id" for n in schema_order):
        order.append((column("id"), False))
    return order


def join(scope: SqlCompiler, node: Select) -> Joined:
    """All sources of a list, joined, with its condition."""
    joined = Joined(scope)
    for bind in node.binds:
        joined = _add(joined, bind)
    if node.where is not None:
        condition = joined.scope.element(node.where)
        joined = replace(joined, conditions=(*joined.conditions, condition))
    return joined


def _add(joined: Joined, bind: Bind) -> Joined:
    source = bind.source
    if isinstance(source, ToMany):
        return _add_to_many(joined, bind.variable, source)
    if isinstance(source, AllRows):
        return _add_rows(joined, bind.variable, source)
    if isinstance(source, Items):
        return _add_items(joined, bind.variable, source)
    return _add_keys(joined, bind.variable, source)


def _order(
    scope: SqlCompiler, row: sa.FromClause, entity: str, names: Sequence[str]
) -> list[tuple[Element, bool]]:
    return order_columns(
        names, row, lambda name: scope.binding.column(row, entity, name)
    )


def _add_to_many(joined: Joined, name: str, source: ToMany) -> Joined:
    scope, member = joined.scope, source.member
    entity, owner = member.target or "", source.of.type.entity
    row = scope.binding.table(entity).alias()
    inner = scope.with_row(name, row)
    key = scope.id_of(source.of)
    conditions: list[Element] = []
    sources: list[sa.FromClause] = [row]
    if member.kind is MemberKind.LINKS:
        pairs = scope.binding.association(owner, source.name).alias()
        inner = replace(inner, outer=(*inner.outer, pairs))
        sources.append(pairs)
        conditions.append(pairs.c.source == key)
        conditions.append(pairs.c.target == scope.binding.column(row, entity, "id"))
    else:
        back = member.back or ""
        conditions.append(scope.binding.column(row, entity, back) == key)
        if source.by_reference:
            leads = scope.binding.column(row, entity, f"{back}_entity")
            conditions.append(leads == sa.literal(owner))
    if member.where is not None:
        conditions.append(inner.with_row("this", row).element(member.where.tree))
    order = _order(scope, row, entity, source.order)
    return joined.adding(inner, sources, conditions, order)


def _add_rows(joined: Joined, name: str, source: AllRows) -> Joined:
    scope = joined.scope
    entity = source.type.item.entity if source.type.item else ""
    row = scope.binding.table(entity).alias()
    inner = scope.with_row(name, row)
    conditions = []
    for member, value in source.equal:
        left = column_of(inner, row, entity, member)
        right = scope.compile(value)
        if not scope.postgres and member.type.kind in NUMERIC:
            (a, b), _, _ = f.aligned((left, right))
            conditions.append(f.grouped(a) == b)
        else:
            conditions.append(f.grouped(left.element) == right.element)
    order = _order(scope, row, entity, source.order)
    return joined.adding(inner, [row], conditions, order)


def _add_items(joined: Joined, name: str, source: Items) -> Joined:
    scope = joined.scope
    type = source.type.item or source.type
    parts = [scope.compile(i) for i in source.items]
    scale: int | None = None
    limit = f.INTEGER_BOUND
    elements = [p.element for p in parts]
    if not scope.postgres and type.kind in NUMERIC:
        elements, scale, limit = f.aligned(parts)
    around = scope.around()
    queries = [
        sa.select(
            sa.type_coerce(e, elements[0].type).label("item"),
            sa.literal_column(str(n), _BIG).label("place"),
        )
        for n, e in enumerate(elements)
    ]
    queries = [q.correlate(*around) if around else q for q in queries]
    table = sa.union_all(*queries).subquery()
    item = Sql(table.c.item, type, scale, limit)
    inner = scope.with_item(name, item, table)
    return joined.adding(inner, [table], [], [(table.c.place, False)])


def _add_keys(joined: Joined, name: str, source: Node) -> Joined:
    """The keys of a multichoice column, kept as `,a,b,`."""
    scope, type = joined.scope, source.type.item
    if type is None or type.kind is not Kind.CHOICE:
        raise CannotTranslate(f"{source.type} has no form in SQL")
    kept = scope.compile(source).element
    if scope.postgres:
        keys = sa.func.string_to_array(
            sa.func.btrim(kept, sa.literal_column("','")), sa.literal_column("','")
        )
        table = sa.func.unnest(keys).table_valued(
            sa.column("value", sa.String()), with_ordinality="key"
        )
        table = table.render_derived()
    else:
        body = sa.func.replace(
            sa.func.trim(kept, sa.literal_column("','")),
            sa.literal_column("','"),
            sa.literal_column("""'","'"""),
        )
        head: Element = sa.literal_column("""'["'""", sa.String())
        array = head.op("||")(body).op("||")(sa.literal_column("""'"]'"""))
        table = sa.func.json_each(array).table_valued(
            sa.column("value", sa.String()), sa.column("key", _BIG)
        )
    inner = scope.with_item(name, Sql(table.c.value, type), table)
    return joined.adding(inner, [table], [], [(table.c.key, False)])


def among(scope: SqlCompiler, node: Among, equal: Function) -> Sql:
    """`x in list`: unknown only if x is."""
    needle = scope.compile(node.needle)
    joined = join(scope, node.select)
    item = joined.scope.compile(node.select.item)
    if scope.postgres or equal.sqlite is Bridge.PYTHON:
        assert equal.postgres is not None
        test = equal.postgres(item.element, needle.element)
    else:
        test = equal.sqlite(item, needle).element
    found = _exists(scope, joined, test)
    known = f.grouped(needle.element).is_not(sa.null())
    return Sql(sa.case((known, found), else_=_unknown(scope)), BOOLEAN)


def _unknown(scope: SqlCompiler) -> Element:
    return values.null(BOOLEAN, scope.dialect).element


def _exists(scope: SqlCompiler, joined: Joined, test: Element) -> Element:
    query = joined.select(sa.literal_column("1")).where(test)
    around = scope.around()
    query = query.correlate(*around) if around else query
    return query.exists()


def aggregate(scope: SqlCompiler, node: Aggregate) -> Sql:
    """Any aggregate as one correlated subquery."""
    joined = join(scope, node.select)
    item = joined.scope.compile(node.select.item)
    loops = {b.variable for b in node.select.binds}
    if not loops & free_records(node.select.item):
        joined, item = _apart(scope, joined, item)
    return _AGGREGATES[node.name](scope, node, joined, item)


def _apart(scope: SqlCompiler, joined: Joined, item: Sql) -> tuple[Joined, Sql]:
    """The items as a table of their own.

    An aggregate over nothing but outer columns would belong to the outer query.
    """
    query = joined.select(item.element.label("item"))
    around = scope.around()
    rows = (query.correlate(*around) if around else query).subquery()
    element = sa.type_coerce(rows.c.item, item.element.type)
    return Joined(joined.scope, rows), replace(item, element=element)


Make = Callable[["SqlCompiler", Aggregate, Joined, Sql], Sql]


def _sum(scope: SqlCompiler, node: Aggregate, joined: Joined, item: Sql) -> Sql:
    zero = sa.literal_column("0", _BIG)
    if scope.postgres:
        kept = _BIG if node.type.kind is Kind.DURATION else sa.Numeric()
        total = sa.func.coalesce(sa.func.sum(item.element), zero)
        query = joined.select(sa.cast(total, kept))
        return Sql(scope.subquery(query), node.type)
    if item.scale is None and node.type.kind in NUMERIC:
        # Over no rows SQLite does not call the aggregate at all.
        exact_total = sa.func.coalesce(
            sa.func.x_sum(item.element),
            sa.literal_column("'0'"),
            type_=sa.String(),
        )
        return Sql(scope.subquery(joined.select(exact_total)), node.type)
    if node.type.kind in NUMERIC and item.limit > f.SUM_PART:
        return _sum_in_parts(scope, node, joined, item)
    total = sa.func.coalesce(sa.func.sum(item.element, type_=_BIG), zero)
    return Sql(scope.subquery(joined.select(total)), node.type, item.scale)


def _sum_in_parts(
    scope: SqlCompiler, node: Aggregate, joined: Joined, item: Sql
) -> Sql:
    """A sum on SQLite that may leave 63 bits: high and low digits apart."""
    part = sa.literal_column(str(f.SUM_PART), _BIG)
    sums = [
        sa.func.coalesce(
            sa.func.sum(f.grouped(item.element).op(sign)(part), type_=_BIG),
            sa.literal_column("0", _BIG),
        )
        for sign in ("/", "%")
    ]
    scale: Element = sa.literal_column(str(item.scale or 0))
    total = sa.func.x_parts(*sums, scale, type_=sa.String())
    return Sql(scope.subquery(joined.select(total)), node.type)


def _mean(scope: SqlCompiler, node: Aggregate, joined: Joined, item: Sql) -> Sql:
    if scope.postgres:
        mean = sa.func.x_divide(
            sa.cast(sa.func.sum(item.element), sa.Numeric()),
            sa.cast(sa.func.count(item.element), sa.Numeric()),
            type_=sa.Numeric(),
        )
    else:
        mean = sa.func.x_mean(f.exact_text(item), type_=sa.String())
    return Sql(scope.subquery(joined.select(mean)), node.type)


def _extreme(scope: SqlCompiler, node: Aggregate, joined: Joined, item: Sql) -> Sql:
    element = item.element
    if scope.postgres and isinstance(element.type, sa.String):
        element = sa.collate(element, "C")
    elif not scope.postgres and node.type.kind in NUMERIC:
        element = f.sortable(element, item.scale)
    call = getattr(sa.func, node.name)(element, type_=item.element.type)
    return replace(item, element=scope.subquery(joined.select(call)))


def _picked(scope: SqlCompiler, node: Aggregate, joined: Joined, item: Sql) -> Sql:
    query = joined.select(item.element).where(
        f.grouped(item.element).is_not(sa.null())
    )
    order = joined.ordered(reverse=node.name == "last")
    query = (query.order_by(*order) if order else query).limit(1)
    return replace(item, element=scope.subquery(query))


def _count(scope: SqlCompiler, node: Aggregate, joined: Joined, item: Sql) -> Sql:
    element = item.element
    if node.name == "count_distinct":
        element = sa.distinct(element)
    count = sa.func.count(element)
    return Sql(scope.subquery(joined.select(count)), node.type, 0, 10**15)


def _any(scope: SqlCompiler, node: Aggregate, joined: Joined, item: Sql) -> Sql:
    return Sql(_exists(scope, joined, item.element), BOOLEAN)


def _all(scope: SqlCompiler, node: Aggregate, joined: Joined, item: Sql) -> Sql:
    broken = _exists(scope, joined, sa.not_(f.grouped(item.element)))
    return Sql(f.grouped(sa.not_(broken)), BOOLEAN)


def _some(scope: SqlCompiler, node: Aggregate, joined: Joined, item: Sql) -> Sql:
    known = f.grouped(item.element).is_not(sa.null())
    return Sql(_exists(scope, joined, known), BOOLEAN)


def _joined_text(
    scope: SqlCompiler, node: Aggregate, joined: Joined, item: Sql
) -> Sql:
    separator = scope.element(node.args[0])
    around = scope.around()
    query = joined.select(item.element.label("item"))
    query = query.order_by(*joined.ordered()) if joined.order else query
    rows = (query.correlate(*around) if around else query).subquery()
    name = "string_agg" if scope.postgres else "group_concat"
    filled = sa.func.coalesce(separator, sa.literal_column("''"), type_=sa.String())
    call = getattr(sa.func, name)(rows.c.item, filled, type_=sa.String())
    outer = sa.select(sa.func.nullif(call, sa.literal_column("''"), type_=sa.String()))
    return Sql(scope.subquery(outer.select_from(rows)), node.type)


_AGGREGATES: Mapping[str, Make] = MappingProxyType(
    {
        "sum": _sum,
        "avg": _mean,
        "min": _extreme,
        "max": _extreme,
        "first": _picked,
        "last": _picked,
        "count": _count,
        "count_distinct": _count,
        "any": _any,
        "all": _all,
        "exists": _some,
        "join": _joined_text,
    }
)
