"""Signing in through a provider that really answers, also wrongly."""

import dataclasses
from urllib.parse import urlsplit

import pytest
import requests
import sqlalchemy as sa
from flask import redirect

from core.config import ProviderConfig
from core.web.account_tables import provider_accounts
from core.web.accounts import (
    create_user,
    find_account,
    set_active,
    update_user,
    verify_password,
)
from core.web.app import create_web_app
from core.web.entrance.journal import entries
from core.web.settings import WebSettings
from tests.unit.services.mail_server import free_port
from tests.unit.web.conftest import PASSWORD, Browser, account_database
from tests.unit.web.oidc_provider import CLIENT, SECRET, serving

START = "/login/with/company"


@pytest.fixture
def database(database_url):
    made = account_database(database_url)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def served():
    with serving() as found:
        yield found


@pytest.fixture
def provider(served):
    served.twists, served.asked = {}, []
    kept = dict(served.person)
    yield served
    served.person = kept


@pytest.fixture
def site(application, provider, admin, mara):
    """A function: changed settings of the provider -> a stranger's browser."""

    def open_browser(**changed):
        given = ProviderConfig(
            id="company",
            label="Company account",
            issuer=provider.issuer,
            client_id=CLIENT,
            secret=SECRET,
            create=True,
            roles=("shop.user",),
        )
        settings = WebSettings(
            secret_key=application.config.secret_key,
            providers=(dataclasses.replace(given, **changed),),
        )
        return Browser(create_web_app(application, settings))

    return open_browser


def go(browser, start=START):
    """Begin, let the provider answer, and come back with what it says."""
    there = browser.get(start).location
    back = requests.get(there, allow_redirects=False, timeout=10).headers["Location"]
    return browser.get(place(back))


def place(address):
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def is_refused(browser, answer):
    assert answer.location == "/login/"
    assert browser.get("/").location == "/login/"
    return True


def newest(database):
    event = entries(database)[0].event
    return event.act, event.way, event.reason


def test_a_new_person_becomes_a_user_with_the_configured_roles(database, site):
    browser = site()
    assert "Company account" in browser.get("/login/").text
    assert go(browser, f"{START}?next=/profile/").location == "/profile/"
    assert browser.get("/profile/").status_code == 200
    account = find_account(database, "jonas")
    assert account.display_name == "Jonas Pertek"
    assert account.email == "jonas@brindlemoor.example"
    assert account.roles == {"shop.user"}
    assert newest(database) == ("signed_in", "provider:company", "")
    for password in ("", " ", "None"):
        assert verify_password(database, "jonas", password) is None
    again = site()
    assert go(again).location == "/"
    with database.reading() as connection:
        assert len(connection.execute(sa.select(provider_accounts)).all()) == 1


def test_the_link_holds_whatever_the_provider_says_later(database, site, provider):
    go(site())
    account = find_account(database, "jonas")
    update_user(database, account.id, "J", "P", "else@x.example")
    provider.person |= {"email": "mara@brindlemoor.example", "name": "Mara"}
    browser = site(link_by_email=True)
    go(browser)
    assert "jonas" in browser.get("/profile/").text
    assert find_account(database, "jonas").email == "else@x.example"


def test_a_confirmed_address_finds_the_user_if_the_settings_say_so(
    database, site, provider, mara
):
    provider.person |= {"email": "MARA@brindlemoor.example"}
    browser = site(create=False)
    assert is_refused(browser, go(browser))
    assert newest(database) == ("refused", "provider:company", "not_linked")
    assert "there is no user for you here" in browser.get("/login/").text
    browser = site(create=False, link_by_email=True)
    assert go(browser).location == "/"
    assert "Mara Lindholt" in browser.get("/profile/").text


@pytest.mark.parametrize("confirmed", [False, None, "true", 1])
def test_an_address_that_is_not_confirmed_finds_and_makes_nobody(
    database, site, provider, confirmed
):
    provider.person |= {"email": "mara@brindlemoor.example"}
    provider.twists["claims"] = {"email_verified": confirmed}
    browser = site(link_by_email=True)
    assert is_refused(browser, go(browser))


def test_an_address_that_is_taken_is_not_given_away(database, site, provider):
    provider.person |= {"email": "mara@brindlemoor.example"}
    browser = site(link_by_email=False)
    assert is_refused(browser, go(browser))
    assert find_account(database, "jonas") is None


