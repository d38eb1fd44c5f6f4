"""Saves the drafts of a chunk: new ones are created, known ones updated.

Called by the import; what the services refuse is laid at the column it came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.exchange.assemble import Draft
from core.exchange.existing import remember
from core.exchange.fit import Fitted
from core.exchange.journal import Part
from core.exchange.report import ImportReport
from core.frozen import frozen
from core.services import NotAllowed, Outcome, Transaction
from core.services.loader import chunks


@frozen
class Saver:
    """Saves drafts of one import and counts in its report."""

    fitted: Fitted
    report: ImportReport
    accept: bool

    def save(self, tx: Transaction, drafts: Sequence[Draft]) -> Part:
        """Create and update; returns what was touched."""
        entity, accepted = self.fitted.entity, self.accept
        part = Part()
        fresh = self._allowed(tx, "create", [d for d in drafts if d.id is None])
        stored = self._allowed(tx, "update", [d for d in drafts if d.id is not None])
        if fresh:
            rows = [draft.values for draft in fresh]
            self._take(fresh, tx.create_many(entity, rows, True, accepted))
        if stored:
            changes = [(draft.id or 0, draft.values, draft.version) for draft in stored]
            self._take(stored, tx.update_many(entity, changes, True, accepted))
        part.created = [d.id for d in fresh if d.id is not None and not d.errors]
        part.updated = self._versions(tx, [d.id for d in stored if d.changed])
        known = [d for d in stored if not d.errors]
        part.external = remember(tx, entity, known)
        remember(tx, entity, [d for d in fresh if d.id is not None])
        return part

    def _versions(
        self, tx: Transaction, ids: Sequence[int | None]
    ) -> list[tuple[int, int]]:
        """The versions that changed records have now."""
        table = tx.runtime.compiled.entity(self.fitted.entity).table
        found: list[tuple[int, int]] = []
        for chunk in chunks([id_ for id_ in ids if id_ is not None]):
            rows = tx.scene.connection.execute(
                sa.select(table.c.id, table.c.version).where(table.c.id.in_(chunk))
            )
            found += [(row.id, row.version) for row in rows]
        return found

    def _allowed(self, tx: Transaction, verb: str, drafts: list[Draft]) -> list[Draft]:
        """The rows, or none of them where the actor lacks the verb altogether."""
        try:
            tx.access.require(self.fitted.entity, verb)
        except NotAllowed as refused:
            for draft in drafts:
                draft.error(refused.message, refused.code)
            return []
        return drafts

    def _take(self, drafts: Sequence[Draft], outcomes: Sequence[Outcome]) -> None:
        for draft, outcome in zip(drafts, outcomes, strict=True):
            draft.id = outcome.id
            if outcome.action == "created":
                self.report.created += 1
            elif outcome.action == "updated":
                draft.changed = True
                self.report.updated += 1
            elif outcome.action == "unchanged":
                self.report.unchanged += 1
            said = [one for one in outcome.problems if one.code != "warning"]
            for problem in said or outcome.problems:
                column, value = self._blame(draft, problem)
                draft.error(problem.message, problem.code, column, value)

    def _blame(self, draft: Draft, problem: Any) -> tuple[str | None, str | None]:
        """The column of the file that a problem of a field comes from.

        Without a text in any of them it is the first that might have had one.
        """
        empty: str | None = None
        lines = problem.path[-2] if len(problem.path) > 1 else None
        for one in self.fitted.filled:
            label = one.slot.label
            same = lines is None if label is None else label.lines == lines
            if same and one.slot.name == problem.field:
                cells = (draft.row.cells[number] for number in one.cells)
                text = one.column.join.join(cells)
                if text:
                    return one.shown, text
                empty = empty or one.shown
        return empty, None
