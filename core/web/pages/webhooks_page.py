"""Webhooks for administrators: who is told of what, and how each delivery went.

Registered by `register`.
"""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.fieldtypes import Locale
from core.services import AppError, Reader
from core.services.webhooks import (
    ALL,
    EVENTS,
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
from core.web.auth import admin_required
from core.web.notices import notify
from core.web.pages.labels import Labels
from core.web.pages.screen import acting
from core.web.pages.texts import Texts
from core.web.state import application
from core.web.wording import language, say, say_count

BASE = "/webhooks"


@admin_required
def show_webhooks() -> ResponseReturnValue:
    """All webhooks, and the form for one more."""
    return _list({})


@admin_required
def create_webhook() -> ResponseReturnValue:
    """Keep a webhook; its secret is shown on the next page only."""
    form = request.form
    values = {
        "entity": form.get("entity", ""),
        "url": form.get("url", ""),
        "events": [one for one in form.getlist("events") if one] or [ALL],
        "filter": form.get("filter", ""),
        "secret": form.get("secret", ""),
    }
    app = application()
    try:
        with app.transaction(acting(), via="ui") as tx:
            made, secret = add_webhook(tx, app.secret_box, values)
    except AppError as refused:
        return _list(values, refused.message), 422
    return _one(made.id, secret)


@admin_required
def show_webhook(id: int) -> ResponseReturnValue:
    """One webhook with its deliveries."""
    return _one(id)


@admin_required
def act_on_webhook(id: int) -> ResponseReturnValue:
    """Pause, go on, delete, or tell again what was given up."""
    act, delivery = request.form.get("act", ""), request.form.get("delivery", "")
    with application().transaction(acting(), via="ui") as tx:
        if act == "delete":
            remove_webhook(tx, id)
            notify(say("The webhook was deleted."))
            return redirect(BASE)
        if act in ("pause", "resume"):
            set_active(tx, id, act == "resume")
        elif act == "replay":
            ids = [int(delivery)] if delivery.isdecimal() else None
            count = replay_deliveries(tx, id, ids)
            said = say_count(
                count,
                "{number} delivery will be tried again.",
                "{number} deliveries will be tried again.",
            )
            notify(said)
        else:
            abort(400)
    return redirect(f"{BASE}/{id}")


def _list(values: dict[str, Any], problem: str = "") -> str:
    registry = application().registry
    labels = Labels(registry, language())
    with application().reader(acting()) as reader:
        found = list_webhooks(reader)
    entities = [(one, f"{labels.entity(one)} ({one})") for one in registry.entities]
    return render_template(
        "pages/webhooks.html",
        webhooks=[(one, labels.entity(one.entity), _words(one)) for one in found],
        entities=sorted(entities, key=lambda pair: pair[1].casefold()),
        events=[(one, event_word(one)) for one in EVENTS],
        values=values,
        problem=problem,
        base=BASE,
    )


def _one(id_: int, secret: str = "") -> str:
    state = request.args.get("state", "")
    actor = acting()
    labels = Labels(application().registry, language())
    texts = Texts(labels, Locale(code=actor.language, zone=actor.zone))
    with application().reader(actor) as reader:
        one = get_webhook(reader, id_)
        found = deliveries(reader, id_, state if state in STATES else "")
        rows = [_row(reader, texts, delivery) for delivery in found]
    states = [("", say("All")), *((key, state_word(key)) for key in STATES)]
    return render_template(
        "pages/webhook.html",
        webhook=one,
        about=labels.entity(one.entity),
        words=_words(one),
        rows=rows,
        states=[
            {
                "label": label,
                "href": f"{BASE}/{id_}" + (f"?state={key}" if key else ""),
                "current": key == state,
            }
            for key, label in states
        ],
        secret=secret,
        base=BASE,
    )


def _row(reader: Reader, texts: Texts, one: Delivery) -> dict[str, Any]:
    tone = {"done": "ok", "dead": "bad", "running": "run"}.get(one.state, "line")
    due = one.due_at if one.state == "waiting" else one.ended_at
    return {
        "id": one.id,
        "name": one.name,
        "key": one.key,
        "state": state_word(one.state),
        "tone": tone,
        "attempts": one.attempts,
        "at": texts.since(one.at, reader.scene.moment.now),
        "due": texts.moment(due) if due else "",
        "said": one.said or "",
        "ended": one.state in ("done", "dead"),
    }


def _words(one: Webhook) -> str:
    if ALL in one.events:
        return say("whatever happens")
    return ", ".join(event_word(word) for word in one.events)


def event_word(word: str) -> str:
    """An event in words."""
    told = {
        "created": say("created"),
        "updated": say("changed"),
        "archived": say("archived"),
        "restored": say("restored"),
        "deleted": say("deleted"),
    }
    return told[word]


def state_word(state: str) -> str:
    """The state of a delivery in words."""
    told = {
        "waiting": say("Waiting"),
        "running": say("Running"),
        "done": say("Told"),
        "dead": say("Given up"),
    }
    return told[state]
