"""Which records a checked tree starts from.

The SQL back end asks, to tell what the database reads from what Python knows already.
"""

from __future__ import annotations

from core.expressions.substitution import walk
from core.expressions.tree import AllRows, External, Node, Select, Variable
from core.expressions.types import Kind


def free_records(node: Node) -> frozenset[str]:
    """The names of records (and outer loop items) that the tree reads from outside."""
    free: set[str] = set()
    bound: set[str] = set()
    for part in walk(node):
        if isinstance(part, Select):
            bound.update(b.variable for b in part.binds)
        elif isinstance(part, Variable) and (
            part.type.kind is Kind.RECORD or part.name.startswith("#")
        ):
            free.add(part.name)
    return frozenset(free - bound)


def has_rows(node: Node) -> bool:
    """Whether the tree reads rows or records that no variable leads to."""
    return any(isinstance(p, AllRows | External) for p in walk(node))
