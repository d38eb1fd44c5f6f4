"""The view that makes many writes to one entity in one transaction.

Registered by `register`. Without `partial` all rows are written or none; with it, the
good ones are written and the others are reported, each with its problems.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from flask import Response, request

from core.services import (
    AppError,
    Outcome,
    Problem,
    Transaction,
    ValidationFailed,
)
from core.services.steps_input import permitted
from core.web.api.bodies import read_object
from core.web.api.calls import Call, open_call
from core.web.api.envelopes import Bulk, Target, loaded
from core.web.api.json_text import answer
from core.web.api.parameters import check_names
from core.web.api.problems import error_of

MOST_ROWS = 10_000
_PARTS = ("create", "update", "archive", "restore", "delete")
_STATUS: Mapping[str, int] = MappingProxyType(
    {"created": 201, "updated": 200, "unchanged": 200, "refused": 422}
)


def write_bulk(module: str, name: str) -> Response:
    """`POST /<module>/<name>/bulk`: many rows; 200 with the outcome of each."""
    call = open_call(module, name, "write")
    check_names(request.args, ())
    body = loaded(Bulk(), read_object(request))
    if sum(len(body[part]) for part in _PARTS) > MOST_ROWS:
        message = f"A bulk write has at most {MOST_ROWS} rows; send several."
        raise ValidationFailed([Problem(None, "too_many", message)])

    def work(tx: Transaction) -> Response:
        outcomes = {
            part: _written(call, tx, part, body[part]) for part in _PARTS if body[part]
        }
        refused = [
            replace(problem, path=(part, row, *problem.path))
            for part, found in outcomes.items()
            for row, outcome in enumerate(found)
            for problem in outcome.problems
            if outcome.action == "refused"
        ]
        if refused and not body["partial"]:
            # Everything is checked first, so that all mistakes are told at once.
            raise ValidationFailed(refused)
        return answer(_summary(outcomes))

    return call.write(work)


def _written(
    call: Call, tx: Transaction, part: str, rows: Sequence[Any]
) -> list[Outcome]:
    """The outcomes of the rows of one part, in their order."""
    if part == "create":
        return tx.create_many(call.id, rows, partial=True)
    if part == "update":
        return _updated(call, tx, rows)
    change: Callable[[str, int], object] = getattr(tx, part)
    return [_one(tx, lambda one=id_: change(call.id, one), id_) for id_ in rows]


def _one(tx: Transaction, change: Callable[[], object], id_: int) -> Outcome:
    """One archive, restore or delete; what it did is undone if it is refused."""
    try:
        with tx.scene.connection.begin_nested():
            change()
    except AppError as error:
        return _refused(id_, error)
    return Outcome(id_, (), "updated")


def _refused(id_: int | None, error: AppError) -> Outcome:
    if isinstance(error, ValidationFailed):
        return Outcome(id_, error.problems, "refused")
    return Outcome(id_, (Problem(None, error.code, error.message),), "refused")


def _updated(
    call: Call, tx: Transaction, rows: Sequence[dict[str, Any]]
) -> list[Outcome]:
    """Change rows in one batch; those that cannot be based on are left out of it."""
    outcomes: dict[int, Outcome] = {}
    targets: dict[int, tuple[int, dict[str, Any], int | None]] = {}
    for place, row in enumerate(rows):
        given = {name: row.pop(name) for name in ("id", "version") if name in row}
        try:
            target = loaded(Target(), given)
        except ValidationFailed as error:
            outcomes[place] = _refused(None, error)
            continue
        targets[place] = (target["id"], row, target["version"])
    outcomes |= _without_base(call, tx, targets)
    left = {place: row for place, row in targets.items() if place not in outcomes}
    if left:
        found = tx.update_many(call.id, list(left.values()), partial=True)
        outcomes |= dict(zip(left, found, strict=True))
    return [outcomes[place] for place in range(len(rows))]


def _without_base(
    call: Call,
    tx: Transaction,
    targets: Mapping[int, tuple[int, dict[str, Any], int | None]],
) -> dict[int, Outcome]:
    """The rows named twice, gone, out of reach, or saved by somebody meanwhile."""
    tx.access.require(call.id, "update")
    ids = sorted({id_ for id_, _, _ in targets.values()})
    stored = tx.scene.loader.load(call.id, ids)
    seen = permitted(tx.scene, call.entity, "read", ids)
    mine = permitted(tx.scene, call.entity, "update", ids)
    outcomes: dict[int, Outcome] = {}
    before: set[int] = set()
    for place, (id_, _, version) in targets.items():
        problem: Problem | None = None
        if id_ in before:
            problem = Problem("id", "doubled", f"The id {id_} stands here twice.")
        elif id_ not in stored or not (id_ in seen or id_ in mine):
            error = tx.not_found(call.id, id_)
            problem = Problem(None, error.code, error.message)
        elif id_ not in mine:
            message = f"You may see this {call.entity.label}, but not change it."
            problem = Problem(None, "not_allowed", message)
        elif version is not None and version != stored[id_]["version"]:
            message = f"Somebody saved this {call.entity.label} meanwhile."
            facts = {"version": stored[id_]["version"]}
            problem = Problem(None, "stale_record", message, facts=facts)
        before.add(id_)
        if problem is not None:
            outcomes[place] = Outcome(id_, (problem,), "refused")
    return outcomes


def _summary(outcomes: Mapping[str, list[Outcome]]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        part: [_row(place, outcome) for place, outcome in enumerate(found)]
        for part, found in outcomes.items()
    }
    every = [outcome for found in outcomes.values() for outcome in found]
    refused = sum(outcome.action == "refused" for outcome in every)
    return {"written": len(every) - refused, "refused": refused, **shown}


def _row(place: int, outcome: Outcome) -> dict[str, Any]:
    return {
        "index": place,
        "id": None if outcome.action == "refused" and not outcome.id else outcome.id,
        "status": _STATUS[outcome.action],
        "action": outcome.action,
        "errors": [error_of(problem) for problem in outcome.problems],
    }
