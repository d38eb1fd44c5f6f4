"""Rights through the API: forbidden entities, rows and fields stay out on every way."""

import pytest


@pytest.fixture
def books(library, boss):
    """One book of the boss, one of a clerk, one of nobody."""
    mara = library.people["mara"]
    jane = boss.make("library/author", name="Jane")
    return {
        name: boss.make(
            "library/book",
            title=name,
            owner=owner,
            secret="hush",
            author=jane["id"],
            price="3",
        )["id"]
        for name, owner in (
            ("Boss", library.people["vera"]),
            ("Mara", mara),
            ("Nobody", None),
        )
    }


def test_strangers(library):
    stranger = library.stranger()
    for method, path in (
        ("GET", "library/book"),
        ("GET", "library/book/1"),
        ("GET", "library/nothing"),
        ("GET", "openapi.json"),
        ("GET", "docs"),
    ):
        answer = stranger(method, path)
        assert answer.status_code == 401, path
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json["code"] == "not_signed_in"
    assert stranger("POST", "library/book", {"title": "x"}).status_code == 401
    assert stranger("DELETE", "library/book/1").status_code == 401


def test_bad_credentials(library):
    for headers in (
        {"Authorization": "Bearer x.y.z"},
        {"Authorization": "Bearer "},
        {"X-API-Key": "int_00000000_nothing"},
        {"X-API-Key": ""},
        {"Authorization": "Basic bWFyYTp4"},
    ):
        answer = library.stranger()("GET", "library/book", headers=headers)
        assert answer.status_code == 401, headers


def test_without_a_role(library):
    zoe = library.as_user("zoe")
    assert zoe("GET", "library/book").status_code == 403
    assert zoe("POST", "library/book", {"title": "x"}).status_code == 403
    document = zoe.get("openapi.json")
    # What concerns nobody else, and an endpoint that is open to everybody.
    assert set(document["paths"]) == {
        "/auth/login",
        "/notices",
        "/notices/read",
        "/library/hooks/rename",
    }


def test_rows(library, books):
    clerk, hidden = library.as_user("mara"), books["Boss"]
    seen = [one["title"] for one in clerk.get("library/book")["items"]]
    assert seen == ["Mara", "Nobody"]
    assert clerk.get("library/book/count") == {"count": 2}
    assert clerk.get("library/book", count="exact")["count"] == 2
    assert clerk.get("library/book/lookup", q="Boss")["items"] == []
    address = f"library/book/{hidden}"
    for method, path, body in (
        ("GET", address, None),
        ("PATCH", address, {"title": "x"}),
        ("DELETE", address, None),
        ("GET", f"{address}/history", None),
        ("GET", f"{address}/actions", None),
        ("GET", f"{address}/related/editions", None),
        ("POST", f"{address}/actions/lend", {"ask": {"to": "x"}}),
    ):
        assert clerk(method, path, body).status_code == 404, (method, path)
    bulk = clerk(
        "POST",
        "library/book/bulk",
        {"update": [{"id": hidden, "title": "x"}], "delete": [hidden], "partial": True},
    )
    # Many at once need a right of their own, which the clerk has not.
    assert bulk.status_code == 403
    assert library.as_user("vera").get(address)["title"] == "Boss"


def test_fields(library, books):
    reader = library.as_user("otto")
    page = reader.get("library/book")
    assert set(page["items"][0]) == {
        *("id", "version", "title", "author", "kind", "published"),
        *("created_at", "created_by", "updated_at", "updated_by"),
        *("archived", "archived_at"),
    }
    assert "price" not in reader.get(f"library/book/{books['Mara']}")
    for query in (
        {"filter": "price > 1"},
        {"filter": "secret == 'hush'"},
        {"filter": "owner.salary > 1"},
        {"filter": "created_by.salary > 1"},
        {"order": "price"},
        {"order": "-secret"},
        {"order": "created_by.salary"},
        {"fields": "price"},
        {"fields": "title,secret"},
        {"fields": "created_by.salary"},
        {"filter": "@mine and price > 1"},
    ):
        answer = reader("GET", "library/book", query_string=query)
        assert answer.status_code == 400, query
    # A forbidden name and one that does not exist are answered alike.
    forbidden = reader("GET", "library/book", query_string={"order": "price"}).json
    unknown = reader("GET", "library/book", query_string={"order": "prize"}).json
    assert forbidden["detail"].replace("price", "prize") == unknown["detail"]


