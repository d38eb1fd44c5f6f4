"""One run of a mapping: what it is asked, what it found, what it will make.

Shared by the parts of core.services.mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.compiler import CompiledMapping, CompiledMappingLines
from core.compiler.parts import Reads
from core.expressions import Env, Record
from core.services.effects import Take
from core.services.holding import hold_rows

if TYPE_CHECKING:
    from core.services.reader import Reader


@dataclass(slots=True)
class MappedLine:
    """A line to be made: of which source rows, how much of what is open, its values."""

    lines: CompiledMappingLines
    rows: list[Record]
    open: Any
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Mapped:
    """A target to be made of some sources; `record` is it once it is there."""

    sources: list[Record]
    values: dict[str, Any]
    lines: list[MappedLine]
    record: Record | None = None
    answers: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Run:
    """A run on its way; one that does not write locks nothing."""

    tx: Reader
    mapping: CompiledMapping
    answers: dict[str, Any]
    take: Take
    locking: bool = True
    trusted: bool = False
    taken: set[tuple[str, int]] = field(default_factory=set)

    def env(self, reads: Reads, this: Record, **names: Any) -> Env:
        """The surroundings of an expression of the mapping over one source."""
        return self.tx.scene.env(reads, this=this, names={**self.answers, **names})

    def hold(self, entity: str, ids: Iterable[int]) -> None:
        """Lock rows before anything is read of them."""
        if self.locking:
            hold_rows(self.tx.scene, entity, ids)


def key_of(value: Any) -> Any:
    """A value as part of the key of a group: records by their ids."""
    return value.id if isinstance(value, Record) else value


def link_to(tx: Reader, entity: str, name: str, records: Sequence[Record]) -> Any:
    """The value of a field of `entity` that leads to some records."""
    kind = tx.runtime.compiled.entity(entity).fields[name].kind
    if kind == "links":
        return [record.id for record in records]
    return records[0].ref if kind == "reference" else records[0].id
