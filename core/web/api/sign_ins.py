"""The journal of sign-ins, for administrators and their programs.

Registered by `register`; an API key needs the scope that covers everything.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response, request

from core.services import NotAllowed, NotFound
from core.web.accounts import find_account
from core.web.api.credentials import caller
from core.web.api.json_text import answer
from core.web.api.parameters import check_names, number_of, text_of, word_of
from core.web.api.rendering import moment_text
from core.web.entrance.journal import ACTS, Entry, entries
from core.web.state import web

MOST = 1000


def list_entries() -> Response:
    """`GET /sign-ins?user=&act=&before=&limit=`: newest first."""
    asking = caller()
    asking.require("sign-ins", "read")
    if not asking.actor.is_admin:
        raise NotAllowed(
            "Only administrators read the journal of sign-ins.",
            entity="sign-ins",
            verb="read",
        )
    args = request.args
    check_names(args, ("user", "act", "before", "limit"))
    act = word_of(args, "act", ("", *ACTS))
    before = number_of(args, "before", 1, 2**31 - 1, 0) or None
    limit = number_of(args, "limit", 1, MOST, 100)
    found = entries(
        web().database, _user(text_of(args, "user")), act, before, limit + 1
    )
    older = found[limit - 1].id if len(found) > limit else None
    items = [shown(one) for one in found[:limit]]
    return answer({"items": items, "next": older})


def shown(one: Entry) -> dict[str, Any]:
    """An entry as plain values; empty texts are null."""
    event = one.event
    return {
        "id": one.id,
        "at": moment_text(datetime.fromtimestamp(one.at, UTC)),
        "user": _person(event.user, one.username),
        "act": event.act,
        "way": event.way or None,
        "reason": event.reason or None,
        "by": _person(event.by, one.by_username),
        "address": one.visitor.address or None,
        "device": one.visitor.agent or None,
    }


def _user(login: str | None) -> int | None:
    if not login:
        return None
    account = find_account(web().database, login)
    if account is None:
        raise NotFound(f"There is no user '{login[:100]}'.", user=login[:100])
    return account.id


def _person(id_: int | None, name: str) -> dict[str, Any] | None:
    return None if id_ is None else {"id": id_, "username": name or None}
