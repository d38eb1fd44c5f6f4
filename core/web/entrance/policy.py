"""Who must have a second factor, and what happens to those who have none yet.

The configuration names roles (`second_factor`). The sign-in asks `standing_of`, the
factory calls `install_policy` where there is such a policy: a session that began with a
password alone sees nothing but the page where a second factor is set up.
"""

import logging
from typing import Literal

from flask import Flask, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from core.config import EVERYBODY
from core.web.accounts import Account
from core.web.auth import login_required_page
from core.web.csrf import carries_credential
from core.web.entrance import codes
from core.web.entrance.passkeys import list_passkeys
from core.web.entrance.security_page import own_account
from core.web.errors import problem_response
from core.web.problems import Problem
from core.web.state import WebState, application, web

_LOG = logging.getLogger("intarsia.web")
Standing = Literal["", "set_up", "passkey"]
_MARK = "set_up"
#: What a session may open whose owner has no second factor yet.
_OPEN = frozenset(
    {
        "sign_in.page",
        "sign_in.enter",
        "sign_in.leave",
        "entrance.set_up",
        "entrance.begin_codes",
        "entrance.show_codes",
        "entrance.confirm_codes",
        "entrance.passkey_options",
        "entrance.add_passkey",
        "assets.asset",
        "health.alive",
        "health.ready",
    }
)


def is_bound(account: Account) -> bool:
    """Whether the policy asks this account for a second factor."""
    wanted = frozenset(web().settings.second_factor)
    if not wanted or EVERYBODY in wanted:
        return bool(wanted)
    registry = getattr(application(), "registry", None)
    known = {} if registry is None else registry.rights.roles
    held = set(account.roles)
    for role in account.roles & known.keys():
        held |= known[role].includes
    if account.is_admin:
        held.add("admin")
    return not wanted.isdisjoint(held)


def standing_of(account: Account) -> Standing:
    """What a right password is not enough for; empty if it is.

    `set_up`: a second factor is missing. `passkey`: there is one that is not a code, so
    a password must not be able to add another.
    """
    if not is_bound(account) or codes.state_of(web().database, account.id).on:
        return ""
    return "passkey" if list_passkeys(web().database, account.id) else "set_up"


def lead(target: str) -> ResponseReturnValue:
    """Bind the session that has just begun, and go to the page of setting up."""
    session[_MARK] = target
    return redirect(url_for("entrance.set_up"))


def fulfilled() -> str:
    """Set the session free; returns where its owner wanted to go, or nothing."""
    return str(session.pop(_MARK, ""))


@login_required_page
def set_up() -> ResponseReturnValue:
    """The page that says what is missing and offers both ways."""
    if _MARK not in session:
        return redirect(url_for("entrance.security"))
    page = render_template("accounts/set_up.html", name=own_account().display_name)
    return page, 200, {"Cache-Control": "no-store"}


def install_policy(app: Flask, web_state: WebState) -> None:
    """Keep bound sessions on the page of setting up."""

    _warn_of_unknown(web_state)

    @app.before_request
    def keep() -> ResponseReturnValue | None:
        if request.endpoint in _OPEN or carries_credential() or _MARK not in session:
            return None
        if request.path.startswith("/api/"):
            return problem_response(_missing())
        address = url_for("entrance.set_up")
        if request.headers.get("HX-Request"):
            return "", 403, {"HX-Redirect": address}
        return redirect(address)


def _warn_of_unknown(state: WebState) -> None:
    """A role that nobody can hold protects nobody; its module may be off, though."""
    registry = getattr(state.application, "registry", None)
    if registry is None:
        return
    known = {EVERYBODY, "admin", *registry.rights.roles}
    for role in sorted(set(state.settings.second_factor) - known):
        _LOG.warning("second_factor names the role '%s', which nobody has.", role)


def _missing() -> Problem:
    return Problem(
        403,
        "A second factor is missing",
        "Your organisation asks for more than a password.",
        "Set up codes from an app or a passkey first.",
        "lock",
        "second_factor_required",
    )
