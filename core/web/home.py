"""The start page: what the reader may open.

Registered by the factory; it draws the navigation that page packages handed in.
"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from core.web.auth import login_required_page

home = Blueprint("home", __name__)


@home.get("/")
@login_required_page
def start() -> ResponseReturnValue:
    """The start page."""
    return render_template("home.html")
