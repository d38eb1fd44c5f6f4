"""`extend:` what a module adds to somebody else's definition.

The body has the target's own grammar, read with no key required; core.registry.extend
composes it into the target.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.diagnostics import Span
from core.source import Described


@dataclass(frozen=True, slots=True)
class ExtendDef:
    """An extension or overlay: its target, who wrote it, its body."""

    kind: str
    target: str
    module: str
    overlay: bool
    body: Described
    span: Span
