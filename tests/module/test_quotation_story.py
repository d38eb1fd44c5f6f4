"""A deal, its lead and its quotation: one button each, and one timeline for all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.config import ROOT
from core.services import NotAllowed, TransitionRefused
from core.testing.installation import Installation, InstallModule

SELLER = ("crm_sales.user",)
BOSS = ("crm.manager", "sales.manager")


@pytest.fixture(scope="module")
def shop(install_module: InstallModule) -> Installation:
    return install_module((ROOT / "modules",), "crm_sales")


def press(shop: Installation, who: tuple[str, ...], entity: str, *what: Any) -> None:
    with shop.application.transaction(shop.actor(*who)) as tx:
        tx.run_action(entity, *what)


def converted(shop: Installation) -> int:
    """The deal that a lead was converted to."""
    lead = "crm.lead"
    values = {"name": "Pumps", "organisation_name": "Acme", "email": "a@acme.example"}
    with shop.application.transaction(shop.actor(*SELLER)) as tx:
        first = tx.create(lead, values).id
    press(shop, SELLER, lead, first, "start")
    press(shop, SELLER, lead, first, "convert", {"deal": "Two pumps"})
    with shop.application.reader(shop.actor(*SELLER)) as reader:
        found: int = reader.get(lead, first, ("opportunity",))["opportunity"]
    return found


def test_the_deal_tells_the_whole_story(shop: Installation) -> None:
    deal, second = "crm.opportunity", converted(shop)
    press(shop, SELLER, deal, second, "quote")
    path = f"/api/v1/sales/quotation?filter=opportunity.id == {second}"
    (offer,) = shop.ask("GET", path, *SELLER).get_json()["items"]
    line = {"text": "Pump", "quantity": 2, "unit_price": 1000, "discount": 20}
    with shop.application.transaction(shop.actor(*SELLER)) as tx:
        tx.update("sales.quotation", offer["id"], {"lines": [line]})
    with pytest.raises(TransitionRefused, match="A discount of 20 % needs approval"):
        press(shop, SELLER, "sales.quotation", offer["id"], "send")
    press(shop, SELLER, "sales.quotation", offer["id"], "submit")
    with pytest.raises(NotAllowed):
        press(shop, SELLER, "sales.quotation", offer["id"], "approve")
    press(shop, BOSS, "sales.quotation", offer["id"], "approve")
    press(shop, SELLER, "sales.quotation", offer["id"], "accept")
    found = shop.ask("GET", f"/api/v1/crm/opportunity/{second}", *SELLER).get_json()
    # Two pumps at 1,000, a fifth taken off.
    assert (Decimal(found["amount"]), found["probability"]) == (1600, "100")
    told = shop.ask("GET", f"/api/v1/crm/opportunity/{second}/timeline", *SELLER)
    steps = [
        (one["entity"], one["transition"], one["title"])
        for one in told.get_json()["items"][::-1]
        if one["kind"] == "step"
    ]
    number = shop.ask("GET", path, *SELLER).get_json()["items"][0]["number"]
    assert [one[:2] for one in steps] == [
        ("crm.lead", "start"),
        ("crm.lead", "convert"),
        ("sales.quotation", "submit"),
        ("sales.quotation", "approve"),
        ("sales.quotation", "send"),
        ("sales.quotation", "accept"),
    ]
    assert {one[2] for one in steps} == {"Pumps", number}
    assert number.startswith("Q-")
