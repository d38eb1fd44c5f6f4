"""Transitions that take another one back, for a while after it.

Asked by core.services.actions and core.services.transitions; the audit says which
transition led to the state and when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.compiler import CompiledMove
from core.expressions import Record
from core.services.trail import TRANSITION
from core.storage import tables

if TYPE_CHECKING:
    from core.services.reader import Reader

#: So many changes of a record are looked at for the one that led to its state.
_LOOKED_AT = 100


def may_undo(reader: Reader, move: CompiledMove, record: Record | None) -> bool:
    """Whether the state comes from the transition that a move undoes, and not long ago.

    True for moves that undo nothing.
    """
    if move.undoes is None:
        return True
    if record is None or move.window is None:
        return False
    table = tables.audit
    query = (
        sa.select(table.c.at, table.c.changes)
        .where(table.c.entity == record.entity, table.c.record == record.id)
        .order_by(table.c.id.desc())
        .limit(_LOOKED_AT)
    )
    for at, changes in reader.scene.connection.execute(query):
        if move.state in (changes or {}):
            passed = reader.scene.moment.now - at
            return bool(
                changes.get(TRANSITION) == move.undoes and passed <= move.window
            )
    return False
