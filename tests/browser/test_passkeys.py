"""Passkeys in a real Chromium with an authenticator of its own (WebAuthn over CDP).

What a server must refuse stands in tests/unit/web/test_passkeys.py.
"""

import threading

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect
from werkzeug.serving import make_server

from core.storage.engine import create_database
from core.web.account_tables import create_account_tables, passkeys
from core.web.accounts import create_user, ensure_admin
from core.web.app import create_web_app
from core.web.entrance import codes
from core.web.entrance.journal import entries
from core.web.roles import mirror_roles
from tests.browser.test_shell import PASSWORD, Application, Quiet, sign_in

SECURITY = "/profile/security/"
DEVICE = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def database(tmp_path):
    made = create_database(f"sqlite:///{tmp_path}/passkeys.db")
    create_account_tables(made.engine)
    mirror_roles(made, ["shop.user"])
    ensure_admin(made, PASSWORD)
    create_user(made, "mara", PASSWORD, "Mara", "Lindholt", roles=["shop.user"])
    yield made
    made.dispose()


@pytest.fixture
def address(database):
    """The site under a name: passkeys are bound to names, not to numbers."""
    app = create_web_app(Application(database))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def device(page):
    """The browser's own authenticator; a function that sends it commands."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})

    def command(name, **facts):
        known = {"authenticatorId": made["authenticatorId"]}
        return session.send(f"WebAuthn.{name}", known | facts)

    return command


@pytest.fixture
def mara(page, address, device, database):
    """Mara's browser, signed out, with a passkey that was added before."""
    sign_in(page, address, SECURITY, "mara")
    page.get_by_label("Name of the device").fill("my phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("my phone")).to_be_visible()
    page.context.clear_cookies()
    page.goto(address + "/login/")
    return page


def newest(database, number=1):
    found = [one.event for one in entries(database)[:number]]
    return [(one.act, one.way, one.reason) for one in found]


def test_a_passkey_signs_in_without_password_and_code(mara, address, database):
    key = Application(database).config.secret_key
    codes.begin(database, key, 2)
    with mara.expect_navigation():
        mara.get_by_role("button", name="Use a passkey").click()
    expect(mara.get_by_text("Welcome, Mara")).to_be_visible()
    assert newest(database) == [("signed_in", "passkey", "")]
    with database.reading() as connection:
        row = connection.execute(sa.select(passkeys)).one()
    assert row.used_at
    assert row.uses > 0
    mara.goto(address + SECURITY)
    mara.get_by_role("button", name="Remove: my phone").click()
    expect(mara.get_by_text("You have no passkey yet.")).to_be_visible()
    mara.context.clear_cookies()
    mara.goto(address + "/login/")
    mara.get_by_role("button", name="Use a passkey").click()
    expect(mara.get_by_text("This passkey does not open here.")).to_be_visible()
    assert newest(database) == [("refused", "passkey", "wrong_passkey")]


def test_a_device_that_did_not_see_the_person_does_not_open(mara, device, database):
    device("setUserVerified", isUserVerified=False)
    mara.get_by_role("button", name="Use a passkey").click()
    expect(mara.get_by_text("The device did not confirm")).to_be_visible()
    assert newest(database)[0][0] == "passkey_added"
