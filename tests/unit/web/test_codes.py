"""Codes as a second step: from an app, from paper, each once, none guessed."""

import base64
import io
import re
import threading
import time

import pyotp
import pytest
import sqlalchemy as sa
from PIL import Image

from core.web.account_tables import (
    recovery_codes,
    second_factors,
)
from core.web.entrance import codes
from core.web.entrance.codes import STEP_SECONDS
from core.web.entrance.journal import entries
from core.web.entrance.sealing import seal, unseal
from tests.unit.web.conftest import PASSWORD, account_database

KEY = "0123456789abcdef0123456789abcdef"
CODES = "/profile/security/codes"


@pytest.fixture
def database(database_url):
    made = account_database(database_url)
    yield made
    made.dispose()


class App:
    """The app on somebody's phone; its clock is moved so that no code comes twice."""

    def __init__(self, secret, monkeypatch):
        self.secret = secret
        self.now = time.time()
        monkeypatch.setattr(codes.time, "time", lambda: self.now)

    def code(self, shift=0):
        return pyotp.TOTP(self.secret).at(int(self.now) + shift * STEP_SECONDS)

    def next(self):
        self.now += 3 * STEP_SECONDS
        return self.code()


@pytest.fixture
def phone(database, mara, monkeypatch):
    """Mara's app, after codes were turned on."""
    codes.begin(database, KEY, mara.id)
    found = App(codes.pending_secret(database, KEY, mara.id), monkeypatch)
    assert codes.confirm(database, KEY, mara.id, found.code())
    return found


def half_way(browser_of):
    browser = browser_of()
    assert browser.sign_in("mara").location == "/login/code"
    return browser


def reasons(database, user):
    return [one.event.reason for one in entries(database, user.id) if one.event.reason]


def test_a_sealed_text_opens_for_its_owner_and_key_only():
    sealed = seal(KEY, 7, "JBSWY3DPEHPK3PXP")
    assert "JBSWY" not in sealed
    assert unseal(KEY, 7, sealed) == "JBSWY3DPEHPK3PXP"
    assert unseal(KEY, 8, sealed) is None
    assert unseal("f" * 32, 7, sealed) is None
    assert seal(KEY, 7, "JBSWY3DPEHPK3PXP") != sealed


def test_codes_are_those_of_the_standard(database, mara, monkeypatch):
    # RFC 6238, appendix B, SHA-1: the last six of its eight digits.
    secret = base64.b32encode(b"12345678901234567890").decode()
    for at, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        codes.begin(database, KEY, mara.id)
        with database.writing() as connection:
            sealed = seal(KEY, mara.id, secret)
            connection.execute(sa.update(second_factors).values(secret=sealed))
        monkeypatch.setattr(codes.time, "time", lambda at=at: at)
        assert codes.fits(database, KEY, mara.id, code) == ""
        codes.turn_off(database, mara.id)


def test_codes_count_only_after_the_first_was_right(database, mara, browser_of):
    codes.begin(database, KEY, mara.id)
    assert not codes.confirm(database, KEY, mara.id, "000000")
    assert not codes.state_of(database, mara.id).on
    assert browser_of().sign_in("mara").location == "/"


def test_neither_secret_nor_recovery_codes_can_be_read_from_the_tables(
    database, mara, phone
):
    paper = codes.make_recovery_codes(database, KEY, mara.id)
    with database.reading() as connection:
        rows = str(
            connection.execute(sa.select(second_factors)).all()
            + connection.execute(sa.select(recovery_codes)).all()
        )
    assert phone.secret not in rows
    assert not any(one.replace("-", "") in rows or one in rows for one in paper)


def test_a_clock_may_be_one_step_off_but_not_two(database, mara, phone):
    phone.next()
    assert codes.fits(database, KEY, mara.id, phone.code(-2)) == "wrong_code"
    assert codes.fits(database, KEY, mara.id, phone.code(2)) == "wrong_code"
    assert codes.fits(database, KEY, mara.id, phone.code(-1)) == ""
    assert codes.fits(database, KEY, mara.id, phone.code(1)) == ""


