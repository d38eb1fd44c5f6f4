"""Currency and unit of the amounts in a draft, read along their paths.

Forms and the evaluation of drafts ask per field; each linked record is read once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.compiler import CompiledEntity, CompiledField
from core.fieldtypes import NO_HINTS, TextHints
from core.services import BadQuery, NotAllowed, NotFound, Reader
from core.web.pages.measures import measure_of
from core.web.pages.screen import Screen


@dataclass(slots=True)
class DraftMeasures:
    """Finds the measures of one draft; `parent` are the values of a line's document."""

    screen: Screen
    reader: Reader
    _known: dict[tuple[str, int, tuple[str, ...]], Mapping[str, Any]] = field(
        default_factory=dict
    )

    def of(
        self,
        entity: CompiledEntity,
        shown: CompiledField,
        values: Mapping[str, Any],
        parent: Mapping[str, Any] | None = None,
    ) -> TextHints:
        """The measure of a field, given the values of the draft."""
        measure = measure_of(self.screen.compiled, entity, shown)
        if measure is None:
            return NO_HINTS
        if measure.code:
            return measure.of({})
        steps = measure.path.split(".")
        here = entity
        if parent is not None and entity.owner and steps[0] == entity.owner.field:
            here = self.screen.compiled.entity(entity.owner.entity)
            values, steps = parent, steps[1:]
        if not steps:
            return NO_HINTS
        return self._along(here, values, steps)

    def _along(
        self, here: CompiledEntity, values: Mapping[str, Any], steps: list[str]
    ) -> TextHints:
        for number, step in enumerate(steps):
            id_ = values.get(step)
            if not isinstance(id_, int):
                return NO_HINTS
            here = self.screen.compiled.entity(here.fields[step].targets[0])
            names = tuple(steps[number + 1 : number + 2]) or _last(here)
            values = self._read(here.id, id_, names)
        code = values.get(here.key or "") or ""
        return TextHints(places=values.get("decimals"), unit=str(code) or None)

    def _read(self, entity: str, id_: int, names: tuple[str, ...]) -> Mapping[str, Any]:
        key = (entity, id_, names)
        if key not in self._known:
            try:
                self._known[key] = self.reader.get(entity, id_, names).values
            except (NotFound, NotAllowed, BadQuery):
                # Who may not read the currency sees the bare number.
                self._known[key] = {}
        return self._known[key]


def _last(entity: CompiledEntity) -> tuple[str, ...]:
    names = (entity.key, "decimals" if "decimals" in entity.fields else None)
    return tuple(name for name in names if name)
