"""Values of shipped rows: literals and expressions of YAML, links by external id.

Called by core.services.seed; knows the external ids that exist so far.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity, CompiledField
from core.compiler.computing import Computing
from core.definitions import DataDef, DemoDef
from core.expressions import Ref
from core.fieldtypes.spec import FieldDef
from core.frozen import frozen
from core.registry import Registry
from core.services.resolve import resolve_all
from core.services.transactions import Transaction
from core.source import ValueSlot, plain_data
from core.storage import tables


@frozen
class SeedRow:
    """One shipped row: its entity, key, values as written, and its document."""

    entity: str
    key: str
    values: Mapping[str, Any]
    document: DataDef

    @property
    def external(self) -> str:
        """The external id, `<entity>.<key>`."""
        return f"{self.entity}.{self.key}"

    @property
    def kind(self) -> str:
        """Whether it is `data`, applied always, or `demo`, loaded on request."""
        return "demo" if isinstance(self.document, DemoDef) else "data"


def rows_of(registry: Registry, document: DataDef) -> Iterator[SeedRow]:
    """The rows of a document, those of its CSV file included."""
    for entity, rows in document.rows.items():
        for key, values in rows.items():
            yield SeedRow(entity, key, values, document)
    if not document.file or not document.entity:
        return
    module = registry.modules[document.id.split(".")[0]]
    folder = "demo" if isinstance(document, DemoDef) else "data"
    path = Path(module.folder) / folder / str(document.file)
    known = registry.entities[document.entity].fields
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for line in csv.DictReader(lines):
            key = str(line[document.key or "key"])
            found = {name: value or None for name, value in line.items()}
            given = {name: v for name, v in found.items() if name in known}
            yield SeedRow(document.entity, key, given, document)


class SeedValues:
    """Turns what is written into values for a save."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.compiled = tx.runtime.compiled
        self.known: dict[tuple[str, str], int] = {}
        self._computing = Computing(self.compiled.registry)
        table = tables.external_id
        for row in tx.scene.connection.execute(sa.select(table)):
            self.known[row.entity, row.key] = row.record

    @staticmethod
    def ids(connection: sa.Connection, entity: str) -> dict[str, int]:
        """Key -> id of the rows of an entity that have an external id."""
        table = tables.external_id
        query = sa.select(table.c.key, table.c.record).where(table.c.entity == entity)
        return {row.key: row.record for row in connection.execute(query)}

    def id_of(self, external: str) -> int | None:
        """The id of the record with this external id."""
        entity, _, key = external.rpartition(".")
        return self.known.get((entity, key))

    def of(self, row: SeedRow) -> dict[str, Any]:
        """The values of a row as a save takes them."""
        compiled = self.compiled.entity(row.entity)
        at = f"{row.document.address}/rows/{row.entity}/{row.key}"
        return {
            name: self._value(compiled, name, slot, f"{at}/{name}")
            for name, slot in row.values.items()
        }

    def one(self, field: CompiledField | None, slot: ValueSlot, address: str) -> Any:
        """The value of a slot for a field that is no part of a row."""
        if slot.expr is not None:
            return self._computed(address)
        if field is None:
            return _plain(slot)
        return self._linked(field, field.type.literal(slot.literal, field.definition))

    def setting(self, field: FieldDef, slot: ValueSlot, address: str) -> Any:
        """The value of a setting."""
        if slot.expr is not None:
            return self._computed(address)
        return self.compiled.catalog[field.type].literal(slot.literal, field)

    def names(self, row: SeedRow) -> Iterator[str]:
        """External ids that the links of a row may name."""
        compiled = self.compiled.entity(row.entity)
        for name, slot in row.values.items():
            yield from self._names(compiled, name, _plain(slot))

    def _names(self, compiled: CompiledEntity, name: str, value: Any) -> Iterator[str]:
        field = compiled.fields.get(name)
        if field is None:
            return
        if field.kind == "lines":
            child = self.compiled.entity(compiled.lines[name].child)
            for row in value if isinstance(value, list) else []:
                for inner, part in row.items():
                    yield from self._names(child, inner, part)
        elif field.kind in ("link", "links", "reference"):
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str):
                    yield text
                    yield from (f"{target}.{text}" for target in field.targets)

    def _value(
        self, compiled: CompiledEntity, name: str, slot: Any, address: str
    ) -> Any:
        field = compiled.fields.get(name)
        if isinstance(slot, ValueSlot) and slot.expr is not None:
            return self._computed(address)
        if field is None or not isinstance(slot, ValueSlot):
            return self._linked(field, slot)
        if field.kind == "lines":
            return self._rows(compiled, name, _plain(slot))
        value = field.type.literal(slot.literal, field.definition)
        return self._linked(field, value)

    def _computed(self, address: str) -> Any:
        computed = self._computing.at(address)
        if computed is None:
            return None
        return computed.run(self.tx.scene.env(computed.reads))

    def _rows(self, compiled: CompiledEntity, name: str, rows: Any) -> list[Any]:
        child = self.compiled.entity(compiled.lines[name].child)
        return [
            {
                inner: self._rows(child, inner, part)
                if inner in child.lines
                else self._linked(child.fields.get(inner), part)
                for inner, part in row.items()
            }
            for row in (rows if isinstance(rows, list) else [])
        ]

    def _linked(self, field: CompiledField | None, value: Any) -> Any:
        """Ids in place of external ids and natural keys; else the value itself."""
        if field is None or field.kind not in ("link", "links", "reference"):
            return value
        if isinstance(value, tuple | list) and field.kind == "links":
            return [self._target(field, one) for one in value]
        return self._target(field, value)

    def _target(self, field: CompiledField, text: Any) -> Any:
        if not isinstance(text, str):
            return text
        for target in field.targets:
            for external in (text, f"{target}.{text}"):
                found = self.id_of(external)
                if found is not None and external.rpartition(".")[0] == target:
                    return Ref(target, found) if field.kind == "reference" else found
        if field.kind == "reference":
            return text
        found = resolve_all(self.tx.scene, field.targets[0], [text]).ids.get(text)
        return text if found is None else found


def _plain(slot: Any) -> Any:
    if not isinstance(slot, ValueSlot):
        return slot
    return None if slot.literal is None else plain_data(slot.literal)


def written_form(slot: Any) -> Any:
    """What stands in the file, as data that can be compared with a later version."""
    if isinstance(slot, ValueSlot) and slot.expr is not None:
        return f"={slot.expr.text}"
    return _plain(slot)
