"""Turning codes on and off, and new recovery codes; a part of one's own security.

Registered by `register`; each change needs a session that began lately, so that an
unlocked screen is not enough to lock its owner out.
"""

from collections.abc import Callable
from functools import wraps

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.web.accounts import Account
from core.web.auth import is_fresh, login_required_page, sign_in_again, visitor
from core.web.entrance import codes, policy
from core.web.entrance.journal import Event, note
from core.web.entrance.security_page import own_account
from core.web.notices import notify
from core.web.sign_in import check_code
from core.web.state import web
from core.web.wording import say

Page = Callable[[], ResponseReturnValue]


def fresh_required(view: Page) -> Page:
    """Ask for the password again when the session is not fresh."""

    @wraps(view)
    @login_required_page
    def guarded() -> ResponseReturnValue:
        if is_fresh():
            return view()
        return sign_in_again(url_for("entrance.security"))

    return guarded


@fresh_required
def begin_codes() -> ResponseReturnValue:
    """Make a secret and show it."""
    state, me = web(), own_account()
    codes.begin(state.database, state.settings.secret_key, me.id)
    return redirect(url_for("entrance.show_codes"))


@fresh_required
def show_codes() -> ResponseReturnValue:
    """The secret that waits for its first code, as a picture and as text."""
    return _page(own_account())


@fresh_required
def confirm_codes() -> ResponseReturnValue:
    """Turn codes on after the first one was right; show the recovery codes once."""
    state, me = web(), own_account()
    key, typed = state.settings.secret_key, request.form.get("code", "")[:64]

    def fits() -> str:
        right = codes.confirm(state.database, key, me.id, typed)
        return "" if right else "wrong_code"

    if check_code(state.database, me, visitor(), fits).account is None:
        return _page(me, say("This is not the code of now. Type the one shown now."))
    note(state.database, Event("factor_on", me.id, by=me.id), visitor())
    return _show_recovery(me, policy.fulfilled())


@fresh_required
def renew_recovery() -> ResponseReturnValue:
    """Make new recovery codes; the old ones are void."""
    me = own_account()
    if not codes.state_of(web().database, me.id).on:
        return redirect(url_for("entrance.security"))
    note(web().database, Event("codes_made", me.id, by=me.id), visitor())
    return _show_recovery(me)


@fresh_required
def end_codes() -> ResponseReturnValue:
    """Turn codes off."""
    me = own_account()
    if codes.turn_off(web().database, me.id):
        note(web().database, Event("factor_off", me.id, by=me.id), visitor())
        notify(say("Signing in asks for no code any more."))
    if policy.standing_of(me) == "set_up":
        return policy.lead(url_for("entrance.security"))
    return redirect(url_for("entrance.security"))


def _show_recovery(me: Account, target: str = "") -> ResponseReturnValue:
    state = web()
    made = codes.make_recovery_codes(state.database, state.settings.secret_key, me.id)
    page = render_template("accounts/recovery.html", codes=made, target=target)
    return page, 200, {"Cache-Control": "no-store"}


def _page(me: Account, problem: str = "") -> ResponseReturnValue:
    state = web()
    secret = codes.pending_secret(state.database, state.settings.secret_key, me.id)
    if secret is None:
        return redirect(url_for("entrance.security"))
    address = codes.address_of(secret, me.username, state.settings.company)
    page = render_template(
        "accounts/codes.html",
        picture=_picture(address),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        problem=problem,
    )
    return page, 422 if problem else 200, {"Cache-Control": "no-store"}


def _picture(address: str) -> str:
    """The address as a picture in the page itself, which no cache keeps."""
    import segno

    picture: str = segno.make(address, error="m").png_data_uri(scale=5, border=3)
    return picture
