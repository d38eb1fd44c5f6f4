"""From a lead to a won deal, the way a sales person works."""

from decimal import Decimal
from typing import Any

import pytest

from core.services import (
    Actor,
    Query,
    TransitionRefused,
    ValidationFailed,
)
from core.web.pages.labels import Labels
from tests.module.conftest import Business

LEAD = {
    "name": "Pumps for the new hall",
    "organisation_name": "Acme AG",
    "first_name": "Eva",
    "last_name": "Klein",
    "email": "eva@acme.example",
    "phone": "+49 30 1234567",
    "street": "Weg 1",
    "city": "Berlin",
    "expected_amount": "5000",
}


def converted(business: Business, seller: Any) -> dict[str, Any]:
    """A lead with a call, worked on and converted; its values afterwards."""
    lead = business.do(seller, lambda tx: tx.create("crm.lead", LEAD)).id
    call = {"subject": "First call", "about": {"entity": "crm.lead", "id": lead}}
    business.do(seller, lambda tx: tx.create("crm.activity", call))
    for action in ("start", "qualify"):
        business.do(seller, lambda tx, a=action: tx.run_action("crm.lead", lead, a))
    pipeline = business.see(seller, lambda r: r.resolve("crm.pipeline", "sales"))
    ask = {"deal": "Acme pumps", "pipeline": pipeline}
    business.do(seller, lambda tx: tx.run_action("crm.lead", lead, "convert", ask))
    values: dict[str, Any] = business.see(
        seller, lambda r: dict(r.get("crm.lead", lead).values)
    )
    return values


def stage_kind(business: Business, seller: Any, deal: int) -> Any:
    query = Query(filter=f"id == {deal}", fields=("stage.kind",))
    page = business.see(seller, lambda r: r.search("crm.opportunity", query))
    return page.items[0].values["stage.kind"]


def test_conversion_makes_party_person_and_opportunity(business: Business) -> None:
    seller = business.somebody("ann", "crm.user")
    lead = converted(business, seller)
    party = business.see(seller, lambda r: r.get("base.party", lead["party"]))
    person = business.see(seller, lambda r: r.get("base.party", lead["contact"]))
    deal = business.see(seller, lambda r: r.get("crm.opportunity", lead["opportunity"]))
    assert lead["state"] == "converted"
    assert (party["name"], party["kind"], party["city"]) == (
        "Acme AG",
        "organisation",
        "Berlin",
    )
    assert (person["name"], person["parent"]) == ("Eva Klein", party.id)
    assert (person["email"], person["phone"]) == ("eva@acme.example", "+49301234567")
    assert (deal["name"], deal["party"], deal["contact"]) == (
        "Acme pumps",
        party.id,
        person.id,
    )
    assert (deal["amount"], deal["probability"]) == (Decimal(5000), Decimal(10))
    calls = business.see(
        seller, lambda r: r.search("crm.activity", Query(filter="party is not null"))
    )
    assert [(c["about"].entity, c["party"]) for c in calls.items] == [
        ("crm.opportunity", party.id)
    ]


def test_a_converted_lead_stays_converted(business: Business) -> None:
    seller = business.somebody("ann", "crm.user")
    lead = converted(business, seller)["id"]
    with pytest.raises(TransitionRefused, match="still open"):
        business.do(
            seller,
            lambda tx: tx.run_action(
                "crm.lead", lead, "convert", {"deal": "Again", "pipeline": 1}
            ),
        )
    with pytest.raises(ValidationFailed, match="State changes only by its buttons"):
        business.do(seller, lambda tx: tx.update("crm.lead", lead, {"state": "new"}))


def test_amount_follows_the_lines_and_a_won_party_is_a_customer(
    business: Business,
) -> None:
    seller = business.somebody("ann", "crm.user")
    lead = converted(business, seller)
    deal, party = lead["opportunity"], lead["party"]
    lines = [
        {"text": "Pump", "quantity": "2", "unit_price": "10.50"},
        {"text": "Hose", "quantity": "1", "unit_price": "3", "discount": "10"},
    ]
    business.do(seller, lambda tx: tx.update("crm.opportunity", deal, {"lines": lines}))
    found = business.see(seller, lambda r: r.get("crm.opportunity", deal))
    assert (found["amount"], found["weighted"]) == (Decimal("23.70"), Decimal("2.37"))
    business.do(seller, lambda tx: tx.run_action("crm.opportunity", deal, "win"))
    won = business.see(seller, lambda r: r.get("crm.opportunity", deal))
    assert stage_kind(business, seller, deal) == "won"
    assert won["probability"] == 100
    assert won["closed_on"] is not None
    customer = business.see(seller, lambda r: r.get("base.party", party))
    assert customer["is_customer"] is True


def test_a_lost_deal_has_a_reason_and_can_be_taken_up_again(
    business: Business,
) -> None:
    seller = business.somebody("ann", "crm.user")
    deal = converted(business, seller)["opportunity"]
    reason = business.see(seller, lambda r: r.resolve("crm.lost_reason", "price"))
    ask = {"lost_reason": reason}
    business.do(seller, lambda tx: tx.run_action("crm.opportunity", deal, "lose", ask))
    assert stage_kind(business, seller, deal) == "lost"
    business.do(seller, lambda tx: tx.run_action("crm.opportunity", deal, "reopen"))
    again = business.see(seller, lambda r: r.get("crm.opportunity", deal))
    assert stage_kind(business, seller, deal) == "open"
    assert again["lost_reason"] is None


def stage(business: Business, seller: Any, code: str) -> Any:
    return business.see(seller, lambda r: r.resolve("crm.stage", f"crm.stage.{code}"))


