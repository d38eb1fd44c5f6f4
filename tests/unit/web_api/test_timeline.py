"""The timeline over the API: written, read, refused."""

import pytest

from tests.unit.web_api.test_files import send


@pytest.fixture
def poster(clerk):
    return f"library/poster/{clerk.make('library/poster', name='Cat')['id']}"


def test_comments(library, clerk, boss, poster):
    made = clerk("POST", f"{poster}/comments", {"body": "Look, @vera: <b>"})
    assert made.status_code == 201, made.text
    assert made.json["body"] == "Look, @vera: <b>"
    assert made.json["by"] == library.people["mara"]
    assert [one["id"] for one in boss.get(f"{poster}/comments")["items"]] == [
        made.json["id"]
    ]
    shown = boss.get(f"{poster}/timeline")["items"]
    assert [one["kind"] for one in shown] == ["comment", "change"]
    assert boss.get(f"{poster}/timeline", kind="change")["items"][0]["changes"]
    assert clerk("GET", f"{poster}/timeline?kind=x").status_code == 400
    for body in ({"body": "x" * 10_001}, {"body": ""}, {}, {"body": "@nils"}):
        assert clerk("POST", f"{poster}/comments", body).status_code == 422, body


def test_others_see_nothing(library, clerk, poster):
    nils = library.as_user("nils")
    for tail in ("timeline", "comments", "attachments"):
        assert nils("GET", f"{poster}/{tail}").status_code == 404
    assert nils("POST", f"{poster}/comments", {"body": "x"}).status_code == 404
    assert nils("PUT", f"{poster}/follow").status_code == 404
    otto = library.as_user("otto")
    assert otto("GET", f"{poster}/timeline").status_code == 403
    reading = library.with_key("mara", "read")
    assert reading("POST", f"{poster}/comments", {"body": "x"}).status_code == 403


def test_attachments(library, clerk, poster):
    made = send(clerk, f"{poster}/attachments", file=[("a.txt", b"hello")])
    assert made.status_code == 201, made.text
    path = f"{poster}/attachments/{made.json['id']}"
    response = clerk("GET", path)
    assert response.data == b"hello"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert library.as_user("nils")("GET", path).status_code == 404
    bad = send(clerk, f"{poster}/attachments", file=[("a.png", b"<html>")])
    assert bad.status_code == 422
    assert clerk("DELETE", path).status_code == 204
    assert clerk("GET", path).status_code == 404


def test_activities(clerk, poster):
    body = {"summary": "Ring", "type": "call", "due": "2026-12-31", "person": "vera"}
    made = clerk("POST", f"{poster}/activities", body)
    assert made.status_code == 201, made.text
    path = f"{poster}/activities/{made.json['id']}"
    assert clerk("PATCH", path, {"done": True}).json["done_at"]
    assert clerk("PATCH", path, {"done": False}).json["done_at"] is None
    for wrong in (
        {"person": "nobody"},
        {"due": "soon"},
        {"type": "x"},
        {"summary": ""},
    ):
        answer = clerk("POST", f"{poster}/activities", {**body, **wrong})
        assert answer.status_code == 422
    assert clerk("PUT", f"{poster}/follow").status_code == 204
    assert clerk("DELETE", f"{poster}/follow").status_code == 204


def test_a_timeline_is_read_in_pages(boss):
    poster = boss.make("library/poster", name="Big")
    path = f"library/poster/{poster['id']}"
    for number in range(7):
        boss.make(f"{path}/comments", body=f"Comment {number}")
    whole = boss.get(f"{path}/timeline", limit=50)
    assert whole["next"] is None
    found, cursor = [], None
    while True:
        query = {"limit": 3, **({"cursor": cursor} if cursor else {})}
        page = boss.get(f"{path}/timeline", **query)
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == whole["items"]
    assert len(found) >= 8
    assert boss("GET", f"{path}/timeline?cursor=made-up").status_code == 400
    other = boss.make("library/poster", name="Small")
    first = boss.get(f"{path}/timeline", limit=3)["next"]
    foreign = boss("GET", f"library/poster/{other['id']}/timeline?cursor={first}")
    assert foreign.status_code == 400


def test_every_operation_of_a_timeline_is_described(boss):
    paths = boss.get("openapi.json")["paths"]
    root = "/library/poster/{id}"
    assert set(paths[f"{root}/attachments/{{attachment}}"]) == {"get", "delete"}
    assert set(paths[f"{root}/activities/{{activity}}"]) == {"patch"}
    assert set(paths[f"{root}/follow"]) == {"put", "delete"}


def test_a_mail_is_written_by_who_may(library, clerk, boss, poster):
    body = {"to": "ada@guest.example", "subject": "Hello", "body": "Dear Ada"}
    refused = clerk("POST", f"{poster}/mails", body)
    assert refused.status_code == 403
    assert clerk("GET", f"{poster}/mails/draft").status_code == 403
    made = boss("POST", f"{poster}/mails", body)
    assert made.status_code == 201, made.text
    assert made.json["state"] == "waiting"
    assert boss.get(f"{poster}/mails/draft")["templates"] == []
    (shown,) = clerk.get(f"{poster}/timeline", kind="mail")["items"]
    assert shown["receivers"][0]["address"] == "ada@guest.example"
    admin = library.as_user("admin")
    assert admin.get("mails", state="waiting")["items"][0]["subject"] == "Hello"
    assert boss("GET", "mails").status_code == 403
    for wrong in ({"to": "ada"}, {"to": ""}, {"subject": ""}, {"body": " "}):
        answer = boss("POST", f"{poster}/mails", {**body, **wrong})
        assert answer.status_code == 422, wrong
        assert answer.json["errors"][0]["field"] == next(iter(wrong))
    unknown = boss("POST", f"{poster}/mails", {**body, "template": "library.none"})
    assert unknown.status_code == 404


def test_addresses_are_kept_back_and_let_go(library, boss):
    admin = library.as_user("admin")
    made = admin("POST", "suppressed", {"address": "Ada@Guest.example"})
    assert made.status_code == 201, made.text
    (kept,) = admin.get("suppressed")["items"]
    assert (kept["address"], kept["reason"]) == ("ada@guest.example", "entered")
    assert boss("GET", "suppressed").status_code == 403
    assert boss("DELETE", "suppressed/ada@guest.example").status_code == 403
    assert admin("POST", "suppressed", {"address": "ada"}).status_code == 422
    more = {"address": "b@guest.example", "marketing": True}
    assert admin("POST", "suppressed", more).json["reason"] == "unsubscribed"
    assert admin("DELETE", "suppressed/b@guest.example").status_code == 204
    assert admin("DELETE", "suppressed/ada@guest.example").status_code == 204
    assert admin("DELETE", "suppressed/ada@guest.example").status_code == 404
    headers = {**admin.headers, "Content-Type": "message/rfc822"}
    told = admin.client.post("/api/v1/mails/bounces", data=b"A: b", headers=headers)
    assert told.status_code == 422
