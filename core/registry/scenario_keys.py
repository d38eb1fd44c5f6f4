"""The names that a test gives its rows and users, as far as it has come.

Filled and asked by core.registry.check_scenarios and check_expected.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.expressions import types
from core.expressions.types import Type
from core.registry.schema import RegistrySchema
from core.source import is_name


class Keys:
    """`of`: key -> entity of its record; `people` are the keys of users."""

    def __init__(self, schema: RegistrySchema) -> None:
        self._schema = schema
        self.of: dict[str, str] = {}
        self.people: set[str] = set()

    def add(self, rows: Mapping[str, Mapping[str, object]]) -> None:
        """Know rows from here on."""
        for entity, keys in rows.items():
            self.of |= dict.fromkeys(keys, entity)

    def find(self, key: str) -> str | None:
        """The entity of a key, or of the external id of a shipped row."""
        return self.of.get(key) or self._schema.external(key)

    def names(self) -> dict[str, Type]:
        """What the keys stand for in expressions."""
        entities = self._schema.entities
        return {
            key: types.link(entity)
            for key, entity in self.of.items()
            if is_name(key) and entity in entities
        }
