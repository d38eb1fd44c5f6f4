"""The sign-in page, signing out, and the token endpoint of the shell.

Registered by the factory. Our own passwords are checked by `core.web.sign_in`; any
other way goes through the manager of `core.web.fab_bridge`.
"""

from flask import Blueprint, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.web.accounts import Account
from core.web.auth import (
    current_account,
    end_session,
    safe_next,
    start_session,
    visitor,
)
from core.web.entrance.journal import Event, note
from core.web.sign_in import Outcome, admit, check
from core.web.state import web

# Requests that read no cookie and therefore need no CSRF token.
OPEN_ENDPOINTS = frozenset({"sign_in.token", "api.login"})


def sign_in_blueprint() -> Blueprint:
    """The pages of strangers."""
    blueprint = Blueprint("sign_in", __name__)
    for rule, name, view in (
        ("/login/", "page", show),
        ("/login/", "enter", enter),
        ("/logout/", "leave", leave),
        ("/api/v1/security/login", "token", token),
    ):
        method = "GET" if name == "page" else "POST"
        blueprint.add_url_rule(rule, name, view, methods=[method])
    return blueprint


def show() -> ResponseReturnValue:
    """The sign-in page; who is signed in already goes on."""
    target = safe_next(request.values.get("next"))
    if current_account() is not None:
        return redirect(target)
    return _sign_in_page(target)


def enter() -> ResponseReturnValue:
    """Check what was typed and begin a session."""
    target = safe_next(request.values.get("next"))
    if current_account() is not None:
        return redirect(target)
    username = request.form.get("username", "")
    outcome = try_password(username, request.form.get("password", ""))
    if outcome.account is None:
        return _sign_in_page(target, username, refusal(outcome))
    let_in(outcome.account, "remember" in request.form, "password")
    return redirect(target)


def let_in(account: Account, remember: bool, way: str) -> None:
    """Begin the session of somebody who proved who it is, and note it."""
    admit(web().database, account, way, visitor())
    start_session(account, remember, way)


def leave() -> ResponseReturnValue:
    """End the session; other sites cannot cause it."""
    me = current_account()
    if me is not None:
        note(web().database, Event("signed_out", me.id), visitor())
    end_session()
    response = redirect("/login/")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def token() -> ResponseReturnValue:
    """Exchange a user name and password for an access token."""
    body = request.get_json(silent=True)
    fields = body if isinstance(body, dict) else {}
    username, password = fields.get("username"), fields.get("password")
    if not isinstance(username, str) or not isinstance(password, str):
        message = "Send a JSON object with the texts `username` and `password`."
        return jsonify(code="bad_request", message=message), 400
    outcome = try_password(username, password)
    if outcome.account is None:
        status = 429 if outcome.pause else 401
        response = jsonify(code="sign_in_refused", message=refusal(outcome))
        if outcome.pause:
            response.headers["Retry-After"] = str(outcome.pause)
        return response, status
    admit(web().database, outcome.account, "token", visitor())
    issuer = web().tokens
    return jsonify(
        access_token=issuer.issue(outcome.account),
        token_type="Bearer",
        expires_in=issuer.seconds,
    )


def try_password(username: str, password: str) -> Outcome:
    """Check a password by the configured way, with pauses after failures."""
    state = web()
    if state.settings.checks_passwords:
        return check(state.database, username, password, visitor())
    from core.web.fab_bridge import sign_in_manager

    outcome: Outcome = sign_in_manager(state).sign_in(username, password)
    return outcome


def refusal(outcome: Outcome) -> str:
    """Why nobody was let in, in words that fit any user name."""
    if outcome.pause:
        return (
            "Too many tries did not match. Signing in is paused for "
            f"{_duration(outcome.pause)}; then try again."
        )
    if outcome.tries_left == 0:
        return "User name and password do not match. There is a short pause now."
    tries = "try" if outcome.tries_left == 1 else "tries"
    after = f"After {outcome.tries_left} more {tries} there is a pause."
    return f"User name and password do not match. {after}"


def _sign_in_page(
    target: str, username: str = "", problem: str = ""
) -> ResponseReturnValue:
    page = render_template(
        "sign_in.html", target=target, username=username, problem=problem
    )
    return page, 401 if problem else 200, {"Cache-Control": "no-store"}


def _duration(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} seconds"
    minutes = -(-seconds // 60)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
