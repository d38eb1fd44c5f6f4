"""Undoes an import: what it made goes, what it changed is as before.

Called by the command line, the API and the page of imports. A record that somebody
has changed since stays as it is and is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.exchange.before import earlier_values
from core.exchange.errors import ExchangeError
from core.exchange.runs import ImportRun, run_at
from core.services import Actor, AppError, Outcome, Transaction, transaction
from core.services.deletion import remove
from core.services.loader import chunks
from core.services.owned import is_owned
from core.services.steps_input import check_access
from core.storage import tables

_MOST_KEPT = 1_000
_ROUNDS = 5


@dataclass(slots=True)
class UndoReport:
    """How many records went and were restored, and those that stay, with the reason."""

    deleted: int = 0
    restored: int = 0
    gone: int = 0
    kept: list[tuple[str, int, str]] = field(default_factory=list)
    stayed: int = 0

    def stays(self, entity: str, id_: int, reason: str) -> None:
        """Note a record that is left as it is."""
        self.stayed += 1
        if len(self.kept) < _MOST_KEPT:
            self.kept.append((entity, id_, reason))

    def document(self) -> dict[str, Any]:
        """The report as JSON data."""
        return {
            "deleted": self.deleted,
            "restored": self.restored,
            "gone": self.gone,
            "stayed": self.stayed,
            "kept": [list(one) for one in self.kept],
        }


def undo_import(app: Any, actor: Actor, id: int) -> UndoReport:
    """Undo an import of one's own, or any as administrator.

    ExchangeError if it is undone already or still running; NotAllowed without the verb
    import. Works part by part: interrupted, it goes on when it is asked again.
    """
    runtime = app.runtime
    run = run_at(app, actor, id)
    if run.state == "undone":
        raise ExchangeError("This import is undone already.", "undone")
    report = UndoReport()
    waiting: list[tuple[str, int]] = []
    table = tables.import_part
    while True:
        with transaction(runtime, actor, "import") as tx:
            tx.access.require(run.entity, "import")
            _mark(tx, run, state="undoing")
            part = tx.scene.connection.execute(
                sa.select(table)
                .where(table.c.run == run.id)
                .order_by(table.c.number.desc())
                .limit(1)
            ).first()
            if part is None:
                break
            with tx.with_full_rights():
                waiting += _undo_part(tx, run.entity, part.touched, report)
            where = (table.c.run == run.id, table.c.number == part.number)
            tx.scene.connection.execute(table.delete().where(*where))
    _finish(runtime, actor, run, report, waiting)
    return report


def _finish(
    runtime: Any,
    actor: Actor,
    run: ImportRun,
    report: UndoReport,
    waiting: Sequence[tuple[str, int]],
) -> None:
    """Delete what other rows of the import still led to, and keep the report."""
    with transaction(runtime, actor, "import") as tx:
        with tx.with_full_rights():
            for entity in dict.fromkeys(name for name, _ in waiting):
                ids = [id_ for name, id_ in waiting if name == entity]
                for outcome in _deleted(tx, entity, ids, report):
                    said = " ".join(one.message for one in outcome.problems)
                    report.stays(entity, outcome.id or 0, said)
        now = tx.scene.moment.now
        _mark(
            tx,
            run,
            state="undone",
            undone=report.document(),
            undone_at=now,
            undone_by=actor.user_id,
        )


def _mark(tx: Transaction, run: ImportRun, **values: Any) -> None:
    table = tables.import_run
    tx.scene.begin_writing()
    tx.scene.connection.execute(
        table.update().where(table.c.id == run.id).values(**values)
    )


def _undo_part(
    tx: Transaction, entity: str, touched: dict[str, Any], report: UndoReport
) -> list[tuple[str, int]]:
    """Undo one chunk; returns the records that something else still leads to."""
    ids = [i for first, last in touched["created"] for i in range(last, first - 1, -1)]
    waiting = _remove(tx, entity, ids, report)
    for name in dict.fromkeys(name for name, _ in touched["also"]):
        others = [id_ for one, id_ in touched["also"] if one == name]
        waiting += _remove(tx, name, others, report)
    _restore(tx, entity, touched["updated"], report)
    external = tables.external_id
    for chunk in chunks(list(touched["external"])):
        where = (external.c.entity == entity, external.c.key.in_(chunk))
        tx.scene.connection.execute(external.delete().where(*where))
    return waiting


def _remove(
    tx: Transaction, entity: str, ids: Sequence[int], report: UndoReport
) -> list[tuple[str, int]]:
    compiled = tx.runtime.compiled.entity(entity)
    versions = _versions(tx, compiled, ids)
    own: list[int] = []
    for id_ in ids:
        version = versions.get(id_)
        if version is None:
            report.gone += 1
        elif version != 1:
            report.stays(entity, id_, "It was changed after the import.")
        else:
            own.append(id_)
    return [(entity, one.id or 0) for one in _deleted(tx, entity, own, report)]


def _deleted(
    tx: Transaction, entity: str, ids: Sequence[int], report: UndoReport
) -> list[Outcome]:
    """Delete in rounds, since rows may lead to each other; returns those that stay."""
    refused: list[Outcome] = []
    left = list(ids)
    if _at_once(tx, entity, left):
        report.deleted += len(left)
        return []
    for _ in range(_ROUNDS):
        outcomes = tx.delete_many(entity, left)
        refused = [one for one in outcomes if one.action != "deleted"]
        report.deleted += len(outcomes) - len(refused)
        if not refused or len(refused) == len(left):
            break
        left = [one.id or 0 for one in refused]
    return refused


def _at_once(tx: Transaction, entity: str, ids: Sequence[int]) -> bool:
    """Delete all of them in one go, if nothing else leads to any."""
    batch = tx.batch(entity, "delete", [(id_, {}, None) for id_ in ids])
    if not ids or is_owned(tx, batch.entity):
        return not ids
    try:
        with tx.scene.atomic():
            check_access(batch)
            remove(batch)
    except AppError:
        return False
    return True


def _restore(
    tx: Transaction, entity: str, updated: Iterable[Sequence[int]], report: UndoReport
) -> None:
    compiled = tx.runtime.compiled.entity(entity)
    pairs = [(id_, version) for id_, version in updated]
    versions = _versions(tx, compiled, [id_ for id_, _ in pairs])
    for id_, version in pairs:
        now = versions.get(id_)
        if now is None:
            report.gone += 1
            continue
        if now != version:
            report.stays(entity, id_, "It was changed after the import.")
            continue
        try:
            values = earlier_values(tx, compiled, id_, version)
            tx.update(entity, id_, values, version, accept_warnings=True)
        except AppError as error:
            report.stays(entity, id_, error.message)
        else:
            report.restored += 1


def _versions(
    tx: Transaction, compiled: CompiledEntity, ids: Sequence[int]
) -> dict[int, int]:
    table = compiled.table
    found: dict[int, int] = {}
    for chunk in chunks(list(ids)):
        rows = tx.scene.connection.execute(
            sa.select(table.c.id, table.c.version).where(table.c.id.in_(chunk))
        )
        found.update((row.id, row.version) for row in rows)
    return found
