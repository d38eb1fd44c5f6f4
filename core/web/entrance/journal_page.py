"""The journal of sign-ins for administrators, by user and by what happened.

Registered by `register`; `cli.py user sign-ins` shows the same.
"""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from core.web.accounts import find_account
from core.web.auth import admin_required
from core.web.entrance.journal import ACTS, entries
from core.web.entrance.showing import line_of
from core.web.state import web
from core.web.wording import say

PAGE = 50


@admin_required
def sign_ins() -> ResponseReturnValue:
    """The page; `user`, `act` and `before` narrow it."""
    database, asked = web().database, request.args
    login = asked.get("user", "").strip()
    account = find_account(database, login) if login else None
    act = asked.get("act", "") if asked.get("act", "") in ACTS else ""
    before = asked.get("before", type=int)
    found = []
    if account is not None or not login:
        user = account.id if account is not None else None
        found = entries(database, user, act, before, PAGE + 1)
    return render_template(
        "accounts/sign_ins.html",
        lines=[line_of(one) for one in found[:PAGE]],
        older=found[PAGE - 1].id if len(found) > PAGE else None,
        login=login,
        act=act,
        acts=[(key, say(text)) for key, text in ACTS.items()],
    )
