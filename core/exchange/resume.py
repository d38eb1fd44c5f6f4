"""Finds an import of a file that was interrupted, with all it has kept.

Called by `resume_import`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.exchange.errors import ExchangeError
from core.exchange.journal import COUNTS, Journal, digest_of, resumed
from core.exchange.mapping import Mapping, mapping_from
from core.exchange.report import MOST_ERRORS, ImportOptions, ImportReport, RowError
from core.frozen import frozen
from core.services import Actor, reading
from core.storage import tables


@frozen
class Interrupted:
    """What is known of an import that stopped: its journal, and the report so far.

    `rejected`: why a line was left out.
    """

    journal: Journal
    mapping: Mapping
    options: ImportOptions
    report: ImportReport
    rejected: dict[int, str]

    def tell(self, report: ImportReport) -> None:
        """Count in another report what was done before."""
        for name in COUNTS:
            setattr(report, name, getattr(self.report, name))
        report.errors += self.report.errors


def interrupted(
    app: Any, actor: Actor, entity: str, path: Path, options: ImportOptions
) -> Interrupted:
    """The latest import of this file that did not come to its end."""
    table = tables.import_run
    statement = (
        sa.select(table)
        .where(
            table.c.entity == entity,
            table.c.digest == digest_of(path),
            table.c.state == "running",
        )
        .order_by(table.c.id.desc())
    )
    if not actor.is_admin:
        statement = statement.where(table.c.actor == (actor.user_id or 0))
    with reading(app.runtime, actor) as reader:
        connection = reader.scene.connection
        row = connection.execute(statement.limit(1)).first()
        if row is None:
            raise ExchangeError(
                f"No import of '{path.name}' was interrupted. A file that was changed "
                "since is another one; import it with a key.",
                "not_interrupted",
            )
        journal, parts = resumed(connection, row)
    counts = {name: getattr(row, name) for name in COUNTS}
    report = ImportReport(**counts)
    rejected: dict[int, str] = {}
    for part in parts:
        rejected.update(dict(part["rejected"]))
        report.errors += [RowError(**error) for error in part["errors"]]
    del report.errors[MOST_ERRORS:]
    kept = replace(options, dry_run=False, **row.wish["options"])
    mapping = mapping_from(row.wish["mapping"])
    return Interrupted(journal, mapping, kept, report, rejected)
