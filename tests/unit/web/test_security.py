"""What other sites, strangers and former users must not be able to do."""

import re

import pytest
import sqlalchemy as sa

from core.web.account_tables import kept_sessions
from core.web.accounts import set_active, set_password
from core.web.app import create_web_app
from core.web.auth import safe_next
from core.web.csrf import SAFE_METHODS
from core.web.settings import WebSettings
from core.web.sign_in_views import OPEN_ENDPOINTS
from core.web.tokens import create_api_key
from tests.unit.web.conftest import PASSWORD, Browser

PAGES = ("/", "/profile/", "/setup/users", "/setup/roles", "/setup/users/new")


@pytest.mark.parametrize("path", [*PAGES, "/login/", "/nothing/here"])
def test_every_page_carries_the_strict_policy_and_keeps_it(browser_of, path):
    answer = browser_of("admin").get(path)
    policy = answer.headers["Content-Security-Policy"]
    for part in ("default-src 'self'", "script-src 'self'", "style-src 'self'"):
        assert part in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", answer.text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", answer.text)


def test_only_https_promises_https(application, admin):
    plain = create_web_app(application).test_client().get("/login/")
    assert "Strict-Transport-Security" not in plain.headers
    settings = WebSettings(secret_key=application.config.secret_key, https=True)
    secure = create_web_app(application, settings).test_client().get("/login/")
    assert "max-age=" in secure.headers["Strict-Transport-Security"]
    assert "Secure" in secure.headers["Set-Cookie"]


def test_the_session_cookie_is_out_of_reach_of_scripts(browser_of):
    cookie = browser_of().sign_in("mara").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_behind_https_the_session_cookie_is_that_of_this_host_alone(application, mara):
    settings = WebSettings(secret_key=application.config.secret_key, https=True)
    browser = Browser(create_web_app(application, settings))
    cookies = browser.client.get("/login/", base_url="https://x.example/").headers
    (cookie,) = [one for one in cookies.getlist("Set-Cookie") if "HttpOnly" in one]
    assert cookie.startswith("__Host-intarsia=")
    parts = {part.strip() for part in cookie.split(";")}
    assert {"Secure", "Path=/"} <= parts
    assert not any(part.startswith("Domain") for part in parts)


def test_every_change_needs_the_token_of_the_session(app, browser_of):
    client = browser_of("admin").client
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - SAFE_METHODS:
            if rule.endpoint in OPEN_ENDPOINTS:
                continue
            path = adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, 1))
            answer = client.open(path, method=method)
            assert answer.status_code == 400, (method, path)
            assert "too old to save from" in answer.text


def test_the_token_may_come_as_a_header(browser_of):
    browser = browser_of("mara")
    page = browser.get("/").text
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)[1]
    wrong = browser.client.post("/logout/", headers={"X-CSRFToken": "wrong"})
    assert wrong.status_code == 400
    assert browser.client.post("/logout/", headers={"X-CSRFToken": token}).location


def test_signing_in_leaves_nothing_of_the_earlier_session(app, browser_of):
    browser = browser_of()
    with browser.client.session_transaction() as session:
        session["planted"] = "by somebody else"
        session["csrf_token"] = before = "0" * 40
    browser.sign_in("mara")
    with browser.client.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf_token") != before


def test_a_link_cannot_sign_out(browser_of):
    browser = browser_of("mara")
    assert browser.get("/logout/").status_code == 405
    assert browser.get("/").status_code == 200
    assert browser.post("/logout/", page="/").location == "/login/"
    assert browser.get("/").location == "/login/"


def test_a_stranger_is_sent_to_sign_in_and_back(browser_of):
    browser = browser_of()
    assert browser.get("/setup/users").location == "/login/?next=/setup/users"
    answer = browser.sign_in("admin", next="/setup/users")
    assert answer.location == "/setup/users"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/a\\..",
        "/\n/evil.example",
        "javascript:alert(1)",
        "",
        None,
    ],
)
def test_nobody_is_sent_to_another_site(target):
    assert safe_next(target) == "/"


