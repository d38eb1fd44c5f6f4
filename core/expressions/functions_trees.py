"""`within` over the kept path of a record in a tree.

The type checker hands it the path of the first record and the id of the second; SQL
turns it around where the second is known, so that an index finds the branch.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.expressions.function import Function, takes
from core.expressions.sqlforms import Sql
from core.expressions.types import BOOLEAN, Kind


def path_below(path: str | None, id: int) -> str:
    """The path of a record whose parent has this path (None: it is a root)."""
    return f"{path or '/'}{id}/"


def ids_on(path: str | None) -> tuple[int, ...]:
    """The ids on a path, from the root down."""
    return tuple(int(part) for part in (path or "").strip("/").split("/") if part)


def _is_within(path: str, id: int) -> bool:
    return f"/{id}/" in path


def _wanted(id: Any) -> Any:
    slash = sa.literal_column("'/'", sa.String())
    text = sa.cast(id, sa.String())
    joined = slash.op("||", return_type=sa.String())(text)
    return joined.op("||", return_type=sa.String())(slash)


def _postgres(path: Any, id: Any) -> Any:
    return sa.func.strpos(path, _wanted(id)) > sa.literal_column("0")


def _sqlite(path: Sql, id: Sql) -> Sql:
    found = sa.func.instr(path.element, _wanted(id.element))
    return Sql(found > sa.literal_column("0"), BOOLEAN)


WITHIN = Function(
    "within",
    (takes("inner", Kind.TEXT), takes("outer", Kind.LINK)),
    BOOLEAN,
    _is_within,
    postgres=_postgres,
    sqlite=_sqlite,
)
