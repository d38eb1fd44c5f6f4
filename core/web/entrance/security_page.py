"""One's own security: open sessions, and what happened at the account lately.

Registered by `register`; it shows and ends sessions of the account that asks, nobody
else's.
"""

from typing import Any

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from core.web.accounts import Account, end_everything
from core.web.auth import (
    current_account,
    current_session,
    login_required_page,
    renew_session,
    visitor,
)
from core.web.entrance import codes, kept_sessions
from core.web.entrance.journal import Event, entries, note
from core.web.entrance.passkeys import list_passkeys
from core.web.entrance.showing import device_of, line_of, way_of
from core.web.notices import notify
from core.web.state import web
from core.web.wording import say

_LATELY = 10


@login_required_page
def security() -> ResponseReturnValue:
    """The page."""
    me = own_account()
    page = render_template(
        "accounts/security.html",
        codes=codes.state_of(web().database, me.id),
        passkeys=list_passkeys(web().database, me.id),
        sessions=_sessions(me),
        happened=[line_of(one) for one in entries(web().database, me.id)[:_LATELY]],
    )
    return page, 200, {"Cache-Control": "no-store"}


@login_required_page
def end_session(id: str) -> ResponseReturnValue:
    """End one session; the device that has it must sign in again."""
    me, database = own_account(), web().database
    if not kept_sessions.end(database, id, me.id):
        abort(404)
    note(database, Event("session_ended", me.id, by=me.id), visitor())
    notify(say("The session is ended; that device must sign in again."))
    return redirect(url_for("entrance.security"))


@login_required_page
def end_sessions() -> ResponseReturnValue:
    """End all sessions but the one that asks, and access tokens of programs."""
    me, database = own_account(), web().database
    renew_session(end_everything(database, me.id))
    note(database, Event("session_ended", me.id, by=me.id), visitor())
    notify(say("All other devices must sign in again."))
    return redirect(url_for("entrance.security"))


def own_account() -> Account:
    """The account behind a page that only signed-in people reach."""
    account = current_account()
    if account is None:
        abort(401)
    return account


def _sessions(me: Account) -> list[dict[str, Any]]:
    here = current_session()
    return [
        {
            "id": one.id,
            "device": device_of(one.visitor.agent),
            "address": one.visitor.address,
            "way": way_of(one.way),
            "began": one.began_at,
            "seen": one.seen_at,
            "here": here is not None and here.id == one.id,
        }
        for one in kept_sessions.list_open(web().database, me)
    ]
