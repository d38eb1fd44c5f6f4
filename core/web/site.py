"""The whole site: shell, pages and API over one application.

Called by the server and by tests; the shell's factory stays free of pages.
"""

from typing import Any

from flask import Flask

from core.web.api import register_api
from core.web.app import create_web_app
from core.web.pages import install_pages
from core.web.settings import WebSettings


def create_site(application: Any, settings: WebSettings | None = None) -> Flask:
    """The Flask app with everything a business uses."""
    return create_web_app(application, settings, (install_pages, register_api))
