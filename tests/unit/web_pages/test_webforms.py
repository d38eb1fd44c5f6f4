"""Web forms: filled by strangers, with and without what machines do."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest

from core.services import Actor, Query
from core.services.timeline import feed
from core.storage.tables import idempotency
from core.web.account_tables import sign_in_failures

ADDRESS = "/forms/library/join"
GOOD = {"name": "Ada", "mail": "ada@guest.example", "agreed": "1"}


class Stranger:
    """Somebody who opens the form and sends it a while later."""

    def __init__(self, library):
        self.client = library.app.test_client()
        self.library = library

    def open(self, address=ADDRESS, **headers):
        answer = self.client.get(address, headers=headers)
        assert answer.status_code == 200, answer.text
        self.page = answer.text
        self.token = re.search(r'name="form" value="([^"]+)"', answer.text)[1]
        return answer

    def send(self, address=ADDRESS, files=(), **given):
        if files:
            given["files"] = [(BytesIO(text.encode()), name) for text, name in files]
        return self.client.post(address, data={"form": self.token, **given})


@pytest.fixture
def later(monkeypatch):
    """Let a form come back after as many seconds as a person needs."""
    from itsdangerous import URLSafeTimedSerializer

    loads = URLSafeTimedSerializer.loads

    def older(self, text, *args, **more):
        found = loads(self, text, *args, **more)
        if more.get("return_timestamp"):
            return found[0], found[1] - timedelta(seconds=10)
        return found

    monkeypatch.setattr(URLSafeTimedSerializer, "loads", older)


@pytest.fixture
def stranger(library, later):
    with library.application.database.writing() as connection:
        connection.execute(sign_in_failures.delete())
        connection.execute(idempotency.delete())
    return Stranger(library)


def visitors(library):
    with library.application.reader(Actor.system()) as reader:
        return reader.search("library.visitor", Query(limit=100)).items


def made(library, before):
    known = {one.id for one in before}
    return [one for one in visitors(library) if one.id not in known]


def test_a_stranger_makes_a_record(library, stranger):
    before = visitors(library)
    stranger.open(f"{ADDRESS}?utm_source=news&utm_medium=mail&shelf=no")
    hidden = dict(re.findall(r'name="(h-\w+)" value="([^"]*)"', stranger.page))
    assert hidden == {"h-utm_source": "news", "h-utm_medium": "mail"}
    files = [("hello", "a.txt")]
    answer = stranger.send(**GOOD, **hidden, files=files, agreed_by="me", archived="1")
    assert answer.status_code == 200, answer.text
    assert "Welcome, Ada!" in answer.text
    (one,) = made(library, before)
    with library.application.reader(Actor.system()) as reader:
        record = reader.get("library.visitor", one.id)
        told = feed(reader, "library.visitor", one.id, ("comment", "attachment"))
    assert record["mail"] == "ada@guest.example"
    assert record["utm"] == "medium=mail; source=news"
    # Only listed fields are taken; what agreed means is kept in its words.
    assert (record["agreed_by"], record["archived"]) == ("form", False)
    assert (record["agreed"], record["agreed_text"]) == (True, "I agree to the rules.")
    assert record["created_by"] is None
    assert sorted(entry.kind for entry in told) == ["attachment", "comment"]


def test_the_same_showing_makes_one_record(library, stranger):
    before = visitors(library)
    stranger.open()
    for _ in range(2):
        assert "Welcome, Ada!" in stranger.send(**GOOD).text
    assert len(made(library, before)) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "Name"),
        ({"mail": "ada"}, "e-mail"),
        ({"agreed": "0"}, "Please agree"),
        ({"form": "x"}, "open for too long"),
        ({"files": [("x" * 2000, "a.txt")]}, "at most 1 KB"),
        ({"files": [("x", f"{n}.txt") for n in range(3)]}, "At most 2 files"),
    ],
)
def test_what_is_wrong_comes_back_with_what_was_written(
    library, stranger, change, said
):
    before = visitors(library)
    stranger.open()
    answer = stranger.send(**{**GOOD, "shelf": "A <b>", **change})
    assert answer.status_code == 422
    assert said in answer.text
    assert "A &lt;b&gt;" in answer.text
    assert made(library, before) == []


def test_machines_get_nothing_in(library, stranger):
    before = visitors(library)
    stranger.open()
    fooled = stranger.send(**GOOD, homepage="http://spam.example")
    assert fooled.status_code == 200
    assert "Thank you" in fooled.text
    assert made(library, before) == []


def test_too_fast_is_asked_again(library):
    fast = Stranger(library)
    fast.open()
    answer = fast.send(**GOOD)
    assert answer.status_code == 422
    assert "very quick" in answer.text
    assert 'value="Ada"' in answer.text


def test_too_many_from_one_address_wait(library, stranger):
    for _ in range(40):
        stranger.open()
        answer = stranger.send(**{**GOOD, "name": ""})
    assert answer.status_code == 422
    answer = stranger.send(**GOOD)
    assert answer.status_code == 429
    assert "Too many forms" in answer.text


def test_the_page_runs_nothing_and_is_framed_where_it_is_said(library, stranger):
    answer = stranger.open()
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors https://www.example.com" in policy
    assert "X-Frame-Options" not in answer.headers
    assert "<script" not in answer.text
    assert "Set-Cookie" not in answer.headers
    staff = library.person("mara").client.get("/forms/library/staff")
    assert "frame-ancestors 'none'" in staff.headers["Content-Security-Policy"]
    assert staff.headers["X-Frame-Options"] == "DENY"


def test_the_page_speaks_the_language_that_is_asked(library, stranger):
    stranger.open(ADDRESS, **{"Accept-Language": "de"})
    assert "Senden" in stranger.page
    stranger.open(f"{ADDRESS}?language=de")
    assert 'lang="de"' in stranger.page
    assert "Senden" in stranger.page


def test_a_form_for_people_with_an_account(library, stranger):
    answer = stranger.client.get("/forms/library/staff")
    assert answer.status_code == 302
    assert "/login/" in answer.location
    before = visitors(library)
    mara = library.person("mara")
    page = mara.get("/forms/library/staff")
    token = re.search(r'name="form" value="([^"]+)"', page)[1]
    # A form that another account was shown does not count.
    other = library.person("vera").post("/forms/library/staff", form=token, name="Eve")
    assert other.status_code == 422
    sent = mara.post("/forms/library/staff", form=token, name="Bo")
    assert (sent.status_code, sent.location) == (303, "/library/visitor")
    (one,) = made(library, before)
    with library.application.reader(Actor.system()) as reader:
        record = reader.get("library.visitor", one.id)
    assert record["created_by"] == library.people["mara"]


def test_what_is_not_there_is_not_shown(library, stranger):
    for path in ("/forms/library/closed", "/forms/library/none"):
        assert stranger.client.get(path).status_code == 404
        assert stranger.client.post(path, data=GOOD).status_code == 404


def test_administrators_see_all_forms_and_how_to_show_them(library):
    admin = library.person("admin")
    page = admin.get("/forms")
    assert ADDRESS in page
    assert "&lt;iframe" in page
    library.person("vera").get("/forms", 403)


def test_a_link_is_a_choice_of_what_is_offered(library, stranger):
    address, before = "/forms/library/guided", visitors(library)
    guide = library.make("library.author", name="Zoe <z>")
    nobody = library.make("library.author", name="Nobody")
    stranger.open(address)
    assert f'<option value="{guide}"' in stranger.page
    assert "Zoe &lt;z&gt;" in stranger.page
    assert f'<option value="{nobody}"' not in stranger.page
    assert "/lookup" not in stranger.page
    refused = stranger.send(address, name="Ada", guide=str(nobody))
    assert refused.status_code == 422
    assert "one of those that are offered" in refused.text
    stranger.open(address)
    assert stranger.send(address, name="Ada", guide=str(guide)).status_code == 200
    (one,) = made(library, before)
    assert library.read("library.visitor", one.id)["guide"] == guide
