"""What the web layer of one process holds, and what a request sees of it.

The factory makes one `WebState`; requests reach it through `web()` and the application
they began with through `application()`. Page packages add menus and set-up links here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from flask import Flask, current_app, g

from core.services.context import Actor
from core.storage.engine import Database
from core.web.assets import AssetStore
from core.web.menus import MenuGroup, MenuLink, SetupLink
from core.web.settings import HasSecretKey, WebSettings
from core.web.tokens import TokenIssuer

_EXTENSION = "intarsia"
MenuSource = Callable[[Actor], Sequence[MenuGroup]]
TopSource = Callable[[Actor], Sequence[MenuLink]]
HomePage = Callable[[], str]


class WebApplication(Protocol):
    """The platform application as the shell needs it; pages know it in full."""

    @property
    def config(self) -> HasSecretKey: ...

    @property
    def database(self) -> Database: ...


def _no_groups(_actor: Actor) -> Sequence[MenuGroup]:
    return ()


def _no_links(_actor: Actor) -> Sequence[MenuLink]:
    return ()


@dataclass(slots=True)
class WebState:
    """The parts of one web process; `application` is swapped, the rest stays."""

    application: WebApplication
    settings: WebSettings
    assets: AssetStore
    tokens: TokenIssuer
    menus: MenuSource = _no_groups
    top_links: TopSource = _no_links
    home: HomePage | None = None
    setup_links: list[SetupLink] = field(default_factory=list)
    bottom_links: list[SetupLink] = field(default_factory=list)

    @property
    def database(self) -> Database:
        """The database of accounts."""
        return self.application.database


def install_state(app: Flask, state: WebState) -> None:
    """Bind the state to the Flask app and each request to one application."""
    app.extensions[_EXTENSION] = state

    @app.before_request
    def begin() -> None:
        g.intarsia = state.application


def web() -> WebState:
    """The state of the running Flask app."""
    return cast(WebState, current_app.extensions[_EXTENSION])


def application() -> Any:
    """The application that this request began with; a swap does not touch it."""
    return g.intarsia


def swap_application(app: Flask, new: WebApplication) -> None:
    """Let requests that begin from now on see a new generation."""
    cast(WebState, app.extensions[_EXTENSION]).application = new
