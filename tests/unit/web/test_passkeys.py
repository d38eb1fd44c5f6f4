"""Passkeys over HTTP, with a device in software; their life on both databases."""

import json

import pytest
import sqlalchemy as sa

from core.web.account_tables import kept_sessions, passkeys
from core.web.accounts import set_active
from core.web.entrance.journal import entries
from tests.unit.web.conftest import account_database
from tests.unit.web.device import Device

SECURITY = "/profile/security/"


@pytest.fixture
def kind():
    return "sqlite"


@pytest.fixture
def database(fresh_database, kind):
    made = account_database(fresh_database(kind))
    yield made
    made.dispose()


def add(browser, device, name="my phone", page=SECURITY):
    asked = browser.post(f"{SECURITY}passkeys/options", page=page)
    answer = device.make(asked.json)
    return browser.post(f"{SECURITY}passkeys", page=page, answer=answer, name=name)


def challenge(browser):
    return browser.post("/login/passkey/options").json


def enter(browser, answer):
    return browser.post("/login/passkey", answer=answer)


def newest(database):
    event = entries(database, limit=1)[0].event
    return event.act, event.way, event.reason


REFUSED = ("refused", "passkey", "wrong_passkey")


@pytest.fixture
def device(browser_of):
    """Mara's device, which she added before."""
    made = Device()
    assert add(browser_of("mara"), made).status_code == 200
    return made


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_passkey_signs_in_once_per_challenge(browser_of, database, device):
    browser = browser_of()
    answer = device.sign(challenge(browser))
    assert enter(browser, answer).json == {"next": "/"}
    assert browser.get("/").status_code == 200
    assert newest(database) == ("signed_in", "passkey", "")
    with database.reading() as connection:
        row = connection.execute(sa.select(passkeys)).one()
    assert (row.name, row.uses) == ("my phone", 1)
    assert row.used_at
    other = browser_of()
    challenge(other)
    assert enter(other, answer).status_code == 422
    assert newest(database) == REFUSED


def test_what_is_not_as_it_was_signed_does_not_open(browser_of, database, device):
    browser = browser_of()
    # A refused answer takes the challenge with it.
    right = device.sign(challenge(browser))
    assert enter(browser, "{}").status_code == 422
    assert enter(browser, right).status_code == 422
    forged = json.loads(device.sign(challenge(browser)))
    signed = forged["response"]["signature"]
    forged["response"]["signature"] = signed[:-6] + ("A" * 6)
    assert enter(browser, json.dumps(forged)).status_code == 422
    # The right person at the wrong site.
    device.origin = "http://localhost.evil.example"
    assert enter(browser, device.sign(challenge(browser))).status_code == 422
    device.origin = "http://localhost"
    # A stolen device that has not seen its owner.
    device.verified = False
    assert enter(browser, device.sign(challenge(browser))).status_code == 422
    device.verified = True
    # Another device under the same name.
    copy = Device(id=device.id, uses=device.uses)
    assert enter(browser, copy.sign(challenge(browser))).status_code == 422
    assert enter(browser, device.sign(challenge(browser))).status_code == 200


def test_rubbish_is_refused(browser_of, device):
    browser = browser_of()
    for answer in ("", "[]", "{}", '{"id": 1}', "x" * 9000):
        challenge(browser)
        assert enter(browser, answer).status_code == 422, answer


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_copied_device_is_noticed_by_its_counter(browser_of, database, device):
    browser = browser_of()
    device.uses = 41
    assert enter(browser, device.sign(challenge(browser))).status_code == 200
    device.uses = 5
    stranger = browser_of()
    assert enter(stranger, device.sign(challenge(stranger))).status_code == 422


def test_nobody_comes_in_who_was_turned_off(browser_of, database, device, mara):
    set_active(database, mara.id, False)
    browser = browser_of()
    assert enter(browser, device.sign(challenge(browser))).status_code == 422
    assert newest(database) == REFUSED


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_passkey_is_added_once_and_removed(browser_of, database, device):
    browser = browser_of("mara")
    assert "my phone" in browser.get(SECURITY).text
    assert add(browser, device).status_code == 422
    with database.reading() as connection:
        (row,) = connection.execute(sa.select(passkeys)).all()
    # That of somebody else stays.
    path = f"{SECURITY}passkeys/{row.id}/remove"
    browser_of("admin").post(path, page=SECURITY)
    assert "my phone" in browser.get(SECURITY).text
    browser.post(path, page=SECURITY)
    assert "You have no passkey yet." in browser.get(SECURITY).text
    stranger = browser_of()
    assert enter(stranger, device.sign(challenge(stranger))).status_code == 422


def test_an_old_session_signs_in_again_before_it_adds_one(browser_of, database):
    browser = browser_of("mara")
    with database.writing() as connection:
        connection.execute(sa.update(kept_sessions).values(began_at=1))
    asked = browser.client.post(
        f"{SECURITY}passkeys/options",
        data={"csrf_token": _token(browser)},
        headers={"Accept": "application/json"},
    )
    assert asked.json["next"].startswith("/login/?again=1")
    with database.reading() as connection:
        assert connection.execute(sa.select(passkeys)).all() == []


def _token(browser):
    page = browser.get(SECURITY).text
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def test_an_administrator_removes_the_passkeys_of_who_lost_the_device(
    browser_of, database, device, mara
):
    admin, path = browser_of("admin"), f"/setup/users/{mara.id}"
    assert "Remove passkeys" in admin.get(path).text
    admin.post(f"{path}/passkeys/end", page=path)
    assert "Remove passkeys" not in admin.get(path).text
    browser = browser_of()
    assert enter(browser, device.sign(challenge(browser))).status_code == 422
    found = [(one.event.act, one.by_username) for one in entries(database, mara.id)]
    assert ("passkey_removed", "admin") in found
