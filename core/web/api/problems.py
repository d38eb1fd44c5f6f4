"""Answers every error of the API in one shape: RFC 9457 problem details.

Installed by `register`. The reader gets a code, a sentence and the fields concerned; a
stack trace stays in the log, found by the correlation id of the answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from flask import Blueprint, Flask, Response, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, Unauthorized

from core.services import (
    AppError,
    BadQuery,
    NotAllowed,
    NotFound,
    Problem,
    RuleBroken,
    StaleRecord,
    TransitionRefused,
    Unavailable,
    ValidationFailed,
)
from core.services.idempotency import KeyInUse, KeyReused
from core.storage import StorageError
from core.web.api.json_text import to_bytes
from core.web.api.refusals import Refusal
from core.web.auth import current_principal
from core.web.errors import problem_response, reference
from core.web.problems import problem_for

MEDIA_TYPE = "application/problem+json"
ROOT = "/api/v1"
_LOG = logging.getLogger("intarsia.api")
_STATUS: tuple[tuple[type[AppError], int], ...] = (
    (ValidationFailed, 422),
    (NotAllowed, 403),
    (NotFound, 404),
    (StaleRecord, 409),
    (TransitionRefused, 409),
    (BadQuery, 400),
    (Unavailable, 503),
    (KeyReused, 422),
    (KeyInUse, 409),
)
_TITLES = MappingProxyType(
    {
        "bad_query": "The query is not understood",
        "bad_request": "The request is not understood",
        "csrf": "The request does not prove where it comes from",
        "idempotency_key_in_use": "The same request is still at work",
        "idempotency_key_reused": "The idempotency key belongs to another request",
        "internal_error": "Something went wrong on our side",
        "malformed_json": "The body is not JSON as it is taken here",
        "method_not_allowed": "The address does not take this method",
        "not_allowed": "You may not do this",
        "not_found": "There is nothing here, or nothing for you",
        "not_signed_in": "You are not signed in",
        "out_of_scope": "The credential does not cover this",
        "rule_broken": "A rule stands against it",
        "second_factor_required": "A password alone is not enough",
        "sign_in_refused": "Signing in was refused",
        "stale_record": "Somebody else saved first",
        "too_large": "The body is too large",
        "too_many_requests": "There were too many requests",
        "too_many_tries": "Signing in is paused",
        "transition_refused": "The action is not possible now",
        "unavailable": "The database is not available",
        "unsupported_media_type": "The body is of a wrong media type",
        "validation_failed": "Some values cannot be taken",
    }
)
_CODES = MappingProxyType(
    {
        400: "bad_request",
        401: "not_signed_in",
        403: "not_allowed",
        404: "not_found",
        405: "method_not_allowed",
        413: "too_large",
        415: "unsupported_media_type",
        500: "internal_error",
        503: "unavailable",
    }
)
_DETAILS = MappingProxyType(
    {
        401: "Send 'Authorization: Bearer <token>' or 'X-API-Key: <key>'.",
        404: "There is no such address in the API, or it is not for you.",
        405: "The address exists, but does not take this method; see 'Allow'.",
        413: "A body may have up to 10 MB; send the rows in several requests.",
        500: "The request met an error that nobody foresaw; nothing was saved. Tell an "
        "administrator the correlation id.",
    }
)
#: Codes of problems and their titles, as the documentation lists them.
PROBLEM_TITLES = _TITLES


def install_problems(app: Flask, blueprint: Blueprint) -> None:
    """Answer the errors of the blueprint, and addresses of the API that match none."""
    blueprint.register_error_handler(AppError, _service)
    blueprint.register_error_handler(Refusal, _refusal)
    blueprint.register_error_handler(StorageError, _storage)
    blueprint.register_error_handler(CSRFError, _forged)
    blueprint.register_error_handler(HTTPException, _http)
    blueprint.register_error_handler(Exception, _unforeseen)
    for status in (404, 405):
        app.register_error_handler(status, _elsewhere)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    problems: tuple[Problem, ...] = (),
    facts: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the problem as a response; `facts` become further members."""
    usual: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": _TITLES.get(code) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "code": code,
        "errors": [error_of(one) for one in problems],
        "correlation_id": reference(),
    }
    more = {name: _plain(value) for name, value in (facts or {}).items()}
    response = Response(
        to_bytes({**more, **usual}), status, mimetype=MEDIA_TYPE, headers=headers
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def error_of(one: Problem) -> dict[str, Any]:
    """One problem of a value; `path` leads to it, rows of lines counted from 0."""
    steps = list(one.path) if one.field is None else [*one.path, one.field]
    found = {
        "field": one.field,
        "path": steps,
        "code": one.code,
        "message": one.message,
        "level": one.level,
    }
    if one.because:
        found["because"] = [str(fact) for fact in one.because]
    return found


def answer_of(error: Exception) -> Response:
    """The answer to an error that somebody else has caught."""
    if isinstance(error, AppError):
        return _service(error)
    if isinstance(error, Refusal):
        return _refusal(error)
    if isinstance(error, StorageError):
        return _storage(error)
    found = _http(error) if isinstance(error, HTTPException) else None
    return found if isinstance(found, Response) else _unforeseen(error)


def _service(error: AppError) -> Response:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 422)
    headers = {}
    if isinstance(error, Unavailable | KeyInUse):
        headers["Retry-After"] = "2"
        _LOG.warning("%s %s: %s", reference(), error.code, error)
    problems = error.problems if isinstance(error, ValidationFailed) else ()
    facts = dict(error.facts)
    if isinstance(error, RuleBroken):
        facts["only_warnings"] = error.only_warnings
    return problem(
        status,
        error.code,
        error.message,
        problems=problems,
        facts=facts,
        headers=headers,
    )


def _refusal(error: Refusal) -> Response:
    return problem(
        error.status,
        error.code,
        error.detail,
        facts=error.facts,
        headers=error.headers,
    )


def _storage(error: StorageError) -> Response:
    _LOG.warning("%s database: %s", reference(), error)
    return problem(503, "unavailable", str(error), headers={"Retry-After": "2"})


def _forged(_error: CSRFError) -> ResponseReturnValue:
    if current_principal() is None:
        return _http(Unauthorized())
    return problem(
        400,
        "csrf",
        "A session needs the header 'X-CSRFToken' with the token of its page; programs "
        "send a bearer token or an API key instead.",
    )


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error
    code = _CODES.get(status, "bad_request" if status < 500 else "internal_error")
    detail = _DETAILS.get(status) or str(error.description)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        headers["Allow"] = ", ".join(sorted(allowed))
    return problem(status, code, detail, headers=headers)


def _unforeseen(error: Exception) -> Response:
    where = f"{request.method} {request.path}"
    _LOG.error("error %s in %s", reference(), where, exc_info=error)
    return problem(500, "internal_error", _DETAILS[500])


def _elsewhere(error: HTTPException) -> ResponseReturnValue:
    """An address that no view took: ours to answer below the API, else the shell's."""
    if request.path.startswith("/api/"):
        return _http(error)
    if error.code is None or error.code < 400:
        return error
    return problem_response(problem_for(error.code))


def _plain(value: Any) -> Any:
    """A fact in JSON; what has no form there is its text."""
    convert: Callable[[Any], Any] | None = None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, date | datetime):
        convert = date.isoformat
    if isinstance(value, Decimal):
        convert = str
    return convert(value) if convert is not None else str(value)
