"""The matrix of rights and the page that says why; also over the API."""

from pathlib import Path

import pytest

from core.services import Actor
from core.testing.installation import Installation

ROOT = Path(__file__).parents[3]


@pytest.fixture
def crm(install_module) -> Installation:
    return install_module((ROOT / "modules",), "crm")


@pytest.fixture
def lead(crm):
    with crm.application.transaction(Actor.system()) as tx:
        values = {"name": "Roof", "last_name": "Kern", "owner": crm.account().id}
        return tx.create("crm.lead", values, accept_warnings=True).id


def test_the_matrix_shows_verbs_rows_and_included_roles(crm):
    page = crm.ask("GET", "/rights?role=crm.user&entity=crm.lead")
    assert page.status_code == 200
    assert "owner is null or owner == me" in page.text
    assert "by crm.reader" in page.text
    assert "base.tag" not in page.text.split("<tbody>")[1]


def test_only_administrators_see_it(crm, lead):
    for path in ("/rights", f"/crm/lead/{lead}/explain"):
        assert crm.ask("GET", path, "crm.user").status_code == 403
    answer = crm.ask("GET", f"/api/v1/crm/lead/{lead}/explain", "crm.user")
    assert answer.status_code == 403


def test_the_page_says_why_a_record_may_not_be_changed(crm, lead):
    user = crm.account("crm.user").id
    page = crm.ask("GET", f"/crm/lead/{lead}/explain?user={user}")
    assert page.status_code == 200
    assert "this does not hold" in page.text
    assert (
        f'href="/crm/lead/{lead}/explain"' in crm.ask("GET", f"/crm/lead/{lead}").text
    )


def test_the_api_answers_verb_by_verb(crm, lead):
    user = crm.account("crm.user").id
    base = f"/api/v1/crm/lead/{lead}/explain?user={user}"
    found = {o["verb"]: o for o in crm.ask("GET", base).json["items"]}
    assert found["read"]["allowed"] is True
    assert found["update"]["allowed"] is False
    assert "owner is null or owner == me" in " ".join(found["update"]["reasons"])
    one = crm.ask("GET", f"{base}&verb=delete").json["items"]
    assert [o["verb"] for o in one] == ["delete"]
    assert crm.ask("GET", f"{base}&verb=fly").status_code == 400
    assert crm.ask("GET", f"{base}0000").status_code == 404


def test_who_got_a_record_and_by_which_rule(crm: Installation) -> None:
    seller = crm.account("crm.user")
    with crm.application.transaction(Actor.system()) as tx:
        tx.create("base.team", {"name": "L", "code": "leads", "members": [seller.id]})
        values = {"name": "Pumps", "last_name": "Roth", "email": "r@b.example"}
        lead = tx.create("crm.lead", values).id
    page = crm.ask("GET", f"/crm/lead/{lead}/explain")
    told = page.text.partition("Who got it")[2]
    assert seller.display_name in told
    assert "In turn" in told
    (one,) = crm.ask("GET", f"/api/v1/crm/lead/{lead}/explain").json["given"]
    assert (one["assignment"], one["rule"]) == ("crm.lead_routing", "team")
    assert one["name"] == seller.display_name
    only = crm.ask("GET", f"/api/v1/crm/lead/{lead}/explain?verb=read").json
    assert only["given"] == []
