"""Webhooks through the API: for administrators only, secrets shown once."""

from __future__ import annotations

import jsonschema
import pytest

from core.storage import webhook
from core.storage.tables import idempotency

BODY = {"entity": "library.author", "url": "https://example.com/in"}


@pytest.fixture(autouse=True)
def clean(library):
    yield
    with library.application.database.writing() as connection:
        connection.execute(webhook.delete())


@pytest.fixture
def admin(library):
    return library.as_user("admin")


def test_the_life_of_a_webhook(admin):
    made = admin.make("webhooks", **BODY, events=["created"], filter="name != 'x'")
    assert len(made.pop("secret")) >= 32
    path = f"webhooks/{made['id']}"
    assert admin.get(path) == made
    assert admin.get("webhooks")["items"] == [made]
    assert admin("PATCH", path, {"active": False}).json["active"] is False
    assert admin.get(f"{path}/deliveries") == {"items": []}
    assert admin("POST", f"{path}/replay").json == {"count": 0}
    assert admin("DELETE", path).status_code == 204
    assert admin("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"entity": "library.nothing"}, 422),
        ({"url": "ftp://example.com"}, 422),
        ({"events": ["exploded"]}, 422),
        ({"filter": "nothing > 1"}, 400),
        ({"secret": "short"}, 422),
        ({"colour": "red"}, 422),
    ],
)
def test_what_cannot_be_kept_is_refused(admin, change, code):
    assert admin("POST", "webhooks", {**BODY, **change}).status_code == code
    assert admin.get("webhooks")["items"] == []


def test_nobody_else_sees_or_keeps_webhooks(library, admin, boss):
    made = admin.make("webhooks", **BODY)
    for method, path in (
        ("GET", "webhooks"),
        ("POST", "webhooks"),
        ("GET", f"webhooks/{made['id']}"),
        ("DELETE", f"webhooks/{made['id']}"),
        ("GET", f"webhooks/{made['id']}/deliveries"),
        ("POST", f"webhooks/{made['id']}/replay"),
    ):
        body = BODY if method == "POST" and path == "webhooks" else None
        assert boss(method, path, body).status_code == 403
    assert library.stranger()("GET", "webhooks").status_code == 401
    key = library.with_key("admin", "read")
    assert key("GET", "webhooks").status_code == 200
    assert key("POST", "webhooks", BODY).status_code == 403


def test_a_repeated_request_makes_one_webhook_and_tells_its_secret_again(
    library, admin
):
    key = {"Idempotency-Key": "hook"}
    first = admin("POST", "webhooks", BODY, headers=key)
    again = admin("POST", "webhooks", BODY, headers=key)
    assert first.status_code == again.status_code == 201
    assert again.json == first.json
    assert again.headers["Idempotent-Replay"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert len(admin.get("webhooks")["items"]) == 1
    # The answer that is kept for repetitions does not tell the secret either.
    with library.application.database.reading() as connection:
        kept = str(connection.execute(idempotency.select()).all())
    assert first.json["secret"] not in kept
    assert "https://example.com/in" not in kept


def test_every_write_takes_a_key(admin):
    path = f"webhooks/{admin.make('webhooks', **BODY)['id']}"
    for number, (method, at, body) in enumerate(
        (
            ("PATCH", path, {"active": False}),
            ("POST", f"{path}/replay", None),
            ("DELETE", path, None),
        )
    ):
        key = {"Idempotency-Key": f"w{number}"}
        first = admin(method, at, body, headers=key)
        again = admin(method, at, body, headers=key)
        assert first.status_code == again.status_code < 300, at
        assert again.headers["Idempotent-Replay"] == "true"


def test_administrators_find_webhooks_described_and_nobody_else(admin, boss):
    document = admin.get("openapi.json")
    made = admin.make("webhooks", **BODY)
    components = document["components"]
    for name, answer in (
        ("MadeWebhook", made),
        ("Webhook", admin.get(f"webhooks/{made['id']}")),
        ("Webhooks", admin.get("webhooks")),
        ("Deliveries", admin.get(f"webhooks/{made['id']}/deliveries")),
    ):
        schema = {"$ref": f"#/components/schemas/{name}", "components": components}
        jsonschema.validate(answer, schema, cls=jsonschema.Draft202012Validator)
    create = document["paths"]["/webhooks"]["post"]
    assert {"$ref": "#/components/parameters/idempotency_key"} in create["parameters"]
    assert not any("webhook" in path for path in boss.get("openapi.json")["paths"])


def test_the_secret_is_not_readable_in_the_database(library, admin):
    secret = admin.make("webhooks", **BODY)["secret"]
    with library.application.database.reading() as connection:
        (row,) = connection.execute(webhook.select()).all()
    assert secret not in str(row)
