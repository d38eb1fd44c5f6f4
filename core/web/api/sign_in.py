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
from core.web.auth import visitor
from core.web.sign_in import admit
from core.web.sign_in_views import refusal, try_password
from core.web.state import web


def sign_in() -> Response:
    """`POST /auth/login`: a user name and password for an access token."""
    given = loaded(Credentials(), read_object(request))
    outcome = try_password(given["username"], given["password"])
    if outcome.account is None:
        if outcome.pause:
            raise Refusal(
                429,
                "too_many_tries",
                refusal(outcome),
                headers={"Retry-After": str(outcome.pause)},
            )
        raise Refusal(401, "sign_in_refused", refusal(outcome))
    admit(web().database, outcome.account, "token", visitor())
    issuer = web().tokens
    response = answer(
        {
            "access_token": issuer.issue(outcome.account),
            "token_type": "Bearer",
            "expires_in": issuer.seconds,
        }
    )
    response.headers["Cache-Control"] = "no-store"
    return response
