"""The SQL back end: a checked tree becomes a SQLAlchemy expression.

The compiler and `services/query.py` call it for filters, row access, computed columns,
reports; it means on both databases what the Python back end computes. A path over a
link is a scalar subquery by primary key, a list a correlated subquery. Select from the
table bound to `this` explicitly (`select(...).select_from(table)`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from core.expressions import sql_values as values
from core.expressions import sqlforms as f
from core.expressions.binding import Binding
from core.expressions.errors import CannotTranslate
from core.expressions.free import free_records, has_rows
from core.expressions.function import Bridge
from core.expressions.operators import COMPARISONS
from core.expressions.schema import MemberKind
from core.expressions.sql_columns import FOLDED_TESTS, column_of, folded_test
from core.expressions.sql_lists import aggregate, among
from core.expressions.sql_trees import sql_of_call
from core.expressions.sql_values import POSTGRESQL
from core.expressions.sqlforms import Element, Sql
from core.expressions.to_python import compile_node
from core.expressions.tree import (
    Aggregate,
    Among,
    Call,
    Coalesce,
    Conditional,
    External,
    Follow,
    Identity,
    IsNull,
    Literal,
    Logic,
    Narrow,
    Node,
    OneOf,
    Read,
    Typed,
    Variable,
    Widen,
)
from core.expressions.types import BOOLEAN, NUMERIC, TEXT, Kind, Type
from core.frozen import frozen


def to_sql(typed: Typed, binding: Binding, dialect: str) -> Element:
    """The expression in SQL; selected, it yields the same Python values.

    `dialect` is `postgresql` or `sqlite`. CannotTranslate if there is no SQL form.
    """
    sql = SqlCompiler(binding, dialect).compile(typed.tree)
    element = sql.element
    if isinstance(element, sa.BindParameter):
        # In parentheses, so that the result's type does not change what is sent.
        element = f.enclosed(element)
    return sa.type_coerce(element, values.result_type(sql, dialect))


def to_sql_condition(typed: Typed, binding: Binding, dialect: str) -> Element:
    """A boolean expression for WHERE, where unknown counts as false."""
    if typed.type.kind not in {Kind.BOOLEAN, Kind.NULL}:
        raise CannotTranslate(f"a condition is needed, not {typed.type}")
    return SqlCompiler(binding, dialect).compile(typed.tree).element


@frozen
class SqlCompiler:
    """One scope of the translation: which variables are which rows or values.

    `outer` holds the FROM elements that subqueries may refer to.
    """

    binding: Binding
    dialect: str
    rows: Mapping[str, sa.FromClause] = field(default_factory=dict)
    items: Mapping[str, Sql] = field(default_factory=dict)
    outer: tuple[sa.FromClause, ...] = ()

    @property
    def postgres(self) -> bool:
        """Whether PostgreSQL will run it."""
        return self.dialect == POSTGRESQL

    def compile(self, node: Node) -> Sql:
        """One node; its type is the node's."""
        if self.runs_in_python(node):
            env = self.binding.env()
            assert env is not None
            value = compile_node(node)(env)
            return values.literal(value, node.type, self.dialect)
        sql = _COMPILERS[type(node)](self, node)
        return replace(sql, type=node.type)

    def element(self, node: Node) -> Element:
        """The bare SQL of a node that is no number."""
        return self.compile(node).element

    def with_row(self, name: str, row: sa.FromClause) -> SqlCompiler:
        """A scope in which a variable is a further row."""
        return replace(self, rows={**self.rows, name: row}, outer=(*self.outer, row))

    def with_item(self, name: str, item: Sql, source: sa.FromClause) -> SqlCompiler:
        """A scope in which a variable is a column of a further FROM element."""
        return replace(
            self, items={**self.items, name: item}, outer=(*self.outer, source)
        )

    def row(self, name: str) -> sa.FromClause | None:
        """The row a variable stands for."""
        return self.rows.get(name) if name in self.rows else self.binding.row(name)

    def runs_in_python(self, node: Node) -> bool:
        """Whether a node reads only records that are no rows of the statement."""
        if isinstance(node, Literal) or self.binding.env() is None:
            return False
        names = free_records(node)
        return (
            bool(names)
            and not has_rows(node)
            and all(self.row(n) is None and n not in self.items for n in names)
        )

    def subquery(self, select: sa.Select[Any]) -> Element:
        """A scalar subquery that may refer to all rows around it."""
        around = self.around()
        limited = select.correlate(*around) if around else select.correlate(None)
        return limited.scalar_subquery()

    def around(self) -> tuple[sa.FromClause, ...]:
        """The FROM elements around the current place."""
        return (*self.binding.outer(), *self.outer)

    def id_of(self, node: Node) -> Element:
        """The id of a record."""
        return self.compile(Identity(node.type, node.extent, node)).element

    def read(self, of: Node, build: Callable[[SqlCompiler, sa.FromClause], Sql]) -> Sql:
        """Something built from the row of a record: directly, or by a subquery."""
        entity = of.type.entity
        if isinstance(of, Variable):
            row = self.row(of.name)
            if row is not None:
                return build(self, row)
        table = self.binding.table(entity).alias()
        inner = self.with_row("", table)
        sql = build(inner, table)
        key = self.binding.column(table, entity, "id")
        query = sa.select(sql.element).select_from(table)
        query = query.where(key == self.id_of(of))
        return replace(sql, element=self.subquery(query))


