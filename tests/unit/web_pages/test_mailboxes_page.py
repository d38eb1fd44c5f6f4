"""The page of mailboxes: servers, mails that came in, and mails as files."""

from __future__ import annotations

from io import BytesIO

from core.storage import arrival

MAIL = (
    "From: Ada <ada@guest.example>\nTo: desk@library.example\nSubject: <b>Hello</b>\n"
    "Message-ID: <page@guest.example>\n\nMay I come?\n"
)


def test_a_mail_as_a_file_becomes_a_record(library, clerk):
    clerk.client.get("/mailboxes")
    assert clerk.client.get("/mailboxes").status_code == 403
    admin = library.person("admin")
    page = admin.get("/mailboxes")
    assert "No such mail came in yet." in page
    assert "INTARSIA_MAILBOX_LIBRARY__DESK" in page
    files = [(BytesIO(MAIL.encode()), "a.eml"), (BytesIO(b"x"), "b.eml")]
    sent = admin.post("/mailboxes", act="take", mailbox="library.desk", files=files)
    assert sent.status_code == 302
    page = admin.get("/mailboxes")
    assert "a.eml: New record." in page
    assert "b.eml: Refused. It does not say who it is from." in page
    assert "&lt;b&gt;Hello&lt;/b&gt;" in page
    assert 'href="/library/visitor/' in page
    german = admin.client.get(
        "/mailboxes?state=refused", headers={"Accept-Language": "de"}
    )
    assert "a.eml" not in german.text
    with library.application.database.writing() as connection:
        connection.execute(arrival.delete())


def test_what_is_wrong_is_told(library):
    admin = library.person("admin")
    admin.get("/mailboxes")
    admin.post("/mailboxes", act="pull", mailbox="library.desk")
    assert "names no server" in admin.get("/mailboxes")
    admin.post("/mailboxes", act="take", mailbox="library.desk")
    assert "Choose a file first." in admin.get("/mailboxes")
    assert admin.post("/mailboxes", act="pull", mailbox="x.y").status_code == 404
    assert admin.post("/mailboxes", act="dance").status_code == 400
