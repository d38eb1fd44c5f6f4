"""The view that hands out access tokens to programs.

Registered by `register`; the shell's sign-in checks the password, with its pauses per
user name and per address.
"""

from __future__ import annotations

from flask import Response, request

from core.web.api.bodies import read_object
from core.web.api.envelopes import Credentials, loaded
from core.web.api.json_text import answer
from core.web.api.refusals import Refusal
from core.web.sign_in_views import TokenRefused, issue_token


def sign_in() -> Response:
    """`POST /auth/login`: name, password and perhaps a code for an access token."""
    given = loaded(Credentials(), read_object(request))
    try:
        token = issue_token(given["username"], given["password"], given["code"])
    except TokenRefused as refused:
        waits = {"Retry-After": str(refused.pause)} if refused.pause else {}
        raise Refusal(
            refused.status, refused.code, str(refused), headers=waits
        ) from refused
    response = answer(token)
    response.headers["Cache-Control"] = "no-store"
    return response
