"""Keeps what an import did, chunk by chunk, in the transactions of its chunks.

Written by the import; by it an interrupted import goes on where it stopped, and one
that was a mistake can be undone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.exchange.errors import ExchangeError
from core.exchange.mapping import Mapping, mapping_document
from core.exchange.report import ImportOptions, ImportReport, RowError
from core.services import Actor, Transaction, transaction
from core.storage import tables

#: What an import that goes on again reads as it did before.
KEPT_OPTIONS = (
    *("language", "decimal", "dates", "encoding", "delimiter", "format", "sheet"),
    *("empty", "accept_warnings", "chunk"),
)
COUNTS = ("rows", "created", "updated", "unchanged", "rejected")
_PIECE = 1 << 20


@dataclass(slots=True)
class Part:
    """What one chunk touched.

    `created` and `updated` are ids of the entity, `also` of other ones that a link
    called for; `external` keys given to records that were there before.
    """

    created: list[int] = field(default_factory=list)
    updated: list[tuple[int, int]] = field(default_factory=list)
    also: list[tuple[str, int]] = field(default_factory=list)
    external: list[str] = field(default_factory=list)
    rejected: list[tuple[int, str]] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The part as JSON data, ids as ranges."""
        return {
            "created": ranges(self.created),
            "updated": [list(pair) for pair in self.updated],
            "also": [list(pair) for pair in self.also],
            "external": self.external,
            "rejected": [list(pair) for pair in self.rejected],
            "errors": [error.document() for error in self.errors],
        }


class Journal:
    """The record of one import on its way."""

    def __init__(self, id: int, number: int, rows: int) -> None:
        self.id = id
        self._number = number
        self._rows = rows

    @classmethod
    def begin(
        cls,
        runtime: Any,
        actor: Actor,
        path: Path,
        mapping: Mapping,
        options: ImportOptions,
        warnings: Sequence[str],
    ) -> Journal:
        """Open the record of an import."""
        wish = {
            "mapping": mapping_document(mapping),
            "options": {name: getattr(options, name) for name in KEPT_OPTIONS},
            "warnings": list(warnings),
        }
        table = tables.import_run
        with transaction(runtime, actor, "import") as tx:
            tx.scene.begin_writing()
            row = {
                "at": tx.scene.moment.now,
                "actor": actor.user_id,
                "entity": mapping.entity,
                "file": (options.file_name or path.name)[:255],
                "digest": digest_of(path),
                "state": "running",
                "wish": wish,
                **dict.fromkeys(COUNTS, 0),
            }
            done = tx.scene.connection.execute(table.insert().values(**row))
            (id_,) = done.inserted_primary_key or (0,)
        return cls(id_, 0, 0)

    def keep(self, tx: Transaction, report: ImportReport, part: Part) -> None:
        """Keep a chunk; ExchangeError if another process goes on with this import."""
        table = tables.import_run
        counts = {name: getattr(report, name) for name in COUNTS}
        where = (table.c.id == self.id, table.c.rows == self._rows)
        tx.scene.begin_writing()
        connection = tx.scene.connection
        done = connection.execute(
            table.update().where(*where, table.c.state == "running").values(**counts)
        )
        if not done.rowcount:
            raise ExchangeError("This import runs in another process as well.")
        connection.execute(
            tables.import_part.insert().values(
                run=self.id, number=self._number, touched=part.document()
            )
        )
        self._number += 1
        self._rows = report.rows

    def finish(self, tx: Transaction) -> None:
        """Mark the import as done."""
        table = tables.import_run
        tx.scene.begin_writing()
        tx.scene.connection.execute(
            table.update()
            .where(table.c.id == self.id)
            .values(state="done", ended_at=tx.scene.moment.now)
        )


def resumed(
    connection: sa.Connection, row: Any
) -> tuple[Journal, list[dict[str, Any]]]:
    """The journal of an import that was interrupted, with the parts it has kept."""
    parts = list(kept_parts(connection, row.id))
    return Journal(row.id, len(parts), row.rows), parts


def kept_parts(connection: sa.Connection, run: int) -> Iterator[dict[str, Any]]:
    """What the chunks of an import touched, in their order."""
    table = tables.import_part
    statement = (
        sa.select(table.c.touched).where(table.c.run == run).order_by(table.c.number)
    )
    yield from connection.scalars(statement)


def ranges(ids: Iterable[int]) -> list[list[int]]:
    """Ids as [first, last] of each run of neighbours."""
    found: list[list[int]] = []
    for id_ in sorted(ids):
        if found and found[-1][1] == id_ - 1:
            found[-1][1] = id_
        else:
            found.append([id_, id_])
    return found


def digest_of(path: Path) -> str:
    """What tells a file from any other one."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
