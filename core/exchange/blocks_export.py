"""Records as cards or events: the mapping of the modules, read backwards.

Called by the export for vCard and iCalendar; asks the same gate as every export.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.compiler import CompiledEntity, CompiledField
from core.exchange.blocks_text import calendar_text, card_text, frame
from core.exchange.declared import declared_mapping
from core.exchange.errors import BadMapping
from core.exchange.mapping import Column
from core.exchange.paths import choice_fields
from core.expressions import Record
from core.fieldtypes import Locale
from core.services import Query, Reader, title_of
from core.services.query import search

_LINES = re.compile(r"(\w+)\[(\w+) #\]\.(\w+)")
_PAGE = 500


def block_pieces(
    app: Any, reader: Reader, entity: str, format: str, query: Query, locale: Locale
) -> Iterator[tuple[bytes, int]]:
    """Yield the file piece by piece, with the number of records so far."""
    mapping = declared_mapping(app, entity, format)
    compiled = reader.runtime.compiled.entity(entity)
    if mapping is None:
        raise BadMapping(f"No module says how {compiled.plural} become {format}.")
    columns = [
        c for c in mapping.columns if not c.target.startswith("@") and not c.computed
    ]
    readable = reader.access.of(entity).readable
    names = {re.split(r"[.\[]", column.target)[0] for column in columns}
    fields = tuple(sorted(names & (readable | compiled.lines.keys())))
    asked = replace(query, fields=fields, limit=_PAGE, count="none", titles=True)
    page = search(reader.scene, entity, asked, "export")
    start, end = frame(format)
    text = card_text if format == "vcard" else calendar_text
    yield start.encode(), 0
    number = 0
    while True:
        for record in page.items:
            cells = _cells(reader, compiled, columns, record, locale)
            cells["uid"] = f"{entity.replace('.', '-')}-{record.id}"
            yield text(cells).encode(), (number := number + 1)
        if page.next is None:
            break
        asked = replace(asked, cursor=page.next, offset=None)
        page = search(reader.scene, entity, asked, "export")
    yield end.encode(), number


def _cells(
    reader: Reader,
    compiled: CompiledEntity,
    columns: list[Column],
    record: Record,
    locale: Locale,
) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in columns:
        lines = _LINES.fullmatch(column.target)
        if lines is None:
            field = compiled.fields.get(column.target)
            text = _text(field, record, column.target, locale)
            if text:
                found[column.sources[0]] = _meant(column, text)
            continue
        name, label, inner = lines.groups()
        child = reader.runtime.compiled.entity(compiled.lines[name].child)
        rows = _labelled(child, record.relations.get(name, ()), label)
        for number, row in enumerate(rows, 1):
            text = _text(child.fields.get(inner), row, inner, locale)
            if text:
                found[column.sources[0].replace("#", str(number))] = text
    return found


def _labelled(
    child: CompiledEntity, rows: tuple[Record, ...], label: str
) -> Iterator[Record]:
    """The rows whose first choice is the label; one of several choices counts once."""
    choice = choice_fields(child)[0].name
    for row in rows:
        value = row.values.get(choice)
        first = value[0] if isinstance(value, tuple) and value else value
        if first == label:
            yield row


def _text(
    field: CompiledField | None, record: Record, name: str, locale: Locale
) -> str:
    value = record.values.get(name)
    if field is None or value is None:
        return ""
    if field.kind in ("link", "reference"):
        return title_of(record, name) or ""
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(locale.zone)).isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    return str(field.type.to_json(value, field.definition))


def _meant(column: Column, text: str) -> str:
    """What the format writes for a value of ours."""
    return next((k for k, own in column.values.items() if own == text), text)
