"""Endpoints of modules: who may call, what is checked, once per key, kept calls."""

from __future__ import annotations

import json
import time

import pytest

from core.services import Actor
from core.services.endpoints import list_calls
from core.services.signatures import signature
from core.storage import endpoint_call
from core.storage.tables import setting

PATH = "library/hooks/enroll"
SECRET = "a shared secret of some length"


@pytest.fixture
def called(library):
    """The calls that are written down, oldest first."""
    app = library.application

    def calls():
        with app.reader(Actor.system()) as reader:
            return list(reversed(list_calls(reader)))

    yield calls
    app_tables = (endpoint_call, setting)
    with app.database.writing() as connection:
        for table in app_tables:
            connection.execute(table.delete())


def body(number, **more):
    return {"callId": f"c{number}", "name": "Ada", "age": 30, **more}


def signed(library, given, secret=SECRET, at=None, path=PATH):
    raw = json.dumps(given).encode()
    moment = int(time.time() if at is None else at)
    headers = {
        "Content-Type": "application/json",
        "Intarsia-Timestamp": str(moment),
        "Intarsia-Signature": f"v1={signature(secret, moment, raw)}",
    }
    client = library.app.test_client()
    return client.post(f"/api/v1/{path}", data=raw, headers=headers)


def test_a_call_is_done_once_and_answered_again(library, called):
    admin = library.as_user("admin")
    first = admin("POST", PATH, body(1))
    assert first.status_code == 201, first.text
    again = admin("POST", PATH, body(1))
    assert again.json == first.json
    assert again.headers["Idempotent-Replay"] == "true"
    assert first.json == {
        "visitorId": first.json["visitorId"],
        "name": "Ada",
        "ok": True,
        "age": 30,
    }
    record = admin.get(f"library/visitor/{first.json['visitorId']}")
    assert record["name"] == "Ada"
    other = admin("POST", PATH, body(1, name="Bo"))
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    assert admin("POST", PATH, body(2, age=None)).json == {"askAge": True}
    (one, refused, _) = called()
    assert (one.key, one.status, one.repeated, one.way) == ("c1", 201, 1, "bearer")
    assert (refused.key, refused.status) == (None, 422)
    assert "belongs to one" in refused.said


def test_everybody_has_keys_of_his_own(library, called):
    first = library.as_user("admin")("POST", PATH, body(7))
    assert first.status_code == 201
    with library.application.transaction(Actor.system()) as tx:
        tx.set_setting("library", "hook_secret", SECRET)
    # By another way it is another call, whatever its key is.
    second = signed(library, body(7))
    assert second.status_code == 201
    assert second.json["visitorId"] != first.json["visitorId"]
    assert "Idempotent-Replay" not in second.headers
    assert [one.key for one in called()] == ["c7", "c7"]


def test_what_is_wrong_is_named_and_nothing_happens(library, called):
    admin = library.as_user("admin")
    before = admin.get("library/visitor/count")["count"]
    answer = admin("POST", PATH, {"callId": "c", "age": "x", "mail": "no", "odd": 1})
    assert answer.status_code == 422
    assert {one["field"] for one in answer.json["errors"]} == {
        "name",
        "age",
        "mail",
        "odd",
    }
    young = admin("POST", PATH, body(3, age=3))
    assert (young.status_code, young.json["detail"]) == (409, "Too young")
    # What was refused may come again.
    assert admin("POST", PATH, body(3)).status_code == 201
    assert admin.get("library/visitor/count")["count"] == before + 1
    for raw, status in ((b"[]", 400), (b"{", 400), (b'{"a": "' + b"x" * 3000, 413)):
        assert admin("POST", PATH, raw).status_code == status
    text = {"Content-Type": "text/plain"}
    assert admin("POST", PATH, b"{}", headers=text).status_code == 415
    assert {one.status for one in called()} == {422, 409, 201, 400, 413, 415}


def test_who_may_call(library, called, boss):
    stranger = library.app.test_client()
    answer = stranger.post(f"/api/v1/{PATH}", json=body(1))
    assert (answer.status_code, answer.json["code"]) == (401, "not_signed_in")
    assert "Intarsia-Signature" in answer.json["detail"]
    refused = library.as_user("otto")("POST", PATH, body(1))
    assert refused.status_code == 403
    wrong = stranger.post(
        f"/api/v1/{PATH}", json=body(1), headers={"Authorization": "Bearer x"}
    )
    assert wrong.status_code == 401
    assert [one.status for one in called()] == [401, 403, 401]


def test_a_session_of_a_browser_is_no_way_in(library, called):
    client = library.app.test_client()
    page = client.get("/login/").text
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    from tests.unit.web_api.conftest import PASSWORD

    given = {"csrf_token": token, "username": "admin", "password": PASSWORD}
    assert client.post("/login/", data=given).status_code == 302
    assert client.post(f"/api/v1/{PATH}", json=body(1)).status_code == 401


def test_a_signature_is_checked(library, called):
    unset = signed(library, body(1))
    assert (unset.status_code, "Nobody has set" in unset.json["detail"]) == (401, True)
    with library.application.transaction(Actor.system()) as tx:
        tx.set_setting("library", "hook_secret", SECRET)
    with library.application.database.reading() as connection:
        kept = connection.execute(setting.select()).one()
    assert SECRET not in str(kept.value)
    good = signed(library, body(1))
    assert good.status_code == 201, good.text
    assert signed(library, body(1)).headers["Idempotent-Replay"] == "true"
    for answer, said in (
        (signed(library, body(2), secret="another secret"), "is wrong"),
        (signed(library, body(2), at=time.time() - 400), "older than"),
        (signed(library, body(2), at=time.time() + 400), "older than"),
    ):
        assert answer.status_code == 401
        assert said in answer.json["detail"]
    one = next(one for one in called() if one.status == 201)
    assert (one.way, one.actor) == ("signature", None)
    with library.application.database.reading() as connection:
        rows = connection.execute(endpoint_call.select()).all()
    assert SECRET not in str(rows)


def test_an_open_endpoint_changes_its_record_and_is_counted(library, called):
    admin = library.as_user("admin")
    id_ = admin.make("library/visitor", name="Cy")["id"]
    client = library.app.test_client()
    answers = [
        client.put("/api/v1/library/hooks/rename", json={"id": id_, "shelf": f"S{n}"})
        for n in range(6)
    ]
    assert [one.status_code for one in answers] == [200] * 5 + [429]
    # Tokens that nobody has do not begin a count of their own.
    guess = {"Authorization": "Bearer guessed"}
    path = "/api/v1/library/hooks/rename"
    assert client.put(path, json={"id": id_}, headers=guess).status_code == 429
    assert answers[0].json == {"shelf": "S0"}
    assert "Retry-After" in answers[-1].headers
    assert admin.get(f"library/visitor/{id_}")["shelf"] == "S4"
    assert called()[-1].record == id_


def test_other_methods_and_addresses_are_as_before(library):
    admin = library.as_user("admin")
    assert admin("GET", PATH).status_code == 404
    assert admin("POST", "library/hooks/none", {}).status_code == 404


def test_the_document_tells_of_it(library):
    paths = library.as_user("admin").get("openapi.json")["paths"]
    found = paths[f"/{PATH}"]["post"]
    schema = found["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["callId", "name"]
    assert schema["additionalProperties"] is False
    assert {"201", "202", "401", "422"} <= set(found["responses"])
    assert f"/{PATH}" not in library.as_user("otto").get("openapi.json")["paths"]
