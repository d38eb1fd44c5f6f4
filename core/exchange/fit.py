"""A mapping fitted to the header of a file: which cells go where, ready to run.

Called by the import and by whoever shows a mapping; BadMapping names a column or a
place that is not there.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.compiler import Compiled
from core.diagnostics import suggestion
from core.exchange.errors import BadMapping
from core.exchange.mapping import Column, Mapping
from core.exchange.paths import Slot, slot_at
from core.frozen import frozen


@frozen
class Filled:
    """A place and the cells that fill it, by their number in the row."""

    slot: Slot
    cells: tuple[int, ...]
    column: Column

    @property
    def shown(self) -> str:
        """The columns of the file, for reports."""
        return " + ".join(self.column.sources)


@frozen
class Fitted:
    """All places of a mapping; `key` is the one that finds stored records."""

    entity: str
    filled: tuple[Filled, ...]
    constants: tuple[tuple[Slot, str], ...]
    key: Filled | None


def fit(compiled: Compiled, mapping: Mapping, header: Sequence[str]) -> Fitted:
    """Fit a mapping to a header; BadMapping with the first thing that does not fit."""
    _known(compiled, mapping.entity)
    places = {name: number for number, name in reversed(list(enumerate(header)))}
    filled = tuple(_filled(compiled, mapping, one, places) for one in mapping.columns)
    constants = tuple(
        (slot_at(compiled, mapping.entity, path), text)
        for path, text in mapping.constants.items()
    )
    if not filled:
        raise BadMapping("The mapping takes no column of the file.")
    return Fitted(mapping.entity, filled, constants, _key(mapping, filled))


def check_mapping(
    compiled: Compiled, mapping: Mapping, header: Sequence[str]
) -> tuple[str, ...]:
    """Return a sentence for everything that does not fit; empty if all is well."""
    try:
        _known(compiled, mapping.entity)
    except BadMapping as bad:
        return (bad.message,)
    places = {name: number for number, name in enumerate(header)}
    found = []
    for column in mapping.columns:
        try:
            _filled(compiled, mapping, column, places)
        except BadMapping as bad:
            found.append(bad.message)
    for path in mapping.constants:
        try:
            slot_at(compiled, mapping.entity, path)
        except BadMapping as bad:
            found.append(bad.message)
    if not found:
        try:
            fit(compiled, mapping, header)
        except BadMapping as bad:
            found.append(bad.message)
    return tuple(found)


def _known(compiled: Compiled, entity: str) -> None:
    if entity not in compiled.ids():
        tail = suggestion(entity, list(compiled.ids()))
        raise BadMapping(f"There is no entity '{entity}'.{tail}")


def _filled(
    compiled: Compiled, mapping: Mapping, column: Column, places: dict[str, int]
) -> Filled:
    for source in column.sources:
        if source not in places:
            tail = suggestion(source, list(places))
            raise BadMapping(f"The file has no column '{source}'.{tail}")
    slot = slot_at(compiled, mapping.entity, column.target)
    return Filled(slot, tuple(places[name] for name in column.sources), column)


def _key(mapping: Mapping, filled: tuple[Filled, ...]) -> Filled | None:
    if mapping.key is None:
        return None
    for one in filled:
        if one.slot.path == mapping.key:
            return one
    raise BadMapping(
        f"The key '{mapping.key}' is filled by no column. Map a column to it."
    )
