"""Which field types there are: name -> the one object that knows all about it.

Made once per Application by `builtin_catalog`, extended by modules with `with_types`;
asked by every stage that meets a field.

Public: `FieldTypeCatalog`, `builtin_catalog(secrets)`.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from core.diagnostics import did_you_mean
from core.fieldtypes.base import FieldType


class FieldTypeCatalog:
    """An immutable set of field types by name."""

    def __init__(self, types: Iterable[FieldType]) -> None:
        found: dict[str, FieldType] = {}
        for type_ in types:
            if type_.name in found:
                raise ValueError(f"the field type '{type_.name}' is there twice")
            found[type_.name] = type_
        self._types = MappingProxyType(found)

    def get(self, name: str) -> FieldType | None:
        """The type of this name, or None."""
        return self._types.get(name)

    def __getitem__(self, name: str) -> FieldType:
        return self._types[name]

    def __contains__(self, name: object) -> bool:
        return name in self._types

    def names(self) -> tuple[str, ...]:
        """All names in alphabetical order."""
        return tuple(sorted(self._types))

    def suggestion(self, name: str) -> str | None:
        """The help text of E203 for an unknown type, or None."""
        return did_you_mean(name, self._types)

    def with_types(self, extra: Iterable[FieldType]) -> FieldTypeCatalog:
        """A catalog with further types; a name that exists is a ValueError."""
        return FieldTypeCatalog((*self._types.values(), *extra))
