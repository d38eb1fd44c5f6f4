"""The order in which formulas of one entity are computed, and circles among them.

The registry asks before it compiles; formulas that read each other in a circle are
E416.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.expressions.tree import Typed


class FormulaCircle(ValueError):
    """Formulas read each other; `names` is the circle, its first name also last."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(" -> ".join(names))
        self.names = names


def formula_order(formulas: Mapping[str, Typed]) -> tuple[str, ...]:
    """The names of the formulas of one entity, each after those it reads.

    FormulaCircle if there is no such order.
    """
    done: dict[str, None] = {}
    for name in formulas:
        _visit(name, formulas, done, ())
    return tuple(done)


def _visit(
    name: str,
    formulas: Mapping[str, Typed],
    done: dict[str, None],
    trail: tuple[str, ...],
) -> None:
    if name in done:
        return
    if name in trail:
        raise FormulaCircle((*trail[trail.index(name) :], name))
    read = {path[0] for path in formulas[name].reads}
    for other in sorted(read & formulas.keys()):
        _visit(other, formulas, done, (*trail, name))
    done[name] = None
