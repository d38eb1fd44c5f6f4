"""The export: any question to one entity as a file, streamed page by page.

Called by the command line and by lists. It asks the same gate as every list, with the
verb `export`; cells that a spreadsheet might run are made harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from core.compiler import CompiledEntity
from core.exchange.blocks_export import block_pieces
from core.exchange.columns import Columns
from core.exchange.rejects import BLOCKS
from core.exchange.writers import writer_for
from core.fieldtypes import Locale
from core.frozen import frozen
from core.services import Actor, Query, Reader, reading
from core.services.query import search

PAGE = 1000
#: What a raw export begins with; by it the import knows its own files.
STAMP = ("id", "version")


@frozen
class ExportOptions:
    """How values are written: `format` is csv, xlsx, json, jsonl, vcard or
    icalendar.

    `raw`: paths as headers and values as in the API, so that the file imports again as
    it is; else labels and the reader's language. `bom` tells spreadsheets it is UTF-8.
    """

    format: str = "csv"
    raw: bool = False
    bom: bool = False
    language: str | None = None
    delimiter: str = ","
    progress: Callable[[int], None] | None = None


def export_records(
    app: Any,
    actor: Actor,
    entity: str,
    query: Query,
    out: BinaryIO,
    options: ExportOptions | None = None,
) -> int:
    """Write all records of a query; returns their number."""
    rows = -1
    for chunk, number in _chunks(app, actor, entity, query, options or ExportOptions()):
        out.write(chunk)
        rows = number
    return max(rows, 0)


def export_lines(
    app: Any,
    actor: Actor,
    entity: str,
    query: Query,
    options: ExportOptions | None = None,
) -> Iterator[bytes]:
    """Yield the file piece by piece, for an answer that is streamed."""
    for chunk, _ in _chunks(app, actor, entity, query, options or ExportOptions()):
        yield chunk


def _chunks(
    app: Any, actor: Actor, entity: str, query: Query, options: ExportOptions
) -> Iterator[tuple[bytes, int]]:
    with reading(app.runtime, actor) as reader:
        compiled = app.runtime.compiled.entity(entity)
        locale = Locale(options.language or actor.language, actor.zone)
        if options.format in BLOCKS:
            given = (app, reader, entity, options.format, query, locale)
            yield from block_pieces(*given)
            return
        out = writer_for(
            options.format,
            delimiter=options.delimiter,
            bom=options.bom,
            title=compiled.plural,
        )
        exact = options.raw or out.style == "json"
        own = STAMP if exact else ()
        fields = query.fields or (*own, *_all_fields(reader, compiled))
        columns = Columns(reader, compiled, locale, exact, out.style)
        writers = [columns.writer(name) for name in fields]
        heads = [columns.head(name) for name in fields]
        asked = replace(query, fields=tuple(fields), limit=PAGE, count="none")
        # Asked before anything is handed on: a refusal comes in place of a file.
        page = search(reader.scene, entity, asked, "export")
        yield out.start(heads), 0
        number = 0
        while True:
            rows = [[write(record) for write in writers] for record in page.items]
            number += len(rows)
            yield out.rows(rows), number
            if options.progress is not None:
                options.progress(number)
            if page.next is None:
                break
            asked = replace(asked, cursor=page.next, offset=None)
            page = search(reader.scene, entity, asked, "export")
        for piece in out.end():
            yield piece, number


def _all_fields(reader: Reader, compiled: CompiledEntity) -> tuple[str, ...]:
    readable = reader.access.of(compiled.id).readable
    return tuple(
        name
        for name, field in compiled.fields.items()
        if field.kind not in ("lines", "group")
        and name in readable
        and not field.type.write_only
        and not field.definition.hidden
    )
