"""The page of tests: run those of a module by the worker, see how they went."""

from __future__ import annotations

from typing import Any

import pytest

from core.config import ROOT
from core.jobs import dispatcher_of
from core.storage import job
from core.testing.installation import Installation
from tests.module.signing_in import signed_in, token_of


@pytest.fixture(scope="module")
def crm(install_module: Any) -> Installation:
    made: Installation = install_module((ROOT / "modules",), "crm")
    return made


def forget(crm: Installation) -> None:
    with crm.application.database.writing() as connection:
        connection.execute(job.delete())


def test_tests_of_a_module_run_and_are_shown(crm: Installation) -> None:
    forget(crm)
    client = signed_in(crm)
    page = client.get("/tests").text
    assert ">base</code>" in page
    assert ">crm</code>" in page
    form = {"module": "base", "csrf_token": token_of(page)}
    assert client.post("/tests", data=form).status_code == 302
    waiting = client.get("/tests")
    assert waiting.headers["Refresh"] == "3"
    assert "running" in waiting.text
    dispatcher_of(lambda: crm.application).drain()
    shown = client.get("/tests")
    assert "Refresh" not in shown.headers
    assert "2 hold" in shown.text
    assert "Names and roles of parties" in shown.text
    assert client.post("/tests", data={**form, "module": "none"}).status_code == 404
    forget(crm)


def test_a_failure_is_shown_with_its_place(crm: Installation) -> None:
    differs = {
        "file": "modules/base/tests/party.yml",
        "line": 12,
        "step": 1,
        "what": "ida.name",
        "expected": "<b>Ida</b>",
        "found": "nothing",
    }
    result = {
        "id": "base.party_names",
        "label": "Names",
        "holds": False,
        "differences": [differs, {**differs, "step": 0, "line": 4}],
    }
    forget(crm)
    client = signed_in(crm)
    client.post(
        "/tests",
        data={"module": "base", "csrf_token": token_of(client.get("/tests").text)},
    )
    with crm.application.database.writing() as connection:
        payload = {"id": "base", "progress": {"results": [result]}}
        connection.execute(job.update().values(payload=payload, state="done"))
    page = client.get("/tests").text
    assert "1 failed" in page
    assert "&lt;b&gt;Ida&lt;/b&gt;" in page
    assert "modules/base/tests/party.yml:12" in page
    assert "Step 1: ida.name" in page
    assert "Beginning: ida.name" in page
    forget(crm)


def test_others_do_not_get_there(crm: Installation) -> None:
    assert crm.ask("GET", "/tests", "crm.manager").status_code == 403
