"""Trees in the SQL back end: the records above one, and those within a branch.

Called by `to_sql` and `sql_sources`. Paths are `/1/5/17/`: a branch is a range of the
path's index, and the records above one are found by their keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.expressions import sqlforms as f
from core.expressions.free import free_records
from core.expressions.functions_trees import WITHIN
from core.expressions.schema import path_member
from core.expressions.sqlforms import Element, Sql
from core.expressions.tree import Call, Node, Read, Variable
from core.expressions.types import TEXT

if TYPE_CHECKING:
    from core.expressions.to_sql import SqlCompiler

_BIG = sa.BigInteger()


def within_branch(scope: SqlCompiler, node: Call) -> Element | None:
    """`within` a record that is the same for all rows, by the index of the paths.

    None where the branch differs from row to row: then the path itself is searched.
    """
    path, outer = node.args
    if node.function is not WITHIN or not isinstance(path, Read):
        return None
    if not _is_fixed(scope, outer):
        return None
    entity = path.of.type.entity
    branch = scope.compile(outer).element
    table = scope.binding.table(entity).alias()
    key = scope.binding.column(table, entity, "id")
    kept = scope.binding.column(table, entity, path.name)

    def edge(column: Any) -> Element:
        return sa.select(column).where(key == branch).correlate(None).scalar_subquery()

    least = edge(kept)
    # The character after the last slash of the path ends the branch.
    cut = sa.func.substr(kept, 1, sa.func.length(kept) - sa.literal_column("1"))
    zero = sa.literal_column("'0'", sa.String())
    most = edge(cut.op("||", return_type=sa.String())(zero))
    if isinstance(path.of, Variable):
        row = scope.row(path.of.name)
        if row is not None:
            own = scope.binding.column(row, entity, path.name)
            return f.grouped(sa.and_(own >= least, own < most))
    below = scope.binding.table(entity).alias()
    place = scope.binding.column(below, entity, path.name)
    found = sa.select(scope.binding.column(below, entity, "id"))
    found = found.where(place >= least, place < most).correlate(None)
    # Nothing is known of a branch that is null.
    unknown = sa.select(sa.cast(sa.null(), _BIG)).where(branch.is_(sa.null()))
    ids = sa.union_all(found, unknown.correlate(None))
    return f.grouped(f.grouped(scope.id_of(path.of)).in_(ids))


def _is_fixed(scope: SqlCompiler, node: Node) -> bool:
    names = free_records(node)
    return all(scope.row(n) is None and n not in scope.items for n in names)


def on_the_way_up(
    scope: SqlCompiler, of: Node, tree: str, row: sa.FromClause
) -> tuple[list[Element], list[tuple[Element, bool]]]:
    """The condition that a row is a record or above it, and the order: nearest first.

    `tree` is the link that makes the entity a tree.
    """
    entity, member = of.type.entity, path_member(tree)
    path = scope.compile(Read(TEXT, of.extent, of, member.name, member)).element
    slash: Element = sa.literal_column("'/'")
    comma: Element = sa.literal_column("','")
    key = scope.binding.column(row, entity, "id")
    if scope.postgres:
        parts = sa.func.string_to_array(sa.func.btrim(path, slash), slash)
        array = sa.cast(parts, sa.ARRAY(sa.BigInteger()))
        found = key == sa.func.any(array)
    else:
        inner = sa.func.replace(sa.func.trim(path, slash), slash, comma)
        head: Element = sa.literal_column("'['", sa.String())
        listed = head.op("||")(inner).op("||")(sa.literal_column("']'"))
        items = sa.func.json_each(listed).table_valued(sa.column("value", _BIG))
        around = scope.around()
        ids = sa.select(items.c.value)
        found = key.in_(ids.correlate(*around) if around else ids)
    depth = sa.func.length(scope.binding.column(row, entity, member.name))
    return [f.grouped(found)], [(depth, True)]


def sql_of_call(scope: SqlCompiler, node: Call) -> Sql | None:
    """The SQL of a call that uses an index of a tree; None: it is another one."""
    element = within_branch(scope, node) if node.function is WITHIN else None
    return None if element is None else Sql(element, node.type)
