"""The write side of a block of work: one transaction, everything or nothing.

Opened by `Application.transaction(actor, via)`. All methods of Reader are here too and
see what was written so far.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from core.expressions import Record
from core.services.actions import OfferedAction, offered, run
from core.services.batch import Batch, Change, Verb, has_errors
from core.services.context import Actor
from core.services.copying import values_for_copy
from core.services.deletion import remove, set_archived
from core.services.draft import evaluate
from core.services.errors import Unavailable
from core.services.reader import Reader
from core.services.request import FormState, Outcome
from core.services.runtime import Runtime
from core.services.settings import owner_of
from core.services.steps_input import check_access
from core.services.write import save
from core.storage import StorageError, tables

Values = Mapping[str, Any]


class Transaction(Reader):
    """Reads and writes for one actor in one database transaction."""

    def __init__(
        self, runtime: Runtime, connection: sa.Connection, actor: Actor, via: str
    ) -> None:
        super().__init__(runtime, connection, actor)
        self.via = via
        self.trusted = False

    def create(
        self, entity: str, values: Values, accept_warnings: bool = False
    ) -> Record:
        """Create a record and return it; ValidationFailed, RuleBroken, NotAllowed."""
        batch = self.batch(entity, "create", [(None, values, None)])
        batch.accept_warnings = accept_warnings
        save(batch)
        return batch.changes[0].record

    def create_many(
        self, entity: str, rows: Sequence[Values], partial: bool = False
    ) -> list[Outcome]:
        """Create records in one batch; `partial` leaves out the ones with problems."""
        batch = self.batch(entity, "create", [(None, row, None) for row in rows])
        save(batch, partial=partial)
        return _outcomes(batch)

    def create_with_ids(
        self, entity: str, rows: Sequence[tuple[int, Values, None]]
    ) -> list[Outcome]:
        """Create records that mirror rows of another table, under the same ids."""
        batch = self.batch(entity, "create", rows)
        save(batch)
        return _outcomes(batch)

    def update(
        self,
        entity: str,
        id: int,
        values: Values,
        version: int | None = None,
        accept_warnings: bool = False,
    ) -> Record:
        """Change a record; `version` raises StaleRecord if somebody saved meanwhile."""
        batch = self.batch(entity, "update", [(id, values, version)])
        batch.accept_warnings = accept_warnings
        save(batch)
        return batch.changes[0].record

    def update_many(
        self,
        entity: str,
        rows: Sequence[tuple[int, Values, int | None]],
        partial: bool = False,
    ) -> list[Outcome]:
        """Change records in one batch; rows are (id, values, version or None)."""
        batch = self.batch(entity, "update", rows)
        save(batch, partial=partial)
        return _outcomes(batch)

    def archive(self, entity: str, id: int, version: int | None = None) -> Record:
        """Archive a record: it leaves lists and pickers and can be restored."""
        return self._filed(entity, id, version, "archive", True)

    def restore(self, entity: str, id: int, version: int | None = None) -> Record:
        """Take a record back out of the archive."""
        return self._filed(entity, id, version, "archive", False)

    def delete(self, entity: str, id: int, version: int | None = None) -> None:
        """Delete a record and the rows it owns; RuleBroken names what restricts it."""
        batch = self._old(entity, [(id, {}, version)], "delete")
        remove(batch)

    def copy(self, entity: str, id: int) -> dict[str, Any]:
        """Return values for a new record like this one, without what is not copied."""
        return values_for_copy(self, entity, id)

    def actions(self, entity: str, id: int) -> list[OfferedAction]:
        """Return the buttons of a record, each with the reason if it is not ready."""
        return offered(self, entity, id)

    def run_action(
        self,
        entity: str,
        id: int,
        action: str,
        ask: Values | None = None,
        version: int | None = None,
    ) -> Record:
        """Press a button; TransitionRefused with the reason if it is not ready."""
        return run(self, entity, id, action, dict(ask or {}), version)

    def evaluate(
        self,
        entity: str,
        values: Values,
        id: int | None = None,
    ) -> FormState:
        """Work out a draft as a save would; nothing is written."""
        return evaluate(self, entity, values, id)

    def set_setting(self, module: str, name: str, value: Any) -> None:
        """Keep a setting's value for its scope; KeyError if there is none."""
        registry = self.runtime.compiled.registry
        document = registry.settings[module]
        field = document.fields[name]
        type_ = self.runtime.compiled.catalog[field.type]
        kept = type_.to_json(type_.coerce(value, field), field)
        owner = owner_of(document.scope, self.actor)
        table = tables.setting
        keys = {"scope": document.scope, "owner": owner, "module": module, "name": name}
        where = [table.c[key] == one for key, one in keys.items()]
        connection = self.scene.connection
        connection.execute(table.delete().where(*where))
        connection.execute(table.insert().values(**keys, value=kept))

    def remember_external(self, entity: str, key: str, id: int) -> None:
        """Keep an external id for a record; one that exists moves to it."""
        table = tables.external_id
        where = (table.c.entity == entity, table.c.key == key)
        connection = self.scene.connection
        done = connection.execute(table.update().where(*where).values(record=id))
        if not done.rowcount:
            connection.execute(table.insert().values(entity=entity, key=key, record=id))

    # -- for the parts of the services --------------------------------------------

    def batch(
        self,
        entity: str,
        verb: Verb,
        rows: Sequence[tuple[int | None, Values, int | None]],
    ) -> Batch:
        """A batch of this transaction, not yet saved."""
        compiled = self.runtime.compiled.entity(entity)
        changes = [
            Change(number, values, Record(entity, id_), version=version)
            for number, (id_, values, version) in enumerate(rows)
        ]
        return Batch(
            self.scene,
            compiled,
            verb,
            changes,
            self.via,
            trusted=self.trusted,
            plugins=self.runtime.plugins,
        )

    @contextmanager
    def with_full_rights(self) -> Iterator[None]:
        """Write with full rights inside the block, as effects do."""
        before, self.trusted = self.trusted, True
        try:
            yield
        finally:
            self.trusted = before

    def _old(
        self,
        entity: str,
        rows: Sequence[tuple[int | None, Values, int | None]],
        verb: Verb,
    ) -> Batch:
        """A batch with the stored records, if the actor holds the verb on them."""
        batch = self.batch(entity, verb, rows)
        check_access(batch)
        return batch

    def _filed(
        self, entity: str, id_: int, version: int | None, verb: Verb, archived: bool
    ) -> Record:
        batch = self._old(entity, [(id_, {}, version)], verb)
        set_archived(batch, archived)
        return batch.changes[0].record


def _outcomes(batch: Batch) -> list[Outcome]:
    outcomes = []
    for change in batch.changes:
        if has_errors(change):
            problems = tuple(_own_problems(batch, change))
            outcomes.append(Outcome(change.record.id, problems, "refused"))
        elif change.old is None:
            outcomes.append(Outcome(change.record.id, (), "created"))
        else:
            word: Any = "updated" if change.changed else "unchanged"
            outcomes.append(Outcome(change.record.id, (), word))
    return outcomes


def _own_problems(batch: Batch, change: Change) -> Iterator[Any]:
    for problem in change.problems:
        if "inside" not in problem.facts:
            yield problem
    for lines in batch.lines:
        for child in (lines.created, lines.updated):
            for one in child.changes:
                if one.parent is change:
                    yield from _own_problems(child, one)


@contextmanager
def transaction(
    runtime: Runtime, actor: Actor, via: str = "python"
) -> Iterator[Transaction]:
    """Lend a Transaction: commit at the end, roll back on any error."""
    try:
        with runtime.database.writing() as connection:
            yield Transaction(runtime, connection, actor, via)
    except StorageError as error:
        raise Unavailable(str(error), reason=str(error.reason)) from error


__all__ = ["Transaction", "transaction"]
