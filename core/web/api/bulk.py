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
    Outcome,
    Problem,
    Transaction,
    ValidationFailed,
)
from core.services.together import BULK, together
from core.web.api.bodies import read_object
from core.web.api.calls import Call, open_call
from core.web.api.envelopes import Bulk, Target, loaded
from core.web.api.json_text import answer
from core.web.api.parameters import check_names
from core.web.api.problems import error_of

MOST_ROWS = 10_000
_PARTS = ("create", "update", "archive", "restore", "delete")
_STATUS: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(("updated", "unchanged", "archived", "restored"), 200),
        **{"created": 201, "deleted": 200, "refused": 422},
    }
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
        tx.access.require(call.id, BULK)
        tx.scene.begin_writing()
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
        if refused and not body["partly"]:
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
    work = {
        "archive": tx.archive_many,
        "restore": tx.restore_many,
        "delete": tx.delete_many,
    }[part]
    verb = "delete" if part == "delete" else "archive"

    def change(ids: list[int]) -> list[Outcome]:
        return together(tx, call.id, verb, ids, lambda open_: work(call.id, open_))

    return _each_once(rows, change)


def _updated(
    call: Call, tx: Transaction, rows: Sequence[dict[str, Any]]
) -> list[Outcome]:
    """Change rows in one batch; those that name no record are left out of it."""
    outcomes: dict[int, Outcome] = {}
    targets: dict[int, tuple[int, dict[str, Any], int | None]] = {}
    before: set[int] = set()
    for place, row in enumerate(rows):
        given: dict[str, Any] = {
            name: row.pop(name) for name in ("id", "version") if name in row
        }
        try:
            target = loaded(Target(), given)
        except ValidationFailed as error:
            outcomes[place] = Outcome(None, error.problems, "refused")
            continue
        id_ = target["id"]
        if id_ in before:
            outcomes[place] = _doubled(id_)
            continue
        before.add(id_)
        targets[place] = (id_, row, target["version"])
    by_id = {target[0]: target for target in targets.values()}

    def change(ids: list[int]) -> list[Outcome]:
        return tx.update_many(call.id, [by_id[id_] for id_ in ids], partial=True)

    found = together(tx, call.id, "update", list(by_id), change)
    outcomes |= dict(zip(targets, found, strict=True))
    return [outcomes[place] for place in range(len(rows))]


def _each_once(
    ids: Sequence[int], change: Callable[[list[int]], list[Outcome]]
) -> list[Outcome]:
    """Outcomes of ids of which some may stand twice: those count once."""
    once = list(dict.fromkeys(ids))
    found = dict(zip(once, change(once), strict=True))
    seen: set[int] = set()
    outcomes = []
    for id_ in ids:
        outcomes.append(_doubled(id_) if id_ in seen else found[id_])
        seen.add(id_)
    return outcomes


def _doubled(id_: int) -> Outcome:
    problem = Problem("id", "doubled", f"The id {id_} stands here twice.")
    return Outcome(id_, (problem,), "refused")


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
