"""Mails: written at a record by who may, all of them for administrators.

Registered by `register`; for all mails an API key needs the scope that covers
everything.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from flask import Response, request

from core.services import Actor, NotAllowed
from core.services import Transaction as Tx
from core.services.mails import (
    STATES,
    MailEntry,
    Suppressed,
    draft,
    list_mails,
    list_suppressed,
    release,
    suppress_by_hand,
    take_bounce,
    templates,
    write_mail,
)
from core.services.mails.bounces import MOST_BYTES
from core.services.timeline import feed
from core.web.api.bodies import read_object
from core.web.api.calls import open_call, write_once
from core.web.api.credentials import caller
from core.web.api.envelopes import KeptBack, NewMail, loaded
from core.web.api.json_text import answer
from core.web.api.parameters import check_names, number_of, word_of
from core.web.api.rendering import moment_text
from core.web.api.timeline import shown as shown_entry
from core.web.state import application


def show_draft(module: str, name: str, id: int) -> Response:
    """`GET .../<id>/mails/draft?template=`: what is proposed, and the templates."""
    call = open_call(module, name, "read")
    check_names(request.args, ("template",))
    with call.reading() as reader:
        found = draft(reader, call.id, id, request.args.get("template", ""))
        known = templates(reader, call.id)
    offered = [{"id": one, "label": label} for one, label in known]
    return answer({**dataclasses.asdict(found), "templates": offered})


def create_mail(module: str, name: str, id: int) -> Response:
    """`POST .../<id>/mails` {to, cc, subject, body, template, attachments}: 201."""
    call = open_call(module, name, "write")
    check_names(request.args, ())
    body = loaded(NewMail(), read_object(request))

    def work(tx: Tx) -> Response:
        made = write_mail(tx, call.id, id, body)
        entries = feed(tx, call.id, id, ("mail",), 1000)
        return answer(next(shown_entry(e) for e in entries if e.id == made), 201)

    return call.write(work)


def list_all() -> Response:
    """`GET /mails?state=&limit=`: newest first."""
    check_names(request.args, ("state", "limit"))
    state = word_of(request.args, "state", ("", *STATES))
    limit = number_of(request.args, "limit", 1, 1000, 100)
    with application().reader(_actor("read")) as reader:
        found = list_mails(reader, state, limit)
    return answer({"items": [shown(one) for one in found]})


def list_kept_back() -> Response:
    """`GET /suppressed`: addresses that get no mails, newest first."""
    check_names(request.args, ())
    with application().reader(_actor("read")) as reader:
        return answer({"items": [_address(one) for one in list_suppressed(reader)]})


def keep_back() -> Response:
    """`POST /suppressed` {address, marketing}: send it no more mails; 201."""
    check_names(request.args, ())
    body = loaded(KeptBack(), read_object(request))
    return write_once(
        _actor("write"),
        lambda tx: answer(_address(suppress_by_hand(tx, **body)), 201),
    )


def let_go(address: str) -> Response:
    """`DELETE /suppressed/<address>`: it gets mails again; 204."""
    check_names(request.args, ())

    def work(tx: Tx) -> Response:
        release(tx, address)
        return Response(status=204)

    return write_once(_actor("write"), work)


def bounce() -> Response:
    """`POST /mails/bounces`, a mail that came back (RFC 3464): the addresses in it."""
    check_names(request.args, ())
    actor = _actor("write")
    request.max_content_length = MOST_BYTES
    content = request.get_data()
    return write_once(actor, lambda tx: answer({"addresses": take_bounce(tx, content)}))


def shown(one: MailEntry) -> dict[str, Any]:
    """A mail as plain values, without what it says."""
    found = dataclasses.asdict(one) | {"at": moment_text(one.at)}
    found["receivers"] = list(one.receivers)
    found["sent_at"] = None if one.sent_at is None else moment_text(one.sent_at)
    return found


def _address(one: Suppressed) -> dict[str, Any]:
    return dataclasses.asdict(one) | {"at": moment_text(one.at)}


def _actor(kind: str) -> Actor:
    """The caller; 403 for who is no administrator or holds a narrower key."""
    asking = caller()
    asking.require("mail", kind)
    if not asking.actor.is_admin:
        text = "Only administrators see all mails."
        raise NotAllowed(text, entity="mail", verb=kind)
    return asking.actor
