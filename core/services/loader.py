"""Loads records and their relations in batches, exactly as far as paths ask for.

Used by the query for linked titles and paths and by the write path for what rules and
formulas read. It reads with full rights: whoever shows a value to a user filters first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.compiler import CompiledEntity
from core.expressions import Env, Record
from core.fieldtypes import FieldType
from core.services import relations
from core.services.ordering import order_columns
from core.services.trie import Path, Trie, trie_of

if TYPE_CHECKING:
    from core.services.scene import Scene

CHUNK = 5000
_FOLD = "__fold"


class Loader:
    """Fills records over the connection of a scene; its SELECTs are kept."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.compiled = scene.runtime.compiled

    def load(
        self, entity: str, ids: Iterable[int], paths: Iterable[Path] = ()
    ) -> dict[int, Record]:
        """Return the rows of these ids with everything that the paths read."""
        return self.by_ids(entity, set(ids), trie_of(paths))

    def fill(
        self, entity: str, records: Sequence[Record], paths: Iterable[Path]
    ) -> None:
        """Load into the records every relation that the paths follow."""
        relations.fill(self, self.compiled.entity(entity), records, trie_of(paths))

    def fill_lines(self, entity: str, records: Sequence[Record]) -> None:
        """Load into the records all rows that they own, and the rows of those."""
        if records:
            self.fill(entity, records, self._owned(entity))

    def _owned(self, entity: str) -> Iterable[Path]:
        for name, lines in self.compiled.entity(entity).lines.items():
            yield (name,)
            yield from ((name, *path) for path in self._owned(lines.child))

    def fill_keys(
        self, entity: str, records: Sequence[Record], names: Iterable[str]
    ) -> None:
        """Put the ids of many-to-many fields into the records, without the targets."""
        compiled = self.compiled.entity(entity)
        for name in names:
            relations.fill_keys(self, compiled, records, name)

    def where(
        self,
        entity: str,
        condition: sa.ColumnElement[bool],
        paths: Iterable[Path] = (),
    ) -> list[Record]:
        """Return the rows of a condition over the entity's table, in its order."""
        compiled = self.compiled.entity(entity)
        trie = trie_of(paths)
        statement = self._select(compiled, _virtual(compiled, trie)).where(condition)
        statement = statement.order_by(*order_columns(compiled))
        records = self._records(compiled, statement, {})
        relations.fill(self, compiled, records, trie)
        return records

    def narrow(
        self, entity: str, condition: sa.ColumnElement[bool], names: Iterable[str]
    ) -> list[Record]:
        """Return rows with some stored fields only, in the order of their ids."""
        compiled = self.compiled.entity(entity)
        table, wanted = compiled.table, ["id"]
        for name in sorted(set(names)):
            field = compiled.fields.get(name)
            wanted += (name,) if field is None else field.columns
        columns = (table.c[one] for one in dict.fromkeys(wanted) if one in table.c)
        statement = sa.select(*columns).where(condition).order_by(table.c.id)
        return self._records(compiled, statement, {}, frozenset(names))

    # -- for core.services.relations --------------------------------------------------

    def by_ids(self, entity: str, ids: Iterable[int], trie: Trie) -> dict[int, Record]:
        """The rows of these ids with what the trie names."""
        compiled = self.compiled.entity(entity)
        names = _virtual(compiled, trie)
        statement = self.kept(
            ("rows", entity, names),
            lambda: self._select(compiled, names).where(
                compiled.table.c.id.in_(sa.bindparam("ids", expanding=True))
            ),
        )
        found: dict[int, Record] = {}
        for chunk in chunks(sorted(ids)):
            for record in self._records(compiled, statement, {"ids": chunk}):
                found[record.id or 0] = record
        relations.fill(self, compiled, list(found.values()), trie)
        return found

    def behind(
        self, child: CompiledEntity, back: str, ids: Sequence[int], trie: Trie
    ) -> dict[int, list[Record]]:
        """Rows of the child by the id that their `back` link holds, in its order."""
        names = _virtual(child, trie)

        def make() -> sa.Select[Any]:
            column = child.table.c[back]
            statement = self._select(child, names)
            statement = statement.where(column.in_(sa.bindparam("ids", expanding=True)))
            return statement.order_by(*order_columns(child))

        statement = self.kept(("behind", child.id, back, names), make)
        grouped: dict[int, list[Record]] = {}
        every: list[Record] = []
        for chunk in chunks(ids):
            for row in self._records(child, statement, {"ids": chunk}):
                value = row.values[back]
                grouped.setdefault(getattr(value, "id", value), []).append(row)
                every.append(row)
        relations.fill(self, child, every, trie)
        return grouped

    def kept(self, key: tuple[Any, ...], make: Any) -> sa.Select[Any]:
        """A SELECT built once per entity, names and zone."""
        whole = (*key, self.scene.actor.zone)
        found: sa.Select[Any] = self.scene.runtime.plans.get(whole, make)
        return found

    def env_for(self, record: Record) -> Env:
        """The surroundings of this scene with a record as `this`."""
        return replace(self.scene.plain_env, this=record)

    def _select(
        self, compiled: CompiledEntity, virtual: Sequence[str]
    ) -> sa.Select[Any]:
        plain = [c for c in compiled.table.c if not str(c.key).endswith(_FOLD)]
        if not virtual:
            return sa.select(*plain)
        binding = self.scene.around.binding(compiled.table, self.compiled)
        columns = [
            formula.sql(binding).label(name)
            for name in virtual
            if (formula := compiled.virtuals[name]).sql is not None
        ]
        return sa.select(*plain, *columns)

    def _records(
        self,
        compiled: CompiledEntity,
        statement: sa.Select[Any],
        parameters: Mapping[str, Any],
        only: frozenset[str] | None = None,
    ) -> list[Record]:
        connection = self.scene.connection
        result = connection.execute(statement, {**self.scene.parameters, **parameters})
        names = [str(key) for key in result.keys()]  # noqa: SIM118
        place = names.index("id")
        loaders = loaded_fields(compiled)
        if only is not None:
            loaders = [pair for pair in loaders if pair[0] in only]
        records = []
        for row in result:
            values: dict[str, Any] = dict(zip(names, row, strict=True))
            for name, field in loaders:
                values[name] = field.type.load(values, name, field.definition)
            records.append(Record(compiled.id, row[place], values))
        return records


def loaded_fields(compiled: CompiledEntity) -> list[tuple[str, Any]]:
    """The stored fields whose values are made from their columns."""
    return [
        (name, field)
        for name, field in compiled.fields.items()
        if field.columns
        and field.kind != "group"
        and type(field.type).load is not FieldType.load
    ]


def chunks(items: Sequence[int]) -> Iterable[Sequence[int]]:
    """The items in pieces that fit into one statement."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def _virtual(compiled: CompiledEntity, trie: Trie) -> tuple[str, ...]:
    virtuals = compiled.virtuals
    return tuple(n for n in trie if n in virtuals and virtuals[n].sql is not None)
