"""The factory of the Flask app.

`serve`, gunicorn and tests call `create_web_app` with a built application; it hands on
an app in which the shell, sign-in and accounts work and page packages are registered.
"""

from collections.abc import Callable, Iterable
from typing import Any, cast

from flask import Flask, g, request, url_for
from flask_babel import get_locale
from werkzeug.middleware.proxy_fix import ProxyFix

from core.web.appearance import appearance_of, direction_of
from core.web.assets import AssetStore, asset_blueprint
from core.web.auth import current_account, current_actor, install_scopes
from core.web.converters import WholeNumber
from core.web.csrf import install_csrf
from core.web.entrance.register import entrance_blueprint
from core.web.errors import install_errors
from core.web.health import health_blueprint
from core.web.home import home_blueprint
from core.web.identity import install_identity
from core.web.menus import MenuLink, Navigation, SetupLink, navigation
from core.web.notices import take_notices
from core.web.profile import profile_blueprint
from core.web.security_headers import install_security_headers
from core.web.sessions import PageSessions
from core.web.settings import WebSettings, derive_key
from core.web.sign_in_views import OPEN_ENDPOINTS, sign_in_blueprint
from core.web.state import WebApplication, WebState, install_state, web
from core.web.template_cache import TemplateCache
from core.web.template_filters import install_filters
from core.web.tokens import TokenIssuer
from core.web.user_admin import administration_blueprint
from core.web.wording import install_wording, say

Registration = Callable[[Flask, WebState], None]


def create_web_app(
    intarsia: WebApplication,
    settings: WebSettings | None = None,
    register: Iterable[Registration] = (),
) -> Flask:
    """The Flask app over an application whose account tables exist.

    `register` are the page packages: each is called once with the app and its state,
    to add blueprints, menus and set-up links.
    """
    settings = settings or WebSettings.of(intarsia.config)
    app = Flask(__name__, static_folder=None, template_folder="templates")
    app.config.update(settings.flask_config())
    app.url_map.converters["int"] = WholeNumber
    app.session_interface = PageSessions()
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    state = WebState(
        application=intarsia,
        settings=settings,
        assets=AssetStore(),
        tokens=TokenIssuer(settings.secret_key, settings.token_minutes),
    )
    install_state(app, state)
    install_errors(app)
    install_identity(app)
    install_csrf(app, OPEN_ENDPOINTS)
    install_scopes(app)
    _install_policy(app, state)
    install_security_headers(app, settings.https)
    _install_templates(app, state)
    _install_own_pages(app, state)
    for add in register:
        add(app, state)
    return app


def _install_templates(app: Flask, state: WebState) -> None:
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    settings = state.settings
    if settings.template_cache is not None:
        app.jinja_env.bytecode_cache = TemplateCache(
            settings.template_cache, derive_key(settings.secret_key, "templates")
        )
    # Imported macros see globals only, so what they need stands there.
    app.jinja_env.globals["asset"] = state.assets.url
    app.context_processor(shell_context)
    install_filters(app)
    install_wording(app)


def _install_policy(app: Flask, state: WebState) -> None:
    if not state.settings.second_factor:
        return
    from core.web.entrance.policy import install_policy

    install_policy(app, state)


def _install_own_pages(app: Flask, state: WebState) -> None:
    app.register_blueprint(asset_blueprint(state.assets))
    for make in (
        sign_in_blueprint,
        health_blueprint,
        home_blueprint,
        profile_blueprint,
        administration_blueprint,
        entrance_blueprint,
    ):
        app.register_blueprint(make())
    state.setup_links += [
        SetupLink("Users", "administration.users", "users", 40),
        SetupLink("Roles", "administration.roles", "shield-lock", 50),
        SetupLink("Sign-ins", "entrance.sign_ins", "fingerprint", 55),
    ]


def shell_context() -> dict[str, Any]:
    """What the base template needs on every page."""
    state = web()
    language = str(get_locale() or state.settings.languages[0])
    return {
        "appearance": appearance_of(request),
        "direction": direction_of(language),
        "language": language.replace("_", "-"),
        "me": current_account(),
        "navigation": shell_navigation,
        "notices": take_notices,
        "shell": state.settings,
    }


def shell_navigation() -> Navigation:
    """The navigation of the account that asks; empty for a stranger."""
    if "navigation" not in g:
        g.navigation = _navigation_of(request.full_path.rstrip("?"))
    return cast(Navigation, g.navigation)


def _navigation_of(path: str) -> Navigation:
    state, account = web(), current_account()
    if account is None:
        return navigation(path, (), ())
    actor = current_actor()
    home_link = MenuLink(say("Home"), "/", "home")
    return navigation(
        path,
        (home_link, *state.top_links(actor)),
        tuple(state.menus(actor)),
        _links(state.setup_links) if account.is_admin else (),
        (home_link, *_links(state.bottom_links)[:1]),
    )


def _links(registered: Iterable[SetupLink]) -> tuple[MenuLink, ...]:
    ordered = sorted(registered, key=lambda link: link.order)
    return tuple(MenuLink(say(e.label), url_for(e.endpoint), e.icon) for e in ordered)