def test_a_stage_asks_for_the_fields_that_it_needs(business: Business) -> None:
    seller = business.somebody("ann", "crm.user")
    deal = converted(business, seller)["opportunity"]
    into = {"stage": stage(business, seller, "negotiation")}
    bare = {"amount": None, "close_date": None}
    business.do(seller, lambda tx: tx.update("crm.opportunity", deal, bare))
    with pytest.raises(ValidationFailed) as refused:
        business.do(seller, lambda tx: tx.update("crm.opportunity", deal, into))
    missing = {(problem.field, problem.code) for problem in refused.value.problems}
    assert missing == {("amount", "required"), ("close_date", "required")}
    filled = into | {"amount": "900", "close_date": "2031-02-01"}
    business.do(seller, lambda tx: tx.update("crm.opportunity", deal, filled))
    query = Query(filter=f"id == {deal}", fields=("stage.name",))
    page = business.see(seller, lambda r: r.search("crm.opportunity", query))
    assert page.items[0].values["stage.name"] == "Negotiation"


def test_a_deal_is_lost_to_a_competitor(business: Business) -> None:
    seller = business.somebody("ann", "crm.user")
    deal = converted(business, seller)["opportunity"]
    rival = {"name": "Other Pumps", "roles": [{"role": "competitor"}]}
    other = business.do(seller, lambda tx: tx.create("base.party", rival)).id
    nobody = business.do(seller, lambda tx: tx.create("base.party", {"name": "X"})).id
    reason = business.see(seller, lambda r: r.resolve("crm.lost_reason", "competitor"))
    ask = {"lost_reason": reason, "lost_to": nobody}
    with pytest.raises(ValidationFailed):
        business.do(
            seller, lambda tx: tx.run_action("crm.opportunity", deal, "lose", ask)
        )
    ask["lost_to"] = other
    business.do(seller, lambda tx: tx.run_action("crm.opportunity", deal, "lose", ask))
    lost = business.see(seller, lambda r: r.get("crm.opportunity", deal))
    assert lost["lost_to"] == other


def test_demo_rows_fill_the_filters(business: Business) -> None:
    business.load_demo()
    seller = business.somebody("ann", "crm.user")

    def count(entity: str, name: str) -> int:
        return int(
            business.see(seller, lambda r: r.count(entity, Query(named=(name,))))
        )

    assert count("crm.opportunity", "open") == 3
    assert count("crm.opportunity", "won") == 1
    assert count("crm.opportunity", "lost") == 1
    assert count("crm.activity", "overdue") == 1
    assert count("base.party", "customers") == 2
    assert count("crm.lead", "unowned") == 3


def test_my_teams_shows_what_my_teams_own(business: Business) -> None:
    seller = business.somebody("ann", "crm.user")
    deal = converted(business, seller)["opportunity"]
    team = {"name": "North", "members": [seller.user_id]}
    boss = business.somebody("eve", "crm.manager", "base.admin")
    north = business.do(boss, lambda tx: tx.create("base.team", team)).id
    other = business.do(boss, lambda tx: tx.create("base.team", {"name": "South"})).id
    mine = Query(named=("my_team",))
    for owner, expected in ((other, 0), (north, 1)):
        values = {"team": owner}
        business.do(boss, lambda tx, v=values: tx.update("crm.opportunity", deal, v))
        assert business.see(seller, lambda r: r.count("crm.opportunity", mine)) == (
            expected
        )


def test_opportunities_are_numbered_by_year(business: Business) -> None:
    seller = business.somebody("ann", "crm.user")
    deal = converted(business, seller)["opportunity"]
    number = business.see(seller, lambda r: r.get("crm.opportunity", deal))["number"]
    mark, year, count = number.split("-")
    assert (mark, len(year), count) == ("OPP", 4, "00001")


def test_what_the_conversion_asks_has_defaults(business: Business) -> None:
    seller = business.somebody("ann", "crm.user")
    lead = business.do(seller, lambda tx: tx.create("crm.lead", LEAD)).id
    business.do(seller, lambda tx: tx.run_action("crm.lead", lead, "convert", {}))
    found = business.see(seller, lambda r: r.get("crm.lead", lead))
    deal = business.see(
        seller, lambda r: r.get("crm.opportunity", found["opportunity"])
    )
    assert deal["name"] == LEAD["name"]
    pipeline = business.see(seller, lambda r: r.resolve("crm.pipeline", "sales"))
    assert deal["pipeline"] == pipeline


def test_an_answer_leads_only_where_its_condition_lets_it(business: Business) -> None:
    seller = business.somebody("ann", "crm.manager")
    lead = converted(business, seller)
    deal = lead["opportunity"]
    admin = Actor.system()
    retired = {"name": "Retired reason", "code": "retired", "active": False}
    reason = business.do(admin, lambda tx: tx.create("crm.lost_reason", retired)).id
    ask = {"lost_reason": reason}
    with pytest.raises(ValidationFailed) as info:
        business.do(
            seller,
            lambda tx: tx.run_action("crm.opportunity", deal, "lose", ask),
        )
    assert [(p.field, p.code) for p in info.value.problems] == [
        ("lost_reason", "unknown_target")
    ]


def test_a_stage_offers_the_fields_that_people_fill(business: Business) -> None:
    compiled = business.runtime.compiled
    needs = compiled.entity("crm.stage").fields["needs"]
    offered = dict(Labels(compiled.registry, "en").choices(needs))
    wired = {"amount", "close_date", "contact", "source", "campaign", "owner", "team"}
    wired |= {"next_step", "next_step_on", "description", "competitors", "lines"}
    assert wired <= set(offered)
    assert offered["close_date"] == "Expected to close"
    assert set(offered) - wired == {"company", "probability", "stage_since"}
