"""The writing methods of a Transaction, for one record and for many.

Mixed into Transaction. All of them build a batch and hand it to core.services.write;
rows of documents go through their document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from core.compiler import CompiledEntity
from core.expressions import Record
from core.services.archiving import require_archive, set_archived
from core.services.batch import Batch, Change, Verb, problems_within
from core.services.deletion import remove
from core.services.errors import (
    AppError,
    Problem,
    RuleBroken,
    TransitionRefused,
    ValidationFailed,
)
from core.services.owned import OwnedSave, is_owned, owned_save
from core.services.request import Outcome
from core.services.returned import as_seen
from core.services.steps_input import check_access
from core.services.transition_states import refuse_kept
from core.services.upkeep import hold_followers
from core.services.write import moved, save

if TYPE_CHECKING:
    from core.services.transactions import Transaction

Values = Mapping[str, Any]
Row = tuple[int | None, Values, int | None]


class Writes:
    """create, update, archive, restore and delete."""

    def create(
        self, entity: str, values: Values, accept_warnings: bool = False
    ) -> Record:
        """Create a record and return it; ValidationFailed, RuleBroken, NotAllowed."""
        return _one(self, entity, "create", (None, values, None), accept_warnings)

    def create_many(
        self,
        entity: str,
        rows: Sequence[Values],
        partial: bool = False,
        accept_warnings: bool = False,
    ) -> list[Outcome]:
        """Create records in one batch; `partial` leaves out the ones with problems."""
        given: list[Row] = [(None, row, None) for row in rows]
        return _many(self, entity, "create", given, partial, accept_warnings)

    def create_with_ids(
        self, entity: str, rows: Sequence[tuple[int, Values, None]]
    ) -> list[Outcome]:
        """Create records that mirror rows of another table, under the same ids."""
        return _many(self, entity, "create", list(rows), False, False)

    def update(
        self,
        entity: str,
        id: int,
        values: Values,
        version: int | None = None,
        accept_warnings: bool = False,
    ) -> Record:
        """Change a record; `version` raises StaleRecord if somebody saved meanwhile."""
        return _one(self, entity, "update", (id, values, version), accept_warnings)

    def update_many(
        self,
        entity: str,
        rows: Sequence[tuple[int, Values, int | None]],
        partial: bool = False,
        accept_warnings: bool = False,
    ) -> list[Outcome]:
        """Change records in one batch; rows are (id, values, version or None)."""
        given: list[Row] = list(rows)
        return _many(self, entity, "update", given, partial, accept_warnings)

    def archive(self, entity: str, id: int, version: int | None = None) -> Record:
        """Archive a record: it leaves lists and pickers and can be restored."""
        return _file(self, entity, [(id, {}, version)], True, False).changes[0].record

    def restore(self, entity: str, id: int, version: int | None = None) -> Record:
        """Take a record back out of the archive."""
        return _file(self, entity, [(id, {}, version)], False, False).changes[0].record

    def delete(self, entity: str, id: int, version: int | None = None) -> None:
        """Delete a record and the rows it owns; RuleBroken names what restricts it."""
        _delete(self, entity, (id, {}, version))

    def archive_many(self, entity: str, ids: Sequence[int]) -> list[Outcome]:
        """Archive records; those that cannot be are reported, the others are."""
        return _filed(self, entity, ids, True)

    def restore_many(self, entity: str, ids: Sequence[int]) -> list[Outcome]:
        """Restore records; those that cannot be are reported, the others are."""
        return _filed(self, entity, ids, False)

    def delete_many(self, entity: str, ids: Sequence[int]) -> list[Outcome]:
        """Delete records; those that something leads to are reported and stay."""
        outcomes = []
        for id_ in ids:
            try:
                _delete(self, entity, (id_, {}, None))
            except AppError as error:
                outcomes.append(Outcome(id_, _problems(error), "refused"))
            else:
                outcomes.append(Outcome(id_, (), "deleted"))
        return outcomes

    def merge(
        self,
        entity: str,
        survivor: int,
        others: Sequence[int],
        take: Mapping[str, int] | None = None,
        versions: Mapping[int, int] | None = None,
    ) -> Record:
        """Make one record of several; the others are archived and lead to it.

        take: field -> the record whose value the survivor gets. versions: what the
        actor has seen; StaleRecord if somebody saved one of the records meanwhile.
        """
        from core.services.merging import merge

        return merge(_tx(self), entity, survivor, others, take or {}, versions or {})


def _tx(writes: Writes) -> Transaction:
    return cast("Transaction", writes)


def _one(
    writes: Writes, entity: str, verb: Verb, row: Row, accept_warnings: bool
) -> Record:
    tx = _tx(writes)
    compiled = tx.runtime.compiled.entity(entity)
    if is_owned(tx, compiled):
        job = owned_save(tx, compiled, verb, [row])
        job.run(accept_warnings=accept_warnings)
        change = job.rows[0].change
        assert change is not None
    else:
        batch = tx.batch(entity, verb, [row])
        batch.accept_warnings = accept_warnings
        save(batch)
        change = batch.changes[0]
    return change.record if tx.trusted else as_seen(tx.scene, compiled, change.record)


def _many(
    writes: Writes,
    entity: str,
    verb: Verb,
    rows: Sequence[Row],
    partial: bool,
    accept_warnings: bool,
) -> list[Outcome]:
    tx = _tx(writes)
    if not rows:
        return []
    compiled = tx.runtime.compiled.entity(entity)
    if is_owned(tx, compiled):
        job = owned_save(tx, compiled, verb, rows)
        job.run(partial=partial, accept_warnings=accept_warnings)
        return _owned_outcomes(job)
    batch = tx.batch(entity, verb, rows)
    batch.accept_warnings = accept_warnings
    save(batch, partial=partial)
    return [_outcome(batch, change) for change in batch.changes]


def _outcome(batch: Batch, change: Change) -> Outcome:
    id_ = change.record.id
    if change.failed:
        return Outcome(id_, tuple(problems_within(batch, change)), "refused")
    if change.old is None:
        return Outcome(id_, (), "created")
    return Outcome(id_, (), "updated" if change.changed else "unchanged")


def _owned_outcomes(job: OwnedSave) -> list[Outcome]:
    outcomes = []
    for row in job.rows:
        change = row.change
        problems = job.problems(row)
        if problems or change is None or change.failed:
            outcomes.append(Outcome(row.id, problems, "refused"))
        elif change.old is None:
            outcomes.append(Outcome(change.record.id, (), "created"))
        else:
            word: Any = "updated" if change.changed else "unchanged"
            outcomes.append(Outcome(row.id, (), word))
    return outcomes


def _file(
    writes: Writes, entity: str, rows: Sequence[Row], archived: bool, partial: bool
) -> Batch:
    tx = _tx(writes)
    require_archive(tx.runtime.compiled.entity(entity))
    batch = tx.batch(entity, "archive", rows)
    batch.partial = partial
    with tx.scene.atomic():
        check_access_held(batch)
        set_archived(batch, archived)
    return batch


def _filed(
    writes: Writes, entity: str, ids: Sequence[int], archived: bool
) -> list[Outcome]:
    rows: list[Row] = [(id_, {}, None) for id_ in ids]
    if not rows:
        return []
    try:
        batch = _file(writes, entity, rows, archived, True)
    except (RuleBroken, TransitionRefused) as broken:
        if len(rows) == 1:
            return [Outcome(ids[0], _problems(broken), "refused")]
        # Together they break a condition across rows: each by itself.
        return [one for id_ in ids for one in _filed(writes, entity, [id_], archived)]
    return [_outcome(batch, change) for change in batch.changes]


def _delete(writes: Writes, entity: str, row: Row) -> None:
    tx = _tx(writes)
    compiled: CompiledEntity = tx.runtime.compiled.entity(entity)
    if is_owned(tx, compiled):
        owned_save(tx, compiled, "delete", [row]).run()
        return
    batch = tx.batch(entity, "delete", [row])
    with tx.scene.atomic():
        check_access_held(batch)
        refuse_kept(batch)
        remove(batch)


def check_access_held(batch: Batch) -> None:
    """Check what the actor may do, on rows that are locked with what follows them."""
    check_access(batch)
    if hold_followers(batch) and moved(batch):
        batch.restart()
        check_access(batch)


def _problems(error: AppError) -> tuple[Problem, ...]:
    if isinstance(error, ValidationFailed):
        return error.problems
    return (Problem(None, error.code, error.message, facts=error.facts),)
