"""Every address of the site as a stranger, without a role and as a portal user."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.services import Actor
from core.testing.installation import PASSWORD, Installation, install

ROOT = Path(__file__).parents[2]
PORTAL = """
permissions: gate
roles:
  guest: {label: Guest, kind: portal}
grants:
  guest:
    base.tag: {can: [read], only: [name], where: name == 'Mine'}
"""
MANIFEST = """
module: gate
title: Gate
version: 1.0.0
depends: {base: ">=0.1", crm: ">=0.1"}
"""
OPEN = frozenset(
    {"sign_in.login", "sign_in.sign_in", "sign_in.token", "api.login", "assets.asset"}
)
METHODS = ("GET", "POST", "PATCH", "DELETE")
SECRET = "Do not tell anybody"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    home = tmp_path_factory.mktemp("gate")
    folder = home / "modules" / "gate"
    folder.mkdir(parents=True)
    (folder / "module.yml").write_text(MANIFEST)
    (folder / "permissions.yml").write_text(PORTAL)
    folders = (home / "modules", ROOT / "modules")
    made = install(folders, "gate", f"sqlite:///{home / 'gate.db'}", home)
    yield made
    made.close()


@pytest.fixture(scope="module")
def lead(site: Installation) -> int:
    with site.application.transaction(Actor.system()) as tx:
        values = {"name": SECRET, "last_name": SECRET}
        return tx.create("crm.lead", values, accept_warnings=True).id


def addresses(site: Installation, lead: int) -> list[tuple[str, str, str]]:
    """(endpoint, method, address) of every rule, filled for a lead that exists."""
    filled = {
        "module": "crm",
        "name": "lead",
        "entity": "crm",
        "id": str(lead),
        "action": "start",
        "relation": "activities",
        "field": "owner",
        "change": "disable",
    }
    found = []
    for rule in site.site.url_map.iter_rules():
        path = re.sub(
            r"<(?:[^:<>]+:)?(\w+)>", lambda hit: filled.get(hit[1], "1"), rule.rule
        )
        for method in sorted((rule.methods or set()) & set(METHODS)):
            found.append((rule.endpoint, method, path))
    return found


def test_strangers_get_in_nowhere(site, lead):
    for endpoint, method, path in addresses(site, lead):
        answer = site.site.test_client().open(path, method=method)
        assert answer.status_code < 500, (method, path)
        assert SECRET not in answer.text, (method, path)
        shut = answer.status_code in (302, 303, 400, 401, 403, 404, 405, 415, 422)
        assert shut or endpoint.split(".")[0] in (
            "assets",
            "sign_in",
            "api",
            "health",
        ), (
            endpoint,
            method,
            path,
            answer.status_code,
        )
        if path.startswith("/crm/"):
            assert answer.status_code in (302, 400, 401, 403), (method, path)
        if path.startswith("/api/v1/crm/"):
            assert answer.status_code == 401, (method, path, answer.status_code)


@pytest.mark.parametrize("role", ["gate.guest", "base.user"])
def test_people_without_rights_see_and_change_nothing(site, lead, role):
    with site.application.reader(Actor.system()) as reader:
        before = reader.get("crm.lead", lead).values
    for endpoint, method, path in addresses(site, lead):
        if endpoint in OPEN or "logout" in path:
            continue
        answer = site.ask(method, path, role)
        assert answer.status_code < 500, (method, path, answer.text[:300])
        assert SECRET not in answer.text, (method, path)
        if "/crm/lead" in path or "/apps" in path or path.startswith("/rights"):
            assert answer.status_code in (400, 403, 404, 405, 415, 422), (
                method,
                path,
                answer.status_code,
            )
    with site.application.reader(Actor.system()) as reader:
        assert reader.get("crm.lead", lead).values == before


def test_every_post_of_a_session_needs_its_token(site, lead):
    client = site.site.test_client()
    page = client.get("/login/").text
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    site.account("crm.manager")
    name = site.account("crm.manager").username
    values = {"csrf_token": token[1], "username": name, "password": PASSWORD}
    assert client.post("/login/", data=values).status_code == 302
    assert client.get(f"/crm/lead/{lead}").status_code == 200
    for endpoint, method, path in addresses(site, lead):
        if method == "GET" or endpoint in OPEN or "logout" in path:
            continue
        answer = client.open(path, method=method, data={"name": "Changed"})
        assert answer.status_code in (400, 401, 403, 404, 405), (
            method,
            path,
            answer.status_code,
        )
    with site.application.reader(Actor.system()) as reader:
        assert reader.get("crm.lead", lead)["name"] == SECRET


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
    ],
)
def test_signing_in_leads_to_no_other_site(site, target):
    client = site.site.test_client()
    page = client.get("/login/", query_string={"next": target}).text
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    name = site.account("crm.manager").username
    values = {"csrf_token": token[1], "username": name, "password": PASSWORD}
    answer = client.post("/login/", query_string={"next": target}, data=values)
    assert answer.status_code == 302
    assert answer.location.startswith("/")
    assert not answer.location.startswith(("//", "/\\"))


def test_a_session_is_new_after_signing_in(site):
    client = site.site.test_client()
    page = client.get("/login/").text
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)
    before = client.get_cookie("intarsia")
    name = site.account("crm.manager").username
    values = {"csrf_token": token[1], "username": name, "password": PASSWORD}
    client.post("/login/", data=values)
    after = client.get_cookie("intarsia")
    assert before is None or before.value != after.value
    used = client.post("/crm/lead", data={"csrf_token": token[1], "name": "x"})
    assert used.status_code in (400, 403)


def test_what_the_platform_keeps_cannot_be_written(site, lead):
    for body in (
        {"id": 99},
        {"created_by": 1},
        {"updated_at": "2020-01-01T00:00:00Z"},
        {"archived": True},
        {"contact_name": "computed"},
    ):
        answer = site.ask("PATCH", f"/api/v1/crm/lead/{lead}", body=body)
        assert answer.status_code == 422, (body, answer.text)
    guest = site.ask("POST", "/api/v1/base/user", "crm.user", body={"login": "x"})
    assert guest.status_code == 403


def test_tokens_of_other_makes_open_nothing(site):
    import jwt

    claims = {"iss": "intarsia", "sub": "1", "iat": 1, "exp": 9999999999, "jti": "x"}
    forged = (
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims, "0123456789abcdef0123456789abcdef", algorithm="HS256"),
        "eyJhbGciOiJSUzI1NiJ9.e30.AA",
        "int_0000_0000",
    )
    for text in forged:
        answer = site.site.test_client().get(
            "/api/v1/base/country", headers={"Authorization": f"Bearer {text}"}
        )
        assert answer.status_code == 401, text


def test_huge_and_deep_bodies_are_refused_calmly(site):
    deep = '{"name":' + "[" * 50_000 + "]" * 50_000 + "}"
    for body in (
        deep,
        '{"name": NaN}',
        '{"expected_amount": 1e400}',
        '{"expected_amount": ' + "9" * 5000 + "}",
        '{"name": "' + "x" * 3_000_000 + '"}',
    ):
        answer = site.site.test_client().post(
            "/api/v1/crm/lead",
            data=body,
            headers={
                "Authorization": f"Bearer {token_of(site)}",
                "Content-Type": "application/json",
            },
        )
        assert 400 <= answer.status_code < 500, (body[:40], answer.status_code)


def token_of(site: Installation) -> str:
    site.ask("GET", "/api/v1/base/tag")
    return site.tokens[site.account().id]
