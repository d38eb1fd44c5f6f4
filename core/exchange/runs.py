"""The imports that were made: who, when, which file, how many rows.

Asked by pages, API and command line. Everybody sees the own ones, administrators all.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.exchange.errors import ExchangeError
from core.exchange.journal import kept_parts
from core.exchange.report import MOST_ERRORS, RowError
from core.frozen import frozen
from core.services import Actor, reading
from core.storage import tables


@frozen
class ImportRun:
    """One import; `undone` is the report of its undoing."""

    id: int
    at: datetime
    actor: int | None
    entity: str
    file: str
    state: str
    rows: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    ended_at: datetime | None
    undone_at: datetime | None
    undone: dict[str, Any] | None

    def document(self) -> dict[str, Any]:
        """The import as JSON data."""
        found = asdict(self)
        for name in ("at", "ended_at", "undone_at"):
            moment = found[name]
            found[name] = None if moment is None else moment.isoformat()
        return found


_COLUMNS = tuple(tables.import_run.c[name] for name in ImportRun.__dataclass_fields__)


def import_runs(
    app: Any, actor: Actor, limit: int = 100, before: int | None = None
) -> list[ImportRun]:
    """The imports the actor may see, newest first; `before`: those older than an id."""
    table = tables.import_run
    statement = sa.select(*_COLUMNS).order_by(table.c.id.desc()).limit(limit)
    if not actor.is_admin:
        statement = statement.where(table.c.actor == (actor.user_id or 0))
    if before is not None:
        statement = statement.where(table.c.id < before)
    with reading(app.runtime, actor) as reader:
        found = [ImportRun(*row) for row in reader.scene.connection.execute(statement)]
        known = set(app.runtime.compiled.ids())
        return [
            one
            for one in found
            if one.entity in known and reader.access.can(one.entity, "import")
        ]


def run_at(app: Any, actor: Actor, id: int) -> ImportRun:
    """One import; ExchangeError if there is none that the actor may see."""
    found = import_runs(app, actor, 1, before=id + 1)
    if not found or found[0].id != id:
        raise ExchangeError(f"There is no import {id}.", "not_found")
    return found[0]


def run_errors(app: Any, actor: Actor, id: int) -> list[RowError]:
    """The first errors of an import, by line."""
    run_at(app, actor, id)
    errors: list[RowError] = []
    with reading(app.runtime, actor) as reader:
        for part in kept_parts(reader.scene.connection, id):
            errors += [RowError(**error) for error in part["errors"]]
            if len(errors) >= MOST_ERRORS:
                break
    return errors[:MOST_ERRORS]
