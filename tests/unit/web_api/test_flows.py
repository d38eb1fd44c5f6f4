"""Flows over the API: started once per key, listed, woken, cancelled."""

from __future__ import annotations

import pytest

from core.jobs import dispatcher_of
from core.storage import flow, flow_step, job


@pytest.fixture
def poster(library, boss):
    yield boss.make("library/poster", name="Cat")["id"]
    with library.application.database.writing() as connection:
        for table in (flow, flow_step, job):
            connection.execute(table.delete())


def test_a_key_gives_the_same_answer_again(library, boss, clerk, poster):
    body = {"flow": "library.hanging", "record": poster, "input": {"wall": "east"}}
    made = boss.make("flows", **body)
    assert (made["state"], made["key"]) == ("running", str(poster))
    again = boss("POST", "flows", body)
    assert (again.status_code, again.json["id"]) == (200, made["id"])
    dispatcher_of(lambda: library.application).drain()
    one = boss.get(f"flows/{made['id']}")
    assert (one["state"], one["step"], one["code"]) == ("held", "seen", "unseen")
    assert one["reason"] == "Nobody has seen Cat"
    assert one["steps"] == {"hang": "done", "seen": "held"}
    assert [x["id"] for x in boss.get("flows", state="open")["items"]] == [made["id"]]
    about = {"entity": "library.poster", "record": poster}
    assert len(boss.get("flows", **about)["items"]) == 1
    kinds = boss.get(f"library/poster/{poster}/timeline", kind="flow")["items"]
    assert [x["state"] for x in kinds] == ["held", "done", "started"]
    # Who has no role of the flow lists nothing of others, and does not act.
    assert clerk.get("flows")["items"] == []
    assert clerk("POST", "flows", body).status_code == 403


def test_woken_and_cancelled(library, boss, poster):
    made = boss.make("flows", flow="library.hanging", record=poster)
    worker = dispatcher_of(lambda: library.application)
    worker.drain()
    boss("PATCH", f"library/poster/{poster}", {"name": "Seen", "version": 1})
    address = f"flows/{made['id']}"
    assert boss("POST", f"{address}/wake").status_code == 202
    worker.drain()
    assert boss.get(address)["state"] == "done"
    other = boss.make("flows", flow="library.hanging", record=poster, key="other")
    answer = boss("POST", f"flows/{other['id']}/cancel", {"reason": "No wall"})
    assert (answer.json["state"], answer.json["reason"]) == ("cancelled", "No wall")


def test_what_is_wrong_is_said(boss, poster):
    def status(body):
        return boss("POST", "flows", body).status_code

    assert status({"flow": "library.none", "record": poster}) == 404
    assert status({"flow": "library.hanging", "record": 999_999}) == 404
    wrong = {"flow": "library.hanging", "record": poster, "input": {"wal": "x"}}
    assert status(wrong) == 422
    assert boss("GET", "flows", query_string={"state": "odd"}).status_code == 400
    assert boss("GET", "flows", query_string={"record": 1}).status_code == 400
    assert boss("POST", "flows/999999/cancel").status_code == 404
