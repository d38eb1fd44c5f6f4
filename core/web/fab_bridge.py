"""The bridge to Flask-AppBuilder: sign-in, user and role models, nothing else.

The factory calls `install_bridge`. The framework keeps users, roles and the ways to
sign in (database, LDAP); its own pages, menus and permission checks stay out.
"""

from typing import Any

from flask import Flask, current_app, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import AppBuilder, expose
from flask_appbuilder.api import BaseApi
from flask_appbuilder.const import AUTH_DB, AUTH_LDAP
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.views import AuthDBView
from sqlalchemy.orm import scoped_session, sessionmaker

from core.storage.engine import Database
from core.web.accounts import Account, load_account, set_password, verify_password
from core.web.auth import (
    Principal,
    client_address,
    current_account,
    end_session,
    load_request_user,
    load_session_user,
    safe_next,
    start_session,
)
from core.web.passwords import hash_password
from core.web.sign_in import Outcome, check
from core.web.state import web

# Requests that read no cookie and therefore need no CSRF token.
OPEN_ENDPOINTS = frozenset({"TokenApi.login", "api.login"})


class Bridge(AppBuilder):  # type: ignore[misc]
    """The framework without its index, menu, static files and filters."""

    def _add_admin_views(self) -> None:
        self.sm.register_views()

    def _add_global_static(self) -> None:
        """Its files belong to its own pages, which are not served."""

    def _add_global_filters(self) -> None:
        """Its template filters check its own permissions, which decide nothing here."""


class SignInManager(SecurityManager):  # type: ignore[misc]
    """Signs in through our accounts, hashes and lock-out, by database or LDAP."""

    def register_views(self) -> None:
        """Serve the sign-in page and the token endpoint."""
        if self.auth_type not in (AUTH_DB, AUTH_LDAP):
            raise ValueError(
                f"auth_type {self.auth_type} is not served: use {AUTH_DB} (database) "
                f"or {AUTH_LDAP} (LDAP)"
            )
        self.auth_view = self.authdbview()
        self.appbuilder.add_view_no_menu(self.auth_view)
        self.appbuilder.add_api(self.security_api)

    def create_login_manager(self, app: Flask) -> Any:
        """Load users from our session or from a bearer credential."""
        manager = super().create_login_manager(app)
        manager.request_loader(load_request_user)
        return manager

    def load_user(self, pk: str) -> Principal | None:
        """The user behind what a session keeps."""
        return load_session_user(pk)

    def auth_user_db(self, username: str, password: str) -> Principal | None:
        """Every way of the framework to check a password ends in ours."""
        account = self.sign_in(username, password).account
        return Principal(account) if account else None

    def sign_in(self, username: str, password: str) -> Outcome:
        """Check a password by the configured way, with lock-out."""
        verifier = verify_password if self.auth_type == AUTH_DB else self._verify_ldap
        return check(web().database, username, password, client_address(), verifier)

    def _verify_ldap(
        self, database: Database, username: str, password: str
    ) -> Account | None:
        user = self.auth_user_ldap(username, password)
        account = load_account(database, user.id) if user is not None else None
        return account if account is not None and account.active else None

    def reset_password(self, userid: int, password: str) -> None:
        """Set a password with our hash and end open sessions."""
        set_password(web().database, userid, password)

    def add_user(
        self,
        username: str,
        first_name: str,
        last_name: str,
        email: str,
        role: Any,
        password: str = "",
        hashed_password: str = "",
        groups: Any = None,
    ) -> Any:
        """Add a user for the framework's own ways in, with our hash."""
        hashed = hashed_password or (hash_password(password) if password else "")
        return super().add_user(
            username,
            first_name,
            last_name,
            email,
            role,
            hashed_password=hashed,
            groups=groups,
        )


class SignInView(AuthDBView):  # type: ignore[misc]
    """The sign-in page and signing out."""

    @expose("/login/", methods=["GET", "POST"])  # type: ignore[untyped-decorator]
    def login(self) -> ResponseReturnValue:
        """Show the page, or check what was typed and begin a session."""
        target = safe_next(request.values.get("next"))
        if current_account() is not None:
            return redirect(target)
        if request.method == "GET":
            return _sign_in_page(target)
        username = request.form.get("username", "")
        manager = current_app.extensions["appbuilder"].sm
        outcome = manager.sign_in(username, request.form.get("password", ""))
        if outcome.account is None:
            return _sign_in_page(target, username, refusal(outcome))
        start_session(outcome.account, "remember" in request.form)
        return redirect(target)

    @expose("/logout/", methods=["POST"])  # type: ignore[untyped-decorator]
    def logout(self) -> ResponseReturnValue:
        """End the session; other sites cannot cause it."""
        end_session()
        response = redirect("/login/")
        response.headers["Clear-Site-Data"] = '"cache"'
        return response


class TokenApi(BaseApi):  # type: ignore[misc]
    """Hands out access tokens to programs, with the same lock-out."""

    resource_name = "security"
    openapi_spec_tag = "Security"

    @expose("/login", methods=["POST"])  # type: ignore[untyped-decorator]
    def login(self) -> ResponseReturnValue:
        """Exchange a user name and password for an access token."""
        body = request.get_json(silent=True)
        fields = body if isinstance(body, dict) else {}
        username, password = fields.get("username"), fields.get("password")
        if not isinstance(username, str) or not isinstance(password, str):
            message = "Send a JSON object with the texts `username` and `password`."
            return jsonify(code="bad_request", message=message), 400
        outcome = current_app.extensions["appbuilder"].sm.sign_in(username, password)
        if outcome.account is None:
            status = 429 if outcome.pause else 401
            response = jsonify(code="sign_in_refused", message=refusal(outcome))
            if outcome.pause:
                response.headers["Retry-After"] = str(outcome.pause)
            return response, status
        issuer = web().tokens
        return jsonify(
            access_token=issuer.issue(outcome.account),
            token_type="Bearer",
            expires_in=issuer.seconds,
        )


SignInManager.authdbview = SignInView
SignInManager.security_api = TokenApi


def refusal(outcome: Outcome) -> str:
    """Why nobody was let in, in words that fit any user name."""
    if outcome.pause:
        return (
            "Too many tries did not match. Signing in is paused for "
            f"{_duration(outcome.pause)}; then try again."
        )
    if outcome.tries_left == 0:
        return "User name and password do not match. There is a short pause now."
    tries = "try" if outcome.tries_left == 1 else "tries"
    after = f"After {outcome.tries_left} more {tries} there is a pause."
    return f"User name and password do not match. {after}"


def install_bridge(app: Flask, database: Database) -> None:
    """Start the framework on the engine of the platform's own database."""
    session = scoped_session(sessionmaker(bind=database.engine))
    with app.app_context():
        Bridge(app, session, security_manager_class=SignInManager, update_perms=False)
    app.extensions["babel"].locale_selector = _language
    app.extensions["babel"].timezone_selector = _time_zone

    @app.teardown_appcontext
    def close(_error: BaseException | None) -> None:
        session.remove()


def _sign_in_page(
    target: str, username: str = "", problem: str = ""
) -> ResponseReturnValue:
    page = render_template(
        "sign_in.html", target=target, username=username, problem=problem
    )
    return page, 401 if problem else 200, {"Cache-Control": "no-store"}


def _duration(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} seconds"
    minutes = -(-seconds // 60)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def _language() -> str:
    languages = web().settings.languages
    account = current_account()
    if account is not None and account.language in languages:
        return account.language
    return request.accept_languages.best_match(languages) or languages[0]


def _time_zone() -> str:
    account = current_account()
    return account.time_zone if account is not None else "UTC"
