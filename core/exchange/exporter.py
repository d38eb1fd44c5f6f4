"""The export: any question to one entity as CSV, streamed page by page.

Called by the command line and by lists. It asks the same gate as every list, with the
verb `export`; cells that a spreadsheet might run are made harmless.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from core.compiler import CompiledEntity, CompiledField
from core.exchange.cells import guarded
from core.exchange.paths import LINKS
from core.expressions import Record, Ref
from core.fieldtypes import Locale, TextHints
from core.services import Actor, Query, Reader, reading, title_of
from core.services.order_terms import target_of
from core.services.query import search

PAGE = 1000
#: What a raw export begins with; by it the import knows its own files.
STAMP = ("id", "version")
_STAMPS = frozenset({"created_at", "updated_at", "archived_at"})
_BOM = b"\xef\xbb\xbf"
Writer = Callable[[Record], str]


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How values are written.

    `raw`: paths as headers and values as in the API, so that the file imports again as
    it is; else labels and the reader's language. `bom` tells spreadsheets it is UTF-8.
    """

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
        own = STAMP if options.raw else ()
        fields = query.fields or (*own, *_all_fields(reader, compiled))
        locale = Locale(options.language or actor.language, actor.zone)
        columns = [
            (name, _writer(reader, compiled, name, locale, options.raw))
            for name in fields
        ]
        heads = [_head(reader, compiled, name, options, locale) for name in fields]
        asked = replace(query, fields=tuple(fields), limit=PAGE, count="none")
        # Asked before anything is handed on: a refusal comes in place of a file.
        page = search(reader.scene, entity, asked, "export")
        start = _BOM if options.bom else b""
        yield start + _csv([heads], options.delimiter), 0
        number = 0
        while True:
            rows = [[guarded(w(record)) for _, w in columns] for record in page.items]
            number += len(rows)
            yield _csv(rows, options.delimiter), number
            if options.progress is not None:
                options.progress(number)
            if page.next is None:
                return
            asked = replace(asked, cursor=page.next, offset=None)
            page = search(reader.scene, entity, asked, "export")


def _csv(rows: Sequence[Sequence[str]], delimiter: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode()


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


def _head(
    reader: Reader,
    compiled: CompiledEntity,
    name: str,
    options: ExportOptions,
    locale: Locale,
) -> str:
    if options.raw:
        field = compiled.fields.get(name)
        return f"{name}.id" if field is not None and field.kind in LINKS else name
    registry = reader.runtime.compiled.registry
    owner, shown = compiled.id, []
    for step in name.split("."):
        shown.append(registry.label(f"entity {owner}/fields/{step}", locale.code))
        target = target_of(reader.runtime.compiled.entity(owner), step)
        owner = target or owner
    return ": ".join(shown)


def _writer(
    reader: Reader, compiled: CompiledEntity, name: str, locale: Locale, raw: bool
) -> Writer:
    owner, steps = compiled, name.split(".")
    for step in steps[:-1]:
        target = target_of(owner, step)
        owner = owner if target is None else reader.runtime.compiled.entity(target)
    field = owner.fields.get(steps[-1])
    if name in compiled.lines:
        child = reader.runtime.compiled.entity(compiled.lines[name].child)
        return lambda record: _lines(child, record, name, raw)
    if name == "id":
        return lambda record: str(record.id)
    if field is None:
        return lambda record: _stamp(record.values.get(name), name, record)
    if raw:
        return lambda record: _plain(field, record.values.get(name))
    return lambda record: _shown(reader, field, record, name, locale)


def _plain(field: CompiledField, value: Any) -> str:
    if value is None or value == ():
        return ""
    if field.kind == "reference":
        return f"{value.entity}/{value.id}"
    if field.kind == "links":
        return ",".join(map(str, value))
    found = field.type.to_json(value, field.definition)
    if isinstance(found, bool):
        return "true" if found else "false"
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


def _shown(
    reader: Reader, field: CompiledField, record: Record, name: str, locale: Locale
) -> str:
    value = record.values.get(name)
    if value is None or value == ():
        return ""
    if field.kind in ("link", "reference"):
        id_ = value.id if isinstance(value, Ref) else value
        return title_of(record, name) or str(id_)
    if field.kind == "links":
        titles = reader.titles(field.targets[0], list(value))
        return ", ".join(titles.get(one, str(one)) for one in value)
    return field.type.to_text(value, field.definition, locale, TextHints())


def _stamp(value: Any, name: str, record: Record) -> str:
    if value is None:
        return ""
    if name in _STAMPS:
        return str(value.isoformat(timespec="seconds"))
    if name.endswith("_by"):
        return title_of(record, name) or str(value)
    return "true" if value is True else "false" if value is False else str(value)


def _lines(child: CompiledEntity, record: Record, name: str, raw: bool) -> str:
    rows = []
    for row in record.relations.get(name, ()):
        found: dict[str, Any] = {"id": row.id} if raw else {}
        for key, field in child.fields.items():
            value = row.values.get(key)
            if value is not None and field.writable and field.kind == "value":
                found[key] = field.type.to_json(value, field.definition)
            elif value is not None and field.kind == "link" and field.writable:
                found[key] = value
        owner = child.owner
        if owner is not None:
            found.pop(owner.field, None)
        rows.append(found)
    return json.dumps(rows, ensure_ascii=False) if rows else ""
