"""The pages of who forgot the password: ask for a link, and choose a new one.

Registered by `register`; there only where mail and the public address are configured.
"""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.web.accounts import Account, AccountRefused, set_password
from core.web.auth import visitor
from core.web.entrance.journal import Event, note
from core.web.entrance.reset import ask, read_link
from core.web.notices import notify
from core.web.sign_in import unlock
from core.web.state import web
from core.web.wording import say

_LONGEST = 320


def forgot() -> ResponseReturnValue:
    """The page that asks for the name or address."""
    _served()
    return _page("sign_in_forgot.html", asked=False)


def send_link() -> ResponseReturnValue:
    """Answer the same to everybody; the mail goes out afterwards."""
    _served()
    login = request.form.get("username", "")[:_LONGEST]
    if login.strip():
        ask(web().database, web().settings, login, visitor())
    return _page("sign_in_forgot.html", asked=True)


def new_password(link: str) -> ResponseReturnValue:
    """The page behind a link."""
    account = _account(link)
    if account is None:
        return _bad_link()
    return _page("sign_in_new.html", account=account, link=link, problem="")


def set_new_password(link: str) -> ResponseReturnValue:
    """Set the password; whoever asks for codes is still asked when signing in."""
    account, form, state = _account(link), request.form, web()
    if account is None:
        return _bad_link()
    problem = ""
    if form.get("new", "") != form.get("again", ""):
        problem = say("The two new passwords differ.")
    else:
        try:
            set_password(state.database, account.id, form.get("new", ""), account.stamp)
        except AccountRefused as refused:
            problem = str(refused)
    if problem:
        return _page(
            "sign_in_new.html", 422, account=account, link=link, problem=problem
        )
    note(state.database, Event("password_changed", account.id, "reset"), visitor())
    unlock(state.database, account.username)
    unlock(state.database, account.email)
    notify(say("Your new password is set. Sign in with it."))
    return redirect(url_for("sign_in.page"))


def _served() -> None:
    if not web().settings.sends_resets:
        abort(404)


def _account(link: str) -> Account | None:
    _served()
    return read_link(web().database, web().settings, link)


def _bad_link() -> ResponseReturnValue:
    note(web().database, Event("refused", None, "reset", "bad_link"), visitor())
    return _page("sign_in_new.html", 404, account=None, link="", problem="")


def _page(template: str, status: int = 200, **facts: object) -> ResponseReturnValue:
    page = render_template(template, **facts)
    return page, status, {"Cache-Control": "no-store"}
