"""The read side of a block of work: get, search, count, look-up, resolve, history.

Opened by `Application.reader(actor)`; Transaction offers the same methods. Everything
goes through core.services.query, so rights hold on each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.expressions import Record
from core.services import query as gate
from core.services.access import Access
from core.services.context import Actor
from core.services.errors import NotFound, Unavailable
from core.services.request import Candidates, Found, Page, Query
from core.services.resolve import resolve
from core.services.runtime import Runtime
from core.services.scene import Scene
from core.services.titles import TITLE
from core.storage import StorageError, tables


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change of a record: who, when, by what way, and old and new of each field."""

    id: int
    at: datetime
    actor: int | None
    via: str
    version: int
    action: str
    changes: dict[str, Any]


class Reader:
    """Reads for one actor over one connection."""

    def __init__(self, runtime: Runtime, connection: sa.Connection, actor: Actor):
        self.scene = Scene(runtime, connection, actor)
        self.runtime = runtime
        self.actor = actor

    @property
    def access(self) -> Access:
        """The rights of the actor."""
        return self.scene.access

    def search(self, entity: str, query: Query | None = None) -> Page:
        """Return a page of the records that the query names and the actor may read."""
        return gate.search(self.scene, entity, query or Query())

    def count(self, entity: str, query: Query | None = None) -> int:
        """Return how many records the query names and the actor may read."""
        return gate.count(self.scene, entity, query or Query())

    def get(self, entity: str, id: int, fields: Sequence[str] = ()) -> Record:
        """Return one record, by default with all readable fields, lines included.

        NotFound if there is none or the actor may not read it: both look the same.
        """
        names = tuple(fields) or self._everything(entity)
        page = gate.search(
            self.scene,
            entity,
            Query(id=int(id), fields=names, limit=1, archived="yes"),
        )
        if not page.items:
            raise self.not_found(entity, id)
        return page.items[0]

    def not_found(self, entity: str, id_: int) -> NotFound:
        """The answer to an id that is not there or not to be seen."""
        label = self.runtime.compiled.entity(entity).label
        return NotFound(
            f"There is no {label} with the id {id_}, or you may not see it.",
            entity=entity,
            id=id_,
        )

    def lookup(
        self,
        entity: str,
        text: str = "",
        limit: int = 10,
        candidates: Candidates | None = None,
    ) -> tuple[Found, ...]:
        """Return what a picker offers for a text: best matches of the search fields."""
        compiled = self.runtime.compiled.entity(entity)
        query = Query(search=text, limit=limit, fields=("id",), candidates=candidates)
        page = self.search(entity, query)
        ids = [record.id or 0 for record in page.items]
        shown = self._second_lines(entity, ids)
        names = self.titles(entity, ids)
        found = [Found(i, names.get(i, str(i)), shown.get(i)) for i in ids]
        wanted = text.casefold()
        if compiled.search_fields and wanted:
            found.sort(key=lambda one: not one.title.casefold().startswith(wanted))
        return tuple(found)

    def titles(self, entity: str, ids: Sequence[int]) -> dict[int, str]:
        """Return the titles of those of the records that the actor may read."""
        from core.services.titles import titles

        return titles(self.scene, entity, ids)

    def title(self, entity: str, id: int) -> str | None:
        """Return the title of one record, None if the actor may not read it."""
        return self.titles(entity, [id]).get(id)

    def resolve(self, entity: str, text: str) -> int | None:
        """Return the id of the record with this external id, key or title."""
        return resolve(self.scene, entity, [text]).get(text)

    def history(self, entity: str, id: int, limit: int = 100) -> list[AuditEntry]:
        """Return the changes of a record, newest first, without unreadable fields."""
        self.get(entity, id, ("id",))
        table = tables.audit
        statement = (
            sa.select(table)
            .where(table.c.entity == entity, table.c.record == id)
            .order_by(table.c.id.desc())
            .limit(limit)
        )
        readable = self.scene.readable_names(entity)
        hidden = self.access.of(entity).read_conditions
        entries = []
        for row in self.scene.connection.execute(statement):
            changes = {
                name: change
                for name, change in (row.changes or {}).items()
                if name in readable and name not in hidden
            }
            entries.append(
                AuditEntry(
                    row.id, row.at, row.actor, row.via, row.version, row.action, changes
                )
            )
        return entries

    def _everything(self, entity: str) -> tuple[str, ...]:
        compiled = self.runtime.compiled.entity(entity)
        readable = self.access.of(entity).readable
        names = [
            name
            for name, field in compiled.fields.items()
            if field.kind != "group" and name in readable and not field.type.write_only
        ]
        return (
            *names,
            "created_at",
            "created_by",
            "updated_at",
            "updated_by",
            "archived",
            "archived_at",
        )

    def _second_lines(self, entity: str, ids: Sequence[int]) -> dict[int, str]:
        compiled = self.runtime.compiled.entity(entity)
        second = compiled.subtitled
        readable = self.scene.readable_names(entity)
        if second is None or not ids:
            return {}
        if not {path[0] for path in second.reads.this} <= readable:
            return {}
        rows = self.scene.loader.load(entity, ids, second.reads.this)
        lines = {}
        for id_, row in rows.items():
            text = second.run(self.scene.env(second.reads, this=row))
            if text is not None:
                lines[id_] = str(text)
        return lines


@contextmanager
def reading(runtime: Runtime, actor: Actor) -> Iterator[Reader]:
    """Lend a Reader over one snapshot; storage faults become Unavailable."""
    try:
        with runtime.database.reading() as connection:
            yield Reader(runtime, connection, actor)
    except StorageError as error:
        raise Unavailable(str(error), reason=str(error.reason)) from error


__all__ = ["TITLE", "AuditEntry", "Reader", "reading"]
