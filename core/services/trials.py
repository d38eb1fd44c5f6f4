"""Runs of test documents as administrators see them: what there is, and how it went.

A run is a job for one module, done by core.jobs.trials; its results stay with the job,
as long as jobs are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.frozen import frozen
from core.registry import ModuleSource
from core.services.jobs import plant, require_admin
from core.storage import job
from core.storage.names import consumer_name

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction

KIND = "test"
#: The name under which the tests of a business run.
OVERLAYS = "x"
_FOLDER = "tests"
_FILES = ("*.yml", "*.yaml")


@frozen
class Trial:
    """The last run of the tests of a module; `results` as `cli.py test --json`."""

    state: str
    at: datetime
    ended_at: datetime | None
    said: str | None
    results: tuple[Mapping[str, Any], ...]


def with_tests(
    modules: Mapping[str, ModuleSource], overlays: Iterable[Path]
) -> list[str]:
    """The modules, and `x` for a business, whose folders hold test documents."""
    found = [name for name, one in modules.items() if _has_tests(one.folder)]
    if any(_has_tests(folder) for folder in overlays):
        found.append(OVERLAYS)
    return found


def _has_tests(folder: Path) -> bool:
    tests = folder / _FOLDER
    return any(next(tests.glob(pattern), None) for pattern in _FILES)


def run_tests(tx: Transaction, modules: Iterable[str]) -> int:
    """Let the tests of modules run; returns how many jobs that makes."""
    require_admin(tx)
    now = tx.scene.moment.now
    tx.scene.begin_writing()
    items = [(name, now, {"by": tx.actor.user_id}) for name in modules]
    return plant(tx.scene.connection, KIND, items, now)


def last_trials(reader: Reader, modules: Iterable[str]) -> dict[str, Trial]:
    """The last run of each module that has had one; NotAllowed for others."""
    require_admin(reader)
    found = {}
    for name in modules:
        mine = job.c.consumer == consumer_name(KIND, name)
        query = sa.select(job).where(mine).order_by(job.c.id.desc()).limit(1)
        row = reader.scene.connection.execute(query).first()
        if row is not None:
            results = row.payload.get("progress", {}).get("results", ())
            found[name] = Trial(
                row.state, row.at, row.ended_at, row.said, tuple(results)
            )
    return found
