"""Who is not signed in: what public roles show to the whole world, and how often.

Asked by the API when a request brings no credential. A stranger only reads, only what
a grant of a public role names, and at a limited rate; where no module has a public role
nobody gets in.
"""

from __future__ import annotations

from typing import Any, cast

from flask import Flask, g, request

from core.config import RateLimit
from core.services import Actor
from core.services.people import only_company
from core.web.api.limits import Counter, Standing
from core.web.csrf import SAFE_METHODS, credential_text
from core.web.state import application

#: Requests of strangers from one address, unless the configuration says otherwise.
USUAL_RATE = RateLimit(120, 60)
_COUNTER = "intarsia.strangers"


def install_strangers(app: Flask, config: Any) -> None:
    """Count what strangers ask for, per address and worker process."""
    chosen: RateLimit | None = getattr(config, "rate_limit_strangers", None)
    app.extensions[_COUNTER] = Counter(chosen or USUAL_RATE)


def public_actor(entity: str) -> Actor | None:
    """The actor that stands for a stranger who reads this entity; None if nobody may.

    Somebody whose credential is wrong is no stranger: he is told so.
    """
    if request.method not in SAFE_METHODS or credential_text() is not None:
        return None
    compiled = application().compiled
    roles = frozenset(
        id_
        for id_, role in compiled.registry.rights.roles.items()
        if role.definition.kind == "public"
    )
    if not roles or entity not in compiled.registry.entities:
        return None
    if not compiled.access.of(roles).entity(entity).can("read"):
        return None
    if "stranger" not in g:
        g.stranger = _actor(roles)
    return cast(Actor, g.stranger)


def _actor(roles: frozenset[str]) -> Actor:
    """Rows of companies are seen where there is one only: a stranger has none."""
    app = application()
    with app.database.reading() as connection:
        company = only_company(connection, app.runtime)
    companies = () if company is None else (company,)
    return Actor(None, "", roles, companies=companies, company=company)


def count_stranger(app: Flask) -> Standing:
    """Count a request; what strangers are shown must not be copied in one go."""
    counter: Counter = app.extensions[_COUNTER]
    return counter.count(f"address {request.remote_addr}")
