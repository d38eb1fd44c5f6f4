"""Columns of an export: what each is called and how a record fills it.

Called by the export once per column; hands on functions from a record to a cell, as
text, as a typed value of a workbook, or as in the API.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from core.compiler import CompiledEntity, CompiledField
from core.exchange.paths import LINKS
from core.exchange.reading_cells import NUMBERS
from core.expressions import Record, Ref
from core.fieldtypes import Locale, TextHints
from core.frozen import frozen
from core.services import Reader, title_of
from core.services.order_terms import target_of

Fill = Callable[[Record], Any]
_STAMPS = frozenset({"created_at", "updated_at", "archived_at"})


@frozen
class Columns:
    """How the columns of one export are made.

    `raw`: paths as heads and values as in the API. `style`: text, typed or json.
    """

    reader: Reader
    compiled: CompiledEntity
    locale: Locale
    raw: bool
    style: str

    def head(self, name: str) -> str:
        """What a column is called."""
        if self.raw:
            field = self.compiled.fields.get(name)
            return f"{name}.id" if field is not None and field.kind in LINKS else name
        registry = self.reader.runtime.compiled.registry
        owner, shown = self.compiled.id, []
        for step in name.split("."):
            at = f"entity {owner}/fields/{step}"
            shown.append(registry.label(at, self.locale.code))
            target = target_of(self.reader.runtime.compiled.entity(owner), step)
            owner = target or owner
        return ": ".join(shown)

    def writer(self, name: str) -> Fill:
        """How a record fills a column."""
        compiled = self.reader.runtime.compiled
        owner, steps = self.compiled, name.split(".")
        for step in steps[:-1]:
            target = target_of(owner, step)
            owner = owner if target is None else compiled.entity(target)
        field = owner.fields.get(steps[-1])
        if name in self.compiled.lines:
            child = compiled.entity(self.compiled.lines[name].child)
            return lambda record: self._lines(child, record, name)
        if name == "id":
            return self._id
        if field is None:
            return lambda record: self._stamp(record.values.get(name), name, record)
        if self.style == "json":
            return lambda record: _api(field, record.values.get(name))
        if self.style == "typed":
            return lambda record: self._typed(field, record, name)
        return lambda record: self._text(field, record, name)

    def _id(self, record: Record) -> Any:
        return str(record.id) if self.style == "text" else record.id

    def _text(self, field: CompiledField, record: Record, name: str) -> str:
        if self.raw:
            return _plain(field, record.values.get(name))
        return self._shown(field, record, name)

    def _typed(self, field: CompiledField, record: Record, name: str) -> Any:
        value = record.values.get(name)
        if value is None:
            return None
        if isinstance(value, datetime) and not self.raw:
            return self._local(value)
        plain = isinstance(value, bool | date) and not isinstance(value, datetime)
        if field.kind == "value" and plain:
            return value
        if field.type.name in NUMBERS and isinstance(value, int | Decimal):
            return value
        return self._text(field, record, name)

    def _local(self, moment: datetime) -> datetime:
        """Workbooks know no zones: the moment as clocks of the reader show it."""
        zone = ZoneInfo(self.locale.zone)
        return moment.astimezone(zone).replace(tzinfo=None, microsecond=0)

    def _shown(self, field: CompiledField, record: Record, name: str) -> str:
        value = record.values.get(name)
        if value is None or value == ():
            return ""
        if field.kind in ("link", "reference"):
            id_ = value.id if isinstance(value, Ref) else value
            return title_of(record, name) or str(id_)
        if field.kind == "links":
            titles = self.reader.titles(field.targets[0], list(value))
            return ", ".join(titles.get(one, str(one)) for one in value)
        return field.type.to_text(value, field.definition, self.locale, TextHints())

    def _stamp(self, value: Any, name: str, record: Record) -> Any:
        if value is None:
            return None if self.style == "json" else ""
        if name in _STAMPS:
            if self.style == "typed":
                return self._local(value)
            return str(value.isoformat(timespec="seconds"))
        if name.endswith("_by") and self.style != "json":
            return title_of(record, name) or str(value)
        if self.style != "text":
            return value
        return "true" if value is True else "false" if value is False else str(value)

    def _lines(self, child: CompiledEntity, record: Record, name: str) -> Any:
        rows = []
        for row in record.relations.get(name, ()):
            found: dict[str, Any] = {"id": row.id} if self.raw else {}
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
        if self.style == "json":
            return rows
        return json.dumps(rows, ensure_ascii=False) if rows else ""


def _api(field: CompiledField, value: Any) -> Any:
    """The value as in the API: numbers as texts, links by their ids."""
    if value is None:
        return None
    if field.kind == "reference":
        return f"{value.entity}/{value.id}"
    if field.kind == "links":
        return list(value)
    return field.type.to_json(value, field.definition)


def _plain(field: CompiledField, value: Any) -> str:
    if value is None or value == ():
        return ""
    if field.kind == "links":
        return ",".join(map(str, value))
    found = _api(field, value)
    if isinstance(found, bool):
        return "true" if found else "false"
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
