"""Runs the test documents of a module: a consumer whose jobs administrators make."""

from __future__ import annotations

from typing import Any

from core.app import Application, read_definitions
from core.jobs.clockless import Clockless
from core.jobs.dispatcher import GiveUp
from core.jobs.queue import Job, keep_progress
from core.services.trials import KIND


class TrialConsumer(Clockless):
    """Runs tests as the folders say now, and keeps how each of them went."""

    kind = KIND

    def __init__(self, application: Application) -> None:
        self._application = application

    def run(self, job: Job) -> str:
        """Run the tests of one module; GiveUp if its definitions are broken."""
        # Loaded by those few workers that are asked for it.
        from core.jobs.simulator import Laboratory, chosen

        application, module = self._application, job.payload["id"]
        read = read_definitions(application.config, application.registry.modules)
        if read.diagnostics.has_errors:
            first = read.diagnostics.sorted()[0]
            raise GiveUp(f"The definitions have mistakes: {first.message}.")
        scenarios = [
            one
            for one in chosen(read.registry, ())
            if one.id.partition(".")[0] == module
        ]
        results: list[dict[str, Any]] = []
        with Laboratory(application.config) as laboratory:
            for one in laboratory.run(scenarios):
                results.append(one.document())
                self._keep(job, results)
        failed = sum(not one["holds"] for one in results)
        return f"{len(results)} tests, {failed} failed."

    def _keep(self, job: Job, results: list[dict[str, Any]]) -> None:
        now = self._application.runtime.clock.read()
        with self._application.database.writing() as connection:
            keep_progress(connection, job, {"results": results}, now)
