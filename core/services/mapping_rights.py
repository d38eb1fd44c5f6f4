"""What an actor must be able to read to run a mapping by himself.

Asked by core.services.mapping; effects run mappings with full rights.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from core.compiler import TARGET, CompiledMapping, CompiledMappingLines
from core.services.errors import NotAllowed
from core.services.readable import ReadableSchema
from core.services.trie import Path

if TYPE_CHECKING:
    from core.services.reader import Reader
    from core.services.transactions import Transaction


def require_reads(tx: Transaction, mapping: CompiledMapping) -> None:
    """Refuse an actor who may not read a field that the mapping takes over."""
    if tx.trusted or tx.actor.is_admin:
        return
    tx.access.require(mapping.target, "create")
    schema = ReadableSchema(tx.runtime.compiled.registry.schema, tx.access)
    for entity, paths in _read(mapping):
        for path in paths:
            if not _is_open(schema, entity, path):
                raise NotAllowed(
                    f"'{mapping.label}' reads what you may not read.",
                    entity=entity,
                    verb="read",
                    mapping=mapping.id,
                )


def may_read_lines(
    reader: Reader, mapping: CompiledMapping, lines: CompiledMappingLines
) -> bool:
    """Whether the actor may read all that decides which rows are open, and how much."""
    if reader.actor.is_admin:
        return True
    schema = ReadableSchema(reader.runtime.compiled.registry.schema, reader.access)
    parts = [one for one in (lines.where, lines.open) if one is not None]
    return all(
        _is_open(schema, entity, path)
        for part in parts
        for entity, paths in (
            (lines.entity, part.reads.this),
            (mapping.source, part.reads.of.get("parent", ())),
        )
        for path in paths
    )


def _read(mapping: CompiledMapping) -> Iterator[tuple[str, Iterable[Path]]]:
    yield mapping.source, mapping.reads.this
    yield mapping.source, mapping.reads.of.get("rows", ())
    for lines in mapping.lines:
        yield lines.entity, lines.reads.this
        yield lines.entity, lines.reads.of.get("rows", ())
        yield mapping.source, lines.reads.of.get("parent", ())
    if mapping.then is not None:
        yield mapping.source, mapping.then.reads.this
        yield mapping.target, mapping.then.reads.of.get(TARGET, ())


def _is_open(schema: ReadableSchema, entity: str, path: Path) -> bool:
    """Whether every step of a path is one that the actor may read."""
    first, rest = path[0], path[1:]
    found = schema.entity(entity)
    member = None if found is None else found.member(first)
    if member is None:
        return False
    if not rest or member.members or rest == ("decimals",):
        return True
    item = member.type.item or member.type
    targets = item.entities or ((member.target,) if member.target else ())
    return all(_is_open(schema, one, rest) for one in targets)
