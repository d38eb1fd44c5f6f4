"""Creates records that links of a file name and nobody has yet.

Called by the import for columns whose mapping says `missing: create`; made in the
import's own transaction, with the rights of who imports.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.compiler import CompiledEntity
from core.exchange.mapping import Column
from core.exchange.paths import Slot
from core.services import Transaction


def _title_field(compiled: CompiledEntity) -> str:
    """The one field that a record is called by; empty if it is put together."""
    paths = compiled.titled.reads.this
    names = {path[0] for path in paths}
    return next(iter(names)) if len(names) == 1 == len(paths) else ""


def create_missing(
    tx: Transaction, slot: Slot, column: Column, texts: Iterable[str]
) -> dict[str, tuple[str, int]]:
    """Return text -> (entity, id) of the records that could be created."""
    assert slot.field is not None
    target = slot.field.targets[0]
    compiled = tx.runtime.compiled.entity(target)
    title = _title_field(compiled)
    wanted = sorted({text for text in texts if text})
    if title not in compiled.fields or not wanted:
        return {}
    if not tx.access.can(target, "create"):
        return {}
    rows = [{**column.new, title: text} for text in wanted]
    outcomes = tx.create_many(target, rows, True)
    return {
        text: (target, outcome.id)
        for text, outcome in zip(wanted, outcomes, strict=True)
        if outcome.action == "created" and outcome.id is not None
    }
