"""The sign-in page, signing out, and the token endpoint of the shell.

Registered by the factory. Passwords are checked by `core.web.sign_in`.
"""

from typing import Any

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
from core.web.wording import say, say_count

# Requests that read no cookie and therefore need no CSRF token.
OPEN_ENDPOINTS = frozenset(
    {"sign_in.token", "api.login", "pages.send_webform", "pages.act_on_unsubscribe"}
)


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
    """The sign-in page; who is signed in already goes on, unless asked `again`."""
    target = safe_next(request.values.get("next"))
    if current_account() is not None and not _again():
        return redirect(target)
    return _sign_in_page(target)


def enter() -> ResponseReturnValue:
    """Check what was typed and begin a session, or ask for a code."""
    target = safe_next(request.values.get("next"))
    if current_account() is not None and not _again():
        return redirect(target)
    username = request.form.get("username", "")
    outcome = try_password(username, request.form.get("password", ""))
    if outcome.account is None:
        return _sign_in_page(target, username, refusal(outcome))
    from core.web.entrance.second_step import ask_for_code, needs_code

    if needs_code(outcome.account):
        return ask_for_code(outcome.account, "remember" in request.form, target)
    return _with_password(outcome.account, "remember" in request.form, target)


def _with_password(
    account: Account, remember: bool, target: str
) -> ResponseReturnValue:
    """Let in who proved the password, as far as it reaches."""
    from core.web.entrance import policy

    standing = policy.standing_of(account)
    if standing == "passkey":
        _note_missing(account)
        text = say("A password is not enough here. Sign in with your passkey.")
        return _sign_in_page(target, account.username, text)
    let_in(account, remember, "password")
    return policy.lead(target) if standing else redirect(target)


def _note_missing(account: Account) -> None:
    event = Event("refused", account.id, "password", "factor_needed")
    note(web().database, event, visitor())


def _again() -> bool:
    """Whether somebody who is signed in proves it once more."""
    return request.values.get("again") == "1"


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
    typed = fields.get("code", "")
    try:
        return jsonify(**issue_token(username, password, str(typed)))
    except TokenRefused as refused:
        response = jsonify(code=refused.code, message=str(refused))
        if refused.pause:
            response.headers["Retry-After"] = str(refused.pause)
        return response, refused.status


class TokenRefused(Exception):
    """No token: a sentence, a code for programs, and seconds to wait or 0."""

    def __init__(self, code: str, text: str, pause: int = 0) -> None:
        super().__init__(text)
        self.code = code
        self.pause = pause

    @property
    def status(self) -> int:
        """The HTTP status that says the same."""
        return 429 if self.pause else 401


def issue_token(username: str, password: str, typed: str = "") -> dict[str, Any]:
    """An access token for a password, and a code where the account asks for one."""
    outcome = try_password(username, password)
    if outcome.account is None:
        name = "too_many_tries" if outcome.pause else "sign_in_refused"
        raise TokenRefused(name, refusal(outcome), outcome.pause)
    account, way = outcome.account, "token"
    from core.web.entrance import second_step

    if second_step.needs_code(account):
        outcome, way = second_step.try_code(account, typed), "token_code"
        if not typed.strip():
            text = say("This account asks for a code; send it as `code` along with it.")
            raise TokenRefused("code_needed", text)
        if outcome.account is None:
            text = second_step.refusal(outcome)
            raise TokenRefused("code_refused", text, outcome.pause)
    else:
        _require_factor(account)
    admit(web().database, account, way, visitor())
    issuer = web().tokens
    return {
        "access_token": issuer.issue(account),
        "token_type": "Bearer",
        "expires_in": issuer.seconds,
    }


def _require_factor(account: Account) -> None:
    """Refuse a token to whom a password alone does not let in."""
    from core.web.entrance import policy

    if policy.standing_of(account):
        _note_missing(account)
        text = say(
            "Your organisation asks for more than a password. Set up codes in the "
            "browser, or use an API key."
        )
        raise TokenRefused("second_factor_required", text)


def try_password(username: str, password: str) -> Outcome:
    """Check a password, with pauses after failures."""
    return check(web().database, username, password, visitor())


def refusal(outcome: Outcome) -> str:
    """Why nobody was let in, in words that fit any user name."""
    if outcome.pause:
        return say(
            "Too many tries did not match. Signing in is paused for {time}; then try "
            "again.",
            time=duration(outcome.pause),
        )
    if outcome.tries_left == 0:
        return say("User name and password do not match. There is a short pause now.")
    return say_count(
        outcome.tries_left,
        "User name and password do not match. After 1 more try there is a pause.",
        "User name and password do not match. After {number} more tries there is a "
        "pause.",
    )


def _sign_in_page(
    target: str, username: str = "", problem: str = ""
) -> ResponseReturnValue:
    me = current_account()
    page = render_template(
        "sign_in.html",
        target=target,
        username=username or (me.username if me is not None else ""),
        problem=problem,
        again=me is not None,
    )
    return page, 401 if problem else 200, {"Cache-Control": "no-store"}


def duration(seconds: int) -> str:
    """A pause in words."""
    if seconds < 60:
        return say_count(seconds, "1 second", "{number} seconds")
    return say_count(-(-seconds // 60), "1 minute", "{number} minutes")
