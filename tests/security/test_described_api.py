"""The API fuzzed from its own description: whatever is sent, no 5xx."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from core.services import Actor
from core.services.seed import load_demo
from core.testing.installation import Installation, install

ROOT = Path(__file__).parents[2]
EXAMPLES = int(os.environ.get("INTARSIA_API_EXAMPLES", "5"))
ENTITIES = ("base/tag", "base/country", "base/party", "crm/lead", "crm/opportunity")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Installation:
    home = tmp_path_factory.mktemp("described")
    made = install((ROOT / "modules",), "crm", f"sqlite:///{home / 'a.db'}", home)
    with made.application.transaction(Actor.system(), via="seed") as tx:
        load_demo(tx)
    yield made
    made.close()


@pytest.mark.parametrize("entity", ENTITIES)
def test_no_request_breaks_the_server(site: Installation, entity: str) -> None:
    site.ask("GET", "/api/v1/base/tag")
    bearer = {"Authorization": f"Bearer {site.tokens[site.account().id]}"}
    address = "/api/v1/openapi.json"
    schema = schemathesis.openapi.from_wsgi(address, site.site, headers=bearer)
    tried = 0
    for found in schema.include(path_regex=f"/{entity}(/|$)").get_all_operations():
        operation = found.ok()
        if operation.method.upper() == "DELETE":
            continue
        tried += 1
        fuzz(operation, bearer)
    assert tried >= 8


def fuzz(operation: Any, bearer: dict[str, str]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        sent = case.call(headers=bearer)
        assert sent.status_code < 500, (case.method, case.formatted_path, sent.text)

    ask()
