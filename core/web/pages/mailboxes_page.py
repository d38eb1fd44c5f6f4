"""Mailboxes for administrators: their servers, what came in, and mails as files.

Registered by `register`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from flask import abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.fieldtypes import Locale
from core.services import AppError, NotFound, Reader
from core.services.mailboxes import (
    ARRIVAL_STATES,
    MOST_BYTES,
    Arrival,
    MailboxState,
    Taken,
    at_work,
    list_arrivals,
    list_mailboxes,
    pull_now,
    take_file,
)
from core.web.auth import admin_required
from core.web.notices import notify
from core.web.pages.labels import Labels
from core.web.pages.screen import acting, address_of, known_screen
from core.web.pages.texts import Texts
from core.web.retelling import retold
from core.web.state import application
from core.web.wording import language, say

BASE = "/mailboxes"
_TONES = MappingProxyType(
    {
        "created": "ok",
        "answered": "ok",
        "bounced": "warn",
        "ignored": "line",
        "refused": "bad",
        "known": "line",
    }
)


@admin_required
def show_mailboxes() -> ResponseReturnValue:
    """All mailboxes, and the mails that came in last."""
    state = request.args.get("state", "")
    state = state if state in ARRIVAL_STATES else ""
    app, actor = application(), acting()
    with app.reader(actor) as reader:
        labels = Labels(app.registry, language())
        texts = Texts(labels, Locale(language(), actor.zone))
        boxes = [_box(reader, texts, one) for one in list_mailboxes(reader)]
        mails = [_mail(reader, texts, one) for one in list_arrivals(reader, "", state)]
    choices = [
        {
            "label": arrival_word(one) if one else say("All"),
            "href": f"{BASE}?state={one}" if one else BASE,
            "current": one == state,
        }
        for one in ("", *ARRIVAL_STATES)
    ]
    return render_template(
        "pages/mailboxes.html",
        boxes=boxes,
        mails=mails,
        states=choices,
        base=BASE,
        options=[(one["id"], one["label"]) for one in boxes],
    )


@admin_required
def act_on_mailboxes() -> ResponseReturnValue:
    """Ask a server at once, or take a mail in that somebody has as a file."""
    request.max_content_length = MOST_BYTES
    act, box = request.form.get("act", ""), request.form.get("mailbox", "")
    try:
        if act == "pull":
            with application().transaction(acting(), via="ui") as tx:
                pull_now(tx, box)
            notify(say("It will be asked in a moment."))
        elif act == "take":
            _take(box)
        else:
            abort(400)
    except NotFound:
        abort(404)
    except AppError as refused:
        notify(retold(refused.message, language()), "bad")
    return redirect(BASE)


def _take(box: str) -> None:
    files = [one for one in request.files.getlist("files") if one.filename]
    if not files:
        notify(say("Choose a file first."), "bad")
    for file in files:
        app = application()
        with app.transaction(at_work(app.runtime), via="mail") as tx:
            taken = take_file(tx, box, file.read())
        notify(_said(file.filename or "", taken), _tone(taken))


def _said(name: str, taken: Taken) -> str:
    said = retold(taken.said, language()) if taken.said else ""
    return f"{name}: {arrival_word(taken.state)}. {said}".strip()


def _tone(taken: Taken) -> str:
    return {"ok": "ok", "bad": "bad"}.get(_TONES[taken.state], "warn")


def arrival_word(state: str) -> str:
    """What became of a mail, in words."""
    told = {
        "created": say("New record"),
        "answered": say("Answer"),
        "bounced": say("Came back"),
        "ignored": say("Left alone"),
        "refused": say("Refused"),
        "known": say("Taken before"),
    }
    return told[state]


def _box(reader: Reader, texts: Texts, one: MailboxState) -> dict[str, Any]:
    now = reader.scene.moment.now
    module, _, name = one.id.partition(".")
    return {
        "id": one.id,
        "label": texts.labels.at(f"mailbox {one.id}"),
        "address": one.address,
        "entity": texts.labels.entity(one.entity),
        "enabled": one.enabled,
        "served": one.served,
        "last": texts.since(one.pulled_at, now) if one.pulled_at else "",
        "next": texts.moment(one.next_at) if one.next_at else "",
        "said": one.said or "",
        "variable": f"INTARSIA_MAILBOX_{module}__{name}".upper(),
    }


def _mail(reader: Reader, texts: Texts, one: Arrival) -> dict[str, Any]:
    href = ""
    if one.entity and one.record and known_screen(one.entity):
        href = f"{address_of(one.entity)}/{one.record}"
    return {
        "at": texts.since(one.at, reader.scene.moment.now),
        "mailbox": texts.labels.at(f"mailbox {one.mailbox}"),
        "sender": one.sender,
        "subject": one.subject,
        "href": href,
        "about": texts.labels.entity(one.entity) if one.entity else "",
        "state": arrival_word(one.state),
        "tone": _TONES[one.state],
        "said": retold(one.said, language()) if one.said else "",
    }