def test_a_path_of_this_site_is_kept():
    assert safe_next("/shop/orders?state=open") == "/shop/orders?state=open"


def test_wrong_and_unknown_look_the_same(browser_of):
    def shape(text):
        return re.sub(r'value="[^"]*"|content="[^"]*"', "", text)

    known = browser_of().sign_in("mara", "wrong password")
    unknown = browser_of().sign_in("mora", "wrong password")
    assert known.status_code == unknown.status_code == 401
    assert shape(known.text) == shape(unknown.text)
    assert "do not match" in known.text


def test_the_page_says_when_there_is_a_pause(browser_of):
    browser = browser_of()
    for _ in range(5):
        browser.sign_in("mara", "wrong password")
    answer = browser.sign_in("mara")
    assert answer.status_code == 401
    assert "paused for" in answer.text


def test_a_new_password_ends_the_other_sessions(database, mara, browser_of):
    browser = browser_of("mara")
    set_password(database, mara.id, "nine purple lamps")
    assert browser.get("/").location == "/login/"


def test_turning_off_ends_the_session(database, mara, browser_of):
    browser = browser_of("mara")
    set_active(database, mara.id, False)
    assert browser.get("/").location == "/login/"


def test_a_session_ends_by_itself(database, browser_of):
    browser = browser_of("mara")
    with browser.client.session_transaction() as session:
        assert not session.permanent
    with database.writing() as connection:
        connection.execute(sa.update(kept_sessions).values(ends_at=1))
    assert browser.get("/").location == "/login/"


def test_staying_signed_in_makes_a_lasting_cookie(browser_of):
    cookie = browser_of().sign_in("mara", remember="1").headers["Set-Cookie"]
    assert "Expires=" in cookie


@pytest.mark.parametrize("path", [p for p in PAGES if p.startswith("/setup")])
def test_administration_is_for_administrators(browser_of, path):
    answer = browser_of("mara").get(path)
    assert answer.status_code == 403
    assert "administrator" in answer.text


def test_a_page_may_not_be_kept_by_shared_caches(browser_of):
    assert "private" in browser_of("mara").get("/").headers["Cache-Control"]
    assert browser_of().get("/login/").headers["Cache-Control"] == "no-store"


def test_a_program_gets_a_token_and_acts_with_it(app, mara):
    client = app.test_client()
    login = {"username": "mara", "password": PASSWORD}
    answer = client.post("/api/v1/security/login", json=login).json
    assert answer["token_type"] == "Bearer"
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    assert "Mara Lindholt" in client.get("/profile/", headers=bearer).text


@pytest.mark.parametrize("body", [{}, {"username": "mara"}, [], {"username": 1}])
def test_the_token_endpoint_says_what_it_needs(app, body):
    answer = app.test_client().post("/api/v1/security/login", json=body)
    assert answer.status_code == 400
    assert "`username`" in answer.json["message"]


def test_the_token_endpoint_shares_the_lock_out(app, browser_of):
    client = app.test_client()
    login = {"username": "mara", "password": "wrong"}
    for _ in range(5):
        refused = client.post("/api/v1/security/login", json=login)
        assert refused.status_code == 401
    paused = client.post("/api/v1/security/login", json=login)
    assert paused.status_code == 429
    assert int(paused.headers["Retry-After"]) > 0
    assert "paused" in browser_of().sign_in("mara").text


def test_a_bearer_needs_no_token_of_a_session_but_never_uses_the_cookie(
    database, admin, mara, browser_of
):
    client = browser_of("admin").client
    _, key = create_api_key(database, mara.id, "bridge")
    bearer = {"Authorization": f"Bearer {key}"}
    assert "Mara Lindholt" in client.get("/profile/", headers=bearer).text
    assert client.get("/setup/users", headers=bearer).status_code == 403
    assert client.post("/setup/users/new", headers=bearer).status_code == 403
    wrong = {"Authorization": "Bearer nothing"}
    assert client.get("/", headers=wrong).location == "/login/"
