"""The second step of signing in: a code, after the password was right.

`core.web.sign_in_views` sends people here whose account asks for codes; programs send
the code along with the password. Who stands between the steps is kept in the cookie,
signed, for ten minutes; it opens nothing but this page.
"""

import time

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from core.web.accounts import Account, load_account
from core.web.auth import end_session, safe_next, visitor
from core.web.entrance import codes
from core.web.entrance.journal import Event, note
from core.web.sign_in import Outcome, check_code
from core.web.sign_in_views import duration, let_in
from core.web.state import web
from core.web.wording import say

_HALF = "half"
_SECONDS = 600


def needs_code(account: Account) -> bool:
    """Whether the account asks for a code after the password."""
    return codes.state_of(web().database, account.id).on


def ask_for_code(account: Account, remember: bool, target: str) -> ResponseReturnValue:
    """Keep who proved the password, and go to the page of the code."""
    end_session()
    session[_HALF] = {
        "user": account.id,
        "stamp": account.stamp,
        "remember": remember,
        "target": target,
        "until": int(time.time()) + _SECONDS,
    }
    return redirect(url_for("entrance.code"))


def try_code(account: Account, code: str) -> Outcome:
    """Check a code of an account whose password was right."""
    state = web()
    if not code.strip():
        note(
            state.database,
            Event("refused", account.id, "password", "code_needed"),
            visitor(),
        )
        return Outcome()

    def fits() -> str:
        key = state.settings.secret_key
        return codes.fits(state.database, key, account.id, code[:64])

    return check_code(state.database, account, visitor(), fits)


def code() -> ResponseReturnValue:
    """The page that asks for the code."""
    if _waiting() is None:
        return redirect(url_for("sign_in.page"))
    return _page()


def enter_code() -> ResponseReturnValue:
    """Check the code and begin the session."""
    account, half = _waiting(), session.get(_HALF)
    if account is None or half is None:
        return redirect(url_for("sign_in.page"))
    typed = request.form.get("code", "")
    outcome = try_code(account, typed) if typed.strip() else Outcome(tries_left=1)
    if outcome.account is None:
        return _page(refusal(outcome))
    way = "recovery" if codes.is_recovery(typed) else "code"
    let_in(account, bool(half["remember"]), way)
    return redirect(safe_next(half["target"]))


def refusal(outcome: Outcome) -> str:
    """Why the code did not open."""
    if outcome.pause:
        return say(
            "Too many codes did not match. Wait {time}, then try again.",
            time=duration(outcome.pause),
        )
    return say("This code does not match or was used before. Wait for the next one.")


def _waiting() -> Account | None:
    half = session.get(_HALF)
    if not isinstance(half, dict) or half.get("until", 0) < time.time():
        return None
    account = load_account(web().database, int(half["user"]))
    if account is None or not account.active or account.stamp != half["stamp"]:
        return None
    return account


def _page(problem: str = "") -> ResponseReturnValue:
    page = render_template("sign_in_code.html", problem=problem)
    return page, 401 if problem else 200, {"Cache-Control": "no-store"}
