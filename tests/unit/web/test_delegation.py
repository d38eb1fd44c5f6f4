"""A deputy acts with lent roles, on the days given, and the history names both."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from core.services import Actor
from core.services.delegation import Lent, as_deputy
from core.testing.installation import Installation
from tests.unit.prepared import shipped

ROOT = Path(__file__).parents[3]
LEAD = "/api/v1/crm/lead"


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    url = f"sqlite:///{tmp_path}/a.db"
    made = shipped("crm", url, tmp_path)
    yield made
    made.close()


def lend(office: Installation, **changes) -> int:
    today = date.today()
    values = {
        "giver": office.account("crm.manager").id,
        "deputy": office.account("base.user").id,
        "begins": today - timedelta(days=1),
        "ends": today + timedelta(days=1),
        **changes,
    }
    with office.application.transaction(Actor.system()) as tx:
        return tx.create("base.delegation", values).id


def test_lent_roles_hold_for_the_days_given(office):
    assert office.ask("GET", LEAD, "base.user").status_code == 403
    lend(office)
    assert office.ask("GET", LEAD, "base.user").status_code == 200
    made = office.ask(
        "POST",
        f"{LEAD}?accept_warnings=1",
        "base.user",
        body={"name": "Roof", "last_name": "Kern"},
    )
    assert made.status_code == 201, made.text
    path = f"{LEAD}/{made.json['id']}/history"
    entry = office.ask("GET", path).json["items"][0]
    assert entry["actor"] == office.account("base.user").id
    assert entry["deputy_for"] == [office.account("crm.manager").id]
    page = office.ask("GET", f"/crm/lead/{made.json['id']}").text
    manager = office.account("crm.manager").display_name
    assert f"for {manager}" in page


@pytest.mark.parametrize("change", [{"ends": 0}, {"roles": "contacts.user"}])
def test_other_days_and_other_roles_open_nothing(office, change):
    if "ends" in change:
        days = timedelta(days=9)
        change = {"begins": date.today() - days, "ends": date.today() - days / 3}
    lend(office, **change)
    assert office.ask("GET", LEAD, "base.user").status_code == 403


def test_nobody_lends_himself_roles_of_others(office):
    body = {
        "giver": office.account("crm.manager").id,
        "deputy": office.account("base.user").id,
        "begins": "2020-01-01",
        "ends": "2099-01-01",
    }
    path = "/api/v1/base/delegation"
    assert office.ask("POST", path, "base.user", body=body).status_code == 403
    mine = {**body, "giver": office.account("base.user").id}
    mine["deputy"] = office.account("crm.manager").id
    assert office.ask("POST", path, "base.user", body=mine).status_code == 201


def test_roles_that_may_not_be_lent_stay_with_their_holder(office):
    registry = office.application.registry
    lent = [(Lent(7, frozenset()), frozenset({"crm.manager", "Admin", "gone.role"}))]
    actor = Actor(1, "One", frozenset({"base.user"}))
    found = as_deputy(actor, registry, lent)
    assert found.roles == {"base.user", "crm.manager"}
    assert found.deputy_for == (7,)
    role = registry.rights.roles["crm.reader"].definition
    object.__setattr__(role, "delegable", False)
    assert as_deputy(actor, registry, lent).roles == {"base.user"}
