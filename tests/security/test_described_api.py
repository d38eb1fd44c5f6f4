"""The API fuzzed from its own description: whatever is sent, no 5xx."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from core.testing.installation import Installation
from tests.unit.prepared import shipped

EXAMPLES = int(os.environ.get("INTARSIA_API_EXAMPLES", "1"))
#: Those whose kinds of fields and rules differ most are asked at every address ...
ENTITIES = frozenset(
    {"base/tag", "base/country", "base/party", "crm/lead", "crm/opportunity"}
)
#: ... the others where an entity's own fields decide what is sent; all else is the same
#: code whatever the entity. INTARSIA_API_EXAMPLES=20 asks everywhere.
OWN = frozenset({"", "/{id}", "/bulk", "/evaluate", "/aggregate", "/lookup", "/import"})
EVERYWHERE = 20


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Installation]:
    home = tmp_path_factory.mktemp("described")
    made = shipped("crm", f"sqlite:///{home / 'a.db'}", home, samples=True)
    yield made
    made.close()


def test_no_request_breaks_the_server(site: Installation) -> None:
    site.ask("GET", "/api/v1/base/tag")
    bearer = {"Authorization": f"Bearer {site.tokens[site.account().id]}"}
    address = "/api/v1/openapi.json"
    schema = schemathesis.openapi.from_wsgi(address, site.site, headers=bearer)
    tried: set[str] = set()
    entities = {
        id_.replace(".", "/")
        for id_, one in site.application.registry.entities.items()
        if one.api
    }
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.method.upper() == "DELETE":
            continue
        steps = operation.path.strip("/").split("/")
        entity, tail = "/".join(steps[:2]), "/".join(("", *steps[2:]))
        known = entity in ENTITIES or entity not in entities
        if known or tail in OWN or EXAMPLES >= EVERYWHERE:
            tried.add(entity)
            fuzz(operation, bearer)
    assert entities <= tried


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
