"""The page behind the link of a mail that advertises: no more of them, and back again.

Registered by `register`. It needs no account, no cookie and no script; programs of mail
post to it by themselves (RFC 8058).
"""

from __future__ import annotations

from flask import Response, abort, make_response, render_template, request

from core.services import Actor
from core.services.mails.unsubscribing import (
    address_in,
    subscribe_again,
    unsubscribe,
)
from core.web.pages.webform_model import policy_of_page
from core.web.state import application
from core.web.wording import language, say


def show_unsubscribe(token: str) -> Response:
    """Ask first: whoever looks at links in mails opens them all."""
    return _page(_address(token), "")


def act_on_unsubscribe(token: str) -> Response:
    """Send no more advertising to the address, or take that back."""
    address = _address(token)
    back = request.form.get("act") == "back"
    with application().transaction(Actor.system(), via="form") as tx:
        if back:
            subscribe_again(tx, address)
        else:
            unsubscribe(tx, address)
    if back:
        return _page(
            address, "", say("{address} gets these mails again.", address=address)
        )
    said = say("{address} gets no more of these mails.", address=address)
    return _page(address, "done", said)


def _address(token: str) -> str:
    found = address_in(application().runtime, token)
    if found is None:
        abort(404)
    return found


def _page(address: str, state: str, said: str = "") -> Response:
    page = render_template(
        "pages/unsubscribe.html",
        language=language(),
        address=address,
        state=state,
        said=said,
    )
    response = make_response(page)
    response.headers["Content-Security-Policy"] = policy_of_page()
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
