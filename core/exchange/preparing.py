"""Makes ready how the rows of a file are read, before the first of them is saved.

Called by the import: the survey of all values, a reader per column, the constants.
"""

from __future__ import annotations

from typing import Any

from core.exchange.assemble import Assembler
from core.exchange.errors import BadMapping
from core.exchange.fit import Fitted
from core.exchange.reading_cells import readers, survey_of, usual_mark, usual_order
from core.exchange.report import ImportOptions
from core.exchange.table import Table
from core.fieldtypes import BadValue, Locale
from core.services import Actor

_ALWAYS_NEW = (
    "Nothing tells which records the rows are, so each makes a new one: taking this "
    "file again doubles them. Choose what the rows are known by."
)


def prepared(
    table: Table, fitted: Fitted, options: ImportOptions, actor: Actor
) -> tuple[Assembler, list[str]]:
    """Return what turns rows into drafts, and warnings about values in doubt."""
    locale = Locale(options.language or actor.language, actor.zone)
    asked = {"dates"} if options.dates else set()
    asked |= {"decimal"} if options.decimal else set()
    order = options.dates or usual_order(locale.code)
    mark = options.decimal or usual_mark(locale)
    good = (row.cells for row in table.rows() if row.problem is None)
    survey = survey_of(fitted, good, frozenset(asked))
    said = survey.warnings(table.header, order, mark)
    found = readers(fitted, survey, locale, order, mark, table.unmarked)
    clear = options.empty == "clear"
    if not fitted.match and not _told_apart(fitted):
        said.append(_ALWAYS_NEW)
    return Assembler(fitted, found, _constants(fitted, locale), clear), said


def _told_apart(fitted: Fitted) -> bool:
    """Whether the same row would be refused the second time."""
    return any(
        one.slot.kind == "external"
        or (one.slot.field is not None and one.slot.field.definition.unique)
        for one in fitted.filled
    )


def _constants(fitted: Fitted, locale: Locale) -> list[Any]:
    values: list[Any] = []
    for slot, text in fitted.constants:
        if slot.field is None or slot.is_link:
            values.append(text)
            continue
        try:
            found = slot.field.type.from_text(text, slot.field.definition, locale)
        except BadValue as bad:
            raise BadMapping(f"'{slot.path}': {bad.message}") from bad
        values.append(found)
    return values
