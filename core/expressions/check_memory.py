"""Functions that work in memory only, refused where SQL is needed.

Called by the checks of calls, calendars, decisions, foreign texts and kept expressions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.expressions import syntax as s

if TYPE_CHECKING:
    from core.expressions.checker import Checker


def may_use_memory(checker: Checker, call: s.Call) -> bool:
    """Whether the call may stand here; what is wrong is reported (E412, E415)."""
    if checker.slot.memory and not checker.slot.sql:
        return True
    checker.report(
        "E415" if checker.slot.sql else "E412",
        f"'{call.function}' works in memory only and cannot stand in a "
        f"{checker.slot.name}",
        (call.start, call.name_end),
    )
    return False
