"""The list of attacks: names that lead away, keys, scopes, headers, guesses, markup."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest

from core.services import Actor
from core.services.timeline import attach as keep_attachment
from core.testing.installation import PASSWORD, Installation
from core.web.tokens import create_api_key
from tests.security.test_markup import EVIL, Seeing
from tests.unit.prepared import shipped

ROOT = Path(__file__).parents[2]
LEADS = "/api/v1/crm/lead"
SECRET = "Do not tell anybody"
AWAY = (
    "../../../../etc/passwd",
    "..\\..\\windows\\system.ini",
    "/etc/passwd",
    "C:\\boot.ini",
    "....//....//x",
    "%2e%2e%2fx",
    ".htaccess",
    "a\x00.txt",
    "..",
    "x" * 300 + ".txt",
)
SPLIT = 'a"; filename="b.html\r\nSet-Cookie: x=1\r\n\r\n<b>.txt'


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Installation:
    home = tmp_path_factory.mktemp("attacks")
    made = shipped("crm", f"sqlite:///{home / 'a.db'}", home)
    yield made
    made.close()


@pytest.fixture(scope="module")
def lead(site) -> int:
    with site.application.transaction(Actor.system()) as tx:
        values = {"name": SECRET, "last_name": SECRET}
        return tx.create("crm.lead", values, accept_warnings=True).id


@pytest.fixture(autouse=True)
def forgiven(site):
    """The failures of other tests do not pause this one."""
    import sqlalchemy as sa

    with site.application.database.writing() as connection:
        connection.execute(sa.text("delete from platform_sign_in_failure"))


def with_key(site, *scopes: str, method: str, path: str, body=None):
    database = site.application.database
    _, text = create_api_key(database, site.account().id, "attack", scopes)
    return site.site.test_client().open(
        path, method=method, headers={"X-API-Key": text}, json=body
    )


def attach(site, lead: int, name: str, content: bytes = b"hello"):
    data = {"file": (io.BytesIO(content), name)}
    return site.ask("POST", f"{LEADS}/{lead}/attachments", data=data)


def outside(home: Path) -> set[Path]:
    """Files near the home folder that no upload may make."""
    return {path for path in home.parent.iterdir() if path != home}


@pytest.mark.parametrize("name", AWAY)
def test_the_name_of_an_upload_leads_nowhere(site, lead, name):
    home = site.config.home
    before = outside(home)
    made = attach(site, lead, name)
    assert made.status_code in (201, 400, 422), made.text
    assert outside(home) == before
    for path in home.rglob("*"):
        assert path.resolve().is_relative_to(home.resolve())
        assert "passwd" not in path.name
    if made.status_code != 201:
        return
    kept = made.json["name"]
    assert "/" not in kept
    assert "\\" not in kept
    assert "\x00" not in kept
    assert kept.strip(".")
    back = site.ask("GET", f"{LEADS}/{lead}/attachments/{made.json['id']}")
    assert back.data == b"hello"


@pytest.mark.parametrize(
    "path",
    [
        f"{LEADS}/1/attachments/../../../../../secret.key",
        f"{LEADS}/1/attachments/%2e%2e%2f%2e%2e%2fsecret.key",
        f"{LEADS}/1/files/..%2f..%2fsecret.key",
        f"{LEADS}/1/files/owner/..%2f..%2f..%2fsecret.key",
        f"{LEADS}/1/files/owner/" + "0" * 64,
        "/static/x/..%2f..%2f..%2fconfig.py",
        "/static/x/../../../pyproject.toml",
        "/static/x//etc/passwd",
        "/static/..%2f..%2f/app.py",
        "/import/..%2f..%2f/secret.key",
        "/import/crm.lead/..%2f..%2fsecret.key",
        "/import/crm.lead/..%2f..%2fsecret.key/rejected",
        "/import/crm.lead/%2fetc%2fpasswd/rejected",
        "/dashboards/..%2f..%2fsecret.key",
    ],
)
def test_an_address_opens_no_file_that_is_not_offered(site, lead, path):
    (site.config.home / "secret.key").write_text("the key of the house")
    answer = site.ask("GET", path)
    assert answer.status_code in (302, 308, 400, 404), (path, answer.status_code)
    for words in ("the key of the house", "root:", "import ", "[project]"):
        assert words not in answer.text


def writes(site, lead: int) -> list[tuple[str, str]]:
    """Every address of the API that changes something, filled for a lead."""
    filled = {
        "module": "crm",
        "name": "lead",
        "id": str(lead),
        "action": "start",
        "relation": "activities",
        "field": "owner",
    }
    found = []
    for rule in site.site.url_map.iter_rules():
        path = re.sub(
            r"<(?:[^:<>]+(?:\([^)]*\))?:)?(\w+)>",
            lambda hit: filled.get(hit[1], "1"),
            rule.rule,
        )
        for method in sorted((rule.methods or set()) & {"POST", "PATCH", "PUT"}):
            if rule.rule.startswith("/api/v1/") and not path.endswith("/login"):
                found.append((method, path))
        if "DELETE" in (rule.methods or set()):
            found.append(("DELETE", path))
    return found


@pytest.mark.parametrize("scope", ["read", "base.tag:write", "base.*:write"])
def test_a_key_writes_nothing_beyond_its_scopes(site, lead, scope):
    with site.application.reader(Actor.system()) as reader:
        before = reader.get("crm.lead", lead)
    tried = 0
    for method, path in writes(site, lead):
        if path.endswith("/evaluate") and scope == "read":
            # It works a draft out and changes nothing.
            continue
        answer = with_key(site, scope, method=method, path=path, body={"name": "x"})
        assert answer.status_code in (400, 403, 404, 415, 422), (method, path)
        if path.startswith(f"{LEADS}/{lead}") and scope != "read":
            assert answer.status_code == 403, (method, path, answer.text)
            assert answer.json["code"] == "out_of_scope", (method, path)
        assert SECRET not in answer.text
        tried += 1
    assert tried > 15
    with site.application.reader(Actor.system()) as reader:
        after = reader.get("crm.lead", lead)
    assert after.values == before.values


@pytest.mark.parametrize("scope", ["base.tag:read", "base.*:read", "crm.lead:write"])
def test_a_key_reads_nothing_beyond_its_scopes(site, lead, scope):
    for path in (
        f"{LEADS}/{lead}",
        LEADS,
        f"{LEADS}/count",
        f"{LEADS}/lookup?q=tell",
        f"{LEADS}/export?format=csv",
        f"{LEADS}/{lead}/timeline",
        f"{LEADS}/{lead}/history",
        f"{LEADS}/{lead}/explain",
        f"{LEADS}/{lead}/personal-data",
        f"{LEADS}/{lead}/related/activities",
        "/api/v1/base/tag?filter=count(leads) > 0",
        "/crm/lead",
        f"/crm/lead/{lead}",
        "/search?q=tell",
        "/",
    ):
        answer = with_key(site, scope, method="GET", path=path)
        assert answer.status_code in (400, 403), (path, answer.status_code)
        assert SECRET not in answer.text, path


def test_a_key_makes_no_stronger_key_and_signs_nobody_in(site):
    for path in ("/profile/keys", "/profile/password", "/profile/security/codes/begin"):
        form = {"name": "x", "scopes": "write", "new": PASSWORD}
        answer = with_key(site, "read", "write", method="POST", path=path, body=form)
        assert answer.status_code == 403, path
    database = site.application.database
    _, text = create_api_key(database, site.account().id, "attack", ["read"])
    client = site.site.test_client()
    client.get("/crm/lead", headers={"X-API-Key": text})
    assert client.get("/crm/lead").status_code == 302


def test_an_idempotency_key_of_somebody_else_opens_nothing(site):
    key = {"Idempotency-Key": "the same for all"}

    def send(*roles, name="One"):
        account = site.account(*roles)
        site.ask("GET", "/api/v1/openapi.json", *roles)
        bearer = {"Authorization": f"Bearer {site.tokens[account.id]}"}
        body = {"name": name, "last_name": name, "email": f"one{account.id}@x.example"}
        client = site.site.test_client()
        return client.post(LEADS, json=body, headers=bearer | key)

    first = send()
    assert first.status_code == 201, first.text
    other = send("crm.manager")
    assert other.status_code == 201, other.text
    assert other.json["id"] != first.json["id"]
    assert "Idempotent-Replay" not in other.headers
    assert send().json["id"] == first.json["id"]
    # Nor does it give the answer to who may not write at all.
    refused = send("base.user")
    assert refused.status_code in (403, 404)
    assert str(first.json["id"]) not in json.dumps(refused.json.get("id", ""))


def test_an_answer_is_replayed_only_within_the_scopes_it_was_given_in(site):
    database, key = site.application.database, {"Idempotency-Key": "one for all"}
    _, wide = create_api_key(database, site.account().id, "wide", ["read", "write"])
    _, narrow = create_api_key(database, site.account().id, "thin", ["base.tag:write"])
    body = {"name": "Two", "last_name": "Two", "email": "two@x.example"}

    def send(text):
        headers = key | {"X-API-Key": text}
        return site.site.test_client().post(LEADS, json=body, headers=headers)

    assert send(wide).status_code == 201
    refused = send(narrow)
    assert refused.status_code == 403
    assert "Two" not in refused.text


@pytest.mark.parametrize("path", ["/api/v1/auth/login", "/api/v1/security/login"])
def test_programs_learn_no_names_by_guessing(site, path):
    name = site.account("crm.manager").username
    site_of = site.site.test_client

    def tries(username):
        told = []
        for _ in range(6):
            body = {"username": username, "password": "wrong password"}
            answer = site_of().post(path, json=body)
            said = {k: v for k, v in answer.json.items() if k != "correlation_id"}
            # Every header, but for its moment and its own number.
            shown = {
                name: re.sub(r"[0-9]+", "n", value)
                for name, value in answer.headers
                if name not in ("X-Correlation-Id", "Content-Length")
            }
            text = re.sub(r"[0-9a-f]{4}-[0-9a-f]{4}", "", json.dumps(said))
            text = re.sub(r"[0-9]+ seconds", "n seconds", text)
            told.append((answer.status_code, text, shown))
        return told

    known = tries(name)
    assert known[0][0] == 401
    assert known[-1][0] == 429
    assert tries("nobody.has.this.name") == known


def test_one_address_that_tries_many_names_is_paused(site):
    statuses = []
    for number in range(25):
        body = {"username": f"guess{number}", "password": "wrong password"}
        answer = site.site.test_client().post("/api/v1/auth/login", json=body)
        statuses.append(answer.status_code)
    assert statuses[:20] == [401] * 20
    assert statuses[-1] == 429


def test_a_forwarded_address_that_nobody_vouches_for_gives_no_new_tries(site):
    answer = None
    for number in range(7):
        body = {"username": "victim", "password": "wrong password"}
        answer = site.site.test_client().post(
            "/api/v1/auth/login",
            json=body,
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
        )
    assert answer.status_code == 429


@pytest.mark.parametrize(
    "name", [SPLIT, "a\r\nX-Evil: 1.txt", "ä✓\u2028.txt", 'a".txt']
)
def test_the_name_of_a_download_is_no_header(site, lead, name):
    # Past the parser of uploads, as a program inside the platform could do.
    with site.application.transaction(Actor.system()) as tx:
        number = keep_attachment(tx, "crm.lead", lead, io.BytesIO(b"hello"), name)
    answer = site.ask("GET", f"{LEADS}/{lead}/attachments/{number}")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "X-Evil" not in answer.headers
    said = answer.headers["Content-Disposition"]
    assert said.startswith("attachment; filename=")
    assert not re.search(r"[\r\n\u2028]", said)
    assert said.count('"') == 2
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "target",
    [
        "/\r\nSet-Cookie: x=1",
        "/%0d%0aSet-Cookie: x=1",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "///evil.example",
        " //evil.example",
    ],
)
def test_a_redirect_stays_here_and_carries_no_header(site, target):
    client = site.site.test_client()
    page = client.get("/login/").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    account = site.account("crm.manager")
    form = {"username": account.username, "password": PASSWORD, "next": target}
    answer = client.post("/login/", data=form | {"csrf_token": token})
    assert answer.status_code == 302
    assert answer.location.startswith("/")
    assert not answer.location.startswith(("//", "/\\"))
    assert not re.search(r"[\r\n\t]", answer.location)
    assert all("x=1" not in value for value in answer.headers.getlist("Set-Cookie"))


def signed_in(site):
    client = site.site.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login/").text)
    account = site.account()
    form = {"username": account.username, "password": PASSWORD}
    client.post("/login/", data=form | {"csrf_token": token[1]})
    return client


def harmless(answer) -> None:
    assert answer.status_code < 500
    seeing = Seeing()
    seeing.feed(answer.text)
    assert seeing.bad == []
    assert "<script>alert(2)" not in answer.text


def test_markup_in_an_import_is_shown_as_text(site):
    client = signed_in(site)
    page = client.get("/import?entity=crm.lead")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    cell = '"' + EVIL.replace('"', '""') + '"'
    table = f"{cell},last_name\r\n{cell},{cell}\r\n".encode()
    form = {
        "csrf_token": token,
        "entity": "crm.lead",
        "file": (io.BytesIO(table), "<img src=x onerror=alert(1)>.csv"),
    }
    taken = client.post("/import", data=form)
    harmless(taken)
    said = re.findall(r'role="alert"[^>]*>(.{0,900})', taken.text, re.DOTALL)
    assert taken.status_code in (302, 303), said
    preview = client.get(taken.location)
    harmless(preview)
    assert "onerror" in preview.text
    harmless(client.get("/imports"))


def test_the_search_box_answers_text_that_scripts_do_not_run(site):
    with site.application.transaction(Actor.system()) as tx:
        values = {"name": EVIL, "last_name": "Palette"}
        tx.create("crm.lead", values, accept_warnings=True)
    answer = site.ask("GET", f"/search?q={quote('img src')}")
    assert answer.mimetype == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    titles = [item["title"] for item in answer.json["items"]]
    assert any(EVIL in title for title in titles)
    for item in answer.json["items"]:
        assert item["href"].startswith("/")
        assert not item["href"].startswith("//")
    # The script that draws the answers makes text of them, never markup.
    for name in ("palette.js", "picker.js", "listbox.js", "toasts.js", "mentions.js"):
        script = (ROOT / "core/web/static/js" / name).read_text("utf-8")
        assert not re.search("innerHTML|insertAdjacentHTML", script), name
