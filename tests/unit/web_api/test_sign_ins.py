"""The journal of sign-ins through the API: for administrators, filtered, paged."""

from __future__ import annotations

import jsonschema
import pytest
import sqlalchemy as sa

from core.web.account_tables import sign_ins
from core.web.entrance.journal import Event, note
from core.web.entrance.kept_sessions import Visitor


@pytest.fixture
def admin(library):
    api = library.as_user("admin")
    database, people = library.application.database, library.people
    with database.writing() as connection:
        connection.execute(sa.delete(sign_ins))
    visitor = Visitor("203.0.113.7", "curl/8")
    for event in (
        Event("signed_in", people["mara"], "password"),
        Event("refused", people["mara"], "password", "wrong_password"),
        Event("refused", None, "password", "unknown"),
        Event("turned_off", people["nils"], by=people["admin"]),
    ):
        note(database, event, visitor)
    return api


def test_what_happened_is_listed_with_the_newest_first(library, admin):
    found = admin.get("sign-ins")
    off, unknown, wrong, right = found["items"]
    assert found["next"] is None
    assert off["user"] == {"id": library.people["nils"], "username": "nils"}
    assert off["by"]["username"] == "admin"
    assert (unknown["user"], unknown["reason"]) == (None, "unknown")
    assert (wrong["act"], wrong["way"]) == ("refused", "password")
    assert (right["reason"], right["by"]) == (None, None)
    assert (right["address"], right["device"]) == ("203.0.113.7", "curl/8")
    assert right["at"].endswith("Z")


def test_it_is_filtered_and_paged(admin):
    def acts(**asked):
        return [one["act"] for one in admin.get("sign-ins", **asked)["items"]]

    assert acts(user="mara") == ["refused", "signed_in"]
    assert acts(act="refused", user="mara") == ["refused"]
    first = admin.get("sign-ins", limit=3)
    rest = admin.get("sign-ins", limit=3, before=first["next"])
    assert len(first["items"]) == 3
    assert [one["act"] for one in rest["items"]] == ["signed_in"]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"user": "nobody"}, 404),
        ({"act": "danced"}, 400),
        ({"limit": 0}, 400),
        ({"before": "x"}, 400),
        ({"colour": "red"}, 400),
    ],
)
def test_what_cannot_be_asked_is_refused(admin, query, status):
    assert admin("GET", "sign-ins", query_string=query).status_code == status


def test_nobody_else_reads_it(library, admin, boss):
    assert boss("GET", "sign-ins").status_code == 403
    assert library.stranger()("GET", "sign-ins").status_code == 401
    assert library.with_key("admin", "read")("GET", "sign-ins").status_code == 200
    narrow = library.with_key("admin", "library.*:read")
    assert narrow("GET", "sign-ins").json["code"] == "out_of_scope"


def test_it_is_described_to_administrators(admin, boss):
    document = admin.get("openapi.json")
    components = document["components"]
    schema = {"$ref": "#/components/schemas/SignIns", "components": components}
    answer = admin.get("sign-ins")
    jsonschema.validate(answer, schema, cls=jsonschema.Draft202012Validator)
    assert "/sign-ins" in document["paths"]
    assert "/sign-ins" not in boss.get("openapi.json")["paths"]
