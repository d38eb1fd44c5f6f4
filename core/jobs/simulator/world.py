"""The world of one test: its application, its clock, its people and its records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy as sa

from core.app import Application
from core.definitions import ScenarioDef
from core.definitions.scenario import PLATFORM, rows_given
from core.diagnostics import Span
from core.jobs import Dispatcher, consumers_of
from core.jobs.queue import next_try
from core.jobs.simulator.mails import KeptMails
from core.jobs.simulator.results import differs
from core.registry.check_roles import full_role
from core.registry.check_scenarios import moment_of
from core.services import Actor, AppError, Clock, Reader, Runtime, Transaction
from core.services.people import COMPANY, USER, only_company
from core.services.reader import reading
from core.services.seed import Seeder
from core.services.seed_values import SeedValues
from core.services.transactions import transaction
from core.source import Map
from core.storage import Database, job

_TOLD = 3
_FAILED = sa.select(job.c.id, job.c.consumer, job.c.said).where(
    job.c.state.in_(("dead", "waiting")), job.c.attempts > 0
)


class World:
    """`at` is the present moment, `actor` who acts, `keys` key -> (entity, id)."""

    def __init__(
        self, application: Application, database: Database, scenario: ScenarioDef
    ) -> None:
        begins = moment_of(scenario.now, scenario.zone)
        assert begins is not None
        self.scenario = scenario
        self.at = begins.astimezone(UTC)
        given = application.runtime
        self.runtime = Runtime(
            application.compiled,
            database,
            application.plugins,
            Clock(lambda: self.at),
            given.plans,
            given.filters,
            files=given.files,
        )
        self.application = replace(application, database=database, runtime=self.runtime)
        consumers = [
            KeptMails(self.runtime, None) if one.kind == KeptMails.kind else one
            for one in consumers_of(self.application)
        ]
        self.worker = Dispatcher(database, lambda: consumers, lambda: self.at)
        self._consumers = consumers
        self.keys: dict[str, tuple[str, int]] = {}
        self.people: dict[str, Actor] = {}
        self.actor = replace(Actor.system(), zone=scenario.zone)
        self._failed: set[int] = set()

    def begin(self) -> None:
        """Make the people and the rows that are given, and let time start."""
        scenario = self.scenario
        document = rows_given(scenario)
        first = {id_: rows for id_, rows in document.rows.items() if id_ == COMPANY}
        with self.writing("seed") as tx:
            Seeder(tx).apply([replace(document, rows=Map(first))])
        self._choose_company()
        with self.writing("seed") as tx:
            for key, roles in scenario.users.items():
                self._person(tx, key, roles)
            Seeder(tx).apply([document])
            known = SeedValues(tx).known
            for entity, rows in scenario.given.items():
                for key in rows:
                    self.keys[key] = (entity, known[entity, key])
            values = SeedValues(tx)
            for module, settings in scenario.settings.items():
                fields = tx.runtime.compiled.registry.settings[module].fields
                for name, slot in settings.items():
                    at = f"test {scenario.id}/settings/{module}/{name}"
                    value = values.setting(fields[name], slot, at)
                    tx.set_setting(module, name, value)
        self.people[PLATFORM] = self.actor
        self.settle(scenario.span)

    @contextmanager
    def writing(self, via: str = "python") -> Iterator[Transaction]:
        """A transaction of who acts."""
        with transaction(self.runtime, self.actor, via) as tx:
            yield tx

    @contextmanager
    def looking(self) -> Iterator[Reader]:
        """A reader with all rights, for whom `me` is who acts."""
        seer = replace(self.actor, is_admin=True, companies=())
        with reading(self.runtime, seer) as reader:
            yield reader

    def settle(self, span: Span) -> None:
        """Do what is due now; NotAsExpected if a part of it fails."""
        self.worker.drain()
        with self.runtime.database.reading() as connection:
            rows = connection.execute(_FAILED).all()
        fresh = [row for row in rows if row.id not in self._failed]
        self._failed |= {row.id for row in fresh}
        if fresh:
            told = [f"{row.consumer}: {row.said}" for row in fresh[:_TOLD]]
            what = "what follows by itself"
            raise differs(span, what, "no failure", " ".join(told))

    def pass_until(self, moment: datetime, span: Span) -> None:
        """Move the clock; what is due on the way happens at its own moment."""
        while True:
            upcoming = self._upcoming()
            if upcoming is None or upcoming > moment:
                break
            self.at = upcoming
            self.settle(span)
        self.at = max(self.at, moment)
        self.settle(span)

    def _upcoming(self) -> datetime | None:
        with self.runtime.database.reading() as connection:
            found = [one.upcoming(connection, self.at) for one in self._consumers]
            found.append(next_try(connection, self.at))
        return min((one for one in found if one is not None), default=None)

    def _choose_company(self) -> None:
        wanted = self.scenario.company
        with reading(self.runtime, self.actor) as reader:
            if COMPANY not in self.runtime.compiled.tables:
                return
            if wanted is None:
                found = only_company(reader.scene.connection, self.runtime)
            else:
                known = SeedValues.ids(reader.scene.connection, COMPANY)
                found = known.get(wanted) or reader.resolve(COMPANY, wanted)
        if found is not None:
            self.actor = self.actor.in_company(found)
        elif wanted is not None:
            span = self.scenario.at("company")
            raise differs(span, "company", wanted, "no such company")

    def _person(self, tx: Transaction, key: str, roles: tuple[str, ...]) -> None:
        company = self.actor.company
        companies = () if company is None else (company,)
        made = tx.create(
            USER,
            {
                "login": key,
                "name": key.replace("_", " ").title(),
                "zone": self.scenario.zone,
                "companies": list(companies),
                "current_company": company,
            },
        )
        self.keys[key] = (USER, made.id or 0)
        held = frozenset(full_role(self.scenario.id, role) for role in roles)
        self.people[key] = Actor(
            made.id,
            key,
            held,
            zone=self.scenario.zone,
            companies=companies,
            company=company,
        )


def answer(error: AppError) -> str:
    """What an error says, with everything that is wrong."""
    problems = getattr(error, "problems", ())
    return " ".join(dict.fromkeys(one.message for one in problems)) or error.message
