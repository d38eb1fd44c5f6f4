"""Turns every error into a page or a JSON problem: what, why, how to mend.

The factory installs the handlers; pages may call `problem_response` themselves. A
reader never sees a stack trace, only a reference that leads to it in the log.
"""

import logging
import secrets
from dataclasses import replace
from typing import Any

from flask import Flask, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from core.services import errors as services
from core.storage.errors import StorageError
from core.web.problems import STALE_PAGE, Problem, problem_for, problem_of
from core.web.wording import say

_LOG = logging.getLogger("intarsia.web")


def install_errors(app: Flask) -> None:
    """Handle every HTTP error and every exception of the app."""

    @app.before_request
    def give_reference() -> None:
        g.reference = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}"

    @app.errorhandler(CSRFError)
    def stale(_error: CSRFError) -> ResponseReturnValue:
        return problem_response(STALE_PAGE)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error
        return problem_response(problem_for(error.code))

    @app.errorhandler(services.AppError)
    @app.errorhandler(StorageError)
    def refused(error: services.AppError | StorageError) -> ResponseReturnValue:
        if isinstance(error, StorageError | services.Unavailable):
            _LOG.warning("database not available, %s: %s", reference(), error)
        return problem_response(problem_of(error))

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> ResponseReturnValue:
        where = f"{request.method} {request.path}"
        _LOG.error("error %s in %s", reference(), where, exc_info=error)
        try:
            return problem_response(problem_for(500))
        except Exception:
            # Even the page of the error failed, so a line of text must do.
            _LOG.exception("the page of error %s failed", reference())
            text = f"Something went wrong on our side. Reference {reference()}."
            return text, 500, {"Content-Type": "text/plain; charset=utf-8"}


def reference() -> str:
    """The short id of this request that stands in the log and on error pages."""
    return str(g.get("reference", "none"))


def problem_response(problem: Problem) -> ResponseReturnValue:
    """The problem as a page, or as JSON where no page was asked for."""
    if wants_json():
        body = jsonify(
            type="about:blank",
            status=problem.status,
            code=problem.code or str(problem.status),
            title=problem.what,
            detail=f"{problem.why} {problem.mend}".strip(),
            problems=[_as_json(part) for part in problem.problems],
            reference=reference(),
        )
        body.mimetype = "application/problem+json"
        return body, problem.status
    if request.path.startswith("/static/"):
        # A file has no session, and a page needs one.
        text = f"{problem.what}. {problem.mend}"
        return text, problem.status, {"Content-Type": "text/plain; charset=utf-8"}
    shown = replace(
        problem, what=say(problem.what), why=say(problem.why), mend=say(problem.mend)
    )
    page = render_template("problem.html", problem=shown, reference=reference())
    return page, problem.status


def _as_json(part: services.Problem) -> dict[str, Any]:
    return {
        "field": part.field,
        "path": list(part.path),
        "code": part.code,
        "message": part.message,
        "level": part.level,
    }


def wants_json() -> bool:
    """Whether the request came from a program or a script of the page."""
    if request.path.startswith("/api/") or request.headers.get("HX-Request"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"
