"""A mapping fitted to the header of a file: which cells go where, ready to run.

Called by the import and by whoever shows a mapping; BadMapping names a column or a
place that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.compiler import Compiled
from core.diagnostics import suggestion
from core.exchange.declared import is_present
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
    """All places of a mapping; those of `match` together find stored records.

    `keys` are those of them that columns fill, the others hold constants.
    """

    entity: str
    filled: tuple[Filled, ...]
    constants: tuple[tuple[Slot, str], ...]
    keys: tuple[Filled, ...]
    match: tuple[Slot, ...]

    @property
    def key_shown(self) -> str:
        """The columns of the key, for reports."""
        return ", ".join(one.shown for one in self.keys)


def fit(compiled: Compiled, mapping: Mapping, header: Sequence[str]) -> Fitted:
    """Fit a mapping to a header; BadMapping with the first thing that does not fit."""
    _known(compiled, mapping.entity)
    if not is_present(compiled.registry, mapping):
        now = compiled.registry.mappings[mapping.document].version
        raise BadMapping(
            f"The mapping was made of version {mapping.version} of "
            f"'{mapping.document}', which is at version {now} now. Make it anew."
        )
    places = {name: number for number, name in reversed(list(enumerate(header)))}
    filled = tuple(_filled(compiled, mapping, one, places) for one in mapping.columns)
    constants = tuple(
        (slot_at(compiled, mapping.entity, path), text)
        for path, text in mapping.constants.items()
    )
    if not filled:
        raise BadMapping("The mapping takes no column of the file.")
    slots = tuple(_match(mapping, filled, constants))
    keys = tuple(one for one in filled if any(one.slot is slot for slot in slots))
    return Fitted(mapping.entity, filled, constants, keys, slots)


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


def _match(
    mapping: Mapping,
    filled: tuple[Filled, ...],
    constants: tuple[tuple[Slot, str], ...],
) -> Iterator[Slot]:
    """The places of the key; of several each is a field with a value of its own."""
    columns = {one.slot.path: one.slot for one in filled}
    known = {slot.path: slot for slot, _ in constants} | columns
    keys = mapping.keys
    if keys and not any(path in columns for path in keys):
        named = ", ".join(keys)
        text = f"The key '{named}' is filled by no column. Map a column to it."
        raise BadMapping(text)
    for path in keys:
        if path not in known:
            text = f"The key '{path}' is filled by no column. Map a column to it."
            raise BadMapping(text)
        slot = known[path]
        own = slot.kind == "field" and slot.label is None and slot.field is not None
        if len(keys) > 1 and not (own and _is_single(slot)):
            text = f"'{path}' is no single value; it cannot be part of a key."
            raise BadMapping(text)
        yield slot


def _is_single(slot: Slot) -> bool:
    return slot.field is not None and slot.field.kind in ("value", "link")
