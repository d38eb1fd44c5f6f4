"""Loads rows and their relations in batches, one statement per relation and level.

Used by the query for linked titles and paths and by the write path for what rules and
formulas read. It reads with full rights: whoever shows a value to a user filters first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.compiler import Compiled, CompiledEntity
from core.expressions import Env, Record
from core.expressions.binding import Binding
from core.services.ordering import order_columns

Path = tuple[str, ...]
Trie = dict[str, "Trie"]
Records = Sequence[Record]
_CHUNK = 5000


def trie_of(paths: Iterable[Path]) -> Trie:
    """Paths that end in a value, as a tree of their steps."""
    root: Trie = {}
    for path in paths:
        node = root
        for step in path:
            node = node.setdefault(step, {})
    return root


class Loader:
    """Fills records over one connection; `bind` gives the binding of a row's table."""

    def __init__(
        self, connection: sa.Connection, compiled: Compiled, env: Env | None = None
    ) -> None:
        self.connection = connection
        self.compiled = compiled
        self.env = Env() if env is None else env
        self.parameters: dict[str, Any] = {}

    def load(
        self, entity: str, ids: Iterable[int], paths: Iterable[Path] = ()
    ) -> dict[int, Record]:
        """Return the rows of these ids with everything that the paths read."""
        return self._load(entity, set(ids), trie_of(paths))

    def fill(
        self, entity: str, records: Sequence[Record], paths: Iterable[Path]
    ) -> None:
        """Load into the records every relation that the paths follow."""
        self._fill(self.compiled.entity(entity), records, trie_of(paths))

    def where(
        self,
        entity: str,
        condition: sa.ColumnElement[bool],
        paths: Iterable[Path] = (),
    ) -> list[Record]:
        """Return the rows of a condition over the entity's table, in its order."""
        compiled = self.compiled.entity(entity)
        trie = trie_of(paths)
        statement = self._select(compiled, trie).where(condition)
        statement = statement.order_by(*order_columns(compiled))
        records = self._records(compiled, statement, {})
        self._fill(compiled, records, trie)
        return records

    # -- rows -----------------------------------------------------------------

    def _load(self, entity: str, ids: set[int], trie: Trie) -> dict[int, Record]:
        compiled = self.compiled.entity(entity)
        found: dict[int, Record] = {}
        wanted = sorted(ids)
        statement = self._select(compiled, trie).where(
            compiled.table.c.id.in_(sa.bindparam("ids", expanding=True))
        )
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            for record in self._records(compiled, statement, {"ids": chunk}):
                found[record.id or 0] = record
        self._fill(compiled, list(found.values()), trie)
        return found

    def _select(self, compiled: CompiledEntity, trie: Trie) -> sa.Select[Any]:
        statement = sa.select(compiled.table)
        virtual = [name for name in trie if name in compiled.virtuals]
        if not virtual:
            return statement
        binding = self._binding(compiled.table)
        columns = [
            formula.sql(binding).label(name)
            for name in virtual
            if (formula := compiled.virtuals[name]).sql is not None
        ]
        return statement.add_columns(*columns)

    def _binding(self, table: sa.FromClause) -> Binding:
        return self.compiled.binding(
            {"this": table}, self.parameters, env=self.env, ref=self._ref
        )

    def _ref(self, key: str) -> int | None:
        found = None if self.env.ref is None else self.env.ref(key)
        return None if found is None else found.id

    def _records(
        self,
        compiled: CompiledEntity,
        statement: sa.Select[Any],
        parameters: Mapping[str, Any],
    ) -> list[Record]:
        rows = self.connection.execute(statement, parameters).mappings()
        return [record_of(compiled, row) for row in rows]

    # -- relations ------------------------------------------------------------

    def _fill(
        self, compiled: CompiledEntity, records: Sequence[Record], trie: Trie
    ) -> None:
        if not records:
            return
        for name, below in trie.items():
            self._fill_one(compiled, records, name, below)
        for name in trie:
            formula = compiled.virtuals.get(name)
            if formula is not None and formula.sql is None:
                self._run_virtual(compiled, records, name)

    def _fill_one(
        self,
        compiled: CompiledEntity,
        records: Sequence[Record],
        name: str,
        below: Trie,
    ) -> None:
        field = compiled.fields.get(name)
        if name in compiled.lines:
            self._fill_lines(compiled, records, name, below)
        elif name in compiled.associations:
            self._fill_links(compiled, records, name, below)
        elif name in compiled.inverses:
            self._fill_inverse(compiled, records, name, below)
        elif field is not None and field.kind == "reference" and below:
            self._fill_reference(records, name, below)
        elif below:
            targets = _targets(compiled, name)
            self._fill_link(records, name, targets[0], below)

    def _fill_link(
        self, records: Sequence[Record], name: str, target: str, below: Trie
    ) -> None:
        open_ones = [r for r in records if r.values.get(name) is not None]
        known = {
            r.values[name]: r.relations[name]
            for r in open_ones
            if r.relations.get(name) is not None
            and r.relations[name].id == r.values[name]
            and "version" in r.relations[name].values
        }
        ids = {r.values[name] for r in open_ones} - known.keys()
        loaded = self._load(target, ids, below) if ids else {}
        if known:
            compiled = self.compiled.entity(target)
            self._fill(compiled, list(known.values()), below)
        for record in open_ones:
            wanted = record.values[name]
            record.relations[name] = known.get(wanted) or loaded.get(wanted)

    def _fill_reference(
        self, records: Sequence[Record], name: str, below: Trie
    ) -> None:
        ids: dict[str, set[int]] = {}
        for record in records:
            value = record.values.get(name)
            if value is not None:
                ids.setdefault(value.entity, set()).add(value.id)
        loaded = {
            entity: self._load(entity, wanted, self._known(entity, below))
            for entity, wanted in ids.items()
        }
        for record in records:
            value = record.values.get(name)
            if value is not None:
                record.relations[name] = loaded[value.entity].get(value.id)

    def _known(self, entity: str, trie: Trie) -> Trie:
        """Of the steps after a reference, those that this target has."""
        compiled = self.compiled.entity(entity)
        names = {*compiled.fields, *compiled.inverses}
        return {step: below for step, below in trie.items() if step in names}

    def _fill_lines(
        self,
        compiled: CompiledEntity,
        records: Sequence[Record],
        name: str,
        below: Trie,
    ) -> None:
        lines = compiled.lines[name]
        child = self.compiled.entity(lines.child)
        missing = [r for r in records if r.id is not None and name not in r.relations]
        trie = dict(below)
        if lines.where is not None:
            for path in lines.where.reads.this:
                _add(trie, path)
        rows = self._behind(child, lines.back, missing, trie)
        for record in missing:
            found = rows.get(record.id or 0, [])
            for row in found:
                row.relations[lines.back] = record
            if lines.where is not None:
                run = lines.where.run
                found = [row for row in found if run(Env(this=row)) is True]
            record.relations[name] = tuple(found)
        present = [r for r in records if r not in missing and name in r.relations]
        self._fill(child, [row for r in present for row in r.relations[name]], below)

    def _fill_inverse(
        self,
        compiled: CompiledEntity,
        records: Sequence[Record],
        name: str,
        below: Trie,
    ) -> None:
        inverse = compiled.inverses[name]
        child = self.compiled.entity(inverse.entity)
        missing = [r for r in records if r.id is not None]
        if inverse.kind == "links":
            table = self.compiled.association_tables[inverse.entity, inverse.back]
            pairs = self._pairs(table.c.target, table.c.source, missing)
            self._attach(missing, name, inverse.entity, pairs, below)
            return
        extra = None
        if inverse.kind == "reference":
            extra = child.table.c[f"{inverse.back}_entity"] == compiled.id
        rows = self._behind(child, inverse.back, missing, below, extra)
        for record in missing:
            record.relations[name] = tuple(rows.get(record.id or 0, ()))

    def _behind(
        self,
        child: CompiledEntity,
        back: str,
        records: Sequence[Record],
        trie: Trie,
        extra: sa.ColumnElement[bool] | None = None,
    ) -> dict[int, list[Record]]:
        """Rows of the child by the id that their `back` column holds, in its order."""
        column = child.table.c[back]
        statement = self._select(child, trie)
        statement = statement.where(column.in_(sa.bindparam("ids", expanding=True)))
        if extra is not None:
            statement = statement.where(extra)
        statement = statement.order_by(*order_columns(child))
        grouped: dict[int, list[Record]] = {}
        every: list[Record] = []
        ids = sorted({r.id for r in records if r.id is not None})
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            for row in self._records(child, statement, {"ids": chunk}):
                value = row.values[back]
                grouped.setdefault(getattr(value, "id", value), []).append(row)
                every.append(row)
        self._fill(child, every, trie)
        return grouped

    def _fill_links(
        self,
        compiled: CompiledEntity,
        records: Sequence[Record],
        name: str,
        below: Trie,
    ) -> None:
        association = compiled.associations[name]
        table = association.table
        missing = [r for r in records if r.id is not None and name not in r.values]
        pairs = self._pairs(table.c.source, table.c.target, missing)
        for record in missing:
            record.values[name] = tuple(pairs.get(record.id or 0, ()))
        given = {id(r): list(r.values.get(name) or ()) for r in records}
        ids = {one for wanted in given.values() for one in wanted}
        loaded = self._load(association.target, ids, below) if ids else {}
        target = self.compiled.entity(association.target)
        for record in records:
            rows = [loaded[one] for one in given[id(record)] if one in loaded]
            record.relations[name] = tuple(in_order(target, rows))

    def _attach(
        self,
        records: Sequence[Record],
        name: str,
        entity: str,
        pairs: Mapping[int, list[int]],
        below: Trie,
    ) -> None:
        ids = {one for wanted in pairs.values() for one in wanted}
        loaded = self._load(entity, ids, below) if ids else {}
        target = self.compiled.entity(entity)
        for record in records:
            rows = [loaded[one] for one in pairs.get(record.id or 0, ())]
            record.relations[name] = tuple(in_order(target, rows))

    def _pairs(
        self,
        key: sa.ColumnElement[Any],
        value: sa.ColumnElement[Any],
        records: Sequence[Record],
    ) -> dict[int, list[int]]:
        statement = (
            sa.select(key, value)
            .where(key.in_(sa.bindparam("ids", expanding=True)))
            .order_by(key, value)
        )
        pairs: dict[int, list[int]] = {}
        ids = sorted({r.id for r in records if r.id is not None})
        for start in range(0, len(ids), _CHUNK):
            chunk = {"ids": ids[start : start + _CHUNK]}
            for source, target in self.connection.execute(statement, chunk):
                pairs.setdefault(source, []).append(target)
        return pairs

    def _run_virtual(
        self, compiled: CompiledEntity, records: Sequence[Record], name: str
    ) -> None:
        formula = compiled.virtuals[name]
        self._fill(compiled, records, trie_of(formula.value.reads.this))
        for record in records:
            env = self.env_for(record)
            record.values[name] = formula.value.run(env)

    def env_for(self, record: Record) -> Env:
        """The surroundings of this evaluation with another record as `this`."""
        around = self.env
        return Env(
            this=record,
            me=around.me,
            company=around.company,
            settings=around.settings,
            now=around.now,
            today=around.today,
            zone=around.zone,
            rows=around.rows,
            ref=around.ref,
            has_role=around.has_role,
            to_text=around.to_text,
        )


