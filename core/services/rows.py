"""Turns the values of a record into the columns of its table, fast.

Asked by the step `write_row`; made once per entity. Most columns keep the value as it
is, some types spread it over several, folded texts have a shadow column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

from core.compiler import CompiledEntity, CompiledField, fold_of
from core.expressions.schema import path_name
from core.fieldtypes import FieldType
from core.services.runtime import Runtime

_STAMPS = (
    "id",
    "version",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "archived",
    "archived_at",
)


class RowMaker:
    """Makes rows of one entity."""

    def __init__(self, entity: CompiledEntity) -> None:
        stored = {n: f for n, f in entity.fields.items() if f.columns}
        stored = {n: f for n, f in stored.items() if f.kind != "group"}
        plain = [n for n, f in stored.items() if type(f.type).store is FieldType.store]
        self._names = (*_STAMPS, *plain)
        if entity.owner is not None:
            self._names = (*self._names, "position")
        if entity.tree is not None:
            self._names = (*self._names, path_name(entity.tree))
        self._get: Callable[[Mapping[str, Any]], tuple[Any, ...]] = itemgetter(
            *self._names
        )
        self._plain = frozenset(self._names)
        self._others: dict[str, CompiledField] = {
            n: f for n, f in stored.items() if n not in self._plain
        }
        self._folds = entity.fold_columns

    def whole(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """All columns of a new row."""
        row = dict(zip(self._names, self._get(values), strict=True))
        for name, field in self._others.items():
            row.update(field.type.store(values.get(name), name, field.definition))
        for name, column in self._folds:
            row[column] = fold_of(values.get(name))
        return row

    def some(self, values: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
        """The columns of the fields that changed."""
        row = {name: values[name] for name in names & self._plain}
        for name in names & self._others.keys():
            field = self._others[name]
            row.update(field.type.store(values.get(name), name, field.definition))
        for name, column in self._folds:
            if name in names:
                row[column] = fold_of(values.get(name))
        return row


def row_maker(runtime: Runtime, entity: CompiledEntity) -> RowMaker:
    """The row maker of an entity, made once per generation."""
    found: RowMaker = runtime.plans.get(
        ("rows-of", entity.id), lambda: RowMaker(entity)
    )
    return found
