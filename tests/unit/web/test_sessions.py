"""Sessions that people see and end, and the journal of what happened at accounts."""

import time

import pytest
import sqlalchemy as sa

from core.web.account_tables import (
    create_account_tables,
    missing_tables,
    sign_ins,
)
from core.web.account_tables import (
    kept_sessions as table,
)
from core.web.accounts import load_account, set_active, update_user
from core.web.entrance import journal, kept_sessions
from core.web.entrance.journal import Event, entries, note
from core.web.entrance.kept_sessions import Visitor
from core.web.entrance.showing import device_of
from core.web.tokens import create_api_key
from tests.unit.web.conftest import PASSWORD, account_database

HOME = Visitor("192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
SECURITY = "/profile/security/"


@pytest.fixture
def database(database_url):
    made = account_database(database_url)
    yield made
    made.dispose()


def begun(database, account, seconds=60):
    now = int(time.time())
    span = kept_sessions.Span(now, now + seconds)
    return kept_sessions.begin(database, account, "password", HOME, span)


def open_sessions(database, account):
    return kept_sessions.list_open(database, load_account(database, account.id))


def acts(database, account=None):
    user = account.id if account else None
    return [one.event.act for one in entries(database, user)]


def test_a_session_is_found_by_its_text_and_kept_only_as_a_hash(database, mara):
    text = begun(database, mara)
    found = kept_sessions.find(database, text)
    assert found.account == mara
    assert found.session.visitor == HOME
    with database.reading() as connection:
        row = connection.execute(sa.select(table)).one()
    assert not any(text in str(value) for value in row)
    assert kept_sessions.find(database, found.session.id) is None


@pytest.mark.parametrize("text", ["", "nothing", "\udcff", "\x00"])
def test_rubbish_finds_no_session(database, mara, text):
    begun(database, mara)
    assert kept_sessions.find(database, text) is None


def test_a_session_is_over_after_its_time(database, mara):
    text = begun(database, mara, 0)
    assert kept_sessions.find(database, text) is None
    assert open_sessions(database, mara) == []
    begun(database, mara)
    with database.writing() as connection:
        connection.execute(sa.update(table).values(ends_at=1))
    begun(database, mara)
    with database.reading() as connection:
        assert len(connection.execute(sa.select(table)).all()) == 1


def test_other_roles_end_the_sessions(database, mara):
    text = begun(database, mara)
    update_user(database, mara.id, "M", "L", "", roles=["shop.user"])
    assert kept_sessions.find(database, text)
    update_user(database, mara.id, "M", "L", "", roles=["shop.manager"])
    assert kept_sessions.find(database, text) is None


def test_nobody_ends_the_session_of_somebody_else(database, admin, mara):
    text = begun(database, mara)
    (one,) = open_sessions(database, mara)
    assert not kept_sessions.end(database, one.id, admin.id)
    assert kept_sessions.find(database, text)
    assert kept_sessions.end(database, one.id, mara.id)
    assert kept_sessions.find(database, text) is None


def test_a_person_sees_and_ends_own_sessions(browser_of, database, mara):
    here, there = browser_of("mara"), browser_of("mara")
    page = here.get(SECURITY).text
    assert page.count("this device") == 1
    mine = here.client
    with mine.session_transaction() as session:
        own = kept_sessions.hash_of(session["sid"])
    (other,) = [one for one in open_sessions(database, mara) if one.id != own]
    ended = here.post(f"{SECURITY}sessions/{other.id}/end", page=SECURITY)
    assert ended.location == SECURITY
    assert there.get("/").location == "/login/"
    assert here.get("/").status_code == 200
    again = here.post(f"{SECURITY}sessions/{other.id}/end", page=SECURITY)
    assert again.status_code == 404


def test_all_other_sessions_end_at_once(app, browser_of):
    login = {"username": "mara", "password": PASSWORD}
    program = app.test_client()
    token = program.post("/api/v1/security/login", json=login).json["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert program.get("/profile/", headers=bearer).status_code == 200
    here, others = browser_of("mara"), [browser_of("mara") for _ in range(3)]
    stays = browser_of("admin")
    here.post(f"{SECURITY}sessions/end", page=SECURITY)
    assert here.get("/").status_code == 200
    assert [one.get("/").location for one in others] == ["/login/"] * 3
    assert stays.get("/").status_code == 200
    assert program.get("/profile/", headers=bearer).location.startswith("/login/")


def test_signing_out_ends_the_session_on_the_server(browser_of, database, mara):
    browser = browser_of("mara")
    with browser.client.session_transaction() as session:
        kept = dict(session)
    browser.post("/logout/", page="/")
    with browser.client.session_transaction() as session:
        session.update(kept)
    assert browser.get("/").location == "/login/"
    assert acts(database, mara) == ["signed_out", "signed_in"]


def test_signing_in_again_replaces_the_session(browser_of, database, mara):
    browser = browser_of("mara")
    with browser.client.session_transaction() as session:
        first = session["sid"]
    change = {"current": PASSWORD, "new": "nine purple lamps"}
    other = browser_of("mara")
    browser.post("/profile/password", page="/profile/", again=change["new"], **change)
    with browser.client.session_transaction() as session:
        assert session["sid"] != first
    assert kept_sessions.find(database, first) is None
    assert browser.get("/").status_code == 200
    assert other.get("/").location == "/login/"
    assert "password_changed" in acts(database, mara)


def test_an_administrator_who_changes_own_roles_goes_on(browser_of, admin):
    browser = browser_of("admin")
    path = f"/setup/users/{admin.id}"
    fields = {"first_name": "A", "last_name": "", "email": ""}
    with browser.client.session_transaction() as session:
        before = session["sid"]
    browser.post(path, page=path, roles=["Admin", "shop.user"], **fields)
    assert browser.get("/").status_code == 200
    with browser.client.session_transaction() as session:
        assert session["sid"] != before


def test_an_administrator_ends_sessions_of_others(browser_of, database, mara):
    browser, hers = browser_of("admin"), browser_of("mara")
    path = f"/setup/users/{mara.id}"
    browser.post(f"{path}/sessions/end", page=path)
    assert hers.get("/").location == "/login/"
    assert browser.get("/").status_code == 200
    newest = entries(database, mara.id)[0]
    assert (newest.event.act, newest.by_username) == ("session_ended", "admin")


def test_the_journal_says_who_how_whence_and_why_not(browser_of, database, mara):
    browser = browser_of()
    agent = {"HTTP_USER_AGENT": HOME.agent}
    browser.client.environ_base.update(agent)
    browser.sign_in("mara", "wrong password")
    browser.sign_in("seven green bottles", "mistyped into the wrong box")
    set_active(database, mara.id, False)
    browser.sign_in("mara")
    set_active(database, mara.id, True)
    browser.sign_in("mara")
    found = entries(database)
    told = [(one.username, one.event.act, one.event.reason) for one in found]
    assert told == [
        ("mara", "signed_in", ""),
        ("mara", "refused", "inactive"),
        ("", "refused", "unknown"),
        ("mara", "refused", "wrong_password"),
    ]
    assert {one.visitor for one in found} == {Visitor("127.0.0.1", HOME.agent)}
    page = browser_of("admin").get("/setup/sign-ins").text
    for words in ("Firefox, Linux", "wrong password", "no such user", "turned off"):
        assert words in page
    assert "seven green" not in page


def test_no_typed_name_or_password_is_kept(browser_of, database):
    browser_of().sign_in("my secret as a name", "my secret as a password")
    with database.reading() as connection:
        rows = connection.execute(sa.select(sign_ins)).all()
    assert rows
    assert "secret" not in str(rows)


def test_a_flood_of_paused_tries_leaves_one_entry(browser_of, database):
    browser = browser_of()
    for _ in range(9):
        browser.sign_in("mara", "wrong password")
    reasons = [one.event.reason for one in entries(database)]
    assert reasons == ["paused"] + ["wrong_password"] * 5


def test_old_entries_are_forgotten(database, mara, monkeypatch):
    note(database, Event("signed_in", mara.id), HOME)
    now = journal.time.time()
    later = now + journal.KEEP_DAYS * 86_400 + 1
    monkeypatch.setattr(journal.time, "time", lambda: later)
    note(database, Event("signed_out", mara.id), HOME)
    assert acts(database) == ["signed_out"]


def test_the_journal_is_read_page_by_page_and_narrowed(browser_of, database, mara):
    for _ in range(60):
        note(database, Event("refused", mara.id, "password", "wrong_password"), HOME)
    browser = browser_of("admin")
    first = browser.get("/setup/sign-ins").text
    older = entries(database)[49].id
    assert f"before={older}" in first
    second = browser.get(f"/setup/sign-ins?before={older}").text
    assert second.count("wrong password") == 61 - 50
    only = browser.get("/setup/sign-ins?user=admin&act=signed_in").text
    assert "wrong password" not in only
    assert "No sign-in matches." in browser.get("/setup/sign-ins?user=no-one").text
    assert browser.get("/setup/sign-ins?before=x&act=nothing").status_code == 200


def test_the_journal_is_for_administrators(browser_of):
    assert browser_of("mara").get("/setup/sign-ins").status_code == 403
    assert browser_of().get("/setup/sign-ins").location.startswith("/login/")


def test_a_key_changes_nothing_about_accounts(app, database, mara, admin):
    _, key = create_api_key(database, admin.id, "bridge")
    headers = {"X-API-Key": key}
    for path in (
        "/profile/",
        "/profile/keys",
        "/profile/password",
        f"{SECURITY}sessions/end",
        "/setup/users/new",
        f"/setup/users/{mara.id}/password",
    ):
        answer = app.test_client().post(path, headers=headers, data={"name": "x"})
        assert answer.status_code == 403, path


def test_a_database_of_an_earlier_version_lacks_tables_until_they_are_made(
    database, mara
):
    with database.writing() as connection:
        connection.execute(sa.text("drop table platform_session"))
        assert missing_tables(connection) == ["platform_session"]
    create_account_tables(database.engine)
    with database.reading() as connection:
        assert missing_tables(connection) == []
    assert load_account(database, mara.id) == mara


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        (HOME.agent, "Firefox, Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU like Mac OS X) Version/19 Safari/604",
            "Safari, iPhone",
        ),
        ("curl/8.5", "curl"),
        ("<b>me</b>", "<b>me</b>"),
        ("", "unknown device"),
    ],
)
def test_a_browser_is_named_in_two_words(agent, shown):
    assert device_of(agent) == shown
