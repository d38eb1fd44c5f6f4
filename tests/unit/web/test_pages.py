"""The pages of accounts, as their users see them."""

import re

import pytest

from core.web.accounts import find_account, load_account, verify_password
from core.web.tokens import list_api_keys, verify_api_key
from tests.unit.web.conftest import PASSWORD

NEW = {
    "username": "jonas",
    "first_name": "Jonas",
    "last_name": "Pertek",
    "email": "jonas@brindlemoor.example",
    "password": "nine purple lamps",
    "roles": ["shop.user", "no.such.role"],
}


def test_home_greets(browser_of):
    assert "Welcome, Mara" in browser_of("mara").get("/").text


def test_only_administrators_see_set_up(browser_of):
    assert "/setup/users" in browser_of("admin").get("/").text
    assert "/setup/users" not in browser_of("mara").get("/").text


def test_an_administrator_creates_a_user(browser_of, database):
    browser = browser_of("admin")
    answer = browser.post("/setup/users/new", page="/setup/users/new", **NEW)
    assert answer.location == "/setup/users"
    page = browser.get("/setup/users").text
    assert "Jonas Pertek can sign in now." in page
    made = verify_password(database, "jonas", NEW["password"])
    assert made.roles == {"shop.user"}


def test_a_refused_user_keeps_what_was_typed(browser_of, database):
    wrong = NEW | {"email": "nowhere", "password": "short"}
    answer = browser_of("admin").post(
        "/setup/users/new", page="/setup/users/new", **wrong
    )
    assert answer.status_code == 422
    assert 'value="Jonas"' in answer.text
    assert 'aria-describedby="f-email-error"' in answer.text
    assert "at least 10 characters" in answer.text
    assert "short" not in re.findall(r'value="([^"]*)"', answer.text)
    assert find_account(database, "jonas") is None


def test_an_administrator_changes_a_user(browser_of, database, mara):
    path = f"/setup/users/{mara.id}"
    changed = {"first_name": "M.", "last_name": "L.", "email": "", "roles": "Admin"}
    assert browser_of("admin").post(path, page=path, **changed).location
    account = load_account(database, mara.id)
    assert account.display_name == "M. L."
    assert account.is_admin


def test_an_administrator_sets_a_password_and_ends_the_pause(browser_of, mara):
    stranger = browser_of()
    for _ in range(6):
        stranger.sign_in("mara", "wrong password")
    path = f"/setup/users/{mara.id}"
    admin = browser_of("admin")
    assert admin.post(f"{path}/password", page=path, new="short").status_code == 422
    assert admin.post(f"{path}/password", page=path, new="nine purple lamps").location
    assert stranger.sign_in("mara", "nine purple lamps").status_code == 302


def test_an_administrator_turns_a_user_off_and_on(browser_of, database, mara):
    path = f"/setup/users/{mara.id}"
    admin = browser_of("admin")
    admin.post(f"{path}/access", page=path, active="")
    assert not load_account(database, mara.id).active
    admin.post(f"{path}/access", page=path, active="1")
    assert load_account(database, mara.id).active


def test_nobody_turns_himself_off(browser_of, database, admin):
    path = f"/setup/users/{admin.id}"
    answer = browser_of("admin").post(f"{path}/access", page=path, active="")
    assert answer.status_code == 422
    assert load_account(database, admin.id).active


@pytest.mark.parametrize("path", ["/setup/users/999", "/setup/users/x"])
def test_a_user_that_is_not_there_is_not_found(browser_of, path):
    assert browser_of("admin").get(path).status_code == 404


def test_roles_show_their_holders(browser_of):
    page = browser_of("admin").get("/setup/roles").text
    row = re.search(r"<tr><td[^>]*>shop\.user</td>.*?</tr>", page, re.DOTALL)[0]
    assert "Mara Lindholt" in row


def test_a_user_changes_name_language_and_zone(browser_of, database, mara):
    browser = browser_of("mara")
    fields = {"first_name": "Mara", "last_name": "Berg", "email": mara.email}
    place = {"language": "en", "time_zone": "Europe/Berlin"}
    assert browser.post("/profile/", page="/profile/", **fields, **place).location
    changed = load_account(database, mara.id)
    assert changed.display_name == "Mara Berg"
    assert changed.time_zone == "Europe/Berlin"
    wrong = {"language": "en", "time_zone": "Mars/Olympus"}
    refused = browser.post("/profile/", page="/profile/", **fields, **wrong)
    assert refused.status_code == 422
    assert "Europe/Berlin" in refused.text


@pytest.mark.parametrize(
    ("current", "new", "again", "says"),
    [
        ("wrong", "nine purple lamps", "nine purple lamps", "not your present"),
        (PASSWORD, "nine purple lamps", "nine purple lamp", "differ"),
        (PASSWORD, "short", "short", "at least 10"),
    ],
)
def test_a_password_is_changed_only_by_its_owner(
    browser_of, database, current, new, again, says
):
    typed = {"current": current, "new": new, "again": again}
    browser = browser_of("mara")
    answer = browser.post("/profile/password", page="/profile/", **typed)
    assert answer.status_code == 422
    assert says in answer.text
    assert verify_password(database, "mara", PASSWORD)


def test_changing_the_password_signs_out_elsewhere_only(browser_of, database):
    here, there = browser_of("mara"), browser_of("mara")
    new = "nine purple lamps"
    typed = {"current": PASSWORD, "new": new, "again": new}
    assert here.post("/profile/password", page="/profile/", **typed).location
    assert here.get("/profile/").status_code == 200
    assert there.get("/profile/").location == "/login/?next=/profile/"


def test_a_key_is_shown_once_and_can_be_revoked(browser_of, database, mara):
    browser = browser_of("mara")
    typed = {"name": "Shop bridge", "days": "90", "scopes": ["", "read"]}
    page = browser.post("/profile/keys", page="/profile/", **typed)
    key = re.search(r"int_[0-9a-f]{8}_[a-z2-7]+", page.text)[0]
    assert page.headers["Cache-Control"] == "no-store"
    assert key not in browser.get("/profile/").text
    assert verify_api_key(database, key).scopes == {"read"}
    (listed,) = list_api_keys(database, mara.id)
    browser.post(f"/profile/keys/{listed.id}/revoke", page="/profile/")
    assert verify_api_key(database, key) is None


def test_a_key_needs_a_name(browser_of, database, mara):
    typed = {"name": " ", "days": "", "scopes": "read"}
    answer = browser_of("mara").post("/profile/keys", page="/profile/", **typed)
    assert answer.status_code == 422
    assert list_api_keys(database, mara.id) == []


def test_text_of_users_is_never_markup(browser_of):
    script = NEW | {"first_name": "<script>alert(1)</script>", "last_name": '"><b>'}
    browser = browser_of("admin")
    browser.post("/setup/users/new", page="/setup/users/new", **script)
    page = browser.get("/setup/users").text
    assert "<script>alert" not in page
    assert '"><b>' not in page
