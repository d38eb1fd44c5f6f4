"""All mails for administrators: how each went, and addresses that get none.

Registered by `register`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from flask import abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.fieldtypes import Locale
from core.services import NotFound, Reader, ValidationFailed
from core.services.mails import (
    STATES,
    MailEntry,
    Suppressed,
    list_mails,
    list_suppressed,
    release,
    suppress_by_hand,
)
from core.web.auth import admin_required
from core.web.notices import notify
from core.web.pages.labels import Labels
from core.web.pages.screen import acting, address_of, known_screen
from core.web.pages.texts import Texts
from core.web.state import application
from core.web.wording import language, say

BASE = "/mails"
_TONES = MappingProxyType(
    {
        "waiting": "warn",
        "sent": "ok",
        "refused": "bad",
        "failed": "bad",
        "received": "ok",
    }
)


@admin_required
def show_mails() -> ResponseReturnValue:
    """The latest mails, and who gets none."""
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    app, actor = application(), acting()
    with app.reader(actor) as reader:
        labels = Labels(app.registry, language())
        texts = Texts(labels, Locale(language(), actor.zone))
        mails = [_row(reader, texts, one) for one in list_mails(reader, state)]
        back = [_address(texts, one) for one in list_suppressed(reader)]
    choices = [
        {
            "label": state_word(one) if one else say("All"),
            "href": f"{BASE}?state={one}" if one else BASE,
            "current": one == state,
        }
        for one in ("", *STATES)
    ]
    return render_template(
        "pages/mails.html",
        mails=mails,
        suppressed=back,
        states=choices,
        base=BASE,
        ready=app.config.mail is not None,
    )


@admin_required
def act_on_mails() -> ResponseReturnValue:
    """Keep an address back, or let it go."""
    act, address = request.form.get("act", ""), request.form.get("address", "")
    try:
        with application().transaction(acting(), via="ui") as tx:
            if act == "suppress":
                only = request.form.get("marketing") == "1"
                suppress_by_hand(tx, address, only)
                said = say("{address} gets no more mails.", address=address.strip())
            elif act == "release":
                release(tx, address)
                said = say("{address} gets mails again.", address=address)
            else:
                abort(400)
    except ValidationFailed:
        text = say("'{value}' is not an e-mail address.", value=address[:80])
        notify(text, "bad")
        return redirect(BASE)
    except NotFound:
        abort(404)
    notify(said)
    return redirect(BASE)


def state_word(state: str) -> str:
    """The state of a mail in words."""
    told = {
        "waiting": say("Waiting"),
        "sent": say("Sent"),
        "refused": say("Refused"),
        "failed": say("Given up"),
        "received": say("Received"),
    }
    return told[state]


def tone_of(state: str) -> str:
    """The colour of the state of a mail."""
    return _TONES[state]


def receivers_text(receivers: Any) -> str:
    """The addresses of a mail in one line."""
    return ", ".join(one["address"] for one in receivers)


def _row(reader: Reader, texts: Texts, one: MailEntry) -> dict[str, Any]:
    href = ""
    if known_screen(one.entity):
        href = f"{address_of(one.entity)}/{one.record}"
    return {
        "at": texts.since(one.at, reader.scene.moment.now),
        "subject": one.subject,
        "to": receivers_text(one.receivers),
        "href": href,
        "about": texts.labels.entity(one.entity) if href else one.entity,
        "state": state_word(one.state),
        "tone": tone_of(one.state),
        "said": one.said or "",
    }


def _address(texts: Texts, one: Suppressed) -> dict[str, Any]:
    words = {
        "refused": say("refused by the server"),
        "bounced": say("came back"),
        "unsubscribed": say("unsubscribed"),
        "entered": say("entered by hand"),
    }
    return {
        "address": one.address,
        "reason": words.get(one.reason, one.reason),
        "marketing": one.marketing,
        "said": one.said or "",
        "at": texts.moment(one.at),
    }
