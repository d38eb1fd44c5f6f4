"""Conditions that let an index find parts of texts.

Called by the queries of core.services. A table tells in `info["search"]` which folded
columns an index covers: a table of FTS5 on SQLite, GIN indexes over groups of three
letters on PostgreSQL. Parts shorter than three letters are looked for in every row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from core.expressions.folding import fold
from core.expressions.sqlforms import Element
from core.expressions.tree import Call, Literal, Logic, Node, Read, Variable

#: The shortest part that an index finds.
LEAST = 3


def contains_folded(
    row: sa.FromClause, keys: Sequence[str], part: Element, dialect: str
) -> sa.ColumnElement[bool]:
    """Whether one of the folded columns contains the (folded) part."""
    position = "instr" if dialect == "sqlite" else "strpos"
    places = (getattr(sa.func, position)(row.c[key], part) for key in keys)
    return sa.or_(*(place > 0 for place in places))


def search_index(
    row: sa.FromClause, keys: Sequence[str], parts: Sequence[Element], dialect: str
) -> Iterator[sa.ColumnElement[bool]]:
    """What lets an index find the rows that contain all parts; nothing without one.

    Each part has three letters at least. On SQLite it is exact, on PostgreSQL true of
    more rows than those.
    """
    if not parts or not _covered(row, keys):
        return
    if dialect == "sqlite":
        yield _matched(row, keys, parts)
    else:
        columns = [row.c[key] for key in _search(row).columns]
        for part in parts:
            yield _shares(columns, part)


def narrowing(
    tree: Node, row: sa.FromClause, dialect: str
) -> Iterator[sa.ColumnElement[bool]]:
    """What follows from `contains(field, 'text')` and lets an index find the rows."""
    if isinstance(tree, Logic) and tree.operator == "and":
        for part in tree.args:
            yield from narrowing(part, row, dialect)
    if not isinstance(tree, Call) or tree.function.name != "contains":
        return
    text, part = tree.args
    plain = isinstance(text, Read) and text.member.folded and _is_this(text.of)
    if not plain or not isinstance(part, Literal) or not part.value:
        return
    assert isinstance(text, Read)
    key, wanted = f"{text.name}__fold", fold(part.value)
    if len(wanted) >= LEAST:
        yield from search_index(row, [key], [sa.literal(wanted, sa.String)], dialect)


def text_of_all(columns: Sequence[Element]) -> Element:
    """The texts of all columns in one, as the index of PostgreSQL holds them."""
    empty, space = (sa.literal_column(text, sa.String) for text in ("''", "' '"))
    texts = [sa.func.coalesce(column, empty, type_=sa.String) for column in columns]
    whole: Element = texts[0]
    for text in texts[1:]:
        whole = whole.concat(space).concat(text)
    return whole


def _is_this(node: Node) -> bool:
    return isinstance(node, Variable) and node.name == "this"


def _search(row: sa.FromClause) -> Any:
    table = row.element if isinstance(row, sa.Alias) else row
    return table.info.get("search") if isinstance(table, sa.Table) else None


def _covered(row: sa.FromClause, keys: Sequence[str]) -> bool:
    search = _search(row)
    return search is not None and set(keys) <= set(search.columns)


def _matched(
    row: sa.FromClause, keys: Sequence[str], parts: Sequence[Element]
) -> sa.ColumnElement[bool]:
    """The row's id is among those that FTS5 finds, in these columns only."""
    names = " ".join(f'"{row.c[key].name}"' for key in keys)
    asked: Element | None = None
    for part in parts:
        phrase = sa.func.replace(part, '"', '""', type_=sa.String)
        head = sa.literal(f'{{{names}}} : "', sa.String)
        one = head.concat(phrase).concat('"')
        asked = one if asked is None else asked.concat(" AND ").concat(one)
    fts = sa.table(_search(row).name, sa.column("rowid", sa.Integer))
    itself: sa.ColumnClause[Any] = sa.literal_column(f'"{fts.name}"')
    return row.c.id.in_(sa.select(fts.c.rowid).where(itself.op("MATCH")(asked)))


def _shares(columns: Sequence[Element], part: Element) -> sa.ColumnElement[bool]:
    """Each group of three letters of the part is one of the texts'."""
    return sa.func.x_trigrams(text_of_all(columns)).op("@>")(sa.func.x_trigrams(part))
