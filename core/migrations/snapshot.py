"""The tables as they were when a plan was last applied, kept in the database.

`snapshot_of` makes the wanted one out of the compiled application, `stored_snapshot`
reads the last applied; both are compared by `diff`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.compiler.compiled import Compiled
from core.compiler.table_spec import TableSpec
from core.frozen import frozen
from core.migrations.plain import as_data, from_data
from core.storage.tables import snapshot as snapshot_table

FORMAT = 1


@frozen
class Snapshot:
    """Tables by name, for one kind of database; `modules` are those that were on."""

    dialect: str
    tables: tuple[TableSpec, ...] = ()
    modules: tuple[str, ...] = ()

    def table(self, name: str) -> TableSpec | None:
        """The table of this name."""
        return next((table for table in self.tables if table.name == name), None)

    def by_name(self) -> Mapping[str, TableSpec]:
        """All tables by name."""
        return {table.name: table for table in self.tables}

    def document(self) -> dict[str, Any]:
        """The snapshot as JSON data."""
        return {"format": FORMAT, **as_data(self)}

    @property
    def fingerprint(self) -> str:
        """Changes whenever any table does."""
        text = json.dumps(self.document(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8")).hexdigest()


def snapshot_of(compiled: Compiled) -> Snapshot:
    """The tables that the definitions ask for."""
    return Snapshot(
        compiled.dialect, compiled.specs(), tuple(sorted(compiled.registry.modules))
    )


def snapshot_from(document: Mapping[str, Any]) -> Snapshot:
    """A snapshot from its JSON data; ValueError where a newer version wrote it."""
    if document.get("format") != FORMAT:
        raise ValueError("the snapshot was written by another version of the platform")
    return from_data(Snapshot, {k: v for k, v in document.items() if k != "format"})


def stored_snapshot(connection: sa.Connection) -> Snapshot:
    """The tables as last applied; an empty snapshot where nothing was applied yet."""
    empty = Snapshot(connection.dialect.name)
    if not sa.inspect(connection).has_table(snapshot_table.name):
        return empty
    statement = (
        sa.select(snapshot_table.c.document)
        .order_by(snapshot_table.c.id.desc())
        .limit(1)
    )
    document = connection.execute(statement).scalar_one_or_none()
    return empty if document is None else snapshot_from(document)


def store_snapshot(connection: sa.Connection, new: Snapshot, at: datetime) -> None:
    """Keep a snapshot as the one last applied; earlier ones stay."""
    connection.execute(sa.insert(snapshot_table).values(at=at, document=new.document()))
