"""Finding, installing and driving Chromium."""

import http.server
import os
import stat
import threading

import pytest

from core.testing import browser as chromium


def fake(folder, name: str, code: int) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_a_program_that_does_not_start_is_passed_over(monkeypatch, tmp_path):
    fake(tmp_path, "chromium", 1)
    fake(tmp_path, "google-chrome", 0)
    monkeypatch.delenv("INTARSIA_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium.find_chromium() == tmp_path / "google-chrome"


def test_a_named_chromium_that_does_not_start_is_no_chromium(monkeypatch, tmp_path):
    monkeypatch.setenv("INTARSIA_CHROMIUM", str(tmp_path / "absent"))
    assert chromium.find_chromium() is None


def test_without_any_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setattr(chromium, "find_chromium", lambda: None)
    monkeypatch.setattr(chromium, "_install_commands", lambda: iter([["false"]]))
    with pytest.raises(chromium.BrowserUnavailable, match="apt-get install chromium"):
        chromium.install_chromium()


def test_pages_run_scripts_and_have_their_size(page, phone_page):
    assert page.evaluate("[innerWidth, 6 * 7]") == [1440, 42]
    assert phone_page.evaluate("innerWidth") == 390


@pytest.mark.parametrize(
    ("script", "expected"),
    [("undefined_name()", "undefined_name"), ("console.error('broken')", "broken")],
)
def test_a_script_error_fails_the_test(browser, script, expected):
    def visit() -> None:
        with chromium.open_page(browser, chromium.DESKTOP) as page:
            page.set_content(f"<script>{script}</script><p>shown</p>")
            assert page.inner_text("p") == "shown"

    with pytest.raises(AssertionError, match=expected):
        visit()


class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/absent" else 200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *arguments) -> None:
        """Keep the test output clean."""


def test_pages_reach_this_machine_only(page):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        here = f"http://127.0.0.1:{server.server_port}"
        assert page.goto(here).text() == "hello"
        assert page.goto(f"{here}/absent").status == 404
        with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
            page.goto("http://example.org/")
    finally:
        server.shutdown()
        server.server_close()


def test_apt_is_only_asked_by_root(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    commands = list(chromium._install_commands())
    assert [command[2:] for command in commands] == [
        ["playwright", "install", "chromium"]
    ]
