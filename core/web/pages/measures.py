"""Currencies and units: where a record says in which an amount is.

Lists, forms and records ask which paths to read and get code and decimals back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.compiler import Compiled, CompiledEntity, CompiledField
from core.expressions import Record
from core.fieldtypes import TextHints
from core.frozen import frozen

_DECIMALS = "decimals"


@frozen
class Measure:
    """The currency or unit of a field: a fixed code, or paths from the record."""

    code: str = ""
    path: str = ""
    key: str = ""
    decimals: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """What must be read to know it."""
        return tuple(name for name in (self.key, self.decimals) if name)

    def of(self, values: Mapping[str, Any]) -> TextHints:
        """Code and decimal places in a record's values."""
        code = self.code or values.get(self.key) or ""
        places = values.get(self.decimals)
        return TextHints(places=places, unit=str(code))


def measure_of(
    compiled: Compiled, entity: CompiledEntity, field: CompiledField
) -> Measure | None:
    """The measure of a money or quantity field, None for other fields."""
    definition = field.definition
    written = definition.currency if field.type.name == "money" else definition.unit
    if field.type.name not in ("money", "quantity") or written is None:
        return None
    text = str(written)
    steps = text.split(".")
    here = entity
    for step in steps:
        link = here.fields.get(step)
        if link is None or link.kind != "link":
            return Measure(code=text) if text.isupper() else None
        here = compiled.entity(link.targets[0])
    if here.key is None:
        return None
    decimals = f"{text}.{_DECIMALS}" if _DECIMALS in here.fields else ""
    return Measure(path=text, key=f"{text}.{here.key}", decimals=decimals)


def wanted_paths(measures: Iterable[Measure | None]) -> list[str]:
    """All paths to read for these measures, each once."""
    return list(dict.fromkeys(p for m in measures if m is not None for p in m.paths))


def from_parent(measure: Measure, link: str, parent: Record) -> TextHints | None:
    """The measure of a line that its parent names; None if the line names it."""
    if not measure.path.startswith(f"{link}."):
        return None
    cut = len(link) + 1
    own = Measure(
        measure.code,
        measure.path[cut:],
        measure.key[cut:],
        measure.decimals[cut:] if measure.decimals else "",
    )
    return own.of(parent.values)
