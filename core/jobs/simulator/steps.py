"""Runs the steps of a test, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.definitions import StepDef
from core.definitions.scenario import rows_created
from core.jobs.simulator.expectations import Looker
from core.jobs.simulator.results import differs
from core.jobs.simulator.world import World, answer
from core.registry.check_scenarios import RIGHT, moment_of
from core.services import AppError, NotAllowed, NotFound, Transaction
from core.services.seed_values import SeedValues, rows_of

#: The code of a value that somebody lacks the right to write.
_NO_RIGHT = "not_writable"


class Steps:
    """The steps of one test in its world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._looker = Looker(world)

    def run(self, index: int, step: StepDef) -> None:
        """Run a step; NotAsExpected if it does not go as it says."""
        world = self._world
        if step.create:
            self._try(step, "create", lambda tx: self._create(tx, index))
        elif step.set:
            self._try(step, "set", lambda tx: self._set(tx, index, step))
        elif step.find:
            self._looker.find(step, index)
        elif step.run is not None:
            self._run(step, index)
        elif step.user is not None:
            world.actor = world.people[step.user]
        elif step.advance is not None:
            world.pass_until(world.at + step.advance, step.span)
        elif step.until is not None:
            self._until(step)
        elif step.expect is not None:
            self._looker.look(step.expect, index)

    def _try(
        self, step: StepDef, key: str, work: Callable[[Transaction], None]
    ) -> None:
        """Do something in one transaction, and what follows; it may have to fail."""
        world, span, said = self._world, step.at(key), step.refused
        what = step.run or key
        before = dict(world.keys)
        try:
            with world.writing() as tx:
                work(tx)
        except AppError as error:
            world.keys = before
            if said is None:
                raise differs(span, what, "it is done", answer(error)) from error
            if not self._is_meant(error, said, step):
                wanted = f"refused by {said}"
                raise differs(span, what, wanted, answer(error)) from error
            return
        if said is not None:
            raise differs(span, what, f"refused by {said}", "it is done")
        world.settle(span)

    def _create(self, tx: Transaction, index: int) -> None:
        for row in rows_of(
            tx.runtime.compiled.registry, rows_created(self._world.scenario, index)
        ):
            values = SeedValues(tx).of(row)
            made = tx.create(row.entity, values, accept_warnings=True)
            tx.remember_external(row.entity, {row.key: made.id or 0})
            self._world.keys[row.key] = (row.entity, made.id or 0)

    def _set(self, tx: Transaction, index: int, step: StepDef) -> None:
        for key, slots in step.set.items():
            values = SeedValues(tx)
            entity, id_ = self._record(key, values)
            fields = tx.runtime.compiled.entity(entity).fields
            at = f"test {self._world.scenario.id}/steps/{index}/set/{key}"
            given = {
                name: values.one(fields.get(name), slot, f"{at}/{name}")
                for name, slot in slots.items()
            }
            tx.update(entity, id_, given, accept_warnings=True)

    def _run(self, step: StepDef, index: int) -> None:
        assert step.run is not None
        key, _, name = step.run.rpartition(".")

        def work(tx: Transaction) -> None:
            values = SeedValues(tx)
            entity, id_ = self._record(key, values)
            action = tx.runtime.compiled.entity(entity).actions[name]
            at = f"test {self._world.scenario.id}/steps/{index}/ask"
            ask: dict[str, Any] = {
                asked: values.one(action.ask.get(asked), slot, f"{at}/{asked}")
                for asked, slot in step.ask.items()
            }
            tx.run_action(entity, id_, name, ask)

        self._try(step, "run", work)

    def _record(self, key: str, values: SeedValues) -> tuple[str, int]:
        if key in self._world.keys:
            return self._world.keys[key]
        return key.rpartition(".")[0], values.id_of(key) or 0

    def _until(self, step: StepDef) -> None:
        world = self._world
        moment = moment_of(step.until or "", world.scenario.zone)
        assert moment is not None
        if moment <= world.at:
            found = f"it is {world.at:%Y-%m-%d %H:%M} UTC already"
            raise differs(step.at("until"), "until", "a later moment", found)
        world.pass_until(moment, step.span)

    def _is_meant(self, error: AppError, said: str, step: StepDef) -> bool:
        if said == RIGHT:
            return self._lacks_right(error, step)
        names: set[str | None] = set()
        for problem in getattr(error, "problems", ()):
            names |= {problem.field, problem.code, problem.code.rpartition("/")[2]}
        return said in names or (
            " " in said and said.casefold() in answer(error).casefold()
        )

    def _lacks_right(self, error: AppError, step: StepDef) -> bool:
        codes = {one.code for one in getattr(error, "problems", ())}
        if isinstance(error, NotAllowed | NotFound) or _NO_RIGHT in codes:
            return True
        if step.run is None:
            return False
        key, _, verb = step.run.rpartition(".")
        with self._world.writing() as tx:
            entity, id_ = self._record(key, SeedValues(tx))
            return id_ not in tx.permitted(entity, verb, [id_])
