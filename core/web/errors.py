"""Turns every error into a page or a JSON problem: what, why, how to mend.

The factory installs the handlers; pages may call `problem_response` themselves. A reader
never sees a stack trace, only a reference that leads to it in the log.
"""

import logging
import secrets
from dataclasses import dataclass
from types import MappingProxyType

from flask import Flask, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

_LOG = logging.getLogger("intarsia.web")


@dataclass(frozen=True, slots=True)
class Problem:
    """One error for its reader; `why` and `mend` are full sentences."""

    status: int
    what: str
    why: str
    mend: str
    icon: str = "alert-circle"
    code: str = ""
    details: tuple[str, ...] = ()


_PROBLEMS = MappingProxyType(
    {
        400: Problem(
            400,
            "This request was not understood",
            "The address or the form holds something that does not belong there.",
            "Go back, reload the page and try once more.",
        ),
        401: Problem(
            401,
            "You are not signed in",
            "Your session is over or the credential is not valid.",
            "Sign in and repeat what you did.",
            "lock",
        ),
        403: Problem(
            403,
            "You cannot open this page",
            "Your roles do not include it.",
            "Ask an administrator for a role that does.",
            "lock",
        ),
        404: Problem(
            404,
            "There is nothing here, or nothing for you",
            "The address is wrong, the record is gone, or your roles do not show it.",
            "Check the address or start from the navigation.",
            "map-pin",
        ),
        405: Problem(
            405,
            "This cannot be done at this address",
            "The address exists, but not for this kind of request.",
            "Go back and use the buttons of the page.",
        ),
        409: Problem(
            409,
            "Somebody else was faster",
            "The record changed after you opened it.",
            "Reload the record, then make your change again.",
            "git-merge",
        ),
        413: Problem(
            413,
            "The file is too large",
            "Uploads may have up to 64 MB.",
            "Split the file or make it smaller.",
            "upload",
        ),
        422: Problem(
            422,
            "This was not saved",
            "Something in it breaks a rule.",
            "Mend what is listed and save again.",
        ),
        429: Problem(
            429,
            "Too many requests",
            "There were more requests than allowed within a short time.",
            "Wait a minute and try again.",
            "clock",
        ),
        500: Problem(
            500,
            "Something went wrong on our side",
            "The request ran into an error that nobody foresaw. Nothing was saved.",
            "Try once more; if it happens again, tell an administrator the reference.",
            "alert-triangle",
        ),
        503: Problem(
            503,
            "The database is not available",
            "It is locked, read-only or not reachable at the moment.",
            "Wait a few seconds and try again.",
            "database",
        ),
    }
)
_STALE_PAGE = Problem(
    400,
    "This page is too old to save from",
    "You signed in or out since it was opened, so it cannot prove that it is yours.",
    "Reload the page and repeat your change.",
    "refresh",
    "csrf",
)


def install_errors(app: Flask) -> None:
    """Handle every HTTP error and every exception of the app."""

    @app.before_request
    def give_reference() -> None:
        g.reference = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}"

    @app.errorhandler(CSRFError)
    def stale(_error: CSRFError) -> ResponseReturnValue:
        return problem_response(_STALE_PAGE)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error
        return problem_response(problem_for(error.code))

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


def problem_for(status: int) -> Problem:
    """The general problem of an HTTP status."""
    known = _PROBLEMS.get(status)
    return known or _PROBLEMS[500 if status >= 500 else 400]


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
            detail=f"{problem.why} {problem.mend}",
            problems=list(problem.details),
            reference=reference(),
        )
        body.mimetype = "application/problem+json"
        return body, problem.status
    page = render_template("problem.html", problem=problem, reference=reference())
    return page, problem.status


def wants_json() -> bool:
    """Whether the request came from a program or a script of the page."""
    if request.path.startswith("/api/") or request.headers.get("HX-Request"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"
