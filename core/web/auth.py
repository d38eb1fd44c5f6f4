"""Who is asking: sessions, bearer credentials, and the guards of pages.

Pages and the API call `current_actor`, `login_required_page` and `admin_required`; the
ways to sign in call `start_session`; identity calls the two loaders.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, ParamSpec, cast

from flask import Flask, abort, g, jsonify, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user, logout_user

from core.frozen import frozen
from core.services.context import Actor
from core.services.delegation import as_deputy, lent_to
from core.services.people import companies_of
from core.web.accounts import Account, load_account
from core.web.csrf import SAFE_METHODS, carries_credential, credential_text
from core.web.entrance import kept_sessions
from core.web.entrance.kept_sessions import KeptSession, Span, Visitor
from core.web.notices import notify
from core.web.state import application, web
from core.web.tokens import KEY_MARK, SCOPES, Credential, verify_api_key
from core.web.wording import say

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]
_SESSION = "sid"
#: Seconds after signing in within which the ways in may be changed.
FRESH_SECONDS = 15 * 60


@frozen
class Principal:
    """The signed-in user in the shape that the framework's session code expects."""

    account: Account
    scopes: frozenset[str] = SCOPES
    via: str = "session"
    is_authenticated: bool = True
    is_anonymous: bool = False

    @property
    def is_active(self) -> bool:
        """Whether the user may act."""
        return self.account.active

    @property
    def id(self) -> int:
        """The number of the user."""
        return self.account.id

    def get_id(self) -> str:
        """What the framework keeps; the session itself is found by its own text."""
        return str(self.account.id)


def start_session(account: Account, remember: bool, way: str = "password") -> None:
    """Begin a new session for the account; nothing of an earlier one survives."""
    settings = web().settings
    hours = settings.remember_days * 24 if remember else settings.session_hours
    now = int(time.time())
    _begin(account, remember, way, Span(now, now + hours * 3600))


def renew_session(account: Account) -> None:
    """Go on under a new number after a change of password or rights.

    It is as old as before and ends when it would have: nothing was proven anew.
    """
    here = current_session()
    if here is None:
        start_session(account, bool(session.permanent))
        return
    span = Span(here.began_at, here.ends_at)
    _begin(account, bool(session.permanent), here.way, span)


def _begin(account: Account, remember: bool, way: str, span: Span) -> None:
    _end_kept()
    session.clear()
    session.permanent = remember
    session[_SESSION] = kept_sessions.begin(
        web().database, account, way, visitor(), span
    )
    login_user(Principal(account))
    # A page drawn before signing in keeps no usable token.
    g.pop("csrf_token", None)


def end_session() -> None:
    """Sign out of this browser."""
    _end_kept()
    logout_user()
    session.clear()


def _end_kept() -> None:
    text = session.get(_SESSION)
    found = kept_sessions.find(web().database, text) if text else None
    if found is not None:
        kept_sessions.end(web().database, found.session.id, found.account.id)


def load_session_user(_stored: str) -> Principal | None:
    """The user of a session, unless it is over or the request has a credential."""
    text = session.get(_SESSION)
    if carries_credential() or not isinstance(text, str):
        return None
    found = kept_sessions.find(web().database, text)
    if found is None:
        return None
    g.kept_session = found.session
    return Principal(found.account)


def current_session() -> KeptSession | None:
    """The session of this request; None for a program and for a stranger."""
    found: KeptSession | None = g.get("kept_session")
    return found if current_principal() is not None else None


def is_fresh() -> bool:
    """Whether the session began so lately that its ways in may be changed."""
    here = current_session()
    return here is not None and time.time() - here.began_at < FRESH_SECONDS


def sign_in_again(target: str, why: str = "") -> ResponseReturnValue:
    """Ask for the proof once more and go on at the target; JSON where that is asked."""
    notify(why or say("Sign in once more to change how you sign in."), "info")
    address = url_for("sign_in.page", again=1, next=target)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(next=address)
    return redirect(address)


def load_request_user(_request: object) -> Principal | None:
    """The user of a bearer token or API key."""
    text = credential_text()
    found = _credential(text) if text else None
    return Principal(found.account, found.scopes, found.via) if found else None


def _credential(text: str) -> Credential | None:
    state = web()
    if text.startswith(KEY_MARK):
        return verify_api_key(state.database, text)
    return state.tokens.verify(state.database, text)


