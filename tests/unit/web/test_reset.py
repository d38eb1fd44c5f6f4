"""A new password by mail: one link, one hour, the same answer for everybody."""

import dataclasses
import re
import threading

import itsdangerous.timed
import pytest

from core.config import MailConfig
from core.web.accounts import (
    create_user,
    set_active,
    set_locale,
    update_user,
    verify_password,
)
from core.web.app import create_web_app
from core.web.entrance import codes, reset
from core.web.entrance.journal import entries
from core.web.settings import WebSettings
from tests.unit.services.mail_server import free_port, mail_server
from tests.unit.web.conftest import Browser, account_database

FORGOT = "/login/forgot"
NEW = "nine purple lamps"
URL = "https://erp.example"


@pytest.fixture
def database(database_url):
    made = account_database(database_url)
    yield made
    made.dispose()


@pytest.fixture
def post():
    with mail_server() as found:
        yield found


@pytest.fixture
def settings(application, post):
    mail = MailConfig(
        host="127.0.0.1", port=post[0], security="plain", sender="no-reply@erp.example"
    )
    return WebSettings(
        secret_key=application.config.secret_key,
        public_url=URL,
        mail=mail,
        languages=("en", "de"),
    )


@pytest.fixture
def app(application, settings, admin, mara):
    return create_web_app(application, settings)


@pytest.fixture
def inbox(post):
    return post[1]


@pytest.fixture
def ask(app, monkeypatch):
    """Ask for a link and wait until the work behind the answer is done."""
    started = []

    def kept(*arguments):
        started.append(plain(*arguments))
        return started[-1]

    plain = reset.ask
    monkeypatch.setattr("core.web.entrance.reset_views.ask", kept)

    def call(login, **headers):
        browser = Browser(app)
        browser.client.environ_base.update(headers)
        answer = browser.post(FORGOT, page=FORGOT, username=login)
        for work in started:
            work.join(30)
        return answer

    return call


def link_in(mail):
    return re.search(URL + r"(/login/new-password/\S+)", mail.get_content())[1]


def choose(app, link, new=NEW, again=None):
    return Browser(app).post(link, page="/login/", new=new, again=again or new)


@pytest.mark.parametrize("login", ["mara", "MARA@brindlemoor.example"])
def test_a_link_comes_by_mail_and_opens_once(app, database, mara, ask, inbox, login):
    assert "on its way" in ask(login).text
    (mail,) = inbox
    assert mail["To"] == "mara@brindlemoor.example"
    link = link_in(mail)
    assert choose(app, link).location == "/login/"
    assert verify_password(database, "mara", NEW)
    again = choose(app, link, "ten yellow chairs")
    assert again.status_code == 404
    assert "used before" in again.text
    assert verify_password(database, "mara", NEW)
    acts = [(one.event.act, one.event.way) for one in entries(database, mara.id)]
    assert acts == [("password_changed", "reset"), ("reset_asked", "reset")]


def test_the_answer_is_the_same_for_everybody(app, database, mara, ask, inbox):
    create_user(database, "nomail", "seven green bottles")
    create_user(database, "off", "seven green bottles", email="off@x.example")
    set_active(database, 4, False)

    def shape(answer):
        text = re.sub(r'value="[^"]*"|content="[^"]*"', "", answer.text)
        headers = [h for h in answer.headers if h[0] not in ("Set-Cookie",)]
        return answer.status_code, text, headers

    known = shape(ask("mara"))
    for login in ("nobody", "nomail", "off", "x@y.example", "'; --", "\u0661"):
        assert shape(ask(login)) == known
    assert len(inbox) == 1
    # Even a try too many looks the same.
    for _ in range(4):
        assert shape(ask("mara")) == known
    assert len(inbox) == reset.FREE_MAILS_NAME


def test_the_answer_does_not_wait_for_the_mail(app, database, mara, monkeypatch):
    gate, sent = threading.Event(), threading.Event()

    def slow(*_arguments):
        gate.wait(30)
        sent.set()

    monkeypatch.setattr(reset, "send", slow)
    answer = Browser(app).post(FORGOT, page=FORGOT, username="mara")
    assert answer.status_code == 200
    assert not sent.is_set()
    gate.set()
    assert sent.wait(30)


