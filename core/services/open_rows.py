"""What is still open of the rows that a button takes, so that somebody may take less.

Asked by the page and the API for the small form of a button whose mapping has lines
with `open`. Nothing is locked: the press looks again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from core.compiler import CompiledAction, CompiledMapping, MapRecords
from core.expressions import Record
from core.frozen import frozen
from core.services.effects import ids_of
from core.services.mapping import mapping_of, sources_of
from core.services.mapping_lines import taken_rows
from core.services.mapping_rights import may_read_lines
from core.services.mapping_run import Run
from core.services.reader import Reader
from core.services.runtime import Runtime


@frozen
class OpenRow:
    """A row of `lines` of a mapping; `open` is how much of it is left to take."""

    mapping: str
    lines: str
    row: int
    title: str
    source: str
    open: Any


def takes_less(runtime: Runtime, action: CompiledAction) -> tuple[str, ...]:
    """The mappings of a button of whose open rows less may be taken."""
    return tuple(effect.mapping for effect in _effects(runtime, action))


def open_rows(
    reader: Reader, entity: str, id_: int, action: CompiledAction
) -> list[OpenRow]:
    """The open rows of a record that the actor may see, in the order of the lines."""
    effects = list(_effects(reader.runtime, action))
    if not effects:
        return []
    paths = action.reads.this
    record = reader.scene.loader.load(entity, [id_], paths).get(id_)
    if record is None:
        return []
    found: list[OpenRow] = []
    for effect in effects:
        env = reader.scene.env(action.reads, this=record, old=record)
        sources = record if effect.records is None else effect.records.run(env)
        mapping = mapping_of(reader.runtime, effect.mapping)
        found += _of_mapping(reader, mapping, list(ids_of(sources)))
    return found


def _effects(runtime: Runtime, action: CompiledAction) -> Iterator[MapRecords]:
    for effect in action.effects:
        if not isinstance(effect, MapRecords):
            continue
        # Sources that depend on answers are not known before they are given.
        known = effect.records is None or not effect.records.reads.of
        if known and any(_shown(mapping_of(runtime, effect.mapping))):
            yield effect


def _shown(mapping: CompiledMapping) -> Iterator[str]:
    for lines in mapping.lines:
        asked = any(name.startswith("ask.") for name in lines.reads.of)
        if lines.open is not None and not asked:
            yield lines.id


def _of_mapping(
    reader: Reader, mapping: CompiledMapping, ids: Sequence[int]
) -> Iterator[OpenRow]:
    answers = {f"ask.{name}": None for name in mapping.ask}
    run = Run(reader, mapping, dict(answers), {}, locking=False, trusted=True)
    sources = sources_of(run, ids, checking=False)
    known = reader.titles(mapping.source, ids) if len(ids) > 1 else {}
    shown = set(_shown(mapping))
    for lines in mapping.lines:
        if lines.id not in shown or not may_read_lines(reader, mapping, lines):
            continue
        rows = list(taken_rows(run, lines, sources))
        titles = _titles(reader, lines.entity, [row for _, row, _ in rows])
        for source, row, amount in rows:
            id_ = row.id or 0
            if id_ in titles:
                of = known.get(source.id or 0, "")
                yield OpenRow(mapping.id, lines.id, id_, titles[id_], of, amount)


def _titles(reader: Reader, entity: str, rows: Sequence[Record]) -> dict[int, str]:
    """Titles of the rows; those without one are counted."""
    found = reader.titles(entity, [row.id or 0 for row in rows])
    label = reader.runtime.compiled.entity(entity).label
    for number, row in enumerate(rows, 1):
        if found.get(row.id or 0) == str(row.id):
            found[row.id or 0] = f"{label} {number}"
    return found