def current_principal() -> Principal | None:
    """Who asks, with the scopes of the credential, or None for a stranger."""
    user = getattr(g, "user", None)
    if user is None or not user.is_authenticated:
        return None
    return cast(Principal, getattr(user, "_get_current_object", lambda: user)())


def current_account() -> Account | None:
    """The account that asks, or None for a stranger."""
    principal = current_principal()
    return principal.account if principal else None


def current_actor() -> Actor:
    """The account that asks as an actor for the services; aborts with 401 if none."""
    account = current_account()
    if account is None:
        abort(401)
    if "actor" not in g:
        g.actor = scoped(actor_of(account), application())
    return cast(Actor, g.actor)


def actor_of(account: Account) -> Actor:
    """The actor that stands for an account, with its roles, language and zone."""
    return Actor(
        user_id=account.id,
        name=account.display_name,
        roles=account.roles,
        is_admin=account.is_admin,
        language=account.language,
        zone=account.time_zone,
        companies=(),
        company=None,
    )


def scoped(actor: Actor, application: Any) -> Actor:
    """The same actor with its companies, and with roles that others lend today."""
    runtime = getattr(application, "runtime", None)
    if runtime is None or actor.user_id is None:
        return actor
    with application.database.reading() as connection:
        companies, current = companies_of(connection, runtime, actor.user_id)
        lent = lent_to(connection, runtime, actor)
    found = replace(actor, companies=companies, company=current)
    if not lent:
        return found
    givers = ((one, load_account(application.database, one.giver)) for one in lent)
    held = ((one, who.roles) for one, who in givers if who is not None and who.active)
    return as_deputy(found, runtime.compiled.registry, held)


def login_required_page(view: View[P]) -> View[P]:
    """Send strangers to the sign-in page and back afterwards."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if current_account() is None:
            return _to_sign_in()
        return view(*args, **kwargs)

    return guarded


def admin_required(view: View[P]) -> View[P]:
    """Let only administrators in; strangers sign in first, others see a 403."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        account = current_account()
        if account is None:
            return _to_sign_in()
        if not account.is_admin:
            abort(403)
        return view(*args, **kwargs)

    return guarded


def fresh_admin_required(view: View[P]) -> View[P]:
    """The same in a session that began lately: who changes accounts opens all else."""

    @admin_required
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if not is_fresh():
            why = say("Sign in once more to change accounts.")
            return sign_in_again(url_for("administration.users"), why)
        return view(*args, **kwargs)

    return guarded


def _to_sign_in() -> ResponseReturnValue:
    target = request.full_path.rstrip("?") if request.method == "GET" else "/"
    address = url_for("sign_in.page", next=target if target != "/" else None)
    if request.headers.get("HX-Request"):
        # A fragment cannot show the sign-in page; the whole page must go there.
        return "", 401, {"HX-Redirect": address}
    return redirect(address)


def safe_next(target: str | None) -> str:
    """The path to go to after signing in; only paths of this site, else home."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    if any(ord(character) < 32 or character == "\\" for character in target):
        return "/"
    return target


def client_address() -> str:
    """The address that the request came from, as text; behind a proxy the client's."""
    return request.remote_addr or "unknown"


def visitor() -> Visitor:
    """Where this request comes from, for sessions and the journal."""
    return Visitor(client_address(), request.user_agent.string)


def scopes_allow(method: str) -> bool:
    """Whether the credential of this request covers reading or writing by method."""
    principal: Any = current_principal()
    needed = "read" if method in ("GET", "HEAD", "OPTIONS") else "write"
    return principal is not None and needed in principal.scopes


#: Pages of accounts: changed in a session only, or a key could make a stronger key.
_ACCOUNT_PAGES = frozenset({"profile", "administration", "entrance"})


def install_scopes(app: Flask) -> None:
    """Hold pages to the scopes of a credential; the API checks its own, per entity."""

    @app.before_request
    def hold() -> None:
        if request.path.startswith("/api/") or not carries_credential():
            return
        if current_principal() is None:
            return
        if not scopes_allow(request.method):
            abort(403)
        if request.blueprint in _ACCOUNT_PAGES and request.method not in SAFE_METHODS:
            abort(403)
