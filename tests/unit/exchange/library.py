"""Books and authors in a database: what the tests of import and export work on."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.exchange import (
    Column,
    ExportOptions,
    ImportOptions,
    ImportReport,
    Mapping,
    export_records,
    run_import,
)
from core.services import Actor, Query, Reader, Runtime, reading, transaction

SYSTEM = Actor.system()
BOOK = "library.book"
AUTHOR = "library.author"


def acting(*roles: str) -> Actor:
    """A person with some roles of the library."""
    return Actor(None, "Someone", frozenset(f"library.{role}" for role in roles))


def plain(*names: str, key: str | None = "code", **constants: str) -> Mapping:
    """Columns that are called like the places they fill."""
    columns = tuple(Column((name,), name) for name in names)
    return Mapping(BOOK, columns, constants, key)


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, report.rejected


@dataclass(frozen=True)
class Library:
    """The application of the tests, with short ways to files and records."""

    runtime: Runtime
    home: Path

    def file(self, rows: Sequence[Sequence[str]], name: str = "books.csv") -> Path:
        path = self.home / name
        with path.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows(rows)
        return path

    def take(
        self,
        rows: Sequence[Sequence[str]],
        mapping: Mapping | None = None,
        actor: Actor = SYSTEM,
        **options: Any,
    ) -> ImportReport:
        """Import rows, the first of them the header."""
        chosen = plain(*rows[0]) if mapping is None else mapping
        return run_import(
            self, actor, self.file(rows), chosen, ImportOptions(**options)
        )

    def give(self, query: Query, actor: Actor = SYSTEM, **options: Any) -> str:
        """The text of an export."""
        out = io.BytesIO()
        export_records(self, actor, BOOK, query, out, ExportOptions(**options))
        return out.getvalue().decode()

    def add(self, entity: str, **values: Any) -> int:
        with transaction(self.runtime, SYSTEM, "python") as tx:
            made = tx.create(entity, values).id
        assert made is not None
        return made

    def books(self, *fields: str) -> list[tuple[Any, ...]]:
        """Some fields of all books, in the order of their code."""
        with self.reader() as reader:
            page = reader.search(BOOK, Query(fields=fields, limit=1000))
        return [tuple(book.values[name] for name in fields) for book in page.items]

    def reader(self) -> Any:
        return reading(self.runtime, SYSTEM)

    def copies(self, code: str) -> list[tuple[int | None, str | None, str | None]]:
        """Id, state and place of the copies of a book."""
        with self.reader() as reader:
            rows = book_of(reader, code).relations["copies"]
        return [(row.id, row.values["state"], row.values["place"]) for row in rows]


def book_of(reader: Reader, code: str) -> Any:
    found = reader.search(BOOK, Query(filter=f"code == '{code}'")).items[0]
    return reader.get(BOOK, found.id or 0)
