"""A lead goes its way: over the API, on its page and on the board by state."""

from __future__ import annotations

from typing import Any

import pytest

from core.config import ROOT
from core.testing.installation import Installation
from tests.module.signing_in import signed_in, token_of

BOARD = "view=crm.lead_board"


@pytest.fixture(scope="module")
def crm(install_module: Any) -> Installation:
    made: Installation = install_module((ROOT / "modules",), "crm")
    return made


def lead(crm: Installation, name: str) -> int:
    values = {"name": name, "last_name": name, "email": f"{name.lower()}@b.example"}
    answer = crm.ask("POST", "/api/v1/crm/lead", body=values)
    assert answer.status_code == 201, answer.text
    return int(answer.json["id"])


def test_transitions_over_the_api(crm: Installation) -> None:
    at = f"/api/v1/crm/lead/{lead(crm, 'Pumps')}"
    offered = crm.ask("GET", f"{at}/transitions").json["items"]
    assert [one["id"] for one in offered] == [
        "start",
        "qualify",
        "convert",
        "disqualify",
    ]
    paths = crm.ask("GET", "/api/v1/openapi.json").json["paths"]
    for tail, verb in (("", "get"), ("/start", "post"), ("/convert", "post")):
        assert verb in paths[f"/crm/lead/{{id}}/transitions{tail}"]
    done = crm.ask("POST", f"{at}/transitions/start")
    assert (done.status_code, done.json["state"]) == (200, "working"), done.text
    refused = crm.ask("POST", f"{at}/transitions/reopen")
    assert refused.status_code == 409
    assert "Only a disqualified lead" in refused.json["detail"]
    by_hand = crm.ask("PATCH", at, body={"state": "converted"})
    assert by_hand.status_code == 422
    assert "changes only by its buttons" in by_hand.text
    new = {"name": "X", "last_name": "Y", "phone": "+49 30 1234567", "state": "working"}
    assert crm.ask("POST", "/api/v1/crm/lead", body=new).status_code == 422
    entry = crm.ask("GET", f"{at}/history").json["items"][0]
    assert (entry["transition"], entry["reason"]) == ("start", None)
    assert "get" in paths["/crm/lead/{id}/states"]
    stood = crm.ask("GET", f"{at}/states").json["items"]
    assert [(one["state"], one["times"]) for one in stood] == [
        ("new", 1),
        ("working", 1),
    ]
    assert stood[0]["until"] == stood[1]["since"]
    assert stood[1]["until"] is None


def test_the_page_shows_the_way_and_the_board_obeys(crm: Installation) -> None:
    id_ = lead(crm, "Valves")
    page = crm.ask("GET", f"/crm/lead/{id_}").text
    assert '<ol class="i-path" aria-label="State"' in page
    assert page.count('aria-current="step"') == 1
    client = signed_in(crm)
    token = token_of(client.get("/").text)

    def move(to: str, **answers: str) -> Any:
        form = {"to": to, "version": "", "csrf_token": token, **answers}
        return client.post(f"/crm/lead/{id_}/move?{BOARD}", data=form)

    moved = move("qualified")
    assert moved.status_code == 200, moved.text
    assert "undo" not in moved.json
    asks = move("disqualified")
    assert asks.status_code == 409
    assert "asks something first" in asks.json["detail"]
    assert 'data-ask="Disqualify"' in asks.json["ask"]
    assert 'name="ask.reason"' in asks.json["ask"]
    again = move("disqualified", press="disqualify")
    assert again.status_code == 422
    assert "is required" in again.json["ask"]
    assert move("disqualified", press="qualify").status_code == 400
    reason = {"press": "disqualify", "ask.reason": "<b>Too</b> small"}
    done = move("disqualified", **reason)
    assert done.status_code == 200, done.text
    assert f'data-card="{id_}"' in done.json["card"]
    late = move("disqualified", version="1", **reason)
    assert late.status_code == 409
    nowhere = move("new")
    assert nowhere.status_code == 409
    assert "No button leads there" in nowhere.json["detail"]
    shown = client.get(f"/crm/lead/{id_}").text
    assert "pressed &#39;Qualify&#39;" in shown
