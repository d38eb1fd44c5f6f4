"""Lines of lines of lines in pages and API: each level has its own page."""

from __future__ import annotations

import re

import pytest

from core.services import Actor
from core.testing.installation import PASSWORD, Installation, InstallModule
from tests.unit.registry.making import write_modules
from tests.unit.services.base_world import MODULES
from tests.unit.services.test_deep_lines import DEEP, made_plan
from tests.unit.web_pages.conftest import Person


@pytest.fixture(scope="module")
def deep(
    install_module: InstallModule, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    folder = tmp_path_factory.mktemp("deep")
    write_modules(folder, DEEP)
    return install_module((MODULES, folder), "deep")


def test_a_line_with_lines_leads_to_its_own_page(deep: Installation) -> None:
    with deep.application.transaction(Actor.system()) as tx:
        plan = tx.create("deep.plan", made_plan(1, 2)).id
    person = Person(deep.site.test_client())
    person.get("/login/")
    person.post("/login/", username="admin", password=PASSWORD)
    for path in (f"/deep/plan/{plan}", f"/deep/plan/{plan}/edit"):
        (step,) = set(re.findall(r'href="(/deep/step/\d+)"', person.get(path)))
    (part,) = set(re.findall(r'href="(/deep/part/\d+)"', person.get(f"{step}/edit")))
    form = person.get(f"{part}/edit")
    assert re.findall(r'name="pieces-0-number" value|value="1"', form)
    assert "/deep/piece/" not in form
    version = re.search(r'name="_version" value="(\d+)"', form)
    ids = re.findall(r'name="pieces-\d+-id" value="(\d+)"', form)
    sent = {"_version": version[1] if version else "", "name": "part"}
    sent["_lines-pieces"] = "1"
    for number, id_ in enumerate(ids):
        sent |= {
            f"pieces-{number}-id": id_,
            f"pieces-{number}-name": f"n{number}",
            f"pieces-{number}-number": "10",
        }
    assert person.post(f"{part}/edit", **sent).status_code == 302
    with deep.application.reader(Actor.system()) as reader:
        assert int(reader.get("deep.plan", plan or 0)["number"]) == 20


def test_the_api_takes_and_gives_all_levels(deep: Installation) -> None:
    made = deep.ask("POST", "/api/v1/deep/plan", body=made_plan(3)).get_json()
    (step,) = made["steps"]
    (part,) = step["parts"]
    (piece,) = part["pieces"]
    assert piece["number"] == "3"
    changed = [
        {
            "id": step["id"],
            "parts": [
                {
                    "id": part["id"],
                    "pieces": [
                        {"id": piece["id"], "number": "4"},
                        {"name": "more", "number": "5"},
                    ],
                }
            ],
        }
    ]
    body = {"steps": changed, "version": made["version"]}
    path = f"/api/v1/deep/plan/{made['id']}"
    found = deep.ask("PATCH", path, body=body).get_json()
    assert found["number"] == "9"
    refused = deep.ask("POST", "/api/v1/deep/plan", body=made_plan())
    assert refused.status_code == 422
    (problem,) = refused.get_json()["errors"]
    assert problem["path"] == ["steps", 0, "parts", 0, "pieces"]
