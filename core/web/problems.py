"""The errors a reader may meet: what happened, why, how to mend it.

`errors.py` hands these to the problem page or, as JSON, to programs. Errors of the
services become problems here, so their words reach the reader unchanged.
"""

from dataclasses import replace
from types import MappingProxyType

from core.frozen import frozen
from core.services import errors as services
from core.storage.errors import StorageError


@frozen
class Problem:
    """One error for its reader; `why` and `mend` are full sentences."""

    status: int
    what: str
    why: str
    mend: str
    icon: str = "alert-circle"
    code: str = ""
    problems: tuple[services.Problem, ...] = ()


PROBLEMS = MappingProxyType(
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
STALE_PAGE = Problem(
    400,
    "This page is too old to save from",
    "You signed in or out since it was opened, so it cannot prove that it is yours.",
    "Reload the page and repeat your change.",
    "refresh",
    "csrf",
)
_STATUS = (
    (services.ValidationFailed, 422),
    (services.NotAllowed, 403),
    (services.NotFound, 404),
    (services.StaleRecord, 409),
    (services.TransitionRefused, 409),
    (services.BadQuery, 400),
    (services.Unavailable, 503),
)


def problem_for(status: int) -> Problem:
    """The general problem of an HTTP status."""
    known = PROBLEMS.get(status)
    return known or PROBLEMS[500 if status >= 500 else 400]


def problem_of(error: services.AppError | StorageError) -> Problem:
    """The problem that tells a reader about an error of the services."""
    if isinstance(error, StorageError):
        return replace(problem_for(503), why=str(error), code=str(error.reason))
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 422)
    general = problem_for(status)
    single = isinstance(error, services.ValidationFailed) and error.problems
    return replace(
        general,
        why="" if single else error.message,
        mend=general.mend if single else "",
        code=error.code,
        problems=error.problems if isinstance(error, services.ValidationFailed) else (),
    )
