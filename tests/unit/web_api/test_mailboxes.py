"""Mailboxes through the API: mails as files, what became of them, asking servers."""

from __future__ import annotations

import jsonschema
import pytest

from core.storage import arrival

MAIL = (
    "From: Ada <ada@guest.example>\nTo: desk@library.example\nSubject: Hello\n"
    "Message-ID: <1@guest.example>\n\nMay I come?\n"
)
PATH = "mailboxes/library.desk"


@pytest.fixture
def admin(library):
    yield library.as_user("admin")
    with library.application.database.writing() as connection:
        connection.execute(arrival.delete())


def send(user, content, **headers):
    return user("POST", f"{PATH}/mails", data=content.encode(), headers=headers)


def test_a_mail_is_taken_in_and_seen(library, admin):
    answer = send(admin, MAIL)
    assert answer.status_code == 200, answer.text
    taken = answer.json
    assert (taken["state"], taken["said"]) == ("created", "")
    assert send(admin, MAIL).json["state"] == "known"
    record = admin.get(f"library/visitor/{taken['record']}")
    assert (record["name"], record["shelf"], record["mail"]) == (
        "Ada",
        "Hello",
        "ada@guest.example",
    )
    assert record["created_by"] is None
    (one,) = admin.get("arrivals", mailbox="library.desk", state="created")["items"]
    assert (one["sender"], one["record"]) == ("ada@guest.example", taken["record"])
    assert admin.get("arrivals", mailbox="library.desk", state="refused")["items"] == []
    (box,) = admin.get("mailboxes")["items"]
    assert (box["id"], box["served"], box["address"]) == ("library.desk", False, "")
    schemas = admin.get("openapi.json")["components"]["schemas"]
    for name, value in (("TakenMail", taken), ("Mailbox", box)):
        jsonschema.validate(
            value, {**schemas[name], "components": {"schemas": schemas}}
        )


def test_what_cannot_be_done_is_told(admin):
    assert send(admin, "").status_code == 422
    assert admin("POST", f"{PATH}/pull").status_code == 422
    for way in ("mails", "pull"):
        assert (
            admin("POST", f"mailboxes/library.no/{way}", data=b"x").status_code == 404
        )
    assert admin("GET", "arrivals", query_string={"state": "odd"}).status_code == 400


def test_nobody_else_sees_mailboxes(library, boss):
    for method, path in (
        ("GET", "mailboxes"),
        ("GET", "arrivals"),
        ("POST", f"{PATH}/mails"),
        ("POST", f"{PATH}/pull"),
    ):
        assert boss(method, path, data=MAIL.encode()).status_code == 403, path