def test_no_code_opens_twice_nor_an_older_one_after_it(database, mara, phone):
    code = phone.next()
    assert codes.fits(database, KEY, mara.id, code) == ""
    assert codes.fits(database, KEY, mara.id, code) == "used_code"
    assert codes.fits(database, KEY, mara.id, phone.code(-1)) == "used_code"


def test_of_many_requests_with_one_code_one_gets_in(database, mara, phone):
    code, answers = phone.next(), []
    paper = codes.make_recovery_codes(database, KEY, mara.id)[0]

    def knock(typed):
        answers.append((typed, codes.fits(database, KEY, mara.id, typed)))

    crowd = [
        threading.Thread(target=knock, args=(typed,))
        for typed in (code, paper)
        for _ in range(6)
    ]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert sorted(typed for typed, reason in answers if not reason) == sorted(
        [code, paper]
    )


def test_a_recovery_code_opens_once_however_it_is_typed(database, mara, phone):
    paper = codes.make_recovery_codes(database, KEY, mara.id)
    assert len(set(paper)) == codes.RECOVERY_CODES
    typed = f" {paper[3].upper().replace('-', ' ')} "
    assert codes.fits(database, KEY, mara.id, typed) == ""
    assert codes.fits(database, KEY, mara.id, paper[3]) == "used_code"
    assert codes.state_of(database, mara.id).recovery_left == codes.RECOVERY_CODES - 1
    codes.make_recovery_codes(database, KEY, mara.id)
    assert codes.fits(database, KEY, mara.id, paper[4]) == "wrong_code"


def test_a_recovery_code_of_somebody_else_does_not_open(database, mara, admin, phone):
    paper = codes.make_recovery_codes(database, KEY, admin.id)
    assert codes.fits(database, KEY, mara.id, paper[0]) == "wrong_code"


@pytest.mark.parametrize(
    "code", ["", " ", "12345", "1234567", "\u0661" * 6, "-", "\x00"]
)
def test_rubbish_is_no_code(database, mara, phone, code):
    assert codes.fits(database, KEY, mara.id, code) == "wrong_code"


def test_the_password_alone_opens_nothing(browser_of, phone):
    browser = half_way(browser_of)
    assert browser.get("/").location == "/login/"
    assert browser.get("/profile/security/").location.startswith("/login/")
    assert browser.get("/login/code").status_code == 200


def test_password_and_code_open(browser_of, database, mara, phone):
    browser = browser_of()
    browser.sign_in("mara", next="/profile/")
    wrong = browser.post("/login/code", page="/login/code", code="000000")
    assert wrong.status_code == 401
    assert "does not match" in wrong.text
    right = browser.post("/login/code", page="/login/code", code=phone.next())
    assert right.location == "/profile/"
    assert browser.get("/").status_code == 200
    newest = entries(database, mara.id)[0].event
    assert (newest.act, newest.way) == ("signed_in", "code")
    assert reasons(database, mara) == ["wrong_code"]


def test_a_recovery_code_opens_the_page_once(browser_of, database, mara, phone):
    paper = codes.make_recovery_codes(database, KEY, mara.id)[0]
    first, second = half_way(browser_of), half_way(browser_of)
    assert first.post("/login/code", page="/login/code", code=paper).location == "/"
    again = second.post("/login/code", page="/login/code", code=paper)
    assert again.status_code == 401
    assert entries(database, mara.id)[1].event.way == "recovery"


def test_guessing_codes_is_paused_and_the_password_gives_no_new_tries(
    browser_of, database, mara, phone
):
    browser = half_way(browser_of)
    for _ in range(5):
        browser.post("/login/code", page="/login/code", code="000000")
    again = half_way(browser_of)
    paused = again.post("/login/code", page="/login/code", code=phone.next())
    assert paused.status_code == 401
    assert "Too many codes" in paused.text
    path = f"/setup/users/{mara.id}"
    browser_of("admin").post(f"{path}/unlock", page=path)
    assert (
        again.post("/login/code", page="/login/code", code=phone.next()).location == "/"
    )


