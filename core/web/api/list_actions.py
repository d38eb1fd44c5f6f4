"""The view of buttons of a whole list, and of those pressed for several records.

Registered by `register`; a button of one record is pressed at the record.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request

from core.services import Outcome, Problem, Transaction, ValidationFailed
from core.web.api.bodies import read_object
from core.web.api.calls import open_call
from core.web.api.envelopes import ListPressed, loaded
from core.web.api.json_text import answer
from core.web.api.parameters import check_names
from core.web.api.problems import error_of


def press(module: str, name: str, action: str) -> Response:
    """`POST /<module>/<name>/actions/<action>`: press it; tells what became of it."""
    call = open_call(module, name, "write")
    check_names(request.args, ())
    body = loaded(ListPressed(), read_object(request, required=False))
    known = call.entity.actions.get(action)
    many = known is not None and known.definition.place == "selection"
    if many and not body["ids"]:
        message = "Say for which records: 'ids'."
        raise ValidationFailed([Problem("ids", "required", message)])

    def work(tx: Transaction) -> Response:
        if not many:
            tx.run_for_list(call.id, action, body["ask"])
            return answer({"done": 1, "refused": 0, "items": []})
        outcomes = tx.run_for_many(call.id, body["ids"], action, body["ask"])
        refused = sum(one.action == "refused" for one in outcomes)
        found = [_shown(one) for one in outcomes]
        done = len(outcomes) - refused
        return answer({"done": done, "refused": refused, "items": found})

    return call.write(work)


def _shown(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.id,
        "done": outcome.action != "refused",
        "errors": [error_of(problem) for problem in outcome.problems],
    }
