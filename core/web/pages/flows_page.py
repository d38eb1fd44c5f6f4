"""`/flows`: what goes on step by step, where it rests and why; woken, cancelled here.

Registered by `register`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.fieldtypes import Locale
from core.services import NotAllowed, NotFound, TransitionRefused
from core.services.flows.shown import (
    ASKED,
    Asked,
    cancel_flow,
    get_flow,
    may_act,
    wake_flow,
)
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.flow_rows import flow_rows, state_word
from core.web.pages.labels import Labels
from core.web.pages.screen import acting, screen_of
from core.web.pages.texts import Texts
from core.web.retelling import retold
from core.web.state import application
from core.web.wording import language, say

BASE = "/flows"


@login_required_page
def show_flows() -> ResponseReturnValue:
    """The instances of flows, the latest first."""
    state, flow = request.args.get("state", "open"), request.args.get("flow", "")
    state = state if state in ASKED else ""
    actor = acting()
    labels = Labels(application().registry, language())
    texts = Texts(labels, Locale(code=actor.language, zone=actor.zone))
    with application().reader(actor) as reader:
        if not may_act(reader) and not actor.is_admin:
            abort(403)
        rows = flow_rows(reader, labels, texts, Asked(flow=flow, state=state))
    return render_template(
        "pages/flows.html",
        rows=rows,
        base=BASE,
        states=_choices(state, flow),
        chosen=labels.at(f"flow {flow}")
        if flow in application().registry.flows
        else "",
    )


@login_required_page
def act_on_flows() -> ResponseReturnValue:
    """Wake or cancel an instance."""
    form = request.form
    act, number = form.get("act", ""), form.get("id", "")
    if act not in ("wake", "cancel") or not number.isdecimal():
        abort(400)
    back = BASE
    try:
        with application().transaction(acting(), via="ui") as tx:
            one = get_flow(tx, int(number))
            if form.get("from") == "record":
                back = screen_of(one.entity).href(one.record)
            if act == "wake":
                wake_flow(tx, one.id)
                said = say("It goes on in a moment.")
            else:
                cancel_flow(tx, one.id, form.get("said", ""))
                said = say("It was cancelled, and its steps were undone.")
    except NotFound:
        abort(404)
    except NotAllowed:
        abort(403)
    except TransitionRefused as error:
        why = retold(error.message, language())
        said = say("It was not cancelled: {why}", why=why)
    notify(said)
    return redirect(back)


def _choices(chosen: str, flow: str) -> list[dict[str, Any]]:
    found = []
    for one in ("open", "held", "waiting", "failed", "done", "cancelled", "all"):
        asked = urlencode({"state": one, **({"flow": flow} if flow else {})})
        found.append(
            {
                "label": say("All") if one == "all" else state_word(one),
                "href": f"{BASE}?{asked}",
                "current": one == (chosen or "all"),
            }
        )
    return found
