"""The timeline in the pages: written without scripts, escaped, told to others."""

from io import BytesIO

import pytest

from core.web.accounts import set_locale
from tests.unit.web_pages.test_files import send


@pytest.fixture
def poster(library, clerk):
    clerk.get("/")
    return send(clerk, "/library/poster", name="Cat").location


def test_a_comment_is_shown_escaped_and_told(library, clerk, boss, poster):
    body = "Look, @vera <script>alert(1)</script>"
    assert clerk.post(f"{poster}/comments", body=body).status_code == 302
    page = clerk.get(poster)
    assert '<span class="i-ment">@vera</span>' in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    told = boss.get("/notifications")
    assert "mentioned you" in told
    assert "Cat" in told
    assert boss.post("/notifications").status_code == 302
    assert "mentioned you" in boss.get("/notifications")


def test_a_refused_comment_comes_back(clerk, poster):
    answer = clerk.post(f"{poster}/comments", body="Psst, @nils")
    assert "draft=Psst" in answer.location
    page = clerk.get(answer.location.partition("#")[0])
    assert "Psst, @nils</textarea>" in page
    assert "may not read" in page


def test_files_activities_filters(library, clerk, poster):
    answer = send(clerk, f"{poster}/attachments", [("file", "a.txt", b"hello")])
    assert answer.status_code == 302
    clerk.post(f"{poster}/activities", summary="Ring", type="call", person="@vera")
    page = clerk.get(poster)
    assert 'download="a.txt"' in page
    assert "Ring" in page
    only = clerk.get(f"{poster}?show=activity")
    assert 'download="a.txt"' not in only
    href = page.split('class="i-file" href="')[1].partition('"')[0]
    assert clerk.client.get(href).data == b"hello"
    nils = library.person("nils")
    assert nils.client.get(href).status_code == 404
    act = page.split(f'action="{poster}/activities/')[1].partition('"')[0]
    assert clerk.post(f"{poster}/activities/{act}", done="1").status_code == 302
    assert "<del>Ring</del>" in clerk.get(poster)
    assert clerk.post(f"{href}/remove").status_code == 302
    assert 'download="a.txt"' not in clerk.get(poster)
    assert clerk.post(f"{poster}/follow", on="1").status_code == 302
    assert "Unfollow" in clerk.get(poster)


def test_people_are_those_who_may_read(library, clerk, poster):
    items = clerk.client.get(f"{poster}/people?q=").json["items"]
    logins = {one["id"] for one in items}
    assert {"mara", "vera"} <= logins
    assert not {"nils", "otto", "zoe"} & logins
    nils = library.person("nils")
    assert nils.client.get(f"{poster}/people?q=").status_code == 404


def hand_over(person, poster, name, content):
    """One file as the script of the page sends it."""
    return person.client.post(
        f"{poster}/attachments",
        data={"csrf_token": person.token, "file": (BytesIO(content), name)},
        content_type="multipart/form-data",
        headers={"Accept": "application/json"},
    )


def test_a_script_hands_files_over_one_by_one(library, clerk, poster):
    page = clerk.get(poster)
    assert "data-attach-drop" in page
    assert "js/attach.js" in page
    answer = hand_over(clerk, poster, "a.txt", b"hello")
    assert answer.status_code == 201
    (id_,) = answer.json["ids"]
    assert clerk.client.get(f"{poster}/attachments/{id_}").data == b"hello"
    refused = hand_over(clerk, poster, "b.png", b"hello")
    assert refused.status_code == 422
    assert refused.json["detail"].startswith("'b.png' is called .png")
    assert 'download="b.png"' not in clerk.get(poster)
    empty = hand_over(clerk, poster, "c.txt", b"")
    assert empty.json["detail"] == "'c.txt' is empty. Choose another file."
    nothing = clerk.client.post(
        f"{poster}/attachments",
        data={"csrf_token": clerk.token},
        headers={"Accept": "application/json"},
    )
    assert nothing.status_code == 400
    nils = library.person("nils")
    nils.get("/")
    assert hand_over(nils, poster, "d.txt", b"hello").status_code == 404


def test_refusals_of_files_speak_the_language_of_the_reader(library, poster):
    nils = library.person("nils")
    own = send(nils, "/library/poster", name="Dog").location
    database, me = library.application.database, library.people["nils"]
    set_locale(database, me, "de", "Europe/Berlin")
    try:
        nils.get(own)
        for name, content, why in (
            ("b.png", b"hello", "„b.png“ heißt .png, enthält aber text/plain."),
            ("c.txt", b"", "„c.txt“ ist leer."),
            ("d.txt", b"\x7fELF" + b"\0" * 60, "„d.txt“ ist ein Programm"),
        ):
            refused = hand_over(nils, own, name, content)
            assert refused.json["detail"].startswith(why)
    finally:
        set_locale(database, me, "en", "UTC")


def test_a_mail_is_written_at_a_record(library, clerk, boss, poster):
    assert f"{poster}/mail" not in clerk.get(poster)
    clerk.get(f"{poster}/mail", 403)
    assert f'href="{poster}/mail"' in boss.get(poster)
    page = boss.get(f"{poster}/mail")
    assert 'name="subject"' in page
    given = {"to": "ada@guest.example", "subject": "Hi <b>", "body": "Dear Ada"}
    bad = boss.post(f"{poster}/mail", **{**given, "to": "nobody"})
    assert bad.status_code == 422
    assert "is not an e-mail address" in bad.text
    assert "Hi &lt;b&gt;" in bad.text
    assert boss.post(f"{poster}/mail", **given).status_code == 302
    shown = clerk.get(f"{poster}?show=mail")
    assert "Hi &lt;b&gt;" in shown
    assert "ada@guest.example" in shown
    admin = library.person("admin")
    assert "Hi &lt;b&gt;" in admin.get("/mails")
    boss.get("/mails", 403)
    kept = admin.post("/mails", act="suppress", address="ada@guest.example")
    assert kept.status_code == 302
    assert "entered by hand" in admin.get("/mails?state=sent")
    admin.post("/mails", act="release", address="ada@guest.example")
    assert "entered by hand" not in admin.get("/mails")
    assert admin.post("/mails", act="suppress", address="x").status_code == 302
    admin.post("/mails", act="suppress", address="b@guest.example", marketing="1")
    assert "marketing only" in admin.get("/mails")
    admin.post("/mails", act="release", address="b@guest.example")
