"""`extend:` what a module adds to somebody else's definition.

The body has the target's own grammar, read with no key required; core.registry.extend
composes it into the target.
"""

from __future__ import annotations

from core.diagnostics import Span
from core.frozen import frozen
from core.source import Described


@frozen
class ExtendDef:
    """An extension or overlay: its target, who wrote it, its body."""

    kind: str
    target: str
    module: str
    overlay: bool
    body: Described
    span: Span
