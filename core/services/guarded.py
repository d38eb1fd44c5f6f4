"""Which saves look at other rows before they write, and so need the lock early.

Asked by core.services.write; worked out once per entity and generation.
"""

from __future__ import annotations

from core.compiler import Compiled
from core.services.runtime import Runtime


def is_guarded(runtime: Runtime, entity: str) -> bool:
    """Whether a save of the entity, or of its lines, is checked across rows."""
    found: bool = runtime.plans.get(
        ("guarded", entity), lambda: _is_guarded(runtime.compiled, entity)
    )
    return found


def _is_guarded(compiled: Compiled, entity: str) -> bool:
    own = compiled.entity(entity)
    if own.tree is not None or (own.duplicates is not None and own.duplicates.blocks):
        return True
    children = {lines.child for lines in own.lines.values()}
    return any(_is_guarded(compiled, child) for child in children)