def _read(scope: SqlCompiler, node: Read) -> Sql:
    entity, member = node.of.type.entity, node.member
    return scope.read(node.of, lambda s, row: column_of(s, row, entity, member))


def _literal(scope: SqlCompiler, node: Literal) -> Sql:
    return values.literal(node.value, node.type, scope.dialect)


def _variable(scope: SqlCompiler, node: Variable) -> Sql:
    if node.name in scope.items:
        return scope.items[node.name]
    if node.type.kind is Kind.LIST:
        raise CannotTranslate(f"the list '{node.name}' has no form in SQL")
    if node.type.kind is Kind.RECORD:
        return Sql(scope.id_of(node), node.type)
    return values.parameter(
        scope.binding.parameter(node.name), node.type, scope.dialect
    )


def _identity(scope: SqlCompiler, node: Identity) -> Sql:
    of = node.of
    match of:
        case Variable():
            row = scope.row(of.name)
            if row is not None:
                return Sql(scope.binding.column(row, of.type.entity, "id"), node.type)
            id = scope.binding.parameter(of.name)
            link = replace(of.type, kind=Kind.LINK)
            return values.parameter(id, link, scope.dialect)
        case Follow():
            kind, link = of.member.kind, replace(of.type, kind=Kind.LINK)
            type = of.member.type if kind is MemberKind.REFERENCE else link
            read = Read(type, of.extent, of.of, of.name, of.member)
            if kind is MemberKind.REFERENCE:
                return scope.compile(Narrow(link, of.extent, read))
            return scope.compile(read)
        case External():
            return values.literal(
                scope.binding.ref(of.key),
                replace(of.type, kind=Kind.LINK),
                scope.dialect,
            )
        case _:
            return scope.compile(_as_link(of))


def _as_link(node: Node) -> Node:
    """A record-valued node with ids for records."""
    link = replace(node.type, kind=Kind.LINK)
    match node:
        case Conditional():
            then = Identity(link, node.extent, node.then)
            other = Identity(link, node.extent, node.other)
            return replace(node, type=link, then=then, other=other)
        case Coalesce():
            ids = tuple(Identity(link, node.extent, a) for a in node.args)
            return replace(node, type=link, args=ids)
        case Aggregate():
            item = Identity(link, node.extent, node.select.item)
            return replace(node, type=link, select=replace(node.select, item=item))
        case _:
            return replace(node, type=link)


def _narrow(scope: SqlCompiler, node: Narrow) -> Sql:
    wanted, of = node.type.entity, node.of
    if not isinstance(of, Read):
        raise CannotTranslate("only a field that is a reference can be narrowed")
    entity = of.of.type.entity

    def build(inner: SqlCompiler, row: sa.FromClause) -> Sql:
        owner = inner.binding.column(row, entity, f"{of.name}_entity")
        id = inner.binding.column(row, entity, of.name)
        return Sql(sa.case((owner == sa.literal(wanted), id)), node.type)

    return scope.read(of.of, build)


def _widen(scope: SqlCompiler, node: Widen) -> Sql:
    id = sa.cast(scope.element(node.of), sa.String())
    head = sa.literal(f"{node.of.type.entity}:", sa.String())
    return Sql(f.grouped(head.op("||", return_type=sa.String())(id)), node.type)


