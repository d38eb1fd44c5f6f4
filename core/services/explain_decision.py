"""Which row of a decision takes some inputs, and what stands against the others.

Asked by Reader.explain_decision. The rows are those that core.services.decisions runs,
and they are met by the same comparison.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.expressions import Env, Record
from core.frozen import frozen
from core.services.decision_table import Column, rank_of
from core.services.decisions import Decider, Plan
from core.services.reasons import Reasons
from core.services.scene import Scene
from core.services.sentences import Sentence, sentence
from core.services.titles import titles


@frozen
class RowReason:
    """A row by its id or title, whether it fits, whether it is the one taken, why."""

    row: str
    fits: bool
    taken: bool
    why: Sentence


def explain_decision(
    scene: Scene, id: str, inputs: Mapping[str, Any]
) -> list[RowReason]:
    """Each row of the decision in the order in which it is asked."""
    decider = Decider(scene)
    plan = decider.plan(id)
    env = scene.env(names=decider.records(id, inputs))
    if plan.definition.mode == "bands":
        text = "Every part of the value is taken at the rate of its bracket."
        return [RowReason(id, True, True, sentence(text))]
    rows = _of_users if plan.entity else _written
    found = list(rows(scene, decider, plan, env))
    everything = plan.definition.mode == "all"
    first = _first(decider, id, inputs, found) if not everything else None
    return [
        RowReason(name, fits, fits and (everything or key == first), why)
        for key, name, fits, why in found
    ]


_Row = tuple[Any, str, bool, Sentence]


def _first(
    decider: Decider, id: str, inputs: Mapping[str, Any], found: list[_Row]
) -> Any:
    """The key of the row that the decision itself takes."""
    if decider.plan(id).entity is None:
        return next((key for key, _, fits, _ in found if fits), None)
    taken = decider.decide(id, inputs) if any(row[2] for row in found) else None
    return None if taken is None else taken.id


def _written(scene: Scene, _: Decider, plan: Plan, env: Env) -> Iterator[_Row]:
    reasons = Reasons(scene)
    at = f"decision {plan.definition.id}/rows"
    registry = scene.runtime.compiled.registry
    for name, when, _then in plan.rows:
        typed = registry.typed(f"{at}/{name}/when")
        if when is None or typed is None:
            text = "It fits always, as it has no condition."
            yield name, name, True, sentence(text)
        else:
            yield name, name, when(env) is True, reasons.verdict(typed, env)


def _of_users(scene: Scene, decider: Decider, plan: Plan, env: Env) -> Iterator[_Row]:
    values = {column.name: column.value(env) for column in plan.columns}
    rows = decider.rows(plan)
    names = titles(scene, plan.entity or "", [row.id for row in rows if row.id])
    for row in rows:
        against = [
            column
            for column in plan.columns
            if _rank(decider, plan, column, row, values) is None
        ]
        name = names.get(row.id or 0, str(row.id))
        yield row.id, name, not against, _why(scene, plan, row, against)


def _rank(
    decider: Decider,
    plan: Plan,
    column: Column,
    row: Record,
    values: Mapping[str, Any],
) -> tuple[int, ...] | None:
    trees = decider.trees(plan, [column], values)
    return rank_of([column], row, values, trees, decider.holds)


def _why(scene: Scene, plan: Plan, row: Record, against: list[Column]) -> Sentence:
    if not against:
        return sentence("All of its columns fit.")
    reasons = Reasons(scene)
    facts = tuple(reasons.column(plan.entity or "", row, one.name) for one in against)
    return sentence("It does not fit because {facts}.", facts=facts)