def test_who_is_known_by_the_address_does_not_give_himself_another(database, site):
    about = {"first_name": "J", "last_name": "P", "language": "en"}
    about |= {"time_zone": "Europe/Berlin", "page": "/profile/"}
    browser = site(link_by_email=True)
    go(browser)
    answer = browser.post("/profile/", email="mara@brindlemoor.example", **about)
    assert "You are known by this address" in answer.text
    same = browser.post("/profile/", email="Jonas@brindlemoor.example", **about)
    assert same.status_code == 302
    assert find_account(database, "jonas").email.casefold().startswith("jonas@")
    assert find_account(database, "jonas").display_name == "J P"
    browser = site(link_by_email=False)
    go(browser)
    browser.post("/profile/", email="own@x.example", **about)
    assert find_account(database, "jonas").email == "own@x.example"


def test_a_user_name_that_looks_like_the_address_is_not_taken_for_it(
    database, site, provider
):
    create_user(database, "jonas@brindlemoor.example", PASSWORD, email="e@x.example")
    browser = site(link_by_email=True, create=False)
    assert is_refused(browser, go(browser))


def test_a_name_that_is_taken_gives_way_to_the_address(database, site, provider):
    provider.person |= {"preferred_username": "admin"}
    browser = site()
    go(browser)
    assert find_account(database, "jonas@brindlemoor.example").roles == {"shop.user"}
    assert browser.get("/setup/users").status_code == 403


def test_who_was_turned_off_does_not_come_in(database, site):
    go(site())
    set_active(database, find_account(database, "jonas").id, False)
    browser = site()
    assert is_refused(browser, go(browser))
    assert newest(database)[2] == "inactive"


def test_a_role_that_nobody_defines_makes_no_user(database, site):
    browser = site(roles=("shop.owner",))
    assert is_refused(browser, go(browser))
    assert find_account(database, "jonas") is None


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"iss": "https://login.evil.example"},
        {"exp": 1},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(site, provider, claims):
    provider.twists["claims"] = claims
    browser = site()
    assert is_refused(browser, go(browser))


@pytest.mark.parametrize("signing", ["other key", "none", "public key as secret"])
def test_a_token_that_the_provider_did_not_sign_is_refused(site, provider, signing):
    provider.twists["signing"] = signing
    browser = site()
    assert is_refused(browser, go(browser))


@pytest.mark.parametrize(
    "back",
    [
        {"state": "another"},
        {"state": ""},
        {"code": "another"},
        {"error": "access_denied"},
    ],
)
def test_coming_back_otherwise_than_one_left_is_refused(site, provider, back):
    provider.twists["back"] = back
    browser = site()
    assert is_refused(browser, go(browser))


def test_an_answer_is_good_in_the_browser_that_began_and_once(site, provider):
    browser, other = site(), site()
    there = browser.get(START).location
    answer = requests.get(there, allow_redirects=False, timeout=10)
    back = place(answer.headers["Location"])
    assert is_refused(other, other.get(back))
    assert browser.get(back).location == "/"
    browser.post("/logout/", page="/")
    assert is_refused(browser, browser.get(back))


def test_each_sign_in_has_its_own_state_nonce_and_challenge(site, provider):
    browser = site()
    for _ in range(2):
        requests.get(browser.get(START).location, allow_redirects=False, timeout=10)
    first, second = provider.asked
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 20
        assert first[name] != second[name]
    assert first["scope"] == "openid email profile"


@pytest.mark.parametrize(
    "answer",
    [
        lambda: ({"access_token": "x", "token_type": "Bearer"}, 200),
        lambda: ("no json", 200),
        lambda: ({"error": "server_error"}, 500),
        lambda: redirect("http://127.0.0.1:9/elsewhere"),
    ],
)
def test_a_provider_that_answers_badly_lets_nobody_in(site, provider, answer):
    provider.twists["token"] = answer
    browser = site()
    assert is_refused(browser, go(browser))


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://login.evil.example"},
        {"token_endpoint": "http://login.evil.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "file:///etc/passwd"},
        {"token_endpoint": None},
    ],
)
def test_a_description_that_leads_elsewhere_is_refused(site, provider, description):
    provider.twists["description"] = description
    browser = site()
    assert is_refused(browser, browser.get(START))


def test_a_provider_that_is_gone_is_said_so(site):
    browser = site(issuer=f"http://127.0.0.1:{free_port()}")
    assert is_refused(browser, browser.get(START))
    assert "did not work" in browser.get("/login/").text


def test_other_providers_there_are_not(site):
    assert site().get("/login/with/another").status_code == 404
    assert site().get("/login/with/another/back").status_code == 404


def test_nobody_is_sent_to_another_site_afterwards(site):
    assert go(site(), f"{START}?next=//evil.example").location == "/"
