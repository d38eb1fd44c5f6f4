"""The sources of lists in SQL: relations, all rows, literal lists, keys of a column.

Called by `sql_lists`, which selects from what is joined here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.expressions import sqlforms as f
from core.expressions.binding import Binding
from core.expressions.errors import CannotTranslate
from core.expressions.schema import MemberKind, tree_above
from core.expressions.sql_columns import column_of
from core.expressions.sql_trees import on_the_way_up
from core.expressions.sql_values import POSTGRESQL
from core.expressions.sqlforms import Element, Sql
from core.expressions.tree import AllRows, Bind, Items, Node, Select, ToMany
from core.expressions.types import NUMERIC, Kind
from core.frozen import frozen

if TYPE_CHECKING:
    from core.expressions.to_sql import SqlCompiler

_BIG = sa.BigInteger()


@frozen
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
    binding: Binding, entity: str, order: Sequence[str], row: sa.FromClause
) -> list[tuple[Element, bool]]:
    """An entity's order as (column, descending), with the id as the last word."""
    names = [*order] if any(n in {"id", "-id"} for n in order) else [*order, "id"]
    return [
        (binding.column(row, entity, n.removeprefix("-")), n.startswith("-"))
        for n in names
    ]


def sql_order(
    binding: Binding,
    entity: str,
    order: Sequence[str],
    row: sa.FromClause,
    dialect: str,
) -> list[Any]:
    """The ORDER BY elements of an entity's rows in this order, nulls smallest."""
    columns = order_columns(binding, entity, order, row)
    postgres = dialect == POSTGRESQL
    return [sorted_by(column, down, postgres) for column, down in columns]


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


def _add_to_many(joined: Joined, name: str, source: ToMany) -> Joined:
    scope, member = joined.scope, source.member
    entity, owner = member.target or "", source.of.type.entity
    row = scope.binding.table(entity).alias()
    inner = scope.with_row(name, row)
    if member.kind is MemberKind.ANCESTORS:
        tree = tree_above(source.name)
        found, nearest = on_the_way_up(inner, source.of, tree, row)
        return joined.adding(inner, [row], found, nearest)
    key = scope.id_of(source.of)
    conditions: list[Element] = []
    sources: list[sa.FromClause] = [row]
    if member.kind is MemberKind.LINKS:
        pairs = scope.binding.association(owner, source.name).alias()
        inner = replace(inner, outer=(*inner.outer, pairs))
        sources.append(pairs)
        conditions.append(pairs.c.source == key)
        conditions.append(pairs.c.target == scope.binding.column(row, entity, "id"))
    elif source.by_links:
        pairs = scope.binding.association(entity, member.back or "").alias()
        inner = replace(inner, outer=(*inner.outer, pairs))
        sources.append(pairs)
        conditions.append(pairs.c.target == key)
        conditions.append(pairs.c.source == scope.binding.column(row, entity, "id"))
    else:
        back = member.back or ""
        conditions.append(scope.binding.column(row, entity, back) == key)
        if source.by_reference:
            leads = scope.binding.column(row, entity, f"{back}_entity")
            conditions.append(leads == sa.literal(owner))
    if member.where is not None:
        conditions.append(inner.with_row("this", row).element(member.where.tree))
    order = order_columns(scope.binding, entity, source.order, row)
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
    order = order_columns(scope.binding, entity, source.order, row)
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
