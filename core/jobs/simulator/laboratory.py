"""Prepares databases for tests and runs them.

A set of modules is read, compiled and installed once; each of its tests begins with a
copy in memory.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from core.app import Application, build_application
from core.config import AppConfig
from core.definitions import ScenarioDef
from core.diagnostics import Span
from core.jobs.simulator.results import Difference, NotAsExpected, Result
from core.jobs.simulator.steps import Steps
from core.jobs.simulator.world import World, answer
from core.migrations import apply_plan, make_plan
from core.registry import Registry
from core.registry.check_scenarios import moment_of
from core.services import Actor, AppError, Clock, Runtime
from core.services.seed import apply_data
from core.services.transactions import transaction
from core.storage import Database, create_database

MEMORY = "sqlite://"
#: Prepared sets of modules that are kept.
_KEPT = 4


class Laboratory:
    """Runs tests of definitions as the configuration finds them; use it in a `with`."""

    def __init__(self, config: AppConfig) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="intarsia-test-")
        # Nothing of a test leaves the process: no mail, no files, no database.
        self._config = replace(
            config,
            home=Path(self._folder.name),
            database_url=MEMORY,
            files=None,
            mail=None,
            webhook_networks=(),
        )
        self._prepared: dict[tuple[str, ...], Application] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for application in self._prepared.values():
            application.close()
        self._folder.cleanup()

    def run(self, scenarios: Sequence[ScenarioDef]) -> Iterator[Result]:
        """Run tests in an order in which each set of modules is prepared once."""
        for scenario in sorted(scenarios, key=lambda one: (modules_of(one), one.id)):
            yield self.run_one(scenario)

    def run_one(self, scenario: ScenarioDef) -> Result:
        """Run one test."""
        application = self._application(modules_of(scenario), scenario)
        # Its expressions are checked in the set of modules that it runs in.
        meant = application.registry.scenarios[scenario.id]
        database = create_database(MEMORY)
        began = time.perf_counter()
        try:
            _copy(application.database, database)
            step, error = _tell(World(application, database, meant))
        finally:
            database.dispose()
        spent = time.perf_counter() - began
        return _result(application.registry, meant, step, error, spent)

    def _application(
        self, modules: tuple[str, ...], scenario: ScenarioDef
    ) -> Application:
        if modules not in self._prepared:
            while len(self._prepared) >= _KEPT:
                self._prepared.pop(next(iter(self._prepared))).close()
            self._prepared[modules] = self._install(modules, scenario)
        return self._prepared[modules]

    def _install(self, modules: tuple[str, ...], scenario: ScenarioDef) -> Application:
        application = build_application(
            self._config, database=create_database(MEMORY), enabled=modules or None
        )
        database, compiled = application.database, application.compiled
        apply_plan(make_plan(compiled, database), compiled, database, self._config.home)
        began = moment_of(scenario.now, scenario.zone)
        assert began is not None
        runtime = Runtime(compiled, database, application.plugins, Clock(lambda: began))
        with transaction(runtime, Actor.system(), "seed") as tx:
            apply_data(tx)
        return application


def modules_of(scenario: ScenarioDef) -> tuple[str, ...]:
    """The modules that are on in a test; none named: all that there are."""
    owner = scenario.id.partition(".")[0]
    if owner == "x":
        return tuple(sorted(scenario.modules))
    return tuple(sorted({owner, *scenario.modules}))


def chosen(registry: Registry, names: Sequence[str]) -> list[ScenarioDef]:
    """Tests of modules, or in files; all without names. KeyError for a vain name."""
    scenarios = registry.scenarios.values()
    if not names:
        return list(scenarios)
    found: dict[str, ScenarioDef] = {}
    for name in names:
        path = Path(name).resolve()
        mine = [
            one
            for one in scenarios
            if one.id in (name, f"{name}.{one.id.partition('.')[2]}")
            or Path(one.span.file).resolve() == path
        ]
        if not mine and name not in registry.modules:
            raise KeyError(name)
        found |= {one.id: one for one in mine}
    return list(found.values())


def _tell(world: World) -> tuple[int, NotAsExpected | None]:
    """Tell a test; the step at which it ended, and why if it was too early."""
    step = 0
    try:
        world.begin()
        steps = Steps(world)
        for step, body in enumerate(world.scenario.steps, 1):
            steps.run(step - 1, body)
    except NotAsExpected as error:
        return step, error
    except AppError as error:
        said = [(_place(world, step), "the rows given", "taken", answer(error))]
        return step, NotAsExpected(said)
    return step, None


def _place(world: World, step: int) -> Span:
    scenario = world.scenario
    return scenario.steps[step - 1].span if step else scenario.at("given")


def _result(
    registry: Registry,
    scenario: ScenarioDef,
    step: int,
    error: NotAsExpected | None,
    seconds: float,
) -> Result:
    differs = [] if error is None else error.differs
    return Result(
        scenario.id,
        registry.label(f"test {scenario.id}"),
        scenario.span.file,
        scenario.span.line,
        len(scenario.steps),
        seconds,
        tuple(
            Difference(span.file, span.line, step, what, expected, found)
            for span, what, expected, found in differs
        ),
    )


def _copy(source: Database, target: Database) -> None:
    """Copy a database in memory into another one."""
    giving, taking = source.engine.raw_connection(), target.engine.raw_connection()
    try:
        giving.driver_connection.backup(taking.driver_connection)  # type: ignore[union-attr]
    finally:
        giving.close()
        taking.close()
