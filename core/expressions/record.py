"""Rows as the platform carries them: a light record with its loaded relations.

The services read rows into records and prefetch relations in batches; expressions,
rules, pages and modules read from them. A relation nobody loaded is an error, so a
query per row cannot happen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Ref(NamedTuple):
    """The value of a reference field: which entity, which row."""

    entity: str
    id: int


class NotLoaded(LookupError):
    """A field or relation was asked for that the caller did not load."""

    def __init__(self, entity: str, name: str) -> None:
        super().__init__(f"{entity}.{name} was not loaded")
        self.entity = entity
        self.name = name


class Record:
    """One row: `record['name']` reads a value, `record.related('party')` a relation.

    `values` maps field name to value (members of a group are flattened:
    `billing_street`); `relations` maps a loaded link or reference to a Record or None,
    and a loaded to-many to a tuple of Records in the target's order.
    """

    __slots__ = ("entity", "id", "relations", "values")

    def __init__(
        self,
        entity: str,
        id: int | None,
        values: dict[str, Any] | None = None,
        relations: dict[str, Any] | None = None,
    ) -> None:
        self.entity = entity
        self.id = id
        self.values: dict[str, Any] = {} if values is None else values
        self.relations: dict[str, Any] = {} if relations is None else relations

    def __getitem__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            if name == "id":
                return self.id
            raise NotLoaded(self.entity, name) from None

    def __contains__(self, name: object) -> bool:
        return name in self.values or name == "id"

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a field, or the default if it was not loaded."""
        return self.id if name == "id" else self.values.get(name, default)

    def related(self, name: str) -> Any:
        """The record behind a link, or the tuple of records behind a to-many.

        A link without a value needs no loading and is None; any other relation that was
        not loaded raises NotLoaded.
        """
        try:
            return self.relations[name]
        except KeyError:
            if name in self.values and self.values[name] is None:
                return None
            raise NotLoaded(self.entity, name) from None

    def is_loaded(self, name: str) -> bool:
        """Whether this relation can be read."""
        return name in self.relations or (
            name in self.values and self.values[name] is None
        )

    def with_values(self, changes: Mapping[str, Any]) -> Record:
        """A copy with some values replaced; relations of changed links are dropped."""
        kept = {k: v for k, v in self.relations.items() if k not in changes}
        return Record(self.entity, self.id, {**self.values, **changes}, kept)

    @property
    def ref(self) -> Ref:
        """This record as the value of a reference field."""
        if self.id is None:
            raise ValueError(f"a new {self.entity} has no id yet")
        return Ref(self.entity, self.id)

    def __repr__(self) -> str:
        return f"<Record {self.entity} {self.id}>"
