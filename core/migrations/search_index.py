"""Statements for the indexes that find parts of texts.

Called by core.migrations.ddl. On SQLite it is one FTS5 table per business table, over
the folded columns, that reads its texts from there; on PostgreSQL a GIN index over
the groups of three letters of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from core.compiler.table_spec import IndexSpec

Quote = Callable[[str], str]


def create_on_sqlite(table: str, index: IndexSpec, quote: Quote) -> Iterator[str]:
    """The FTS5 table, filled, and what keeps it right when rows change or go.

    core.storage.insert_rows takes the first trigger away while it enters many rows at
    once: that it is there makes each row cost twice as much.
    """
    names = ", ".join(index.terms)
    fts, rows = quote(index.name), quote(table)
    yield (
        f"CREATE VIRTUAL TABLE {fts} USING fts5({names}, "
        f"content={rows}, content_rowid='id', tokenize='trigram case_sensitive 1')"
    )
    yield f"INSERT INTO {fts}({fts}) VALUES ('rebuild')"
    old = ", ".join(f"old.{term}" for term in index.terms)
    new = ", ".join(f"new.{term}" for term in index.terms)
    gone = f"INSERT INTO {fts}({fts}, rowid, {names}) VALUES ('delete', old.id, {old})"
    come = f"INSERT INTO {fts}(rowid, {names}) VALUES (new.id, {new})"
    yield (
        f"CREATE TRIGGER {quote(index.name + '_i')} AFTER INSERT ON {rows} "
        f"BEGIN {come}; END"
    )
    yield (
        f"CREATE TRIGGER {quote(index.name + '_d')} AFTER DELETE ON {rows} "
        f"BEGIN {gone}; END"
    )
    changed = " OR ".join(f"old.{t} IS NOT new.{t}" for t in index.terms)
    yield (
        f"CREATE TRIGGER {quote(index.name + '_u')} AFTER UPDATE OF {names} ON {rows} "
        f"WHEN {changed} BEGIN {gone}; {come}; END"
    )


def drop_on_sqlite(index: IndexSpec, quote: Quote) -> Iterator[str]:
    """Take it away; its triggers may be gone with the business table."""
    for end in ("_i", "_d", "_u"):
        yield f"DROP TRIGGER IF EXISTS {quote(index.name + end)}"
    yield f"DROP TABLE {quote(index.name)}"


def create_on_postgresql(table: str, index: IndexSpec, quote: Quote) -> Iterator[str]:
    """The GIN index."""
    yield (
        f"CREATE INDEX {quote(index.name)} ON {quote(table)} "
        f"USING gin ({', '.join(index.terms)})"
    )
