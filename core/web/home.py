"""The start page: what the reader may open.

Registered by the factory; it draws the navigation that page packages handed in.
"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from core.web.auth import login_required_page
from core.web.state import web


def home_blueprint() -> Blueprint:
    """The start page."""
    blueprint = Blueprint("home", __name__)
    for rule, method, view in (("/", "GET", start),):
        blueprint.add_url_rule(rule, view.__name__, view, methods=[method])
    return blueprint


@login_required_page
def start() -> ResponseReturnValue:
    """The start page: that of the pages, or the bare list of menus."""
    home = web().home
    return home() if home is not None else render_template("home.html")
