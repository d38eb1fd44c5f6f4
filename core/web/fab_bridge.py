"""The bridge to Flask-AppBuilder: its ways to sign in, over our accounts.

The sign-in views ask `sign_in_manager` only where passwords are not our own to check:
the framework takes half a second and 33 MB in each worker. It stands on a Flask app of
its own: its pages, menus, static files and permission checks stay out of ours.
"""

from typing import Any

from flask import Flask
from flask_appbuilder import AppBuilder
from flask_appbuilder.const import AUTH_DB
from flask_appbuilder.security.sqla.manager import SecurityManager
from sqlalchemy.orm import scoped_session, sessionmaker

from core.storage.engine import Database
from core.web.accounts import Account, load_account, set_password, verify_password
from core.web.auth import Principal, visitor
from core.web.passwords import hash_password
from core.web.sign_in import Outcome, check
from core.web.state import WebState, web


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
        """Its pages are not served; ours stand in core.web.sign_in_views."""

    def auth_user_db(self, username: str, password: str) -> Principal | None:
        """Every way of the framework to check a password ends in ours."""
        account = self.sign_in(username, password).account
        return Principal(account) if account else None

    def sign_in(self, username: str, password: str) -> Outcome:
        """Check a password by the configured way, with lock-out."""
        verifier = verify_password if self.auth_type == AUTH_DB else self._verify_ldap
        try:
            return check(web().database, username, password, visitor(), verifier)
        finally:
            self.appbuilder.session.remove()

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


def sign_in_manager(state: WebState) -> SignInManager:
    """The framework's manager over the platform's own database; loaded once."""
    with state.loading:
        if state.sign_in_manager is None:
            state.sign_in_manager = _load(state)
    manager: SignInManager = state.sign_in_manager
    return manager


def _load(state: WebState) -> SignInManager:
    inner = Flask(__name__, static_folder=None)
    inner.config.update(state.settings.flask_config())
    session = scoped_session(sessionmaker(bind=state.database.engine))
    with inner.app_context():
        bridge = Bridge(
            inner, session, security_manager_class=SignInManager, update_perms=False
        )
    manager: SignInManager = bridge.sm
    return manager