def test_the_page_of_the_code_is_for_who_gave_the_password_lately(
    browser_of, database, mara, phone
):
    assert browser_of().get("/login/code").location == "/login/"
    posted = browser_of().post("/login/code", page="/login/", code=phone.next())
    assert posted.location == "/login/"
    browser = half_way(browser_of)
    phone.now += 601
    assert browser.get("/login/code").location == "/login/"


def test_a_new_password_ends_the_half_way(browser_of, database, mara, phone):
    browser = half_way(browser_of)
    path = f"/setup/users/{mara.id}"
    browser_of("admin").post(f"{path}/password", page=path, new="nine purple lamps")
    assert browser.get("/login/code").location == "/login/"


@pytest.mark.parametrize("path", ["/api/v1/security/login"])
def test_a_program_sends_the_code_along(app, database, mara, phone, path):
    client, login = app.test_client(), {"username": "mara", "password": PASSWORD}
    missing = client.post(path, json=login)
    assert (missing.status_code, missing.json["code"]) == (401, "code_needed")
    wrong = client.post(path, json=login | {"code": "000000"})
    assert (wrong.status_code, wrong.json["code"]) == (401, "code_refused")
    right = client.post(path, json=login | {"code": phone.next()})
    assert right.json["access_token"]
    assert reasons(database, mara) == ["wrong_code", "code_needed"]
    for _ in range(5):
        client.post(path, json=login | {"code": "000000"})
    paused = client.post(path, json=login | {"code": "000000"})
    assert paused.status_code == 429
    assert int(paused.headers["Retry-After"]) > 0


def test_codes_are_turned_on_and_off_on_the_page(
    browser_of, database, mara, monkeypatch
):
    browser = browser_of("mara")
    security = "/profile/security/"
    assert browser.get(CODES).location == security
    assert browser.post(f"{CODES}/begin", page=security).location == CODES
    page = browser.get(CODES)
    assert page.headers["Cache-Control"] == "no-store"
    secret = re.search(r"data-copy>([A-Z2-7 ]+)<", page.text)[1].replace(" ", "")
    picture = re.search(r'src="data:image/png;base64,([^"]+)"', page.text)[1]
    assert Image.open(io.BytesIO(base64.b64decode(picture))).size > (200, 200)
    refused = browser.post(CODES, page=CODES, code="000000")
    assert refused.status_code == 422
    app = App(secret, monkeypatch)
    shown = browser.post(CODES, page=CODES, code=app.code()).text
    paper = re.findall(r"<li><code[^>]*>([a-z0-9-]+)<", shown)
    assert len(paper) == codes.RECOVERY_CODES
    assert "10 recovery codes are left." in browser.get(security).text
    renewed = browser.post(f"{CODES}/recovery", page=security).text
    assert not set(paper) & set(re.findall(r"<li><code[^>]*>([a-z0-9-]+)<", renewed))
    browser.post(f"{CODES}/end", page=security)
    assert not codes.state_of(database, mara.id).on
    acts = [one.event.act for one in entries(database, mara.id)]
    assert acts[:3] == ["factor_off", "codes_made", "factor_on"]


def test_an_old_session_must_prove_itself_before_it_changes_the_ways_in(
    browser_of, database, mara
):
    browser = browser_of("mara")
    with database.writing() as connection:
        connection.execute(sa.text("update platform_session set began_at = 1"))
    asked = browser.post(f"{CODES}/begin", page="/profile/security/")
    assert asked.location == "/login/?again=1&next=/profile/security/"
    page = browser.get(asked.location)
    assert "Sign in once more" in page.text
    assert 'value="mara"' in page.text
    browser.post(
        "/login/", page=asked.location, username="mara", password=PASSWORD, again="1"
    )
    started = browser.post(f"{CODES}/begin", page="/profile/security/")
    assert started.location == CODES


def test_an_administrator_turns_the_codes_of_others_off(
    browser_of, database, mara, phone
):
    browser, path = browser_of("admin"), f"/setup/users/{mara.id}"
    assert "Turn codes off" in browser.get(path).text
    browser.post(f"{path}/factors/end", page=path)
    assert browser_of().sign_in("mara").location == "/"
    assert "Turn codes off" not in browser.get(path).text
    assert ("factor_off", "admin") in [
        (one.event.act, one.by_username) for one in entries(database, mara.id)
    ]
