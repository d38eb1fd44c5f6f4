"""The small form of a button offers what the click accepts, and nothing else."""

from pathlib import Path
from uuid import uuid4

import pytest

from core.services import Actor

ROOT = Path(__file__).parents[3]


@pytest.fixture
def crm(install_module):
    return install_module((ROOT / "modules",), "crm")


@pytest.fixture
def deal(crm):
    with crm.application.transaction(Actor.system()) as tx:
        party = tx.create("base.party", {"kind": "organisation", "name": "Kern Ltd"})
        reasons = [("Too late", "late", True), ("Too loud", "loud", False)]
        # The installation is shared, and codes are given once.
        for name, code, active in reasons:
            values = {"name": name, "code": code + uuid4().hex[:6], "active": active}
            tx.create("crm.lost_reason", values)
        values = {"name": "Roof", "party": party.id, "currency": "EUR"}
        return tx.create("crm.opportunity", values, accept_warnings=True).id


def test_a_picker_offers_only_what_the_click_accepts(crm, deal):
    address = f"/crm/opportunity/{deal}/actions/lose/lookup/lost_reason?q=too"
    titles = {item["title"] for item in crm.ask("GET", address).json["items"]}
    assert "Too late" in titles
    assert "Too loud" not in titles
    assert address.split("?")[0] in crm.ask("GET", f"/crm/opportunity/{deal}").text


def test_there_is_nothing_to_pick_without_the_record(crm, deal):
    address = "/crm/opportunity/999/actions/lose/lookup/lost_reason?q=too"
    assert crm.ask("GET", address).status_code == 404
    address = f"/crm/opportunity/{deal}/actions/burn/lookup/lost_reason?q=too"
    assert crm.ask("GET", address).status_code == 404
