"""Webhooks and their deliveries, for administrators.

Registered by `register`; an API key needs the scope that covers everything.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for

from core.services import Actor, NotAllowed
from core.services import Transaction as Tx
from core.services.webhooks import (
    STATES,
    Delivery,
    Webhook,
    add_webhook,
    deliveries,
    get_webhook,
    list_webhooks,
    remove_webhook,
    replay_deliveries,
    set_active,
)
from core.web.api.bodies import read_object
from core.web.api.calls import write_once
from core.web.api.credentials import caller
from core.web.api.envelopes import ChangedWebhook, NewWebhook, loaded
from core.web.api.json_text import answer
from core.web.api.parameters import check_names, number_of, word_of
from core.web.api.rendering import moment_text
from core.web.state import application


def list_all() -> Response:
    """`GET /webhooks`."""
    check_names(request.args, ())
    with application().reader(_actor("read")) as reader:
        return answer({"items": [shown(one) for one in list_webhooks(reader)]})


def get_one(webhook: int) -> Response:
    """`GET /webhooks/<webhook>`."""
    check_names(request.args, ())
    with application().reader(_actor("read")) as reader:
        return answer(shown(get_webhook(reader, webhook)))


def create_one() -> Response:
    """`POST /webhooks` {entity, url, events, filter, secret}: 201, with the secret."""
    check_names(request.args, ())
    actor = _actor("write")
    body = loaded(NewWebhook(), read_object(request))
    box = application().secret_box

    def work(tx: Tx) -> Response:
        made, secret = add_webhook(tx, box, body)
        response = answer({**shown(made), "secret": secret}, 201)
        response.headers["Location"] = url_for("api.webhook", webhook=made.id)
        return response

    return write_once(actor, work, box)


def change_one(webhook: int) -> Response:
    """`PATCH /webhooks/<webhook>` {active}: pause it, or let it go on."""
    check_names(request.args, ())
    actor = _actor("write")
    active = loaded(ChangedWebhook(), read_object(request))["active"]
    return write_once(actor, lambda tx: answer(shown(set_active(tx, webhook, active))))


def delete_one(webhook: int) -> Response:
    """`DELETE /webhooks/<webhook>`: 204."""
    check_names(request.args, ())

    def work(tx: Tx) -> Response:
        remove_webhook(tx, webhook)
        return Response(status=204)

    return write_once(_actor("write"), work)


def list_deliveries(webhook: int) -> Response:
    """`GET /webhooks/<webhook>/deliveries?state=&limit=`: newest first."""
    check_names(request.args, ("state", "limit"))
    state = word_of(request.args, "state", ("", *STATES))
    limit = number_of(request.args, "limit", 1, 1000, 100)
    with application().reader(_actor("read")) as reader:
        found = deliveries(reader, webhook, state, limit)
    return answer({"items": [shown_delivery(one) for one in found]})


def replay(webhook: int) -> Response:
    """`POST /webhooks/<webhook>/replay`: tell again all that was given up."""
    check_names(request.args, ("delivery",))
    id_ = number_of(request.args, "delivery", 1, 2**63 - 1, 0)
    ids = [id_] if id_ else None
    return write_once(
        _actor("write"),
        lambda tx: answer({"count": replay_deliveries(tx, webhook, ids)}),
    )


def shown(one: Webhook) -> dict[str, Any]:
    """A webhook as plain values, without its secret."""
    return {
        "id": one.id,
        "entity": one.entity,
        "events": list(one.events),
        "filter": one.filter,
        "url": one.url,
        "active": one.active,
        "at": moment_text(one.at),
    }


def shown_delivery(one: Delivery) -> dict[str, Any]:
    """A delivery as plain values."""
    ended = None if one.ended_at is None else moment_text(one.ended_at)
    return {
        "id": one.id,
        "event": one.event,
        "name": one.name,
        "key": one.key,
        "state": one.state,
        "attempts": one.attempts,
        "at": moment_text(one.at),
        "due_at": moment_text(one.due_at),
        "ended_at": ended,
        "said": one.said,
    }


def _actor(kind: str) -> Actor:
    """The caller; 403 for who is no administrator or holds a narrower key."""
    asking = caller()
    asking.require("webhook", kind)
    if not asking.actor.is_admin:
        raise NotAllowed(
            "Only administrators keep webhooks.", entity="webhook", verb=kind
        )
    return asking.actor
