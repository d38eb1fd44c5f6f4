"""One actor at one moment over one connection: what all questions of a block share.

Made by Reader and Transaction; query, titles and write path take the rights, the
loader and the surroundings of expressions from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler import Reads
from core.expressions import Env, Record
from core.services.access import Access, Around
from core.services.context import Actor
from core.services.errors import TooSlow
from core.services.loader import Loader
from core.services.parameters import SETTINGS, Binds
from core.services.readable import PSEUDO
from core.services.rows_ahead import rows_key
from core.services.runtime import Runtime
from core.services.settings import LazySettings
from core.services.trie import Path
from core.services.wording import to_text
from core.storage import Reason, StorageError, tables
from core.storage.time_limit import TimeLimit

if TYPE_CHECKING:
    from core.services.touched import Touched

USER = "base.user"
COMPANY = "base.company"
_NOTHING = Reads()


class Scene:
    """Rights, loader, parameters and environments of one block of work."""

    def __init__(
        self,
        runtime: Runtime,
        connection: sa.Connection,
        actor: Actor,
        lock: Callable[[], bool] | None = None,
    ) -> None:
        self.runtime = runtime
        self.connection = connection
        self.actor = actor
        self.moment = runtime.clock.moment(actor.zone)
        self.access = Access(runtime.compiled, actor)
        self.around = Around(Binds(runtime.plans, actor.zone), self.ref_id)
        self._own: dict[str, Any] = {
            "me": actor.user_id,
            "company": actor.company,
            "now": self.moment.now,
            "today": self.moment.today,
        }
        self.rights_key = (actor.roles, actor.is_admin, actor.companies, actor.zone)
        self.loader = Loader(self)
        self._lock = lock
        #: Rows deleted by this save, for what is checked across rows.
        self.gone: list[tuple[str, Sequence[Record]]] = []
        self.settings = LazySettings(connection, runtime.compiled, actor)
        self._limit = TimeLimit(connection, runtime.query_seconds)
        self.notes: list[Touched] = []
        self.held: dict[str, set[int]] = {}
        self._people: dict[tuple[str, int], Record] = {}
        self._refs: dict[str, tuple[str, int] | None] = {}
        self._found: dict[Any, Any] = {}
        self.plain_env = self.env()

    @property
    def parameters(self) -> dict[str, Any]:
        """Values for a statement that is built already, with the settings it reads."""
        asked = self.runtime.plans.settings
        if not asked:
            return self._own
        chosen = {f"{SETTINGS}{name}": self.settings[name] for name in asked}
        return {**self._own, **chosen}

    def begin_writing(self) -> bool:
        """Take the database's write lock; True if it was taken only now.

        What was read before may then have changed. PostgreSQL locks rows, not files.
        """
        self._found.clear()
        return self._lock is not None and self._lock()

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Write all of a block or nothing, also for a caller that goes on."""
        self.begin_writing()
        noted = len(self.notes)
        try:
            with self.connection.begin_nested():
                yield
        except BaseException:
            # What was noted, and what was locked, is undone with the rest.
            del self.notes[noted:]
            self.held.clear()
            raise

    def take_notes(self) -> list[Touched]:
        """What was removed or emptied and is yet to be followed."""
        notes, self.notes = self.notes, []
        return notes

    @contextmanager
    def limited(self) -> Iterator[None]:
        """Stop a question that takes too long; TooSlow says how to ask instead."""
        seconds = self.runtime.query_seconds
        try:
            with self._limit.holding():
                yield
        except StorageError as error:
            if error.reason is not Reason.SLOW:
                raise
            raise TooSlow(
                f"This takes more than {seconds:g} seconds and was stopped. Narrow "
                "it: add a condition on an indexed field, drop the order or the count.",
                parameter="filter",
                seconds=seconds,
            ) from error

    # -- surroundings of expressions --------------------------------------------

    def env(
        self,
        reads: Reads | None = None,
        *,
        this: Record | None = None,
        old: Record | None = None,
        company: int | None = None,
        names: Mapping[str, Any] | None = None,
    ) -> Env:
        """The surroundings of an evaluation that reads what `reads` names."""
        reads = _NOTHING if reads is None else reads
        company = self.actor.company if company is None else company
        return Env(
            this=this,
            old=old,
            me=self._person(USER, self.actor.user_id, reads.of.get("me")),
            company=self._person(COMPANY, company, reads.of.get("company")),
            settings=self.settings,
            names={} if names is None else names,
            now=self.moment.now,
            today=self.moment.today,
            zone=self.moment.zone,
            rows=partial(self._rows, reads),
            memory=self._found,
            decide=self._decide,
            run_text=self._run_text,
            ref=self.ref,
            has_role=self._has_role,
            to_text=partial(to_text, self.actor),
        )

    def ref(self, key: str) -> Record | None:
        """The record with this external id."""
        found = self._ref(key)
        if found is None:
            return None
        cached = self._people.get(found)
        return cached or self.loader.load(found[0], [found[1]]).get(found[1])

    def ref_id(self, key: str) -> int | None:
        """The id of the record with this external id."""
        found = self._ref(key)
        return None if found is None else found[1]

    def _ref(self, key: str) -> tuple[str, int] | None:
        numbered, _, id_ = key.rpartition(":")
        if numbered and id_.isdecimal():
            return numbered, int(id_)
        if self._refs.get(key) is None:
            entity, _, name = key.rpartition(".")
            table = tables.external_id
            statement = sa.select(table.c.record).where(
                table.c.entity == entity, table.c.key == name
            )
            found = self.connection.execute(statement).scalar_one_or_none()
            self._refs[key] = None if found is None else (entity, found)
        return self._refs[key]

    def _person(
        self, entity: str, id_: int | None, paths: frozenset[Path] | None
    ) -> Record | None:
        """The acting user or company, with what is read of it loaded."""
        if id_ is None or entity not in self.runtime.compiled.tables:
            return None
        record = self._people.get((entity, id_))
        if not paths:
            return record or Record(entity, id_, {"id": id_})
        if record is None:
            record = self.loader.load(entity, [id_], paths).get(id_)
            if record is None:
                return None
            self._people[entity, id_] = record
        self.loader.fill(entity, [record], paths)
        return record

    def _rows(
        self, reads: Reads, entity: str, equal: Mapping[str, Any]
    ) -> tuple[Record, ...]:
        if any(value is None for value in equal.values()):
            return ()
        key = rows_key(reads, entity, equal)
        if key not in self._found:
            paths = reads.of.get(f"rows:{entity}", frozenset())
            table = self.runtime.compiled.tables[entity]
            tests = (table.c[name] == v for name, v in equal.items())
            condition = sa.and_(sa.true(), *tests)
            self._found[key] = tuple(self.loader.where(entity, condition, paths))
        found: tuple[Record, ...] = self._found[key]
        return found

    def _decide(self, decision: str, inputs: Mapping[str, Any]) -> Any:
        from core.services.decisions import Decider

        return Decider(self).decide(decision, inputs)

    def _run_text(self, text: str, entity: str, result: str, of: Any) -> Any:
        from core.services.kept_expressions import run_text

        return run_text(self, text, entity, result, of)

    def _has_role(self, user: int, role: str) -> bool:
        return user == self.actor.user_id and role in self.access.map.roles

    def readable_names(self, entity: str) -> frozenset[str]:
        """All names a user may read of the entity, stamps included."""
        return self.access.of(entity).readable | PSEUDO
