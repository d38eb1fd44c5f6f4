"""What the caller is told of: his notices, newest first, and marking them as read.

Registered by `register`. A notice is shown as long as he may read the record.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from flask import Response, request

from core.services import Transaction as Tx
from core.services.timeline import Notice, mark_read, notices, unread
from core.web.api.calls import write_once
from core.web.api.credentials import caller
from core.web.api.json_text import answer
from core.web.api.parameters import check_names, flag_of, number_of
from core.web.api.rendering import moment_text
from core.web.state import application

_SCOPE = "notices"
_MOST = 1000


def list_notices() -> Response:
    """`GET /notices?unread=&limit=`: those about records that the caller may read."""
    check_names(request.args, ("unread", "limit"))
    only = flag_of(request.args, "unread")
    limit = number_of(request.args, "limit", 1, _MOST, 100)
    asking = caller()
    asking.require(_SCOPE, "read")
    with application().reader(asking.actor) as reader:
        found = notices(reader, _MOST if only else limit)
        waiting = unread(reader)
    kept = [one for one in found if not (only and one.read)][:limit]
    covered = [one for one in kept if asking.covers(one.entity, "read")]
    return answer({"items": [shown(one) for one in covered], "unread": waiting})


def read_notices() -> Response:
    """`POST /notices/read?notice=`: mark one as read, or all of them."""
    check_names(request.args, ("notice",))
    id_ = number_of(request.args, "notice", 1, 2**63 - 1, 0)
    asking = caller()
    asking.require(_SCOPE, "write")

    def work(tx: Tx) -> Response:
        mark_read(tx, id_ or None)
        return answer({"unread": unread(tx)})

    return write_once(asking.actor, work)


def shown(one: Notice) -> dict[str, Any]:
    """A notice as plain values."""
    return dataclasses.asdict(one) | {"at": moment_text(one.at)}
