"""The write side of a block of work: one transaction, everything or nothing.

Opened by `Application.transaction(actor, via)`. All methods of Reader are here too and
see what was written so far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from core.expressions import Record
from core.services.actions import move_to, run
from core.services.batch import Batch, Change, Verb
from core.services.context import Actor
from core.services.effects import Take
from core.services.errors import TransitionRefused, Unavailable
from core.services.late_lock import writing_late
from core.services.reader import Reader
from core.services.request import Outcome
from core.services.runtime import Runtime
from core.services.sentences import sentence
from core.services.settings import owner_of
from core.services.upkeep import settle
from core.services.writes import Row, Values, Writes
from core.storage import StorageError, tables
from core.storage.among import among

#: Automations that may follow on one another; more go round in a circle.
DEEPEST = 8


class Transaction(Reader, Writes):
    """Reads and writes for one actor in one database transaction."""

    def __init__(
        self,
        runtime: Runtime,
        connection: sa.Connection,
        actor: Actor,
        via: str,
        lock: Callable[[], bool] | None = None,
    ) -> None:
        super().__init__(runtime, connection, actor, lock)
        self.via = via
        self.trusted = False
        self.mapping_depth = 0
        self.following = 0
        self.moving = 0
        #: What acts by itself at this moment, the outermost first.
        self.origins: list[str] = []
        #: The instance of a flow that acts at this moment.
        self.flow: int | None = None

    def run_action(
        self,
        entity: str,
        id: int,
        action: str,
        ask: Values | None = None,
        version: int | None = None,
        take: Mapping[str, Take] | None = None,
    ) -> Record:
        """Press a button; TransitionRefused with the reason if it is not ready.

        take: mapping -> its lines -> source row -> how much of what is open, not all.
        """
        return run(self, entity, id, action, dict(ask or {}), version, take)

    def run_for_list(self, entity: str, action: str, ask: Values | None = None) -> None:
        """Press a button of the list; TransitionRefused says why it is not ready."""
        from core.services.list_actions import run_for_list

        run_for_list(self, entity, action, dict(ask or {}))

    def run_for_many(
        self, entity: str, ids: Sequence[int], action: str, ask: Values | None = None
    ) -> list[Outcome]:
        """Press a button for each of some records, each told by itself.

        ValidationFailed where the answers will do for none of them.
        """
        from core.services.list_actions import run_for_many

        return run_for_many(self, entity, ids, action, dict(ask or {}))

    def move_to(
        self, entity: str, id: int, state: str, value: str, version: int | None = None
    ) -> Record:
        """Take the transition that leads to a state; TransitionRefused says why not."""
        return move_to(self, entity, id, state, value, version)

    def map(
        self,
        mapping: str,
        records: Sequence[int],
        ask: Values | None = None,
        take: Take | None = None,
    ) -> list[Record]:
        """Make records of others by a mapping, with the rights of the actor.

        take: lines id -> source row -> how much of what is open, instead of all.
        """
        from core.services.mapping import run_mapping

        made = run_mapping(self, mapping, records, ask, take)
        return [one.record for one in made if one.record is not None]

    def set_setting(self, module: str, name: str, value: Any) -> None:
        """Keep a setting's value for its scope; KeyError if there is none."""
        registry = self.runtime.compiled.registry
        document = registry.settings[module]
        field = document.fields[name]
        type_ = self.runtime.compiled.catalog[field.type]
        coerced = type_.coerce(value, field)
        if type_.write_only:
            # Kept as in a column: encrypted.
            kept = type_.store(coerced, name, field)[name]
        else:
            kept = type_.to_json(coerced, field)
        owner = owner_of(document.scope, self.actor)
        table = tables.setting
        keys = {"scope": document.scope, "owner": owner, "module": module, "name": name}
        where = [table.c[key] == one for key, one in keys.items()]
        self.scene.begin_writing()
        connection = self.scene.connection
        connection.execute(table.delete().where(*where))
        connection.execute(table.insert().values(**keys, value=kept))
        self.scene.settings.forget()

    def remember_external(self, entity: str, ids: Mapping[str, int]) -> None:
        """Keep external ids (key -> id) for records; those that exist move to them."""
        table = tables.external_id
        self.scene.begin_writing()
        connection = self.scene.connection
        here = table.c.entity == entity
        listed = among(table.c.key, "keys", connection)
        asked = sa.select(table.c.key).where(here, listed)
        there = set(connection.scalars(asked, {"keys": list(ids)}))
        moved = [{"at": key, "record": ids[key]} for key in ids if key in there]
        fresh = [
            {"entity": entity, "key": key, "record": id_}
            for key, id_ in ids.items()
            if key not in there
        ]
        if moved:
            place = table.c.key == sa.bindparam("at")
            connection.execute(table.update().where(here, place), moved)
        if fresh:
            connection.execute(table.insert(), fresh)

    # -- for the parts of the services --------------------------------------------

    def batch(self, entity: str, verb: Verb, rows: Sequence[Row]) -> Batch:
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
            tx=self,
            sovereign=self.trusted,
        )

    @contextmanager
    def acting_for(self, origin: str) -> Iterator[None]:
        """Let what acts by itself write with full rights inside the block.

        TransitionRefused names the chain if too many follow on one another.
        """
        if len(self.origins) >= DEEPEST:
            names = [one.rpartition(" ")[2] for one in (*self.origins, origin)]
            text = "This follows on itself without end: {chain}."
            said = sentence(text, chain=" → ".join(names))
            raise TransitionRefused(str(said), said, chain=[*self.origins, origin])
        self.origins.append(origin)
        try:
            with self.with_full_rights():
                yield
        finally:
            self.origins.pop()

    @contextmanager
    def in_flow(self, instance: int) -> Iterator[None]:
        """Let events of the block say which instance of a flow has raised them."""
        before, self.flow = self.flow, instance
        try:
            yield
        finally:
            self.flow = before

    @contextmanager
    def with_full_rights(self) -> Iterator[None]:
        """Write with full rights inside the block, as effects do."""
        before, self.trusted = self.trusted, True
        try:
            yield
        finally:
            self.trusted = before


@contextmanager
def transaction(
    runtime: Runtime, actor: Actor, via: str = "python"
) -> Iterator[Transaction]:
    """Lend a Transaction: commit at the end, roll back on any error.

    RuntimeError inside another one of the same thread: it would wait for itself.
    """
    if getattr(runtime.writing, "inside", False):
        raise RuntimeError("this thread is in a transaction already; use that one")
    runtime.writing.inside = True
    try:
        with writing_late(runtime.database) as (connection, lock):
            tx = Transaction(runtime, connection, actor, via, lock)
            yield tx
            settle(tx.scene)
    except StorageError as error:
        raise Unavailable(str(error), reason=str(error.reason)) from error
    finally:
        runtime.writing.inside = False


__all__ = ["Transaction", "transaction"]
