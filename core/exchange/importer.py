"""The import: a file, a mapping, and records through the one write path, in chunks.

Called by the command line, the wizard and benchmarks. Rows that do not fit are left
out and reported; what fits is saved by `create_many` and `update_many`, so rights,
rules, audit and events are those of any other save.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from core.exchange.assemble import Assembler, Draft
from core.exchange.errors import BadMapping
from core.exchange.existing import (
    check_external,
    clear_values,
    find_existing,
    merge_lines,
    remember,
)
from core.exchange.fit import Fitted, fit
from core.exchange.mapping import Mapping
from core.exchange.opening import open_table
from core.exchange.reading_cells import (
    readers,
    survey_of,
    usual_mark,
    usual_order,
)
from core.exchange.rejects import Rejects
from core.exchange.report import (
    MOST_ERRORS,
    ImportOptions,
    ImportReport,
    RowError,
    own_columns,
)
from core.exchange.seen import SeenKeys
from core.exchange.table import Row, Table
from core.fieldtypes import BadValue, Locale
from core.registry.build import collection_paused
from core.services import Actor, NotAllowed, Outcome, Transaction, transaction


class _Undo(Exception):
    """Leaves the transaction of a dry run without keeping anything."""


def run_import(
    app: Any,
    actor: Actor,
    path: Path,
    mapping: Mapping,
    options: ImportOptions | None = None,
) -> ImportReport:
    """Import a file; rows that do not fit are reported, the others are saved.

    ExchangeError for a file or mapping that fits nothing, NotAllowed without the
    verb import; rows that need create or update are reported without it. A dry run
    does everything and keeps nothing.
    """
    chosen = options or ImportOptions()
    table = open_table(
        path,
        encoding=chosen.encoding,
        delimiter=chosen.delimiter,
        limits=chosen.limits,
        format=chosen.format,
        sheet=chosen.sheet,
    )
    run = _Run(app, actor, table, mapping, chosen)
    try:
        run.work()
    finally:
        run.close()
    return run.finished()


class _Run:
    """One import on its way."""

    def __init__(
        self,
        app: Any,
        actor: Actor,
        table: Table,
        mapping: Mapping,
        options: ImportOptions,
    ) -> None:
        self.runtime = app.runtime
        self.actor = actor
        self.table = table
        self.options = options
        self.fitted: Fitted = fit(self.runtime.compiled, mapping, table.header)
        self.report = ImportReport(dry_run=options.dry_run)
        used = {name for column in mapping.columns for name in column.sources}
        header = own_columns(table.header, used)
        self.rejects = Rejects(options.rejected, header, table)
        self._seen = SeenKeys()
        self.assembler = self._assembler()

    def close(self) -> None:
        """Close the files of the import."""
        self.rejects.close()
        self._seen.close()

    def _assembler(self) -> Assembler:
        options, actor = self.options, self.actor
        locale = Locale(options.language or actor.language, actor.zone)
        asked = {"dates"} if options.dates else set()
        asked |= {"decimal"} if options.decimal else set()
        order = options.dates or usual_order(locale.code)
        mark = options.decimal or usual_mark(locale)
        good = (row.cells for row in self.table.rows() if row.problem is None)
        survey = survey_of(self.fitted, good, frozenset(asked))
        said = survey.warnings(self.table.header, order, mark)
        self.report.warnings = (*self.table.warnings, *said)
        guarded = self.table.guarded
        found = readers(self.fitted, survey, locale, order, mark, guarded)
        clear = options.empty == "clear"
        return Assembler(self.fitted, found, self._constants(locale), clear)

    def _constants(self, locale: Locale) -> list[Any]:
        values: list[Any] = []
        for slot, text in self.fitted.constants:
            if slot.field is None or slot.is_link:
                values.append(text)
                continue
            try:
                found = slot.field.type.from_text(text, slot.field.definition, locale)
            except BadValue as bad:
                raise BadMapping(f"'{slot.path}': {bad.message}") from bad
            values.append(found)
        return values

    # -- chunks -------------------------------------------------------------------

    def work(self) -> None:
        """Import chunk by chunk; a dry run is one transaction that is undone."""
        if self.options.dry_run:
            try:
                with transaction(self.runtime, self.actor, "import") as tx:
                    self._require(tx)
                    for rows in self._chunks():
                        self._chunk(tx, rows)
                    raise _Undo
            except _Undo:
                return
        with transaction(self.runtime, self.actor, "import") as tx:
            self._require(tx)
        for rows in self._chunks():
            # The rows of a chunk live until its end: walking them meanwhile is in vain.
            with (
                collection_paused(),
                transaction(self.runtime, self.actor, "import") as tx,
            ):
                self._chunk(tx, rows)

    def _require(self, tx: Transaction) -> None:
        tx.access.require(self.fitted.entity, "import")

    def _chunks(self) -> Iterator[list[Row]]:
        rows = self.table.rows()
        while chunk := list(islice(rows, self.options.chunk)):
            yield chunk

    def _chunk(self, tx: Transaction, rows: list[Row]) -> None:
        drafts = self.assembler.drafts(tx.scene, rows)
        good = [draft for draft in drafts if not draft.errors]
        self._mark_repeated(good)
        good = [draft for draft in good if not draft.errors]
        if self.fitted.key is not None:
            find_existing(tx, self.fitted, good)
        for draft in good:
            clear_values(draft)
        check_external(tx, self.fitted, good)
        merge_lines(tx, self.fitted.entity, good)
        self._save(tx, [draft for draft in good if not draft.errors])
        self._count(drafts)
        if self.options.progress is not None:
            self.options.progress(self.report.rows, rows[-1].done)

    def _mark_repeated(self, drafts: Sequence[Draft]) -> None:
        if self.fitted.key is None:
            return
        keyed = [draft for draft in drafts if draft.key is not None]
        firsts = self._seen.first_lines([(d.key or "", d.row.line) for d in keyed])
        for draft, first in zip(keyed, firsts, strict=True):
            if first != draft.row.line:
                draft.error(
                    f"'{draft.key}' stands in line {first} already.",
                    "repeated",
                    self.fitted.key.shown,
                    draft.key,
                )

    def _save(self, tx: Transaction, drafts: Sequence[Draft]) -> None:
        entity, accepted = self.fitted.entity, self.options.accept_warnings
        fresh = self._allowed(tx, "create", [d for d in drafts if d.id is None])
        stored = self._allowed(tx, "update", [d for d in drafts if d.id is not None])
        if fresh:
            rows = [draft.values for draft in fresh]
            self._take(fresh, tx.create_many(entity, rows, True, accepted))
        if stored:
            changes = [(draft.id or 0, draft.values, draft.version) for draft in stored]
            self._take(stored, tx.update_many(entity, changes, True, accepted))
        remember(tx, entity, drafts)

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
                self.report.updated += 1
            elif outcome.action == "unchanged":
                self.report.unchanged += 1
            said = [one for one in outcome.problems if one.code != "warning"]
            for problem in said or outcome.problems:
                column, value = self._blame(draft, problem)
                draft.error(problem.message, problem.code, column, value)

    def _blame(self, draft: Draft, problem: Any) -> tuple[str | None, str | None]:
        """The column of the file that a problem of a field comes from."""
        lines = problem.path[-2] if len(problem.path) > 1 else None
        for one in self.fitted.filled:
            label = one.slot.label
            same = lines is None if label is None else label.lines == lines
            if same and one.slot.name == problem.field:
                cells = (draft.row.cells[number] for number in one.cells)
                text = one.column.join.join(cells)
                if text:
                    return one.shown, text
        return None, None

    # -- the report -----------------------------------------------------------------

    def _count(self, drafts: Sequence[Draft]) -> None:
        for draft in drafts:
            self.report.rows += 1
            if draft.errors:
                self.report.rejected += 1
                self._note(draft.errors)
                reasons = [error.reason for error in draft.errors]
                self.rejects.add(draft.row, reasons)

    def _note(self, errors: Sequence[RowError]) -> None:
        room = MOST_ERRORS - len(self.report.errors)
        self.report.errors.extend(errors[: max(room, 0)])

    def finished(self) -> ImportReport:
        """The report, with the file of rejected rows if one was written."""
        if self.rejects.used:
            self.report.rejected_file = self.rejects.path
        return self.report
