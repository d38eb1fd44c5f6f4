"""The page behind the link of advertising: asked first, done at once by programs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.services import Actor
from core.services.mails import list_suppressed
from core.services.mails.unsubscribing import link_of
from core.storage import suppressed


@pytest.fixture
def path(library):
    app = library.application
    reachable = replace(app.runtime, public_url="https://x.example")
    link = link_of(reachable, "Ada@guest.example")
    yield link.removeprefix("https://x.example")
    with app.database.writing() as connection:
        connection.execute(suppressed.delete())


def kept_back(library):
    with library.application.reader(Actor.system()) as reader:
        found = list_suppressed(reader)
    return [(one.address, one.reason, one.marketing) for one in found]


def test_it_asks_first_and_can_be_taken_back(library, path):
    client = library.app.test_client()
    page = client.get(path)
    assert page.status_code == 200
    assert "ada@guest.example gets no more mails that advertise." in page.text
    assert "Set-Cookie" not in page.headers
    assert "script" not in page.headers["Content-Security-Policy"].replace("'none'", "")
    assert kept_back(library) == []
    done = client.post(path, data={"act": "leave"})
    assert (done.status_code, "Get them again" in done.text) == (200, True)
    assert kept_back(library) == [("ada@guest.example", "unsubscribed", True)]
    client.post(path, data={"act": "back"})
    assert kept_back(library) == []


def test_a_program_of_mail_does_it_at_once(library, path):
    client = library.app.test_client()
    sent = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert sent.status_code == 200
    assert kept_back(library) == [("ada@guest.example", "unsubscribed", True)]
    again = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert again.status_code == 200


def test_nobody_unsubscribes_somebody_else(library, path):
    client = library.app.test_client()
    named, _, signed = path.rpartition("/")[2].partition(".")
    for token in (f"{named}.", f"{named}.{'a' * 26}", f"Ym9AeC55.{signed}", "x", "é.é"):
        assert client.post(f"/unsubscribe/{token}").status_code == 404, token
    assert kept_back(library) == []
