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

from core.exchange.ahead import made_ahead
from core.exchange.assemble import Draft
from core.exchange.computed import workings_of
from core.exchange.errors import ExchangeError
from core.exchange.existing import (
    check_external,
    clear_values,
    find_existing,
    merge_lines,
)
from core.exchange.fit import Fitted, fit
from core.exchange.journal import Journal, Part
from core.exchange.mapping import Mapping
from core.exchange.opening import open_table
from core.exchange.preparing import prepared
from core.exchange.rejects import Rejects
from core.exchange.report import (
    MOST_ERRORS,
    ImportOptions,
    ImportReport,
    own_columns,
)
from core.exchange.resume import Interrupted, interrupted
from core.exchange.saving import Saver
from core.exchange.seen import SeenKeys
from core.exchange.table import Row, Table
from core.registry.build import collection_paused
from core.services import Actor, Transaction, transaction


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
    return _run(app, actor, path, mapping, chosen, None)


def resume_import(
    app: Any,
    actor: Actor,
    entity: str,
    path: Path,
    options: ImportOptions | None = None,
) -> ImportReport:
    """Go on with an import of this file that was interrupted, behind its last row.

    Mapping and reading are those of then; of the options only where rejected rows go
    and who hears of the progress. ExchangeError if no such import is known.
    """
    found = interrupted(app, actor, entity, path, options or ImportOptions())
    return _run(app, actor, path, found.mapping, found.options, found)


def _run(
    app: Any,
    actor: Actor,
    path: Path,
    mapping: Mapping,
    options: ImportOptions,
    before: Interrupted | None,
) -> ImportReport:
    table = open_table(
        path,
        encoding=options.encoding,
        delimiter=options.delimiter,
        limits=options.limits,
        format=options.format,
        sheet=options.sheet,
    )
    run = _Run(app, actor, table, mapping, options)
    try:
        run.work(before)
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
        self.mapping = mapping
        self.options = options
        self.fitted: Fitted = fit(self.runtime.compiled, mapping, table.header)
        self.report = ImportReport(dry_run=options.dry_run)
        used = {name for column in mapping.columns for name in column.sources}
        header = own_columns(table.header, used)
        self.rejects = Rejects(options.rejected, header, table)
        self.assembler, said = prepared(table, self.fitted, options, actor)
        workings = workings_of(self.runtime, mapping, self.fitted, table.header)
        self.assembler.work = None if workings is None else workings.work
        self.report.warnings = (*table.warnings, *said)
        self.saver = Saver(self.fitted, self.report, options.accept_warnings)
        self._seen = SeenKeys()
        self._journal: Journal | None = None

    def close(self) -> None:
        """Close the files of the import."""
        self.rejects.close()
        self._seen.close()

    def work(self, before: Interrupted | None = None) -> None:
        """Import chunk by chunk; a dry run is one transaction that is undone."""
        rows = self.table.rows()
        if self.options.dry_run:
            try:
                with transaction(self.runtime, self.actor, "import") as tx:
                    self._require(tx)
                    for drafts in made_ahead(self._drafts(rows)):
                        self._chunk(tx, drafts)
                    raise _Undo
            except _Undo:
                return
        with transaction(self.runtime, self.actor, "import") as tx:
            self._require(tx)
        self._journal = journal = self._opened(before)
        if before is not None:
            self._skip(rows, before)
        for drafts in made_ahead(self._drafts(rows)):
            # The rows of a chunk live until its end: walking them meanwhile is in vain.
            with (
                collection_paused(),
                transaction(self.runtime, self.actor, "import") as tx,
            ):
                part = self._chunk(tx, drafts)
                journal.keep(tx, self.report, part)
        with transaction(self.runtime, self.actor, "import") as tx:
            journal.finish(tx)

    def _opened(self, before: Interrupted | None) -> Journal:
        if before is not None:
            return before.journal
        said = self.report.warnings
        given = (self.runtime, self.actor, self.table.path, self.mapping)
        return Journal.begin(*given, self.options, said)

    def _require(self, tx: Transaction) -> None:
        tx.access.require(self.fitted.entity, "import")

    def _drafts(self, rows: Iterator[Row]) -> Iterator[list[Draft]]:
        """The rows as drafts, chunk by chunk, links not yet found."""
        while chunk := list(islice(rows, self.options.chunk)):
            yield self.assembler.drafts(chunk)

    def _skip(self, rows: Iterator[Row], before: Interrupted) -> None:
        """Pass by what was saved before, remembering keys and what was left out."""
        before.tell(self.report)
        left = before.report.rows
        while left > 0 and (chunk := list(islice(rows, min(left, 2000)))):
            left -= len(chunk)
            keys = [(self.assembler.key_of(row), row.line) for row in chunk]
            self._seen.first_lines([(k, line) for k, line in keys if k is not None])
            for row in chunk:
                if row.line in before.rejected:
                    self.rejects.add(row, [before.rejected[row.line]])
        if left > 0:
            raise ExchangeError("The file has fewer rows than were imported already.")

    def _chunk(self, tx: Transaction, drafts: list[Draft]) -> Part:
        self.assembler.complete(tx, drafts)
        good = [draft for draft in drafts if not draft.errors]
        self._mark_repeated(good)
        good = [draft for draft in good if not draft.errors]
        if self.fitted.keys:
            find_existing(tx, self.fitted, good)
        if not self.mapping.update:
            known = sum(draft.id is not None and not draft.errors for draft in good)
            self.report.unchanged += known
            good = [draft for draft in good if draft.id is None]
        for draft in good:
            clear_values(draft)
        check_external(tx, self.fitted, good)
        merge_lines(tx, self.fitted.entity, good)
        part = self.saver.save(tx, [draft for draft in good if not draft.errors])
        part.also = self.assembler.made()
        self._count(drafts, part)
        if self.options.progress is not None:
            self.options.progress(self.report.rows, drafts[-1].row.done)
        return part

    def _mark_repeated(self, drafts: Sequence[Draft]) -> None:
        if not self.fitted.keys:
            return
        keyed = [draft for draft in drafts if draft.key is not None]
        firsts = self._seen.first_lines([(d.key or "", d.row.line) for d in keyed])
        for draft, first in zip(keyed, firsts, strict=True):
            if first != draft.row.line:
                draft.error(
                    f"'{draft.key}' stands in line {first} already.",
                    "repeated",
                    self.fitted.key_shown,
                    draft.key,
                )

    def _count(self, drafts: Sequence[Draft], part: Part) -> None:
        for draft in drafts:
            self.report.rows += 1
            if not draft.errors:
                continue
            self.report.rejected += 1
            room = MOST_ERRORS - len(self.report.errors)
            part.errors += draft.errors[: max(room, 0)]
            self.report.errors += draft.errors[: max(room, 0)]
            reasons = [error.reason for error in draft.errors]
            part.rejected.append((draft.row.line, " ".join(reasons)))
            self.rejects.add(draft.row, reasons)

    def finished(self) -> ImportReport:
        """The report, with the file of rejected rows if one was written."""
        if self.rejects.used:
            self.report.rejected_file = self.rejects.path
        self.report.warnings += tuple(self.assembler.left)
        if self._journal is not None:
            self.report.run = self._journal.id
        return self.report
