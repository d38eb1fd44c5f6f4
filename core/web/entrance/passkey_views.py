"""The requests behind passkeys: options for the browser, and what it answers.

Registered by `register`; `passkeys.js` calls them. The challenge waits in the signed
cookie for five minutes and counts once.
"""

import base64
import secrets
import time
from urllib.parse import urlsplit

from flask import Response, jsonify, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from core.web.auth import login_required_page, safe_next, visitor
from core.web.entrance import passkeys, policy
from core.web.entrance.codes_page import fresh_required
from core.web.entrance.journal import Event, note
from core.web.entrance.passkeys import PasskeyRefused, Place
from core.web.entrance.security_page import own_account
from core.web.notices import notify
from core.web.sign_in import FREE_TRIES_ADDRESS, count_try, limit_of
from core.web.sign_in_views import duration, let_in
from core.web.state import web
from core.web.wording import say

_WAITING = "challenge"
_SECONDS = 300


def place() -> Place:
    """The site as the browser knows it: the configured address, else the request's."""
    settings = web().settings
    origin = settings.public_url or request.host_url.rstrip("/")
    parts = urlsplit(origin)
    origin = f"{parts.scheme}://{parts.netloc}"
    return Place(origin, parts.hostname or "localhost", settings.company)


@fresh_required
def passkey_options() -> ResponseReturnValue:
    """What a new passkey is made with."""
    state = web()
    text, challenge = passkeys.adding_options(
        state.database, state.settings.secret_key, place(), own_account()
    )
    return _options(text, "add", challenge)


@fresh_required
def add_passkey() -> ResponseReturnValue:
    """Keep the passkey that the browser made."""
    me, database = own_account(), web().database
    try:
        answer = passkeys.parse(request.form.get("answer", ""))
        name = request.form.get("name", "")
        passkeys.add(database, place(), me, _take("add"), answer, name)
    except PasskeyRefused:
        return _refused(say("This passkey was not taken. Try once more."))
    note(database, Event("passkey_added", me.id, "passkey", by=me.id), visitor())
    notify(say("The passkey is kept; it signs you in without a password."))
    return jsonify(next=policy.fulfilled() or url_for("entrance.security"))


@login_required_page
def remove_passkey(passkey_id: int) -> ResponseReturnValue:
    """Forget a passkey; whoever has it cannot sign in with it any more."""
    me, database = own_account(), web().database
    if passkeys.remove(database, me.id, passkey_id):
        note(database, Event("passkey_removed", me.id, "passkey", by=me.id), visitor())
        notify(say("The passkey is removed; delete it on your device as well."))
    return redirect(url_for("entrance.security"))


def sign_in_options() -> ResponseReturnValue:
    """What whoever it is signs in with."""
    text, challenge = passkeys.asking_options(place())
    return _options(text, "sign_in", challenge)


def enter_passkey() -> ResponseReturnValue:
    """Begin the session of whose passkey signed the challenge."""
    database = web().database
    limit = limit_of("passkey", visitor().address, FREE_TRIES_ADDRESS)
    pause = count_try(database, (limit,)).pause
    if pause:
        text = say("Too many tries. Wait {time}.", time=duration(pause))
        return _refused(text, 429)
    try:
        answer = passkeys.parse(request.form.get("answer", ""))
        account = passkeys.whose(database, place(), _take("sign_in"), answer)
    except PasskeyRefused as refused:
        event = Event("refused", refused.user, "passkey", "wrong_passkey")
        note(database, event, visitor())
        return _refused(say("This passkey does not open here."))
    let_in(account, "remember" in request.form, "passkey")
    return jsonify(next=safe_next(request.form.get("next")))


def _options(text: str, purpose: str, challenge: bytes) -> Response:
    session[_WAITING] = {
        "for": purpose,
        "text": base64.b64encode(challenge).decode(),
        "until": int(time.time()) + _SECONDS,
    }
    response = Response(text, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _take(purpose: str) -> bytes:
    """The challenge that waits for this purpose, once; else one that nobody signed."""
    waiting = session.pop(_WAITING, None)
    if not isinstance(waiting, dict) or waiting.get("for") != purpose:
        return secrets.token_bytes(32)
    if waiting.get("until", 0) < time.time():
        return secrets.token_bytes(32)
    return base64.b64decode(waiting["text"])


def _refused(text: str, status: int = 422) -> ResponseReturnValue:
    return jsonify(detail=text), status
