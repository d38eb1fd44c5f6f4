"""Applies the rows that modules bring along: data after every apply, demo on request.

Called by the command line and by enabling a module. Rows are found by external id; a
field follows the shipped value only while nobody changed it, so upgrades keep what a
business made its own.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.compiler.computing import Computing
from core.definitions import DataDef, DemoDef
from core.expressions import Ref
from core.services.errors import ValidationFailed
from core.services.resolve import resolve
from core.services.transaction import Transaction
from core.source import ValueSlot, plain_data
from core.storage import tables

DEMO = "demo"


@dataclass(slots=True)
class SeedRow:
    """One shipped row: its entity, key, raw values and the document it is from."""

    entity: str
    key: str
    values: Mapping[str, Any]
    document: DataDef

    @property
    def external(self) -> str:
        """The external id, `<entity>.<key>`."""
        return f"{self.entity}.{self.key}"


@dataclass(slots=True)
class SeedReport:
    """How many rows were created, updated or left alone, by entity."""

    created: dict[str, int] = field(default_factory=dict)
    updated: dict[str, int] = field(default_factory=dict)
    unchanged: int = 0


class Seeder:
    """Applies seed rows inside one transaction of the platform."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.registry = tx.runtime.compiled.registry
        self.computing = Computing(self.registry)
        self.report = SeedReport()
        self._known: dict[tuple[str, str], int] = {}

    def apply(self, documents: Iterable[DataDef]) -> SeedReport:
        """Create and update the rows of the documents; links may lead forward."""
        rows = [row for document in documents for row in self._rows(document)]
        self._load_known()
        waiting = rows
        while waiting:
            held = self._pass(waiting)
            if len(held) == len(waiting):
                self._refuse(held)
            waiting = held
        return self.report

    def _pass(self, rows: list[SeedRow]) -> list[SeedRow]:
        """Write the rows whose links are known; return the others."""
        own = {row.external for row in rows}
        held: list[SeedRow] = []
        ready: dict[str, list[tuple[SeedRow, dict[str, Any]]]] = {}
        for row in rows:
            missing = [name for name in self._names(row) if name in own]
            if any(self._id(name) is None for name in missing if name != row.external):
                held.append(row)
                continue
            ready.setdefault(row.entity, []).append((row, self._values(row)))
        for entity, pairs in ready.items():
            self._write(entity, pairs)
        return held

    def _write(self, entity: str, pairs: list[tuple[SeedRow, dict[str, Any]]]) -> None:
        fresh = [(r, v) for r, v in pairs if (entity, r.key) not in self._known]
        stored = [(r, v) for r, v in pairs if (entity, r.key) in self._known]
        if fresh:
            outcomes = self.tx.create_many(entity, [values for _, values in fresh])
            for (row, values), outcome in zip(fresh, outcomes, strict=True):
                assert outcome.id is not None
                self.remember(row, outcome.id, values)
            self.report.created[entity] = self.report.created.get(entity, 0) + len(
                fresh
            )
        for row, values in stored:
            self._follow(row, values)

    def _follow(self, row: SeedRow, values: dict[str, Any]) -> None:
        """Take over changes of the shipped values where nobody made others."""
        id_ = self._known[row.entity, row.key]
        shipped = _fingerprint(values)
        before = self._shipped(row)
        if row.document.once or before == shipped:
            self.report.unchanged += 1
            return
        record = self.tx.scene.loader.load(row.entity, [id_]).get(id_)
        touched = self._touched(row.entity, id_)
        changes = {name: v for name, v in values.items() if name not in touched}
        if record is None or not changes:
            self.report.unchanged += 1
            return
        outcome = self.tx.update_many(row.entity, [(id_, changes, None)])[0]
        self._keep(row, shipped)
        if outcome.action == "updated":
            self.report.updated[row.entity] = self.report.updated.get(row.entity, 0) + 1
        else:
            self.report.unchanged += 1

    def _touched(self, entity: str, id_: int) -> set[str]:
        """Fields that somebody changed since the row was shipped."""
        table = tables.audit
        statement = sa.select(table.c.changes).where(
            table.c.entity == entity,
            table.c.record == id_,
            table.c.via != "seed",
        )
        rows = self.tx.scene.connection.scalars(statement)
        return {name for changes in rows for name in changes or {}}

    # -- shipped values ---------------------------------------------------------------

    def remember(self, row: SeedRow, id_: int, values: dict[str, Any]) -> None:
        """Keep the external id and the fingerprint of the shipped values."""
        self.tx.remember_external(row.entity, row.key, id_)
        self._known[row.entity, row.key] = id_
        self._keep(row, _fingerprint(values))

    def _keep(self, row: SeedRow, shipped: str) -> None:
        table = tables.setting
        mark = DEMO if isinstance(row.document, DemoDef) else "data"
        keys = {
            "scope": f"seed-{mark}",
            "owner": self._known[row.entity, row.key],
            "module": row.document.id.split(".")[0],
            "name": _short(row.entity),
        }
        where = [table.c[key] == one for key, one in keys.items()]
        connection = self.tx.scene.connection
        connection.execute(table.delete().where(*where))
        value = {"entity": row.entity, "key": row.key, "shipped": shipped}
        connection.execute(table.insert().values(**keys, value=value))

    def _shipped(self, row: SeedRow) -> str | None:
        table = tables.setting
        statement = sa.select(table.c.value).where(
            table.c.scope.in_(["seed-data", "seed-demo"]),
            table.c.owner == self._known[row.entity, row.key],
            table.c.name == _short(row.entity),
        )
        for value in self.tx.scene.connection.scalars(statement):
            if value["key"] == row.key and value["entity"] == row.entity:
                return str(value["shipped"])
        return None

    # -- values -------------------------------------------------------------------------

    def _rows(self, document: DataDef) -> Iterator[SeedRow]:
        for entity, rows in document.rows.items():
            for key, values in rows.items():
                yield SeedRow(entity, key, values, document)
        if document.file and document.entity:
            yield from self._file_rows(document)

    def _file_rows(self, document: DataDef) -> Iterator[SeedRow]:
        module = self.registry.modules[document.id.split(".")[0]]
        folder = "demo" if isinstance(document, DemoDef) else "data"
        path = Path(module.folder) / folder / str(document.file)
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for line in csv.DictReader(lines):
                key = str(line[document.key or "key"])
                values = {k: v or None for k, v in line.items() if k}
                yield SeedRow(str(document.entity), key, values, document)

    def _values(self, row: SeedRow) -> dict[str, Any]:
        compiled = self.tx.runtime.compiled.entity(row.entity)
        at = f"data {row.document.id}/rows/{row.entity}/{row.key}"
        if isinstance(row.document, DemoDef):
            at = at.replace("data ", "demo ", 1)
        return {
            name: self._value(compiled, name, slot, f"{at}/{name}")
            for name, slot in row.values.items()
        }

    def _value(
        self, compiled: CompiledEntity, name: str, slot: Any, address: str
    ) -> Any:
        field_ = compiled.fields.get(name)
        if not isinstance(slot, ValueSlot):
            if field_ is not None and field_.kind == "link" and isinstance(slot, str):
                return self._linked(field_.targets[0], slot)
            return slot
        if slot.expr is not None:
            computed = self.computing.at(address)
            if computed is None:
                return None
            env = self.tx.scene.env(computed.reads)
            return computed.run(env)
        if field_ is None:
            return slot.literal
        if field_.kind == "lines":
            return self._lines(compiled, name, slot)
        value = field_.type.literal(slot.literal, field_.definition)
        if field_.kind == "link" and isinstance(value, str):
            return self._linked(field_.targets[0], value)
        if field_.kind == "reference" and isinstance(value, str):
            found = self._id(value)
            return value if found is None else Ref(value.rpartition(".")[0], found)
        if field_.kind == "links":
            target = field_.targets[0]
            return [
                self._linked(target, one) if isinstance(one, str) else one
                for one in value or ()
            ]
        return value

    def _lines(
        self, compiled: CompiledEntity, name: str, slot: ValueSlot
    ) -> list[dict[str, Any]]:

        child = self.tx.runtime.compiled.entity(compiled.lines[name].child)
        rows = plain_data(slot.literal) if slot.literal is not None else []
        made = []
        for row in rows if isinstance(rows, list) else [rows]:
            values = dict(row)
            for key, value in values.items():
                field_ = child.fields.get(key)
                if field_ and field_.kind == "link" and isinstance(value, str):
                    values[key] = self._linked(field_.targets[0], value)
            made.append(values)
        return made

    def _linked(self, target: str, text: str) -> int | str:
        """The id behind an external id or natural key; the text if there is none."""
        found = self._id(text)
        if found is None:
            found = self._id(f"{target}.{text}")
        if found is None:
            found = resolve(self.tx.scene, target, [text]).get(text)
        return text if found is None else found

    def _names(self, row: SeedRow) -> Iterator[str]:
        """External ids that the row names in its links."""
        compiled = self.tx.runtime.compiled.entity(row.entity)
        for name, slot in row.values.items():
            field_ = compiled.fields.get(name)
            if field_ is None:
                continue
            if field_.kind == "lines":
                yield from self._names_in_lines(compiled, name, slot)
                continue
            if field_.kind not in ("link", "links", "reference"):
                continue
            for text in _texts(slot):
                yield text
                if field_.kind != "reference":
                    yield f"{field_.targets[0]}.{text}"

    def _names_in_lines(
        self, compiled: CompiledEntity, name: str, slot: Any
    ) -> Iterator[str]:
        child = self.tx.runtime.compiled.entity(compiled.lines[name].child)

        rows = plain_data(slot.literal) if isinstance(slot, ValueSlot) else []
        for row in rows if isinstance(rows, list) else []:
            for key, value in row.items():
                field_ = child.fields.get(key)
                if field_ and field_.kind == "link" and isinstance(value, str):
                    yield value
                    yield f"{field_.targets[0]}.{value}"

    def _id(self, external: str) -> int | None:
        entity, _, key = external.rpartition(".")
        return self._known.get((entity, key))

    def _load_known(self) -> None:
        table = tables.external_id
        for row in self.tx.scene.connection.execute(sa.select(table)):
            self._known[row.entity, row.key] = row.record

    def _refuse(self, rows: list[SeedRow]) -> None:
        from core.services.errors import Problem

        names = ", ".join(row.external for row in rows[:5])
        message = f"These shipped rows lead to each other in a circle: {names}."
        raise ValidationFailed([Problem(None, "circle", message)])


