"""What a stage needs is asked on every way into it: board, form, API, bulk, import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.exchange import Column, Mapping, run_import
from core.services import Actor
from core.services.taking_back import put_back
from core.testing.installation import PASSWORD, Installation, InstallModule
from tests.module.conftest import ROOT
from tests.unit.web_pages.conftest import Person

DEALS = "/api/v1/crm/opportunity"


@pytest.fixture(scope="module")
def crm(install_module: InstallModule) -> Installation:
    return install_module((ROOT / "modules",), "crm")


def _deal(crm: Installation, **values: Any) -> tuple[int, dict[str, int]]:
    """A deal in the first stage, and the stages by their names."""
    with crm.application.transaction(Actor.system()) as tx:
        found = {
            key: tx.resolve("crm.stage", f"crm.stage.{key}") or 0
            for key in ("proposal", "negotiation")
        }
        party = tx.create("base.party", {"name": "P"}).id
        euro = tx.resolve("base.currency", "EUR")
        given = {"name": "Deal", "party": party, "currency": euro, **values}
        return tx.create("crm.opportunity", given).id or 0, found


def _stage(crm: Installation, deal: int) -> int:
    with crm.application.reader(Actor.system()) as reader:
        found: int = reader.get("crm.opportunity", deal)["stage"]
        return found


def test_the_api_and_its_bulk_ask(crm: Installation) -> None:
    deal, stages = _deal(crm)
    body = {"stage": stages["negotiation"], "version": 1}
    refused = crm.ask("PATCH", f"{DEALS}/{deal}", body=body)
    assert refused.status_code == 422
    fields = {one["field"] for one in refused.get_json()["errors"]}
    assert fields == {"amount", "close_date"}
    rows = [{"id": deal, "stage": stages["proposal"]}]
    many = {"update": rows, "partial": True}
    answer = crm.ask("POST", f"{DEALS}/bulk", body=many).get_json()
    (row,) = answer["update"]
    assert [one["field"] for one in row["errors"]] == ["amount"]
    body |= {"amount": "5", "close_date": "2031-01-31"}
    assert crm.ask("PATCH", f"{DEALS}/{deal}", body=body).status_code == 200
    assert _stage(crm, deal) == stages["negotiation"]


def test_the_board_and_the_change_of_many_ask(crm: Installation) -> None:
    deal, stages = _deal(crm)
    person = Person(crm.site.test_client())
    person.get("/login/")
    person.post("/login/", username="admin", password=PASSWORD)
    person.get("/crm/opportunity?view=crm.opportunity_board")
    to = str(stages["proposal"])
    board = f"/crm/opportunity/{deal}/move?view=crm.opportunity_board"
    moved = person.post(board, to=to, version="1")
    assert moved.status_code == 422, moved.text
    assert "Amount is required" in moved.json["detail"]
    assert moved.json["mend"].endswith("/edit")
    chosen = {"ids": str(deal), "_set": "stage", "stage": to}
    told = person.post("/crm/opportunity/bulk-edit", **chosen)
    assert "Amount is required" in told.text
    form = {"_version": "1", "stage": to, "amount": ""}
    saved = person.post(f"/crm/opportunity/{deal}/edit", **form)
    assert saved.status_code == 422
    assert _stage(crm, deal) not in stages.values()


def test_an_import_asks(crm: Installation, tmp_path: Path) -> None:
    deal, stages = _deal(crm)
    with crm.application.reader(Actor.system()) as reader:
        party = reader.get("crm.opportunity", deal)["party"]
    path = tmp_path / "deals.csv"
    proposal = stages["proposal"]
    path.write_text(
        "name,party,stage,currency,amount\n"
        f"Bare,{party},{proposal},EUR,\n"
        f"Filled,{party},{proposal},EUR,12\n",
        "utf-8",
    )
    names = ("name", "party", "stage", "currency", "amount")
    columns = tuple(Column((name,), name) for name in names)
    report = run_import(
        crm.application, Actor.system(), path, Mapping("crm.opportunity", columns)
    )
    assert (report.created, report.rejected) == (1, 1), report
    assert [error.reason for error in report.errors] == ["Amount is required."]


def test_a_stage_taken_back_is_as_old_as_before(crm: Installation) -> None:
    deal, stages = _deal(crm, amount="5")
    app = crm.application
    long_ago = "2026-01-02T03:04:05Z"
    with app.transaction(Actor.system()) as tx, tx.with_full_rights():
        tx.update("crm.opportunity", deal, {"stage_since": long_ago})
    with app.transaction(Actor.system()) as tx:
        tx.update("crm.opportunity", deal, {"stage": stages["proposal"]})
    with app.transaction(Actor.system()) as tx:
        moved = tx.get("crm.opportunity", deal)["stage_since"]
        (entry,) = tx.history("crm.opportunity", deal, 1)
        rows = [(deal, entry.changes, entry.version)]
        assert not put_back(tx, "crm.opportunity", rows)[0].problems
    with app.reader(Actor.system()) as reader:
        again = reader.get("crm.opportunity", deal)
    assert moved != again["stage_since"]
    assert again["stage"] != stages["proposal"]
    assert moved != again["stage_since"]
    assert again["stage_since"].isoformat() == "2026-01-02T03:04:05+00:00"
