"""Going to a provider and coming back, from the sign-in page.

Registered by `register`; which providers there are says the configuration. What must be
kept meanwhile stands in the signed cookie for ten minutes and counts once.
"""

import logging
import time
from dataclasses import asdict

from flask import abort, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from core.config import ProviderConfig
from core.web.auth import safe_next, visitor
from core.web.entrance import providers
from core.web.entrance.journal import Event, note
from core.web.entrance.providers import Begun, ProviderRefused
from core.web.notices import notify
from core.web.people import mirror_people
from core.web.sign_in_views import let_in
from core.web.state import application, web
from core.web.wording import say

_LOG = logging.getLogger("intarsia.web")
_WAITING = "provider"
_SECONDS = 600


def go_to_provider(id: str) -> ResponseReturnValue:
    """Send the browser to the provider."""
    provider = _provider(id)
    try:
        begun = providers.begin(provider, _back(provider))
    except ProviderRefused as refused:
        return _refused(provider, refused)
    session[_WAITING] = {
        "id": provider.id,
        "begun": asdict(begun),
        "target": safe_next(request.args.get("next")),
        "until": int(time.time()) + _SECONDS,
    }
    response = redirect(begun.address)
    response.headers["Cache-Control"] = "no-store"
    return response


def come_back(id: str) -> ResponseReturnValue:
    """Let in whom the provider vouches for."""
    provider, database = _provider(id), web().database
    waiting = session.pop(_WAITING, None)
    try:
        if not isinstance(waiting, dict) or waiting.get("id") != provider.id:
            raise ProviderRefused("this browser did not begin here")
        if waiting["until"] < time.time():
            raise ProviderRefused("it took too long")
        if "error" in request.args:
            raise ProviderRefused("the provider or the person said no")
        begun = Begun(**waiting["begun"])
        back = _back(provider)
        asked = f"{back}?{request.query_string.decode('ascii', 'replace')}"
        person = providers.finish(provider, back, begun, asked)
        account = providers.account_for(database, provider, person)
        if providers.link(database, provider, person, account):
            way = f"provider:{provider.id}"
            note(database, Event("provider_linked", account.id, way), visitor())
            mirror_people(application())
    except ProviderRefused as refused:
        return _refused(provider, refused)
    let_in(account, False, f"provider:{provider.id}")
    return redirect(safe_next(waiting["target"]))


def _provider(id: str) -> ProviderConfig:
    for one in web().settings.providers:
        if one.id == id:
            return one
    abort(404)


def _back(provider: ProviderConfig) -> str:
    """The address that the provider sends people back to; it must be known there."""
    path = url_for("entrance.come_back", id=provider.id)
    return (web().settings.public_url or request.host_url.rstrip("/")) + path


def _refused(provider: ProviderConfig, refused: ProviderRefused) -> ResponseReturnValue:
    _LOG.warning("sign-in through %s refused: %s", provider.id, refused)
    way = f"provider:{provider.id}"
    note(web().database, Event("refused", None, way, refused.reason), visitor())
    if refused.reason == "not_linked":
        text = say(
            "{label} knows you, but there is no user for you here. Ask an "
            "administrator.",
            label=provider.label,
        )
    else:
        text = say(
            "Signing in with {label} did not work. Try once more, or another way.",
            label=provider.label,
        )
    notify(text, "bad")
    return redirect(url_for("sign_in.page"))
