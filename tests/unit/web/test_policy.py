"""A second factor that is required: who is led where, and what stays open."""

import re
from dataclasses import dataclass, field
from types import SimpleNamespace

import pyotp
import pytest

from core.web.accounts import update_user
from core.web.app import create_web_app
from core.web.entrance import codes
from core.web.entrance.journal import entries
from core.web.settings import WebSettings
from core.web.tokens import create_api_key
from tests.unit.web.conftest import PASSWORD, Browser, Config
from tests.unit.web.device import Device
from tests.unit.web.test_passkeys import add, challenge, enter

KEY = Config().secret_key
SET_UP = "/profile/security/set-up"
CODES = "/profile/security/codes"
TOKEN = "/api/v1/security/login"


def registry_of(**includes):
    roles = {
        name.replace("__", "."): SimpleNamespace(includes=frozenset(held))
        for name, held in includes.items()
    }
    return SimpleNamespace(rights=SimpleNamespace(roles=roles))


@dataclass(frozen=True)
class Application:
    database: object
    config: Config = field(default_factory=Config)
    registry: object = field(default_factory=registry_of)


@pytest.fixture
def site(database, admin, mara):
    """A function: roles of the policy, a registry -> a stranger's browser."""

    def open_browser(*roles, registry=None):
        settings = WebSettings(secret_key=KEY, second_factor=roles)
        known = registry or registry_of(shop__user=["shop.user"])
        return Browser(create_web_app(Application(database, registry=known), settings))

    return open_browser


def reasons(database, user):
    return [one.event.reason for one in entries(database, user.id) if one.event.reason]


def test_who_has_no_second_factor_is_led_to_set_one_up(site, database, mara):
    browser = site("shop.user")
    assert browser.sign_in("mara", next="/profile/").location == SET_UP
    page = browser.get(SET_UP)
    assert "more than a password" in page.text
    for path in ("/", "/profile/", "/profile/security/", "/search?q=x", "/nothing"):
        assert browser.get(path).location == SET_UP, path
    assert browser.get("/static/nothing").status_code == 404
    fragment = browser.get("/", headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (403, SET_UP)
    refused = browser.get("/api/v1/base/tag")
    assert (refused.status_code, refused.json["code"]) == (
        403,
        "second_factor_required",
    )
    posted = browser.post("/profile/keys", page=SET_UP, name="x", scopes="write")
    assert posted.location == SET_UP

    assert browser.post(f"{CODES}/begin", page=SET_UP).location == CODES
    secret = codes.pending_secret(database, KEY, mara.id)
    assert browser.post(CODES, page=CODES, code="000000").status_code == 422
    assert browser.get("/").location == SET_UP
    shown = browser.post(CODES, page=CODES, code=pyotp.TOTP(secret).now())
    # On from the recovery codes to where she wanted to go.
    assert re.search(r'href="/profile/"[^>]*>[^<]*(<[^>]*>)*\s*I have kept', shown.text)
    assert browser.get("/").status_code == 200
    # From now on a code is asked for.
    assert site("shop.user").sign_in("mara").location == "/login/code"


def test_a_passkey_counts_and_then_the_password_does_not(site, database, mara):
    browser, device = site("*"), Device()
    assert browser.sign_in("mara").location == SET_UP
    assert add(browser, device, page=SET_UP).json == {"next": "/"}
    assert browser.get("/").status_code == 200
    # Whoever knows the password could else add codes of his own.
    refused = site("*").sign_in("mara")
    assert refused.status_code == 401
    assert "Sign in with your passkey" in refused.text
    assert reasons(database, mara) == ["factor_needed"]
    other = site("*")
    assert enter(other, device.sign(challenge(other))).status_code == 200
    assert other.get("/").status_code == 200


@pytest.mark.parametrize(
    ("roles", "led"),
    [
        ((), False),
        (("shop.manager",), False),
        (("admin",), False),
        (("shop.user",), True),
        (("shop.guest",), True),
        (("shop.manager", "*"), True),
    ],
)
def test_the_policy_is_of_roles_and_of_what_they_include(site, roles, led):
    known = registry_of(
        shop__user=["shop.user", "shop.guest"], shop__manager=["shop.manager"]
    )
    target = site(*roles, registry=known).sign_in("mara").location
    assert target == (SET_UP if led else "/")


def test_administrators_are_a_role(site):
    browser = site("admin")
    assert browser.sign_in("admin").location == SET_UP


def test_a_role_that_is_given_later_counts_at_the_next_sign_in(site, database, mara):
    assert site("shop.manager").sign_in("mara").location == "/"
    update_user(
        database, mara.id, "Mara", "Lindholt", mara.email, ["shop.user", "shop.manager"]
    )
    assert site("shop.manager").sign_in("mara").location == SET_UP


def test_an_access_token_needs_the_factor_and_a_key_does_not(site, database, mara):
    browser = site("*")
    body = {"username": "mara", "password": PASSWORD}
    refused = browser.client.post(TOKEN, json=body)
    assert refused.status_code == 401
    assert refused.json["code"] == "second_factor_required"
    assert reasons(database, mara) == ["factor_needed"]
    _, key = create_api_key(database, mara.id, "robot", ["read"])
    answer = browser.get("/profile/", headers={"X-API-Key": key})
    assert answer.status_code == 200


def test_turning_codes_off_leads_to_new_ones(site, database, mara):
    browser = site("*")
    browser.sign_in("mara")
    browser.post(f"{CODES}/begin", page=SET_UP)
    secret = codes.pending_secret(database, KEY, mara.id)
    browser.post(CODES, page=CODES, code=pyotp.TOTP(secret).now())
    ended = browser.post(f"{CODES}/end", page="/profile/security/")
    assert ended.location == SET_UP
    assert browser.get("/").location == SET_UP


def test_the_page_is_for_who_is_led_there(site, browser_of):
    assert site("*").get(SET_UP).location.startswith("/login/")
    assert browser_of("mara").get(SET_UP).location == "/profile/security/"


def test_a_role_that_nobody_has_is_named_in_the_log(site, caplog):
    site("shop.user", "shop.usr", "admin", "*")
    assert [record.args for record in caplog.records] == [("shop.usr",)]
