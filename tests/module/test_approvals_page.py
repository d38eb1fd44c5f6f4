"""Approvals as people and programs meet them: pages, buttons, API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.config import ROOT
from core.testing.installation import Installation
from tests.module.signing_in import signed_in
from tests.unit.registry.making import write_modules
from tests.unit.services.offers import OFFERS

CLERK, BOSS = "trade.clerk", "trade.boss"


@pytest.fixture(scope="module")
def work(install_module: Any, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder: Path = tmp_path_factory.mktemp("offers")
    write_modules(folder, OFFERS)
    made: Installation = install_module((ROOT / "modules", folder), "trade")
    return made


def asked(work: Installation, name: str) -> str:
    """The address of an offer that waits."""
    body = {"name": name, "discount": "30"}
    made = work.ask("POST", "/api/v1/trade/offer", CLERK, body=body)
    assert made.status_code == 201, made.text
    at = f"/api/v1/trade/offer/{made.json['id']}"
    sent = work.ask("POST", f"{at}/transitions/submit", CLERK)
    assert sent.json["state"] == "waiting", sent.text
    return at


def test_decisions_over_the_api(work: Installation) -> None:
    at = asked(work, "Pumps")
    ways = work.ask("GET", f"{at}/transitions", CLERK).json["items"]
    assert [one["id"] for one in ways] == ["approve", "reject"]
    assert ways[0]["why"] == "'Approve' is for those whose turn it is: Head of sales."
    listed = work.ask("GET", "/api/v1/approvals", BOSS).json["items"]
    assert {
        key: listed[-1][key] for key in ("entity", "title", "people", "given", "need")
    } == {
        "entity": "trade.offer",
        "title": "Pumps",
        "people": "Head of sales",
        "given": 0,
        "need": 2,
    }
    assert work.ask("GET", "/api/v1/approvals", CLERK).json["items"] == []
    refused = work.ask("POST", f"{at}/transitions/approve", CLERK)
    assert (refused.status_code, refused.json["code"]) == (409, "transition_refused")
    assert work.ask("POST", f"{at}/transitions/approve", BOSS).status_code == 200
    assert work.ask("GET", "/api/v1/approvals", BOSS).json["items"] == []
    by_hand = work.ask("PATCH", at, BOSS, body={"state": "sent"})
    assert by_hand.status_code == 422
    document = work.ask("GET", "/api/v1/openapi.json", BOSS).json
    assert "/approvals" in document["paths"]
    assert "/trade/offer/{id}/transitions/approve" in document["paths"]


def test_the_page_of_what_waits(work: Installation) -> None:
    at = asked(work, "<i>Valves</i>")
    client = signed_in(work, BOSS)
    page = client.get("/approvals").text
    assert "&lt;i&gt;Valves&lt;/i&gt;" in page
    assert "Waits for Head of sales · level 1 of 2 · 0 of 2 have approved" in page
    assert "/approvals" in client.get("/").text
    record = client.get(at.removeprefix("/api/v1")).text
    assert "Waits for Head of sales" in record
    empty = signed_in(work, CLERK).get("/approvals").text
    assert "Nothing waits for you" in empty
