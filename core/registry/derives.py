"""Circles of derived values: a suggestion that waits for itself.

Called once per entity after its expressions are checked. Formulas alone are looked
after by core.registry.formulas; here derives are in the circle as well.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

from core.definitions import EntityDef, TraitDef
from core.fieldtypes.spec import DeriveDef, FieldDef
from core.registry.checker import Checker
from core.registry.formulas import report_circle


def check_circles(checker: Checker, owner: EntityDef | TraitDef) -> None:
    """Report E416 for each circle in which at least one derive takes part."""
    graph = {
        name: _inputs(checker, field)
        for name, field in owner.fields.items()
        if field.derive is not None or field.formula is not None or field.cases
    }
    while True:
        circle = _circle(graph)
        if not circle:
            return
        derived = [name for name in circle if owner.fields[name].derive is not None]
        if derived:
            start = circle.index(min(circle))
            names = [*circle[start:], *circle[:start]]
            span = owner.fields[derived[0]].at("derive")
            shown = [f"{owner.id}.{name}" for name in (*names, names[0])]
            report_circle(checker, shown, span)
        for name in circle:
            del graph[name]


def _inputs(checker: Checker, field: FieldDef) -> set[str]:
    """The names of the record whose change makes the field be computed again."""
    derive = field.derive
    if isinstance(derive, DeriveDef) and derive.watch:
        return {path.steps[0] for path in derive.watch}
    for key in ("derive", "formula", "cases"):
        typed = checker.expressions.get(f"{field.address}/{key}")
        if typed is not None:
            return {path[0] for path in typed.reads}
    return set()


def _circle(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found = list(error.args[1])[:-1]
        return [name for name in found if name in graph][::-1]
    return []