def apply_data(tx: Transaction) -> SeedReport:
    """Apply the data of all enabled modules; the transaction acts for the platform."""
    return Seeder(tx).apply(tx.runtime.compiled.registry.data)


def load_demo(tx: Transaction) -> SeedReport:
    """Load the sample rows of all enabled modules, tagged for removal."""
    return Seeder(tx).apply(tx.runtime.compiled.registry.demo)


def remove_demo(tx: Transaction) -> int:
    """Delete the sample rows again; those that real records lead to are archived."""
    from core.services.errors import RuleBroken

    table = tables.setting
    statement = sa.select(table.c.owner, table.c.value).where(
        table.c.scope == f"seed-{DEMO}"
    )
    rows = list(tx.scene.connection.execute(statement))
    removed = 0
    for _ in range(8):
        left = []
        for owner, value in rows:
            entity = value["entity"]
            if entity not in tx.runtime.compiled.tables:
                continue
            if not tx.scene.loader.load(entity, [owner]):
                continue
            try:
                tx.delete(entity, owner)
                removed += 1
            except RuleBroken:
                left.append((owner, value))
        if len(left) == len(rows):
            break
        rows = left
    for owner, value in rows:
        if tx.scene.loader.load(value["entity"], [owner]):
            tx.archive(value["entity"], owner)
    tx.scene.connection.execute(table.delete().where(table.c.scope == f"seed-{DEMO}"))
    return removed


def _texts(slot: Any) -> Iterator[str]:
    if isinstance(slot, str):
        yield slot
        return

    if isinstance(slot, ValueSlot) and slot.literal is not None:
        found = plain_data(slot.literal)
        for one in found if isinstance(found, list) else [found]:
            if isinstance(one, str):
                yield one


def _fingerprint(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _short(entity: str) -> str:
    return (
        entity
        if len(entity) <= 40
        else hashlib.sha256(entity.encode()).hexdigest()[:40]
    )


__all__ = ["SeedReport", "apply_data", "load_demo", "remove_demo"]
