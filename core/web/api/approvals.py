"""What waits for the decision of the caller, over all entities.

Registered by `register`; an API key needs the scope that covers everything. The
decisions themselves are the transitions `approve` and `reject` of the records.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, request

from core.services.waiting import Waiting, waiting
from core.web.api.credentials import caller
from core.web.api.json_text import answer
from core.web.api.parameters import check_names
from core.web.api.rendering import moment_text
from core.web.state import application


def list_waiting() -> Response:
    """`GET /approvals`: the oldest first."""
    asking = caller()
    asking.require("approvals", "read")
    check_names(request.args, ())
    with application().reader(asking.actor) as reader:
        return answer({"items": [_shown(one) for one in waiting(reader)]})


def _shown(one: Waiting) -> dict[str, Any]:
    return {
        "entity": one.entity,
        "id": one.record,
        "title": one.title,
        "since": moment_text(one.since),
        **asdict(one.progress),
    }
