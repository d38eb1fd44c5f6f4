"""Warns of each use of what still works but will go (W420).

Asked by the checker for every expression and path; knows the fields that say
`deprecated:`.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.diagnostics import Diagnostics, Span
from core.registry.documents import Documents
from core.registry.schema import RegistrySchema


class Deprecations:
    """The deprecated fields of all entities."""

    def __init__(
        self, documents: Documents, schema: RegistrySchema, diagnostics: Diagnostics
    ) -> None:
        self._schema = schema
        self._diagnostics = diagnostics
        self._found = {
            (entity.id, name): field.deprecated
            for entity in documents.entities.values()
            for name, field in entity.fields.items()
            if field.deprecated is not None
        }

    @property
    def any(self) -> bool:
        """Whether anything is deprecated at all."""
        return bool(self._found)

    def warn(self, entity: str, path: Iterable[str], span: Span) -> None:
        """Warn if a path from this entity reads a deprecated field."""
        at: str | None = entity
        for step in path:
            schema = None if at is None else self._schema.entity(at)
            member = None if schema is None else schema.member(step)
            if at is None or member is None:
                return
            notice = self._found.get((at, step))
            if notice is not None:
                self._diagnostics.warn(
                    "W420",
                    f"'{step}' of {at} is deprecated"
                    + (f" since {notice.since}" if notice.since else "")
                    + (f": {notice.note}" if notice.note else ""),
                    span,
                    "still works, but will go",
                    f"use {notice.use}" if notice.use else None,
                )
            at = member.target
