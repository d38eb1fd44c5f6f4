"""The read side of a block of work: get, search, count, look-up, resolve, history.

Opened by `Application.reader(actor)`; Transaction offers the same methods. Everything
goes through core.services.query, so rights hold on each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from core.expressions import Record
from core.services import query as gate
from core.services.access import Access
from core.services.context import Actor
from core.services.errors import NotFound, Unavailable
from core.services.explaining import Explaining
from core.services.forms import Forms
from core.services.history import AuditEntry, history
from core.services.lookup import lookup
from core.services.request import Candidates, Found, Page, Query
from core.services.resolve import resolve
from core.services.runtime import Runtime
from core.services.scene import Scene
from core.services.steps_input import not_found, permitted
from core.services.titles import titles
from core.storage import StorageError

STAMPS = (
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "archived",
    "archived_at",
)


class Reader(Forms, Explaining):
    """Reads for one actor over one connection."""

    def __init__(
        self,
        runtime: Runtime,
        connection: sa.Connection,
        actor: Actor,
        lock: Callable[[], bool] | None = None,
    ) -> None:
        self.scene = Scene(runtime, connection, actor, lock)
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
            raise self.not_found(entity, int(id))
        return page.items[0]

    def not_found(self, entity: str, id: int) -> NotFound:
        """The answer to an id that is not there or not to be seen."""
        return not_found(self.runtime.compiled.entity(entity), id)

    def lookup(
        self,
        entity: str,
        text: str = "",
        limit: int = 10,
        candidates: Candidates | None = None,
    ) -> tuple[Found, ...]:
        """Return what a picker offers for a text: best matches of the search fields."""
        return lookup(self.scene, entity, text, limit, candidates)

    def titles(self, entity: str, ids: Sequence[int]) -> dict[int, str]:
        """Return the titles of those of the records that the actor may read."""
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
        return history(self.scene, entity, id, limit)

    def permitted(self, entity: str, verb: str, ids: Sequence[int]) -> set[int]:
        """Return those of the ids on which the actor holds the verb."""
        compiled = self.runtime.compiled.entity(entity)
        found = permitted(self.scene, compiled, verb, ids)
        return {id_ for id_ in found if id_ is not None}

    def _everything(self, entity: str) -> tuple[str, ...]:
        compiled = self.runtime.compiled.entity(entity)
        readable = self.access.of(entity).readable
        names = [
            name
            for name, field in compiled.fields.items()
            if field.kind != "group" and name in readable and not field.type.write_only
        ]
        return (*names, *STAMPS)


@contextmanager
def reading(runtime: Runtime, actor: Actor) -> Iterator[Reader]:
    """Lend a Reader over one snapshot; storage faults become Unavailable."""
    try:
        with runtime.database.reading() as connection:
            yield Reader(runtime, connection, actor)
    except StorageError as error:
        raise Unavailable(str(error), reason=str(error.reason)) from error


__all__ = ["AuditEntry", "Reader", "reading"]
