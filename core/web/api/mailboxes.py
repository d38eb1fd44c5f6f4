"""Mailboxes and the mails that came to them, for administrators.

Registered by `register`; an API key needs the scope that covers everything.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from flask import Response, request

from core.services import Actor, NotAllowed
from core.services import Transaction as Tx
from core.services.mailboxes import (
    ARRIVAL_STATES,
    MOST_BYTES,
    Arrival,
    MailboxState,
    at_work,
    list_arrivals,
    list_mailboxes,
    pull_now,
    take_file,
)
from core.web.api.calls import write_once
from core.web.api.credentials import caller
from core.web.api.json_text import answer
from core.web.api.parameters import check_names, number_of, word_of
from core.web.api.rendering import moment_text
from core.web.state import application


def list_all() -> Response:
    """`GET /mailboxes`."""
    check_names(request.args, ())
    with application().reader(_actor("read")) as reader:
        return answer({"items": [shown(one) for one in list_mailboxes(reader)]})


def list_mails() -> Response:
    """`GET /arrivals?mailbox=&state=&limit=`: newest first."""
    check_names(request.args, ("mailbox", "state", "limit"))
    state = word_of(request.args, "state", ("", *ARRIVAL_STATES))
    limit = number_of(request.args, "limit", 1, 1000, 100)
    with application().reader(_actor("read")) as reader:
        found = list_arrivals(reader, request.args.get("mailbox", ""), state, limit)
    return answer({"items": [shown_arrival(one) for one in found]})


def take(mailbox: str) -> Response:
    """`POST /mailboxes/<mailbox>/mails`, a mail as it came: what became of it."""
    check_names(request.args, ())
    _actor("write")
    request.max_content_length = MOST_BYTES
    content = request.get_data()

    def work(tx: Tx) -> Response:
        tx.via = "mail"
        return answer(dataclasses.asdict(take_file(tx, mailbox, content)))

    return write_once(at_work(application().runtime), work)


def pull(mailbox: str) -> Response:
    """`POST /mailboxes/<mailbox>/pull`: let the worker ask the server; 202."""
    check_names(request.args, ())

    def work(tx: Tx) -> Response:
        pull_now(tx, mailbox)
        found = next(one for one in list_mailboxes(tx) if one.id == mailbox)
        return answer(shown(found), 202)

    return write_once(_actor("write"), work)


def shown(one: MailboxState) -> dict[str, Any]:
    """A mailbox as plain values."""
    found = dataclasses.asdict(one)
    for name in ("pulled_at", "next_at"):
        found[name] = None if found[name] is None else moment_text(found[name])
    return found


def shown_arrival(one: Arrival) -> dict[str, Any]:
    """A mail that came in, as plain values."""
    return dataclasses.asdict(one) | {"at": moment_text(one.at)}


def _actor(kind: str) -> Actor:
    """The caller; 403 for who is no administrator or holds a narrower key."""
    asking = caller()
    asking.require("mailbox", kind)
    if not asking.actor.is_admin:
        text = "Only administrators see mailboxes."
        raise NotAllowed(text, entity="mailbox", verb=kind)
    return asking.actor
