"""Who is signed in, and in which language: Flask-Login and Flask-Babel.

The factory calls `install_identity`; every request then has `g.user`.
"""

from flask import Flask, g, request
from flask_babel import Babel
from flask_login import LoginManager, current_user

from core.web.auth import current_account, load_request_user, load_session_user
from core.web.state import web


def install_identity(app: Flask) -> None:
    """Load users from our session or from a bearer credential, and their language."""
    manager = LoginManager(app)
    manager.user_loader(load_session_user)
    manager.request_loader(load_request_user)
    Babel(app, locale_selector=_language, timezone_selector=_time_zone)

    @app.before_request
    def name() -> None:
        g.user = current_user


def _language() -> str:
    languages = web().settings.languages
    account = current_account()
    # Browsers send what they are set to; a program that names a language means it.
    asked = request.blueprint == "api" and bool(request.accept_languages)
    if account is not None and account.language in languages and not asked:
        return account.language
    return request.accept_languages.best_match(languages) or languages[0]


def _time_zone() -> str:
    account = current_account()
    return account.time_zone if account is not None else "UTC"
