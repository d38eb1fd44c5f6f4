"""Refuses changes that another site could have caused.

The factory installs it. Every unsafe request needs the token of the session, in the
form (`csrf_token`) or the header `X-CSRFToken`; requests that carry their own
credential (bearer, API key) never use the cookie and pass.
"""

from flask import Flask, request
from flask_wtf.csrf import CSRFProtect

#: Where an app keeps what tells the endpoint of a module that a request calls.
DECLARED = "intarsia.declared"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def install_csrf(app: Flask, open_endpoints: frozenset[str]) -> None:
    """Guard every unsafe request of the app, except endpoints that read no cookie."""
    protection = CSRFProtect(app)

    @app.before_request
    def guard() -> None:
        if request.method in SAFE_METHODS or request.endpoint is None:
            return
        # A call of a module's endpoint is told by its credential or signature alone.
        declared = app.extensions.get(DECLARED)
        if declared is not None and declared() is not None:
            return
        if request.endpoint not in open_endpoints and not carries_credential():
            protection.protect()


def carries_credential() -> bool:
    """Whether the request brings a credential of its own: bearer or API key."""
    return credential_text() is not None


def credential_text() -> str | None:
    """The access token or API key of the request; None where there is neither."""
    header = request.headers.get("Authorization", "")
    if header[:7].lower() == "bearer ":
        return header[7:].strip()
    return request.headers.get("X-API-Key")
