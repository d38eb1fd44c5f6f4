"""Imports of big files, in a thread of their own, with their progress on disk.

Started by the wizard; every worker can show how far one has come, since it reads the
same file.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from core import exchange
from core.services import Actor, AppError
from core.web.errors import reference
from core.web.pages.import_files import keep_state

#: From this size on nobody waits in front of a page that does not answer.
BIG = 1_000_000
_PAUSE = 0.5


def run_import_job(
    app: Any,
    actor: Actor,
    file: Path,
    name: str,
    mapping: exchange.Mapping,
    options: exchange.ImportOptions,
    *,
    resume: bool = False,
) -> None:
    """Run an import beside the request; `keep_state` says how it goes."""
    job = _Job(app, actor, file, name, mapping, options, resume)
    job.tell("running", rows=0, share=0.0)
    threading.Thread(target=job.work, name=f"import-{name[:8]}", daemon=True).start()


class _Job:
    """One import and the file that tells of it."""

    def __init__(
        self,
        app: Any,
        actor: Actor,
        file: Path,
        name: str,
        mapping: exchange.Mapping,
        options: exchange.ImportOptions,
        resume: bool,
    ) -> None:
        self._app = app
        self._actor = actor
        self._file = file
        self._name = name
        self._mapping = mapping
        self._options = replace(options, progress=self._progress)
        self._resume = resume
        self._told = 0.0

    def tell(self, state: str, **more: Any) -> None:
        """Write down how it goes."""
        whole = {
            "state": state,
            "dry_run": self._options.dry_run,
            "mapping": exchange.mapping_document(self._mapping),
            **more,
        }
        user = self._actor.user_id or 0
        keep_state(self._app.config.home, user, self._name, whole)
        self._told = time.monotonic()

    def _progress(self, rows: int, share: float) -> None:
        if time.monotonic() - self._told > _PAUSE:
            self.tell("running", rows=rows, share=share)

    def work(self) -> None:
        """Import; whatever goes wrong is told on the page."""
        app, actor = self._app, self._actor
        try:
            report = self._imported()
            if not report.dry_run:
                table = exchange.open_table(self._file)
                with app.transaction(actor, via="ui") as tx:
                    exchange.keep_mapping(tx, self._mapping, table.header)
        except AppError as error:
            self.tell("failed", problem=error.message)
        except Exception:
            self.tell("failed", problem="", reference=reference())
            raise
        else:
            self.tell("done", report=report.document())

    def _imported(self) -> exchange.ImportReport:
        given = (self._app, self._actor)
        if self._resume:
            entity = self._mapping.entity
            return exchange.resume_import(*given, entity, self._file, self._options)
        return exchange.run_import(*given, self._file, self._mapping, self._options)
