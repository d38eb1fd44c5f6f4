"""The small library of the API's tests, served to a real browser."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from core.web.app import create_web_app
from core.web.pages import install_pages
from core.web.settings import WebSettings
from tests.unit.web_api.conftest import open_library


class Quiet(WSGIRequestHandler):
    def log(self, *_args):
        """Requests of a test are no news."""


@pytest.fixture(scope="module")
def library_site(tmp_path_factory) -> Iterator[str]:
    """The address of the library with its people."""
    home = tmp_path_factory.mktemp("library")
    made = open_library(f"sqlite:///{home / 'library.db'}", home)
    settings = replace(WebSettings.of(made.application.config), languages=("en", "de"))
    app = create_web_app(made.application, settings, (install_pages,))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
    made.application.close()