def record_of(compiled: CompiledEntity, row: sa.RowMapping) -> Record:
    """A row of the entity's table as a record with its values."""
    values: dict[str, Any] = {str(key): value for key, value in row.items()}
    for name, field in compiled.fields.items():
        if field.kind == "reference":
            values[name] = field.type.load(values, name, field.definition)
    return Record(compiled.id, row["id"], values)


def in_order(compiled: CompiledEntity, rows: list[Record]) -> list[Record]:
    """Rows sorted as the entity's order says; nulls are smallest, the id decides."""
    rows = sorted(rows, key=lambda row: row.id or 0)
    for name in reversed(compiled.order):
        column = name.lstrip("-")
        rows = sorted(
            rows,
            key=lambda row: (
                row.values.get(column) is not None,
                row.values.get(column) if row.values.get(column) is not None else 0,
            ),
            reverse=name.startswith("-"),
        )
    return rows


def _targets(compiled: CompiledEntity, name: str) -> tuple[str, ...]:
    field = compiled.fields.get(name)
    if field is not None and field.targets:
        return field.targets
    member = compiled.table.c.get(name)
    if member is None:
        raise KeyError(f"{compiled.id} has no relation '{name}'")
    return ("base.user",)


def _add(trie: Trie, path: Path) -> None:
    for step in path:
        trie = trie.setdefault(step, {})
