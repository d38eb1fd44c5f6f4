"""Gaps in the rows of a decision, and rows that are never reached (W426, W427).

Called once the rows are checked. Every condition is tried at the values where it may
turn: each number or day that it names, those beside and between them, every choice.
What conditions read beyond their inputs cannot be tried, and nothing is said then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise, product
from math import prod
from typing import Any

from core.definitions import DecisionDef
from core.expressions import Env, EvaluationError, to_python
from core.expressions.storage_types import plain
from core.expressions.substitution import walk
from core.expressions.tree import (
    Call,
    Coalesce,
    Conditional,
    IsNull,
    Literal,
    Logic,
    Node,
    OneOf,
    Typed,
    Variable,
)
from core.expressions.types import NUMERIC, Kind, Type
from core.registry.checker import Checker
from core.source import Scalar

#: So many cases are tried; a larger table is left to its author.
_MOST = 1_000
_TRIED = (Call, Coalesce, Conditional, IsNull, Literal, Logic, OneOf, Variable)
_KINDS = NUMERIC | {Kind.DATE, Kind.CHOICE, Kind.BOOLEAN}
Case = dict[str, Any]


def check_rows(
    checker: Checker,
    decision: DecisionDef,
    inputs: Mapping[str, Type],
    tests: Mapping[str, Typed | None],
) -> None:
    """Look for cases without a row, and for rows without a case.

    tests: the condition of each row in order, None for a row that always fits.
    """
    cases = _cases(decision, inputs, [test for test in tests.values() if test])
    if cases is None or decision.mode == "all":
        return
    runs = {
        name: None if test is None else to_python(test) for name, test in tests.items()
    }
    reached: set[str] = set()
    gap: Case | None = None
    for case in cases:
        env = Env(names=case)
        try:
            first = next(
                (n for n, r in runs.items() if r is None or r(env) is True), ""
            )
        except EvaluationError:
            return
        reached.add(first)
        if not first and gap is None:
            gap = case
    _tell(checker, decision, runs.keys() - reached, gap)


def _tell(
    checker: Checker, decision: DecisionDef, dead: Iterable[str], gap: Case | None
) -> None:
    lost = set(dead)
    for name, row in decision.rows.items():
        if name in lost:
            checker.diagnostics.warn(
                "W427",
                f"the row '{name}' is never reached",
                row.span,
                "earlier rows take every case, or it holds for none",
                "put it before them, or leave it out",
            )
    silent = decision.gave("otherwise") or decision.gave("on_none")
    if gap is not None and not silent:
        told = " and ".join(f"{name} = {_shown(one)}" for name, one in gap.items())
        checker.diagnostics.warn(
            "W426",
            f"no row of '{decision.id}' fits {told}" if told else "no row ever fits",
            decision.at("rows"),
            "the decision gives nothing then",
            "add a row or 'otherwise'; 'on_none: null' says that it is meant so",
        )


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return plain(value) if isinstance(value, Decimal) else str(value)


def _cases(
    decision: DecisionDef, inputs: Mapping[str, Type], tests: Sequence[Typed]
) -> Iterable[Case] | None:
    """Values of the inputs that the rows tell apart; None if that is not possible."""
    nodes = [node for test in tests for node in walk(test.tree)]
    if not all(isinstance(node, _TRIED) for node in nodes):
        return None
    if any(isinstance(n, Call) and (n.function.memory or n.args == ()) for n in nodes):
        return None
    used = {node.name for node in nodes if isinstance(node, Variable)}
    if not used <= inputs.keys():
        return None
    values: dict[str, list[Any]] = {}
    for name in inputs:
        if name not in used:
            continue
        found = _values(inputs[name], nodes)
        if found is None:
            return None
        values[name] = [one for one in found if _allowed(decision, name, one)]
    if prod(map(len, values.values())) > _MOST:
        return None
    return (dict(zip(values, one, strict=True)) for one in product(*values.values()))


def _values(type: Type, nodes: Sequence[Node]) -> list[Any] | None:
    if type.kind is Kind.BOOLEAN:
        return [False, True]
    if type.kind is Kind.CHOICE:
        return list(type.choices)
    if type.kind not in _KINDS:
        return None
    days = type.kind is Kind.DATE
    named: set[Any] = {
        node.value
        for node in nodes
        if isinstance(node, Literal)
        and node.value is not None
        and (
            isinstance(node.value, date)
            if days
            else isinstance(node.value, int | Decimal)
            and not isinstance(node.value, bool)
        )
    }
    if days:
        one = timedelta(days=1)
        return sorted({day + n * one for day in named for n in (-1, 0, 1)})
    if type.kind is Kind.INTEGER:
        whole = {int(number) for number in named}
        return sorted({number + n for number in whole for n in (-1, 0, 1)})
    exact = sorted(Decimal(number) for number in named)
    between = [(a + b) / 2 for a, b in pairwise(exact)]
    ends = [exact[0] - 1, exact[-1] + 1] if exact else []
    return sorted({*exact, *between, *ends})


def _allowed(decision: DecisionDef, name: str, value: Any) -> bool:
    """Whether the input can hold the value at all."""
    field = decision.inputs[name]
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        return True
    for slot, least in ((field.min, True), (field.max, False)):
        if slot is None or not isinstance(slot.literal, Scalar):
            continue
        limit = Decimal(str(slot.literal.value))
        if value < limit if least else value > limit:
            return False
    return True
