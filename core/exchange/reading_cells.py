"""Cells of a file as values of fields: how each column is read, worked out once.

Called by the import with the answer of the survey; texts that mean the same are read
once, since columns repeat themselves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from core.exchange.cells import unguarded
from core.exchange.fit import Filled, Fitted
from core.exchange.mapping import DateOrder
from core.exchange.survey import DateVotes, MarkVotes, Survey, iso_day
from core.exchange.table import Exact
from core.fieldtypes import FieldDef, FieldType, Locale

Reader = Callable[[str], Any]
_KEPT = 20_000
_DATES = frozenset({"date", "datetime"})
NUMBERS = frozenset({"decimal", "percent", "money", "quantity", "integer"})


def survey_of(
    fitted: Fitted, rows: Iterable[tuple[str, ...]], asked: frozenset[str]
) -> Survey:
    """Read all values of the columns whose order or mark nobody has named."""
    survey = Survey()
    for one in fitted.filled:
        field = one.slot.field
        if field is None or len(one.cells) != 1 or one.column.computed:
            continue
        kind = field.type.name
        if kind in _DATES and one.column.order is None and "dates" not in asked:
            survey.dates[one.cells[0]] = DateVotes()
        if kind in NUMBERS and one.column.decimal is None and "decimal" not in asked:
            survey.marks[one.cells[0]] = MarkVotes()
    if survey.dates or survey.marks:
        survey.read(rows)
    return survey


def readers(
    fitted: Fitted,
    survey: Survey,
    locale: Locale,
    order: DateOrder,
    mark: str,
    plain: Reader = unguarded,
) -> list[Reader]:
    """A reader per filled place: text of the cells -> value, BadValue if it is none.

    plain: takes away the mark that keeps spreadsheets from running a text.
    """
    return [_reader(one, survey, locale, order, mark, plain) for one in fitted.filled]


def usual_order(language: str) -> DateOrder:
    """How people of a language write days in digits."""
    if language.replace("_", "-") in ("en", "en-US"):
        return "mdy"
    return "dmy"


def usual_mark(locale: Locale) -> str:
    """The decimal mark of a language."""
    from babel.numbers import get_decimal_symbol

    return get_decimal_symbol(locale.babel())


def _reader(
    one: Filled,
    survey: Survey,
    locale: Locale,
    order: DateOrder,
    mark: str,
    plain: Reader,
) -> Reader:
    field = one.slot.field
    if field is None or one.slot.is_link or one.slot.kind == "lines":
        return plain
    if one.column.computed:
        return plain
    kind, definition = field.type, field.definition
    if kind.name in _DATES:
        votes = survey.dates.get(one.cells[0])
        chosen = one.column.order or (votes.order(order) if votes else order)
        return _memo(
            lambda text: kind.from_text(iso_day(text, chosen), definition, locale),
            lambda text: kind.from_text(text, definition, locale),
        )
    if kind.name in NUMBERS:
        marks = survey.marks.get(one.cells[0])
        found = one.column.decimal or (marks.mark(mark) if marks else mark)
        numbers = Locale("de" if found == "," else "en", locale.zone, locale.region)
        point = Locale("en", locale.zone, locale.region)
        return _memo(
            lambda text: kind.from_text(text, definition, numbers),
            lambda text: kind.from_text(text, definition, point),
        )
    if kind.name == "text":
        return lambda text: _one_line(plain(text))
    if kind.text_like:
        return plain
    return _memo(lambda text: _whole(kind, plain(text), definition, locale))


def _one_line(text: str) -> str:
    return " ".join(text.split()) if "\n" in text else text


def _whole(kind: FieldType, text: str, definition: FieldDef, locale: Locale) -> Any:
    """A value of several parts may be written as in the API, in JSON."""
    if text[:1] in ("[", "{"):
        try:
            return kind.coerce(json.loads(text), definition)
        except (ValueError, RecursionError):
            pass
    return kind.from_text(text, definition, locale)


def _memo(read: Reader, read_exact: Reader | None = None) -> Reader:
    """Remember what texts mean; columns of choices and days repeat themselves.

    read_exact: how cells are read whose kind the file knows.
    """
    known: dict[str, Any] = {}
    known_exact: dict[str, Any] = {}
    read_known = read_exact or read

    def remembered(text: str) -> Any:
        exact = type(text) is Exact
        kept = known_exact if exact else known
        found = kept.get(text)
        if found is None:
            found = read_known(text) if exact else read(text)
            if len(kept) < _KEPT:
                kept[text] = found
        return found

    return remembered
