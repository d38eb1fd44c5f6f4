"""A member's value as a column of a row, in the SQL back end.

Called by `to_sql` and `sql_lists` once they know the row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.expressions import sql_values as values
from core.expressions import sqlforms as f
from core.expressions.errors import CannotTranslate
from core.expressions.folding import fold
from core.expressions.schema import Member, MemberKind
from core.expressions.sqlforms import Element, Sql
from core.expressions.tree import Call, Literal, Read

if TYPE_CHECKING:
    from core.expressions.to_sql import SqlCompiler

FOLDED_TESTS = frozenset({"contains", "starts"})


def column_of(
    scope: SqlCompiler, row: sa.FromClause, entity: str, member: Member
) -> Sql:
    """A member's value from a row of its entity; computed members are put in."""
    if not member.stored:
        if member.computed is None:
            raise CannotTranslate(f"{entity}.{member.name} is computed in memory")
        return scope.with_row("this", row).compile(member.computed.tree)
    column = scope.binding.column(row, entity, member.name)
    if member.kind is MemberKind.REFERENCE:
        owner = scope.binding.column(row, entity, f"{member.name}_entity")
        joined = owner.op("||", return_type=sa.String())(
            sa.literal_column("':'", sa.String())
        ).op("||", return_type=sa.String())(sa.cast(column, sa.String()))
        return Sql(f.grouped(joined), member.type)
    return values.column(column, member.type, scope.dialect)


def folded_test(scope: SqlCompiler, node: Call) -> Element | None:
    """`contains` and `starts` of a constant on a column with a folded shadow.

    The shadow is indexed, so `starts` finds its rows without reading the others. None
    where the arguments are something else.
    """
    text, part = node.args
    if not isinstance(text, Read) or not text.member.folded:
        return None
    if not isinstance(part, Literal) or not part.value:
        return None
    entity, name = text.of.type.entity, f"{text.name}__fold"
    wanted = fold(part.value)
    for special in "\\%_":
        wanted = wanted.replace(special, f"\\{special}")
    pattern = f"{wanted}%" if node.function.name == "starts" else f"%{wanted}%"

    def build(inner: SqlCompiler, row: sa.FromClause) -> Sql:
        column = inner.binding.column(row, entity, name)
        return Sql(column.like(pattern, escape="\\"), node.type)

    return scope.read(text.of, build).element
