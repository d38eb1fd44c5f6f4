"""Applies the rows that modules bring along: data after every apply, demo on request.

Called by the command line and by enabling a module. Rows are found by external id; a
field follows the shipped value only while nobody changed it, so upgrades keep what a
business made its own, and what it deleted stays deleted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.definitions import DataDef
from core.expressions import Record
from core.services.errors import AppError, Problem, ValidationFailed
from core.services.resolve import resolve_all
from core.services.seed_values import SeedRow, SeedValues, rows_of, written_form
from core.services.trail import written
from core.services.transactions import Transaction
from core.storage import tables

Shipped = dict[str, list[str | None]]
Pair = tuple[SeedRow, dict[str, Any]]


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
        self.values = SeedValues(tx)
        self.report = SeedReport()
        self._noted: list[tuple[SeedRow, int, Shipped]] = []
        self._memory: dict[tuple[str, str], Any] = {}
        for row in tx.scene.connection.execute(sa.select(tables.seed)):
            self._memory[row.entity, row.key] = row

    def apply(self, documents: Iterable[DataDef]) -> SeedReport:
        """Create and update the rows of the documents; links may lead forward."""
        registry = self.tx.runtime.compiled.registry
        if not registry.rows_checked:
            raise RuntimeError("these definitions were read without their rows")
        waiting = [row for one in documents for row in rows_of(registry, one)]
        while waiting:
            held = self._pass(waiting)
            if len(held) == len(waiting):
                names = ", ".join(row.external for row in held[:5])
                message = f"These shipped rows lead to each other in a circle: {names}."
                raise ValidationFailed([Problem(None, "circle", message)])
            waiting = held
        return self.report

    def _pass(self, rows: list[SeedRow]) -> list[SeedRow]:
        """Write the rows whose links are known; return the others."""
        own = {row.external for row in rows}
        held: list[SeedRow] = []
        ready: dict[str, list[Pair]] = {}
        for row in rows:
            missing = {name for name in self.values.names(row) if name in own}
            missing.discard(row.external)
            known = self._memory.get((row.entity, row.key)) is not None
            if any(self._is_open(name) for name in missing) and not known:
                held.append(row)
                continue
            ready.setdefault(row.entity, []).append((row, self.values.of(row)))
        for entity, pairs in ready.items():
            self._write(entity, pairs)
            self._keep()
        return held

    def _is_open(self, external: str) -> bool:
        """Whether a row is still to come; one that was deleted is not."""
        entity, _, key = external.rpartition(".")
        if (entity, key) in self._memory:
            return False
        return self.values.id_of(external) is None

    def _write(self, entity: str, pairs: list[Pair]) -> None:
        compiled = self.tx.runtime.compiled.entity(entity)
        fresh: list[Pair] = []
        for row, values in pairs:
            key = (entity, row.key)
            if key in self._memory:
                self._follow(compiled, row, values)
            elif key in self.values.known:
                self._adopt(row, self.values.known[key])
            else:
                fresh.append((row, values))
        fresh = self._without_present(compiled, fresh)
        if not fresh:
            return
        outcomes = self.tx.create_many(
            entity, [values for _, values in fresh], accept_warnings=True
        )
        ids = [outcome.id or 0 for outcome in outcomes]
        stored = self._stored(compiled, ids, [values for _, values in fresh])
        for (row, values), id_ in zip(fresh, ids, strict=True):
            self._remember(row, id_, self._shipped(compiled, row, values, stored[id_]))
        self.report.created[entity] = self.report.created.get(entity, 0) + len(fresh)

    def _without_present(
        self, compiled: CompiledEntity, fresh: list[Pair]
    ) -> list[Pair]:
        """Rows whose natural key a record of the business has are that record."""
        key = compiled.key
        texts = {str(values[key]): row for row, values in fresh if key in values}
        if key is None or not texts:
            return fresh
        found = resolve_all(self.tx.scene, compiled.id, texts).ids
        left: list[Pair] = []
        for row, values in fresh:
            id_ = found.get(str(values.get(key)))
            if id_ is None:
                left.append((row, values))
            else:
                self._adopt(row, id_)
        return left

    def _adopt(self, row: SeedRow, id_: int) -> None:
        """A record that was there before keeps its values; only its name is noted."""
        shipped: Shipped = {
            name: [_print(written_form(slot)), None]
            for name, slot in row.values.items()
        }
        self._remember(row, id_, shipped)
        self.report.unchanged += 1

    def _follow(
        self, compiled: CompiledEntity, row: SeedRow, values: Mapping[str, Any]
    ) -> None:
        """Take over shipped values that changed, field by field."""
        memory = self._memory[row.entity, row.key]
        moved = [
            name
            for name, slot in row.values.items()
            if memory.shipped.get(name, [None])[0] != _print(written_form(slot))
        ]
        found = self._stored(compiled, [memory.record], [values])
        record = found.get(memory.record)
        if row.document.once or not moved or record is None:
            self.report.unchanged += 1
            return
        before = self._prints(compiled, record)
        free = [name for name in moved if self._is_free(memory, name, before)]
        changes = {name: values[name] for name in free}
        rows = [(memory.record, changes, None)]
        outcome = self.tx.update_many(row.entity, rows, accept_warnings=True)[0]
        record = self._stored(compiled, [memory.record], [values])[memory.record]
        shipped: Shipped = dict(memory.shipped)
        fresh = self._shipped(compiled, row, values, record)
        for name in moved:
            kept = fresh[name] if name in free else [fresh[name][0], None]
            shipped[name] = kept
        self._remember(row, memory.record, shipped)
        if outcome.action == "updated":
            self.report.updated[row.entity] = self.report.updated.get(row.entity, 0) + 1
        else:
            self.report.unchanged += 1

    def _is_free(self, memory: Any, name: str, before: Mapping[str, str]) -> bool:
        """Whether the record still has what was shipped, or nothing was shipped."""
        old = memory.shipped.get(name)
        if old is None:
            return name not in before
        return old[1] is not None and old[1] == before.get(name, _print(None))

    # -- memory -------------------------------------------------------------------

    def _stored(
        self,
        compiled: CompiledEntity,
        ids: list[int],
        values: list[dict[str, Any]] | list[Mapping[str, Any]],
    ) -> dict[int, Record]:
        names = {name for one in values for name in one}
        found = self.tx.scene.loader.load(compiled.id, ids)
        records = list(found.values())
        loader = self.tx.scene.loader
        loader.fill_keys(compiled.id, records, names & compiled.associations.keys())
        lines = [(name,) for name in names & compiled.lines.keys()]
        loader.fill(compiled.id, records, lines)
        return found

    def _prints(self, compiled: CompiledEntity, record: Record) -> dict[str, str]:
        """Fingerprints of the stored values, those of owned rows as a whole."""
        prints = {n: _print(pair[1]) for n, pair in written(compiled, record).items()}
        for name, lines in compiled.lines.items():
            rows = record.relations.get(name)
            if rows:
                child = self.tx.runtime.compiled.entity(lines.child)
                prints[name] = _print([written(child, row) for row in rows])
        return prints

    def _shipped(
        self,
        compiled: CompiledEntity,
        row: SeedRow,
        values: Mapping[str, Any],
        record: Record,
    ) -> Shipped:
        prints = self._prints(compiled, record)
        return {
            name: [
                _print(written_form(row.values[name])),
                prints.get(name, _print(None)),
            ]
            for name in values
        }

    def _remember(self, row: SeedRow, id_: int, shipped: Shipped) -> None:
        """Note the external id, and what was shipped; `_keep` writes them."""
        self.values.known[row.entity, row.key] = id_
        self._noted.append((row, id_, shipped))

    def _keep(self) -> None:
        """Write what was noted, in few statements for many rows."""
        noted, self._noted = self._noted, []
        ids: dict[str, dict[str, int]] = {}
        for row, id_, _ in noted:
            ids.setdefault(row.entity, {})[row.key] = id_
        for entity, keys in ids.items():
            self.tx.remember_external(entity, keys)
        table = tables.seed
        fresh: dict[tuple[str, str], dict[str, Any]] = {}
        known: list[dict[str, Any]] = []
        for row, id_, shipped in noted:
            key = (row.entity, row.key)
            values = {
                "record": id_,
                "kind": row.kind,
                "module": row.document.id.split(".")[0],
                "shipped": shipped,
            }
            if key in self._memory:
                known.append({"at_entity": row.entity, "at_key": row.key, **values})
            else:
                fresh[key] = {"entity": row.entity, "key": row.key, **values}
        connection = self.tx.scene.connection
        if fresh:
            connection.execute(table.insert(), list(fresh.values()))
        if known:
            place = (
                table.c.entity == sa.bindparam("at_entity"),
                table.c.key == sa.bindparam("at_key"),
            )
            connection.execute(table.update().where(*place), known)


def apply_data(tx: Transaction) -> SeedReport:
    """Apply the data of all enabled modules; the transaction acts for the platform."""
    return Seeder(tx).apply(tx.runtime.compiled.registry.data)


def load_demo(tx: Transaction) -> SeedReport:
    """Load the sample rows of all enabled modules, tagged for removal."""
    return Seeder(tx).apply(tx.runtime.compiled.registry.demo)


def remove_demo(tx: Transaction) -> int:
    """Delete the sample rows again; those that real records lead to are archived.

    Rows of modules that are off stay until the module is on again.
    """
    table = tables.seed
    here = tx.runtime.compiled.tables.keys()
    statement = sa.select(table.c.entity, table.c.record).where(table.c.kind == "demo")
    rows = [
        (row.entity, row.record)
        for row in tx.scene.connection.execute(statement)
        if row.entity in here
    ]
    removed = 0
    while True:
        left = [(entity, id_) for entity, id_ in rows if not _delete(tx, entity, id_)]
        removed += len(rows) - len(left)
        if not left or len(left) == len(rows):
            break
        rows = left
    for entity, id_ in left:
        if tx.runtime.compiled.entity(entity).definition.archive:
            tx.archive(entity, id_)
    tx.scene.connection.execute(
        table.delete().where(table.c.kind == "demo", table.c.entity.in_(list(here)))
    )
    return removed


def _delete(tx: Transaction, entity: str, id_: int) -> bool:
    if not tx.scene.loader.load(entity, [id_]):
        return True
    try:
        tx.delete(entity, id_)
    except AppError:
        return False
    return True


def _print(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


__all__ = ["SeedReport", "apply_data", "load_demo", "remove_demo"]