def _call(scope: SqlCompiler, node: Call) -> Sql:
    function = node.function
    if function.postgres is None:
        raise CannotTranslate(f"{function.name} works in memory only")
    if function.name in FOLDED_TESTS:
        folded = folded_test(scope, node)
        if folded is not None:
            return Sql(folded, node.type)
    branch = sql_of_call(scope, node)
    if branch is not None:
        return branch
    args = [scope.compile(a) for a in node.args]
    zone: list[Element] = []
    if function.needs_env:
        value = scope.binding.parameter("zone")
        is_sql = isinstance(value, sa.ColumnElement)
        zone = [value if is_sql else sa.literal(str(value), sa.String())]
    if scope.postgres:
        elements = [a.element for a in args]
        return Sql(function.postgres(*elements, *zone), node.type)
    if function.sqlite is not Bridge.PYTHON:
        return function.sqlite(*args, *(Sql(one, TEXT) for one in zone))
    passed = [_passed(a) for a in args]
    call = getattr(sa.func, function.registered_name)
    counts = any(p.kinds & NUMERIC for p in function.params)
    if node.type.kind in NUMERIC:
        # Bridged results are texts where numbers go in, small integers otherwise.
        whole = node.type.kind is Kind.INTEGER and not counts
        scale, limit = (0, 10**10) if whole else (None, f.INTEGER_BOUND)
        kept = sa.BigInteger() if whole else sa.String()
        return Sql(call(*passed, *zone, type_=kept), node.type, scale, limit)
    kept_type = values.sql_type(node.type, scope.dialect)
    return Sql(call(*passed, *zone, type_=kept_type), node.type)


def _passed(arg: Sql) -> Element:
    """An argument for a Python body: whole numbers as they are, others as text."""
    if arg.type.kind not in NUMERIC or arg.scale == 0:
        return arg.element
    return f.exact_text(arg)


def _logic(scope: SqlCompiler, node: Logic) -> Sql:
    elements = [f.grouped(scope.element(a)) for a in node.args]
    if node.operator == "not":
        return Sql(f.grouped(sa.not_(elements[0])), BOOLEAN)
    joined = sa.and_(*elements) if node.operator == "and" else sa.or_(*elements)
    return Sql(f.grouped(joined), BOOLEAN)


def one_form(
    scope: SqlCompiler, nodes: tuple[Node, ...], type: Type
) -> tuple[list[Element], int | None, int]:
    """Several nodes as elements of one form; scale and bound as in Sql."""
    parts = [scope.compile(n) for n in nodes]
    if scope.postgres or type.kind not in NUMERIC:
        return [p.element for p in parts], None, f.INTEGER_BOUND
    return f.aligned(parts)


def _conditional(scope: SqlCompiler, node: Conditional) -> Sql:
    test = scope.element(node.test)
    (then, other), scale, limit = one_form(scope, (node.then, node.other), node.type)
    return Sql(sa.case((test, then), else_=other), node.type, scale, limit)


def _coalesce(scope: SqlCompiler, node: Coalesce) -> Sql:
    elements, scale, limit = one_form(scope, node.args, node.type)
    kept = elements[0].type
    if len(elements) == 1:
        return Sql(elements[0], node.type, scale, limit)
    return Sql(sa.func.coalesce(*elements, type_=kept), node.type, scale, limit)


def _is_null(scope: SqlCompiler, node: IsNull) -> Sql:
    element = f.grouped(scope.element(node.of))
    return Sql(f.grouped(element.is_(sa.null())), BOOLEAN)


def _one_of(scope: SqlCompiler, node: OneOf) -> Sql:
    nodes = (node.needle, *node.items)
    kinds = {n.type.kind for n in nodes}
    type = node.needle.type if not kinds & NUMERIC else node.items[0].type
    (needle, *items), _, _ = one_form(scope, nodes, type)
    return Sql(f.grouped(f.grouped(needle).in_(items)), BOOLEAN)


def _among(scope: SqlCompiler, node: Among) -> Sql:
    return among(scope, node, COMPARISONS["=="])


def _aggregate(scope: SqlCompiler, node: Aggregate) -> Sql:
    return aggregate(scope, node)


_COMPILERS: Mapping[type[Node], Callable[[SqlCompiler, Any], Sql]] = MappingProxyType(
    {
        Literal: _literal,
        Variable: _variable,
        Read: _read,
        Identity: _identity,
        Narrow: _narrow,
        Widen: _widen,
        Call: _call,
        Logic: _logic,
        Conditional: _conditional,
        Coalesce: _coalesce,
        IsNull: _is_null,
        OneOf: _one_of,
        Among: _among,
        Aggregate: _aggregate,
    }
)