def test_the_link_leads_to_the_configured_address_only(app, ask, inbox):
    ask("mara", HTTP_HOST="evil.example", HTTP_X_FORWARDED_HOST="evil.example")
    assert "evil.example" not in inbox[0].get_content()
    assert link_in(inbox[0])


def test_the_mail_speaks_the_language_of_its_reader(database, mara, ask, inbox):
    set_locale(database, mara.id, "de", "Europe/Berlin")
    ask("mara")
    assert inbox[0]["Subject"] == "Ein neues Passwort für Intarsia"
    assert "Guten Tag Mara Lindholt" in inbox[0].get_content()


def test_a_link_is_good_for_an_hour(app, database, mara, settings, monkeypatch):
    link = f"/login/new-password/{reset.make_link(settings, mara)}"
    assert Browser(app).get(link).status_code == 200
    now = itsdangerous.timed.time.time()
    later = now + reset.GOOD_SECONDS + 1
    monkeypatch.setattr(itsdangerous.timed.time, "time", lambda: later)
    assert Browser(app).get(link).status_code == 404


@pytest.mark.parametrize("what", ["address", "access", "roles", "key", "text"])
def test_a_link_is_void_after_a_change(app, database, mara, settings, what):
    if what == "key":
        settings = dataclasses.replace(settings, secret_key="f" * 32)
    text = reset.make_link(settings, mara)
    if what == "text":
        # The first character: some bits of the last one carry nothing.
        text = ("a" if text[0] != "a" else "b") + text[1:]
    if what == "address":
        update_user(database, mara.id, "M", "L", "new@x.example")
    if what == "access":
        set_active(database, mara.id, False)
    if what == "roles":
        update_user(database, mara.id, "M", "L", mara.email, ["shop.manager"])
    answer = choose(app, f"/login/new-password/{text}")
    assert answer.status_code == 404
    assert not verify_password(database, "mara", NEW)


def test_of_two_at_once_one_sets_the_password(database, mara, settings):
    from core.web.accounts import AccountRefused, set_password

    set_password(database, mara.id, NEW, mara.stamp)
    with pytest.raises(AccountRefused, match="used before"):
        set_password(database, mara.id, "ten yellow chairs", mara.stamp)
    assert verify_password(database, "mara", NEW)


def test_a_weak_or_mistyped_password_keeps_the_link(app, database, mara, settings):
    link = f"/login/new-password/{reset.make_link(settings, mara)}"
    weak = choose(app, link, "short")
    assert (weak.status_code, "at least 10" in weak.text) == (422, True)
    assert choose(app, link, NEW, "nine purple lamp").status_code == 422
    assert choose(app, link).location == "/login/"


def test_a_new_password_does_not_skip_the_code(app, database, mara, settings):
    key = settings.secret_key
    codes.begin(database, key, mara.id)
    import pyotp

    secret = codes.pending_secret(database, key, mara.id)
    assert codes.confirm(database, key, mara.id, pyotp.TOTP(secret).now())
    choose(app, f"/login/new-password/{reset.make_link(settings, mara)}")
    assert Browser(app).sign_in("mara", NEW).location == "/login/code"


def test_sessions_and_the_pause_end_with_the_new_password(app, mara, settings):
    inside = Browser(app)
    inside.sign_in("mara")
    outside = Browser(app)
    for _ in range(6):
        outside.sign_in("mara", "wrong password")
    choose(app, f"/login/new-password/{reset.make_link(settings, mara)}")
    assert inside.get("/").location == "/login/"
    assert outside.sign_in("mara", NEW).location == "/"


def test_a_server_that_is_gone_is_noted(application, database, mara, settings):
    broken = dataclasses.replace(settings.mail, port=free_port())
    away = dataclasses.replace(settings, mail=broken)
    reset.ask(database, away, "mara", reset.Visitor("192.0.2.7")).join(60)
    acts = [one.event.act for one in entries(database, mara.id)]
    assert acts == ["mail_failed", "reset_asked"]


def test_without_a_mail_server_nothing_is_offered(application, admin, mara):
    app = create_web_app(application)
    assert FORGOT not in Browser(app).get("/login/").text
    assert Browser(app).get(FORGOT).status_code == 404
    assert Browser(app).get("/login/new-password/x").status_code == 404


def test_the_sign_in_page_leads_there(app):
    assert FORGOT in Browser(app).get("/login/").text
