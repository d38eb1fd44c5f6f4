"""Calls of the endpoints that modules bring: who calls, how often, and the answer.

Installed by `register`. A call reads no cookie: it brings a token, a key or a
signature, or the endpoint is open to everybody.
"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from core.compiler import CompiledEndpoint
from core.config import RateLimit
from core.fieldtypes.secrets import Sealed
from core.services import Actor, AppError, NotAllowed
from core.services.endpoints import Caller, call, endpoint_of, note_refused
from core.services.people import only_company
from core.services.settings import settings_of
from core.services.signatures import fault_of
from core.storage import StorageError
from core.web.api.bodies import parse
from core.web.api.credentials import caller
from core.web.api.json_text import answer
from core.web.api.limits import Counter, counted_as, require_rate
from core.web.api.problems import answer_of
from core.web.api.refusals import Refusal
from core.web.csrf import credential_text
from core.web.declared import declared
from core.web.state import application
from core.web.tokens import KEY_MARK

_COUNTERS = "intarsia.endpoints"
_USUAL = RateLimit(60, 60)


def answer_declared() -> Response | None:
    """Answer a call of an endpoint; None for any other request."""
    definition = declared()
    if definition is None:
        return None
    endpoint = endpoint_of(application().runtime, definition.id)
    way, raw = "none", b""
    try:
        _require_rate(endpoint)
        raw = _body(endpoint)
        actor, way = _who(endpoint, raw)
        return _called(endpoint, actor, way, raw)
    except (AppError, Refusal, HTTPException, StorageError) as error:
        response = answer_of(error)
        _note(endpoint, way, raw, response)
        return response


def _called(endpoint: CompiledEndpoint, actor: Actor, way: str, raw: bytes) -> Response:
    found = parse(raw) if raw.strip() else {}
    if not isinstance(found, dict):
        raise Refusal(400, "malformed_json", "The body has to be a JSON object.")
    with application().transaction(actor, via="api") as tx:
        reply = call(tx, endpoint, found, _caller(way, raw))
    response = answer(reply.body, reply.status)
    if reply.repeated:
        response.headers["Idempotent-Replay"] = "true"
    return response


def _body(endpoint: CompiledEndpoint) -> bytes:
    request.max_content_length = endpoint.most
    try:
        raw = request.get_data(cache=True)
    except RequestEntityTooLarge:
        text = f"A body has at most {endpoint.definition.max_size}."
        raise Refusal(413, "too_large", text) from None
    if raw.strip() and request.mimetype != "application/json":
        text = "The body must be JSON: send it with 'Content-Type: application/json'."
        raise Refusal(415, "unsupported_media_type", text)
    return raw


def _who(endpoint: CompiledEndpoint, raw: bytes) -> tuple[Actor, str]:
    """Who calls, and by which of the endpoint's ways."""
    ways, text = endpoint.definition.auth, credential_text()
    if text is not None:
        way = "key" if text.startswith(KEY_MARK) else "bearer"
        if way in ways:
            asking = caller()
            asking.require(endpoint.id, "write")
            roles = application().access.of(asking.actor.roles).roles
            held = roles & set(endpoint.roles)
            if not (asking.actor.is_admin or held):
                said = "None of your roles may call this."
                raise NotAllowed(said, entity=endpoint.id, verb="call")
            return asking.actor, way
    if "signature" in ways and request.headers.get("Intarsia-Signature"):
        _check_signature(endpoint, raw)
        return _platform(), "signature"
    if "none" in ways:
        return _platform(), "none"
    known = {
        "bearer": "'Authorization: Bearer <token>'",
        "key": "'X-API-Key: <key>'",
        "signature": "'Intarsia-Timestamp' and 'Intarsia-Signature'",
    }
    said = f"Send {' or '.join(known[one] for one in ways if one in known)}."
    raise Refusal(401, "not_signed_in", said)


def _check_signature(endpoint: CompiledEndpoint, raw: bytes) -> None:
    app = application()
    name = (endpoint.definition.secret or "").removeprefix("settings.")
    with app.database.reading() as connection:
        kept = settings_of(connection, app.compiled, Actor.system()).get(name)
    if not isinstance(kept, Sealed):
        said = "Nobody has set the secret of this endpoint yet."
        raise Refusal(401, "not_signed_in", said)
    given = request.headers.get("Intarsia-Signature", "")
    sent = request.headers.get("Intarsia-Timestamp", "")
    now = app.runtime.clock.read()
    fault = fault_of(app.secret_box.open(kept), given, sent, raw, now)
    if fault is not None:
        raise Refusal(401, "not_signed_in", fault)


def _platform() -> Actor:
    """The platform, for callers without an account; in the only company there is."""
    app, actor = application(), Actor.system()
    with app.database.reading() as connection:
        company = only_company(connection, app.runtime)
    return actor if company is None else actor.in_company(company)


def _require_rate(endpoint: CompiledEndpoint) -> None:
    """Refuse with 429 who calls too often, counted for each address or account."""
    throttle = endpoint.definition.throttle
    limit = _USUAL
    if throttle is not None:
        limit = RateLimit(throttle.most, int(throttle.within.total_seconds()))
    counters: dict[Any, Counter] = current_app.extensions.setdefault(_COUNTERS, {})
    counter = counters.setdefault((endpoint.id, limit), Counter(limit))
    require_rate(counter.count(counted_as() or f"address {request.remote_addr}"))


def _note(endpoint: CompiledEndpoint, way: str, raw: bytes, response: Response) -> None:
    """Write a refused call down, unless the database itself is what refused it."""
    if response.status_code in (429, 503):
        return
    said = str((response.get_json(silent=True, force=True) or {}).get("detail", ""))
    app = application()
    with app.transaction(Actor.system(), via="api") as tx:
        note_refused(tx, endpoint.id, _caller(way, raw), response.status_code, said)


def _caller(way: str, raw: bytes) -> Caller:
    address, once = request.remote_addr or "", None
    if way == "signature":
        sent = request.headers.get("Intarsia-Timestamp", "")
        once = _digest(sent.encode() + b"." + raw)
    return Caller(way, address, _digest(raw), once)


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