def test_the_order_of_the_entity_tells_nothing_of_hidden_fields(library, boss):
    made = [boss.make("library/book", title=title)["id"] for title in ("C", "A", "B")]
    guest = library.as_user("gus")
    page = guest.get("library/book", limit=2)
    assert [one["id"] for one in page["items"]] == made[:2]
    following = guest.get("library/book", limit=2, cursor=page["next"])
    assert [one["id"] for one in following["items"]] == made[2:]


def test_sensitive_fields_need_their_own_right(library, books):
    clerk, boss = library.as_user("mara"), library.as_user("vera")
    address = f"library/book/{books['Mara']}"
    assert "secret" not in clerk.get(address)
    assert boss.get(address)["secret"] == "hush"
    refused = clerk("PATCH", address, {"secret": "x"})
    assert refused.status_code == 422
    boss("PATCH", address, {"secret": "louder"})
    for entry in clerk.get(f"{address}/history")["items"]:
        assert "secret" not in entry["changes"]
    state = clerk("POST", "library/book/evaluate", {"values": {"title": "x"}}).json
    for part in ("values", "visible", "required", "readonly"):
        assert "secret" not in state[part]


def test_verbs(library, books):
    reader, clerk = library.as_user("otto"), library.as_user("mara")
    address = f"library/book/{books['Mara']}"
    for method, path, body in (
        ("POST", "library/book", {"title": "x"}),
        ("PATCH", address, {"title": "x"}),
        ("DELETE", address, None),
        ("POST", f"{address}/actions/lend", {"ask": {"to": "x"}}),
        ("POST", "library/book/bulk", {"create": [{"title": "x"}]}),
        ("POST", "library/book/bulk", {"update": [{"id": books["Mara"]}]}),
        ("POST", "library/book/evaluate", {"values": {}}),
    ):
        assert reader(method, path, body).status_code == 403, (method, path)
    jane = clerk.get("library/author")["items"][0]["id"]
    gone = clerk("DELETE", f"library/author/{jane}", query_string={"permanent": 1})
    assert gone.status_code == 403


def test_entities_that_the_definition_keeps_out(library):
    admin = library.as_user("admin")
    assert admin("GET", "library/vault").status_code == 404
    assert "/library/vault" not in admin.get("openapi.json")["paths"]


def test_filters_for_some_roles(library, books):
    clerk = library.as_user("mara")
    answer = clerk("GET", "library/book", query_string={"filter": "@secrets"})
    assert answer.status_code == 400


def test_links_to_rows_out_of_sight_look_like_links_to_nothing(library, books):
    clerk = library.as_user("mara")
    answers = [
        clerk("POST", "library/book", {"title": "x", "similar": [id_]}).json["errors"]
        for id_ in (books["Boss"], 999_999)
    ]
    assert answers[0][0]["code"] == answers[1][0]["code"]


def test_scopes_of_keys(library, books):
    mine = books["Mara"]
    reading = library.with_key("mara", "read")
    writing = library.with_key("mara", "write")
    assert reading.get("library/book")["items"]
    refused = reading("POST", "library/book", {"title": "x"})
    assert refused.status_code == 403
    assert refused.json["code"] == "out_of_scope"
    assert writing("GET", f"library/book/{mine}").status_code == 403
    made = writing("POST", "library/book", {"title": "x"})
    assert made.status_code == 201
    assert set(made.json) == {"id", "version"}


