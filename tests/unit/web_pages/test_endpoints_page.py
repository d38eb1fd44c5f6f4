"""The page of endpoints: addresses, callers, and calls with their reasons."""

from __future__ import annotations

from core.services import Actor
from core.services.endpoints import Caller, call, endpoint_of, note_refused
from core.storage import endpoint_call


def test_calls_are_listed_for_administrators(library, clerk):
    clerk.get("/endpoints", 403)
    admin = library.person("admin")
    page = admin.get("/endpoints")
    assert "POST /api/v1/library/hooks/enroll" in page
    assert "No such call came in yet." in page
    app, who = library.application, Caller("signature", "10.1.2.3", "a" * 64)
    with app.transaction(Actor.system()) as tx:
        endpoint = endpoint_of(app.runtime, "library.enroll")
        call(tx, endpoint, {"callId": "<b>", "name": "Ada", "age": 9}, who)
        note_refused(tx, "library.rename", who, 401, "The signature is wrong.")
    page = admin.get("/endpoints")
    assert "&lt;b&gt;" in page
    assert "10.1.2.3" in page
    refused = admin.get("/endpoints?state=refused")
    assert "The signature is wrong." in refused
    assert "&lt;b&gt;" not in refused
    with app.database.writing() as connection:
        connection.execute(endpoint_call.delete())
