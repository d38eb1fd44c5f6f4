"""The kept paths of a tree for rows that are there before the entity becomes one.

Called by core.migrations.diff for the statement that fills them and by
core.migrations.measure, which looks for rows that lead nowhere.
"""

from __future__ import annotations

from core.compiler.tables import DEEPEST

FOLD = "__fold"
PATH = "__path"


def path_sql(table: str, tree: str) -> str:
    """SQL of the path of a row of the table: `/1/5/17/`, the root first."""
    return (
        "(WITH RECURSIVE up(n, at, path) AS ("
        f'SELECT 0, "{table}"."{tree}", \'/\' || "{table}".id || \'/\' '
        "UNION ALL "
        f"SELECT up.n + 1, p.\"{tree}\", '/' || p.id || up.path "
        f'FROM up JOIN "{table}" p ON p.id = up.at WHERE up.n < {DEEPEST}) '
        "SELECT path FROM up ORDER BY n DESC LIMIT 1)"
    )


def endless_sql(table: str, tree: str) -> str:
    """SQL that selects the first rows from which the way up does not end in time."""
    return (
        "WITH RECURSIVE up(id, at, n) AS ("
        f'SELECT id, "{tree}", 1 FROM "{table}" WHERE "{tree}" IS NOT NULL '
        "UNION ALL "
        f'SELECT up.id, p."{tree}", up.n + 1 '
        f'FROM up JOIN "{table}" p ON p.id = up.at WHERE up.n <= {DEEPEST}) '
        f"SELECT DISTINCT id FROM up WHERE n > {DEEPEST} ORDER BY id LIMIT 10"
    )
