"""What was found once and shall not be found again: sessions, rights, addresses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.services import Actor
from core.storage import webhook
from core.testing.installation import PASSWORD, Installation, install

ROOT = Path(__file__).parents[2]
MANIFEST = """
module: porch
title: Porch
version: 1.0.0
depends: {base: ">=0.1", crm: ">=0.1"}
"""
ROLES = """
permissions: porch
roles:
  guest: {label: Guest, kind: portal}
  clerk: {label: Clerk, includes: [base.user]}
  single: {label: One by one, includes: [base.user]}
grants:
  clerk:
    base.tag: [read, update, archive, delete]
    base.industry: [read, create, update, archive, delete]
  single:
    base.industry: {can: [bulk], where: code == 'OPEN'}
  guest:
    crm.lead: {can: [read, comment], only: [name]}
"""
GUEST = "porch.guest"
LEADS = "/api/v1/crm/lead"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Installation:
    home = tmp_path_factory.mktemp("porch")
    folder = home / "modules" / "porch"
    folder.mkdir(parents=True)
    (folder / "module.yml").write_text(MANIFEST)
    (folder / "permissions.yml").write_text(ROLES)
    folders = (home / "modules", ROOT / "modules")
    made = install(folders, "porch", f"sqlite:///{home / 'a.db'}", home)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def forgiven(site):
    run(site, "delete from platform_sign_in_failure")


def run(site: Installation, text: str) -> None:
    with site.application.database.writing() as connection:
        connection.execute(sa.text(text))


class Browser:
    """Somebody with a session, as a browser has it."""

    def __init__(self, site: Installation, *roles: str) -> None:
        self.client = site.site.test_client()
        self.account = site.account(*roles)
        self.form = {
            "first_name": "Ann",
            "last_name": "Field",
            "email": self.account.email,
            "language": "en",
            "time_zone": "UTC",
        }
        self.sign_in()

    def sign_in(self) -> None:
        name = {"username": self.account.username, "password": PASSWORD}
        assert self.post("/login/", page="/login/?again=1", again="1", **name)

    def post(self, path: str, page: str = "/profile/", **form: str) -> Any:
        found = re.search(
            r'name="csrf_token" value="([^"]+)"', self.client.get(page).text
        )
        assert found is not None
        return self.client.post(path, data={**form, "csrf_token": found[1]})

    def asks_again(self, path: str, **form: str) -> bool:
        answer = self.post(path, **form)
        return answer.status_code == 302 and "again=1" in answer.location


def grow_old(site: Installation) -> None:
    run(site, "update platform_session set began_at = began_at - 4000")


def test_a_session_does_not_become_fresh_by_ending_others(site):
    ann = Browser(site, "crm.user")
    codes = "/profile/security/codes/begin"
    assert not ann.asks_again(codes)
    grow_old(site)
    assert ann.asks_again(codes)
    ended = ann.post("/profile/security/sessions/end")
    assert ended.location == "/profile/security/"
    assert ann.asks_again(codes)
    ann.sign_in()
    assert not ann.asks_again(codes)


def test_a_session_that_is_renewed_ends_when_it_would_have(site):
    ann = Browser(site, "crm.user")
    run(site, "update platform_session set ends_at = ends_at - 3600")
    query = sa.text("select max(ends_at) from platform_session")
    database = site.application.database
    with database.reading() as connection:
        before = connection.scalar(query)
    ann.post("/profile/security/sessions/end")
    with database.reading() as connection:
        assert connection.scalar(query) == before


def test_an_open_screen_gives_no_key_and_takes_no_address(site):
    ann = Browser(site, "crm.user")
    key = {"name": "mine", "scopes": "write"}
    moved = {**ann.form, "email": "thief@evil.example"}
    grow_old(site)
    assert ann.asks_again("/profile/keys", **key)
    assert ann.asks_again("/profile/", **moved)
    # Anything else of the profile is changed as before.
    assert ann.post("/profile/", **ann.form).location == "/profile/"
    ann.sign_in()
    assert "int_" in ann.post("/profile/keys", **key).text
    assert ann.post("/profile/", **moved).location == "/profile/"


def test_an_open_screen_of_an_administrator_changes_no_account(site):
    boss = Browser(site)
    ann = site.account("crm.user").id
    grow_old(site)
    for path in (
        "/setup/users/new",
        f"/setup/users/{ann}",
        f"/setup/users/{ann}/password",
        f"/setup/users/{ann}/access",
        f"/setup/users/{ann}/factors/end",
        f"/setup/users/{ann}/passkeys/end",
    ):
        form = {"username": "thief", "password": PASSWORD, "new": PASSWORD}
        assert boss.asks_again(path, roles="Admin", **form), path
    boss.sign_in()
    assert not boss.asks_again(f"/setup/users/{ann}/factors/end")


def test_a_password_is_not_guessed_in_an_open_session(site):
    ann = Browser(site, "crm.user")
    new = {"new": "six brown bottles", "again": "six brown bottles"}
    told = [
        ann.post("/profile/password", current=f"wrong {number}", **new).text
        for number in range(7)
    ]
    assert "not your present password" in told[0]
    assert "paused" in told[-1]
    right = ann.post("/profile/password", current=PASSWORD, **new)
    assert "paused" in right.text


def test_a_number_no_database_holds_is_an_address_that_is_not_there(site):
    walked = 0
    for rule in site.site.url_map.iter_rules():
        path = re.sub(r"<int[^>]*>", str(2**63), rule.rule)
        if path == rule.rule or "GET" not in (rule.methods or ()):
            continue
        for name, value in (
            ("module", "crm"),
            ("name", "lead"),
            ("entity", "crm.lead"),
        ):
            path = re.sub(rf"<[^>]*\b{name}>", value, path)
        path = re.sub(r"<[^>]*>", "x", path)
        assert site.ask("GET", path).status_code == 404, path
        walked += 1
    assert walked > 20


PRIVATE = (
    "http://127.0.0.1/x",
    "http://localhost:5432/",
    "http://[::1]/",
    "http://169.254.169.254/latest",
    "http://10.0.0.1/",
    "http://2130706433/",
    "http://127.1/",
    "http://[::ffff:127.0.0.1]/",
    "https://user:pw@example.com/",
    "http://example.com:0/",
    "http://exa mple.com/",
    "http:///x",
)


def test_webhooks_are_not_kept_for_private_addresses(site):
    for url in PRIVATE:
        body = {"entity": "crm.lead", "url": url}
        answer = site.ask("POST", "/api/v1/webhooks", body=body)
        assert answer.status_code == 422, url
        assert answer.json["errors"][0]["field"] == "url"
    assert site.ask("GET", "/api/v1/webhooks").json == {"items": []}


def test_a_paused_webhook_does_not_go_on_to_a_private_address(site):
    body = {"entity": "crm.lead", "url": "https://example.com/in"}
    made = site.ask("POST", "/api/v1/webhooks", body=body).json
    path = f"/api/v1/webhooks/{made['id']}"
    assert site.ask("PATCH", path, body={"active": False}).status_code == 200
    with site.application.database.writing() as connection:
        connection.execute(sa.update(webhook).values(url="http://10.0.0.1/"))
    assert site.ask("PATCH", path, body={"active": True}).status_code == 422
    assert site.ask("GET", path).json["active"] is False
    assert site.ask("DELETE", path).status_code == 204


@pytest.fixture(scope="module")
def lead(site) -> int:
    with site.application.transaction(Actor.system()) as tx:
        values = {"name": "Fair", "last_name": "Doe"}
        return tx.create("crm.lead", values, accept_warnings=True).id


def test_a_visitor_of_a_portal_learns_no_names_of_people(site, lead):
    """Who may read the lead, who may not, and who does not exist: all the same."""
    inside = site.account("crm.manager").username
    outside = site.account("base.user").username
    told = []
    for login in (inside, outside, "nobody.has.this"):
        body = {"body": f"Hello @{login}"}
        made = site.ask("POST", f"{LEADS}/{lead}/comments", GUEST, body=body)
        plan = {"summary": "Call", "person": login}
        refused = site.ask("POST", f"{LEADS}/{lead}/activities", GUEST, body=plan)
        errors = [(e["code"], e["message"]) for e in refused.json["errors"]]
        told.append((made.status_code, refused.status_code, errors))
    assert told[0] == told[1] == told[2]
    assert told[0][:2] == (201, 422)
    offered = site.ask("GET", f"/crm/lead/{lead}/people?q=", GUEST)
    assert offered.json == {"items": []}
    # A colleague is told who may not read it.
    body = {"body": f"Hello @{outside}"}
    answer = site.ask("POST", f"{LEADS}/{lead}/comments", "crm.manager", body=body)
    assert answer.status_code == 422


def test_who_keeps_people_gives_no_rights_that_she_does_not_have(site):
    pam = site.account("base.admin").id
    bob, boss = site.account("crm.manager").id, site.account().id
    days = {"begins": "2026-01-01", "ends": "2100-12-31"}
    lent = {"giver": bob, "deputy": pam, **days}
    answer = site.ask("POST", "/api/v1/base/delegation", "base.admin", body=lent)
    assert answer.status_code == 403
    assert site.ask("GET", LEADS, "base.admin").status_code == 403
    with site.application.transaction(Actor.system()) as tx:
        euro = tx.resolve("base.currency", "EUR")
        values = {"name": "Two", "code": "TWO", "currency": euro}
        other = tx.create("base.company", values).id
    for person, change in (
        (pam, {"companies": [other]}),
        (bob, {"companies": [other]}),
        (boss, {"email": "pam@evil.example"}),
        (boss, {"login": "pam2"}),
        (boss, {"active": False}),
    ):
        path = f"/api/v1/base/user/{person}"
        answer = site.ask("PATCH", path, "base.admin", body=change)
        assert answer.status_code in (403, 422), (change, answer.text)
        assert site.ask("DELETE", path, "base.admin").status_code == 403
    # Within her own companies she places people.
    with site.application.transaction(Actor.system()) as tx:
        tx.update("base.user", pam, {"companies": [other]})
    path = f"/api/v1/base/user/{bob}"
    answer = site.ask("PATCH", path, "base.admin", body={"companies": [other]})
    assert answer.status_code == 200, answer.text


def test_what_the_platform_notes_is_not_typed_by_hand(site, lead):
    with site.application.transaction(Actor.system()) as tx:
        party = tx.create("base.party", {"name": "Buyer", "kind": "organisation"})
        euro = tx.resolve("base.currency", "EUR")
        values = {"name": "Deal", "party": party.id, "currency": euro}
        deal = tx.create("crm.opportunity", values, accept_warnings=True).id
    for path, change in (
        (f"crm/opportunity/{deal}", {"stage_since": "2001-01-01T00:00:00Z"}),
        (f"crm/opportunity/{deal}", {"closed_on": "2001-01-01"}),
        (f"crm/lead/{lead}", {"converted_at": "2001-01-01T00:00:00Z"}),
        (f"crm/lead/{lead}", {"opportunity": deal}),
    ):
        answer = site.ask("PATCH", f"/api/v1/{path}", body=change)
        assert answer.status_code == 422, change
        assert answer.json["errors"][0]["code"] == "readonly"


ONE_BY_ONE = ("porch.clerk",)
SOME = ("porch.clerk", "porch.single")
INDUSTRIES = "/api/v1/base/industry"


@pytest.fixture
def industries(site) -> list[int]:
    """One that may be changed together with others, and one that may not."""
    with site.application.transaction(Actor.system()) as tx:
        return [
            tx.create("base.industry", {"name": code, "code": code}).id
            for code in ("OPEN", "SHUT")
        ]


def test_many_at_once_need_the_right_to_it_on_every_way(site, industries):
    open_, _ = industries
    body = {"update": [{"id": open_, "name": "Changed"}], "partial": True}
    answer = site.ask("POST", f"{INDUSTRIES}/bulk", *ONE_BY_ONE, body=body)
    assert answer.status_code == 403
    for action in ("archive", "restore", "delete"):
        form = {"action": action, "ids": str(open_)}
        answer = site.ask("POST", "/base/industry/bulk", *ONE_BY_ONE, data=form)
        assert answer.status_code == 403, action
    paths = site.ask("GET", "/api/v1/openapi.json", *ONE_BY_ONE).json["paths"]
    assert "/base/industry/bulk" not in paths
    assert 'value="delete"' not in site.ask("GET", "/base/industry", *ONE_BY_ONE).text
    path = f"{INDUSTRIES}/{open_}"
    answer = site.ask("PATCH", path, *ONE_BY_ONE, body={"name": "One"})
    assert answer.status_code == 200
    for id_ in industries:
        site.ask("DELETE", f"{INDUSTRIES}/{id_}")


def test_rows_outside_the_right_to_many_are_left_out_and_named(site, industries):
    open_, shut = industries
    rows = [{"id": id_, "name": "Changed"} for id_ in industries]
    body = {"update": rows, "delete": [shut, 999_999], "partial": True}
    told = site.ask("POST", f"{INDUSTRIES}/bulk", *SOME, body=body).json
    assert [one["action"] for one in told["update"]] == ["updated", "refused"]
    reasons = [one["errors"][0]["code"] for one in told["delete"]]
    assert reasons == ["not_allowed", "not_found"]
    assert "together" in told["update"][1]["errors"][0]["message"]
    whole = site.ask("POST", f"{INDUSTRIES}/bulk", *SOME, body={"update": rows})
    assert whole.status_code == 422
    form = {"action": "delete", "ids": [str(open_), str(shut)]}
    site.ask("POST", "/base/industry/bulk", *SOME, data=form)
    left = [site.ask("GET", f"{INDUSTRIES}/{id_}").status_code for id_ in industries]
    assert left == [404, 200]
    site.ask("DELETE", f"{INDUSTRIES}/{shut}")