def test_scopes_of_one_entity(library, books):
    key = library.with_key("vera", "library.book:read")
    mine = f"library/book/{books['Mara']}"
    author = key.get(mine)["author"]
    assert isinstance(author, int)
    assert key.get(mine, titles=1)["author"] == {"id": author, "title": None}
    for path, query in (
        ("library/author", {}),
        ("library/book", {"fields": "author.name"}),
        ("library/book", {"order": "author.name"}),
        ("library/book", {"filter": "author.name == 'Jane'"}),
        ("library/book", {"filter": "exists(e for e in editions if e.year > 1)"}),
        (f"{mine}/related/editions", {}),
        (mine, {"fields": "title,author.name"}),
        ("library/author/lookup", {"q": "a"}),
    ):
        answer = key("GET", path, query_string=query)
        assert answer.status_code == 403, (path, query, answer.text)
    assert key("DELETE", mine).status_code == 403
    wider = library.with_key("vera", "library.book:read", "library.author:read")
    assert wider.get(mine, titles=1)["author"]["title"] == "Jane"
    assert wider.get("library/book", fields="author.name")["items"]


def test_keys_are_held_to_their_scopes_on_pages_too(library):
    key = library.with_key("admin", "read")
    answer = key("POST", "/profile/keys", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 403


def test_a_session_needs_its_token(library):
    client = library.app.test_client()
    import re

    page = client.get("/login/").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    signed = client.post(
        "/login/",
        data={
            "username": "mara",
            "password": "seven green bottles",
            "csrf_token": token,
        },
    )
    assert signed.status_code == 302
    assert client.get("/api/v1/library/book").status_code == 200
    refused = client.post("/api/v1/library/book", json={"title": "x"})
    assert refused.status_code == 400
    assert refused.json["code"] == "csrf"
    assert refused.mimetype == "application/problem+json"
    page = client.get("/profile/").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    taken = client.post(
        "/api/v1/library/book", json={"title": "x"}, headers={"X-CSRFToken": token}
    )
    assert taken.status_code == 201


def test_a_token_ends(library, monkeypatch):
    import jwt as library_of_tokens

    from core.web import tokens

    clerk = library.as_user("mara")
    assert clerk("GET", "library/book").status_code == 200
    issuer = library.app.extensions["intarsia"].tokens
    account = tokens.load_account(library.application.database, library.people["mara"])
    monkeypatch.setattr(tokens.time, "time", lambda: 1_000_000_000)
    old = issuer.issue(account)
    monkeypatch.undo()
    answer = library.stranger()(
        "GET", "library/book", headers={"Authorization": f"Bearer {old}"}
    )
    assert answer.status_code == 401
    forged = library_of_tokens.encode({"sub": "1"}, "x" * 32, algorithm="HS256")
    answer = library.stranger()(
        "GET", "library/book", headers={"Authorization": f"Bearer {forged}"}
    )
    assert answer.status_code == 401


def test_signing_in(library):
    client = library.stranger()
    answer = client(
        "POST", "auth/login", {"username": "mara", "password": "seven green bottles"}
    )
    assert set(answer.json) == {"access_token", "expires_in", "token_type"}
    assert answer.headers["Cache-Control"] == "no-store"
    for body, status in (
        ({"username": "mara", "password": "wrong"}, 401),
        ({"username": "nobody", "password": "wrong"}, 401),
        ({"username": "mara"}, 422),
        ({"username": "mara", "password": 5}, 422),
        ({"username": "mara", "password": "x", "extra": 1}, 422),
        ([], 400),
        (b"{", 400),
    ):
        assert client("POST", "auth/login", body).status_code == status, body
    assert client("GET", "auth/login").status_code in (401, 404, 405)


def test_too_many_tries(library):
    client = library.stranger()
    wrong = {"username": "nils", "password": "wrong"}
    answers = [client("POST", "auth/login", wrong) for _ in range(7)]
    assert answers[-1].status_code == 429
    assert answers[-1].json["code"] == "too_many_tries"
    assert int(answers[-1].headers["Retry-After"]) > 0
