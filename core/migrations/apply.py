"""Applies a plan exactly as it was shown, or not at all.

Called by the command line, by `init` and by the page of modules. One transaction on
both databases; SQLite keeps a copy of the file as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from core.compiler.compiled import Compiled
from core.fieldtypes import FieldTypeCatalog
from core.frozen import frozen
from core.migrations.backup import copy_sqlite
from core.migrations.change_column import ChangeColumn
from core.migrations.ddl import Ddl
from core.migrations.diff import diff
from core.migrations.drift import find_drift
from core.migrations.operations import Operation
from core.migrations.plan import Plan
from core.migrations.recode import CannotConvert, Recoder
from core.migrations.snapshot import snapshot_of, store_snapshot, stored_snapshot
from core.storage import Database, create_system_tables
from core.storage.tables import module as module_table

# One plan at a time on PostgreSQL, whoever applies it: the key of an advisory lock.
_LOCK = 7_041_776_001
AfterApply = Callable[[sa.Connection, Plan], None]
Progress = Callable[[int, int, str], None]


class PlanRefused(ValueError):
    """The plan was not applied and nothing has changed; `reasons` are sentences."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@frozen
class Applied:
    """What was done; `backup` is the copy of a SQLite file as it was before."""

    plan: Plan
    backup: Path | None


def apply_plan(
    plan: Plan,
    compiled: Compiled,
    database: Database,
    home: Path,
    *,
    after_apply: AfterApply | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> Applied:
    """Change the tables as the plan says and note the new snapshot.

    `after_apply(connection, plan)` runs in the same transaction. `progress(done, of,
    text)` hears of each step. PlanRefused: the plan is blocked, out of date, or the
    tables were changed by hand.
    """
    if plan.blocked:
        raise PlanRefused(plan.blocked)
    moment = now or datetime.now(UTC)
    backup = _copy(plan, database, home)
    with database.writing() as connection:
        _prepare(connection)
        create_system_tables(connection)
        _check(plan, compiled, connection)
        _run(plan, connection, compiled.catalog, progress)
        _note_modules(connection, dict(plan.modules), moment)
        store_snapshot(connection, plan.target, moment)
        if after_apply is not None:
            after_apply(connection, plan)
    return Applied(plan, backup)


def _copy(plan: Plan, database: Database, home: Path) -> Path | None:
    if plan.is_empty or database.path is None or not database.path.exists():
        return None
    with database.reading() as connection:
        if not stored_snapshot(connection).tables:
            return None
    return copy_sqlite(database.path, home / "backups" / f"before-{plan.id}.db")


def _prepare(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        # Columns that are made anew would break references for a moment.
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def _check(plan: Plan, compiled: Compiled, connection: sa.Connection) -> None:
    current = stored_snapshot(connection)
    if current.fingerprint != plan.base:
        raise PlanRefused(
            ("The tables have changed since the plan was made. Make a new plan.",)
        )
    _, target = diff(current, snapshot_of(compiled), compiled.catalog)
    if target.fingerprint != plan.target.fingerprint:
        raise PlanRefused(
            ("The definitions have changed since the plan was made. Make a new plan.",)
        )
    drift = find_drift(connection, current)
    if drift:
        raise PlanRefused(
            (
                "The database is not as it was left; somebody changed it by hand:",
                *(difference.text for difference in drift),
            )
        )


def _run(
    plan: Plan,
    connection: sa.Connection,
    catalog: FieldTypeCatalog,
    progress: Progress | None,
) -> None:
    ddl = Ddl(connection.dialect.name)
    operations = [step.operation for step in plan.steps]
    for done, operation in enumerate(operations):
        if progress is not None:
            progress(done, len(operations), operation.text())
        try:
            _step(operation, connection, ddl, catalog)
        except CannotConvert as error:
            raise PlanRefused((f"{error}",)) from error
        except sa.exc.DBAPIError as error:
            text = f"This step failed: {operation.text()} ({error.orig})."
            raise PlanRefused((text,)) from error
    for operation in operations:
        for statement in operation.late(ddl):
            connection.exec_driver_sql(statement)


def _step(
    operation: Operation,
    connection: sa.Connection,
    ddl: Ddl,
    catalog: FieldTypeCatalog,
) -> None:
    if isinstance(operation, ChangeColumn) and operation.how == "recode":
        Recoder(operation, catalog).run(connection, ddl)
        return
    for statement in operation.statements(ddl):
        connection.exec_driver_sql(statement)


def _note_modules(
    connection: sa.Connection, wanted: Mapping[str, str], at: datetime
) -> None:
    """Keep which modules are on; those that no longer are keep their tables."""
    table = module_table
    rows = connection.execute(sa.select(table.c.name, table.c.state, table.c.version))
    known = {row.name: (row.state, row.version) for row in rows}
    for name, version in wanted.items():
        values = {"state": "enabled", "version": version, "changed_at": at}
        if name not in known:
            connection.execute(sa.insert(table).values(name=name, **values))
        elif known[name] != ("enabled", version):
            connection.execute(
                sa.update(table).where(table.c.name == name).values(**values)
            )
    on = (name for name, (state, _) in known.items() if state != "disabled")
    gone = [name for name in on if name not in wanted]
    if gone:
        connection.execute(
            sa.update(table)
            .where(table.c.name.in_(gone))
            .values(state="disabled", changed_at=at)
        )
