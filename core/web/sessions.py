"""Sessions in a signed cookie, except for static files.

The factory sets it. A file that varied by cookie would be fetched anew after each
sign-in, so requests for files see an empty session that is never saved.
"""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class PageSessions(SecureCookieSessionInterface):
    """The framework's cookie sessions for everything but `/static/`."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the request; none for a file."""
        if request.path.startswith("/static/"):
            return None
        return super().open_session(app, request)
