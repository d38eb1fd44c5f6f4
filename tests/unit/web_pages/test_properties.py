"""A field of properties in form, page, API and files: inputs come from rows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from core.exchange import Column, Mapping, export_lines, run_import
from core.services import Actor, Query
from core.testing.installation import PASSWORD, Installation, InstallModule
from tests.unit.registry.making import write_modules
from tests.unit.services.base_world import MODULES
from tests.unit.services.test_properties import KINDS, QUESTIONS
from tests.unit.web_pages.conftest import Person


@pytest.fixture(scope="module")
def work(
    install_module: InstallModule, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    folder = tmp_path_factory.mktemp("properties")
    write_modules(folder, KINDS)
    return install_module((MODULES, folder), "shop")


@pytest.fixture(scope="module")
def sort(work: Installation) -> int:
    with work.application.transaction(Actor.system()) as tx:
        values = {"name": "Table", "questions": QUESTIONS}
        return tx.create("shop.sort", values).id or 0


@pytest.fixture(scope="module")
def person(work: Installation) -> Person:
    made = Person(work.site.test_client())
    made.get("/login/")
    made.post("/login/", username="admin", password=PASSWORD)
    made.get("/")
    return made


def test_form_and_page_show_one_input_per_row(
    person: Person, work: Installation, sort: int
) -> None:
    empty = person.get("/shop/thing/new")
    assert "Nothing to fill in here yet." in empty
    form = person.get(f"/shop/thing/new?sort={sort}")
    names = re.findall(r'name="(answers:[^"]+)"', form)
    assert names[:2] == ["answers:decimal:height", "answers:decimal:weight"]
    assert len(set(names)) == len(QUESTIONS)
    sent = {
        "sort": str(sort),
        "answers": "1",
        "answers:decimal:height": "1,180.5",
        "answers:boolean:open": "1",
        "answers:date:since": "2026-02-28",
        "answers:choice:colour": "green",
    }
    refused = person.post("/shop/thing", **sent)
    assert refused.status_code == 422
    assert "Height is at most 300" in refused.text
    assert 'value="1,180.5"' in refused.text
    unread = person.post("/shop/thing", **{**sent, "answers:decimal:height": "tall"})
    assert unread.status_code == 422
    assert 'value="tall"' in unread.text
    made = person.post("/shop/thing", **{**sent, "answers:decimal:height": "180.5"})
    assert made.status_code == 302, made.text
    page = person.get(made.headers["Location"])
    assert "<dt>Height</dt><dd>180.5</dd>" in page
    assert "<dt>Since</dt><dd>Feb 28, 2026</dd>" in page
    edit = person.get(made.headers["Location"] + "/edit")
    assert 'name="answers:decimal:height"' in edit
    assert (
        "&#34;read&#34;: &#34;properties&#34;" in edit or '"read": "properties"' in edit
    )
    answer = person.post("/shop/thing/evaluate", **sent, _changed="sort").get_json()
    assert "answers:decimal:height" in answer["properties"]["answers"]


def test_the_api_takes_checks_and_filters_properties(
    work: Installation, sort: int
) -> None:
    def post(answers: Any) -> Any:
        body = {"name": "api", "sort": sort, "answers": answers}
        return work.ask("POST", "/api/v1/shop/thing", body=body)

    refused = post({"heigth": 3})
    assert refused.status_code == 422
    (problem,) = refused.get_json()["errors"]
    assert (problem["field"], problem["code"]) == ("answers", "unknown_property")
    made = post({"height": 190.25, "legs": 4})
    assert made.get_json()["answers"] == {"height": "190.25", "legs": 4}
    path = "/api/v1/shop/thing?filter=answers['height'] == 190.25"
    found = work.ask("GET", path).get_json()["items"]
    assert [one["id"] for one in found] == [made.get_json()["id"]]


def test_files_bring_properties_back(
    work: Installation, sort: int, tmp_path: Path
) -> None:
    app, actor = work.application, Actor.system()
    path = tmp_path / "things.csv"
    path.write_text(
        "name,sort,answers\n"
        'F1,Table,"{""height"": 120.5}"\n'
        'F2,Table,"{""wrong"": 1}"\n',
        "utf-8",
    )
    columns = [Column((name,), name) for name in ("name", "sort", "answers")]
    report = run_import(app, actor, path, Mapping("shop.thing", tuple(columns)))
    assert (report.created, report.rejected) == (1, 1), report
    query = Query(fields=("name", "answers"), filter="name == 'F1'")
    text = b"".join(export_lines(app, actor, "shop.thing", query)).decode()
    assert '{""height"": ""120.5""}' in text


def test_a_line_has_the_inputs_of_its_own_rows(
    person: Person, work: Installation, sort: int
) -> None:
    form = person.get(f"/shop/thing/new?sort={sort}")
    assert 'name="parts-__n__-answers:decimal:weight"' in form
    sent = {
        "sort": str(sort),
        "_lines-parts": "1",
        **{f"parts-{n}-{name}": "1" for n in (3, 7) for name in ("answers",)},
        "parts-3-id": "",
        "parts-3-answers:decimal:weight": "12.5",
        "parts-7-id": "",
        "parts-7-answers:decimal:weight": "heavy",
        "parts-7-answers:choice:colour": "green",
    }
    unread = person.post("/shop/thing", **sent)
    assert unread.status_code == 422
    assert 'value="heavy"' in unread.text
    assert '<details class="i-row-given" open' in unread.text
    answer = person.post(
        "/shop/thing/evaluate", **sent, _changed="parts-3-answers:decimal:weight"
    ).get_json()
    assert answer["values"]["parts-3-answers"]["title"] == "weight: 12.5"
    assert (
        'name="parts-7-answers:date:since"' in answer["properties"]["parts-7-answers"]
    )
    sent["parts-7-answers:decimal:weight"] = "2"
    made = person.post("/shop/thing", **sent)
    assert made.status_code == 302, made.text
    path = f"/api/v1{made.headers['Location']}?fields=most"
    assert work.ask("GET", path).get_json()["most"] == "14.5"
    edit = person.get(made.headers["Location"] + "/edit")
    assert "weight: 2; Colour: green" in edit


def test_what_a_line_must_say_is_asked_in_its_cell(
    person: Person, work: Installation
) -> None:
    with work.application.transaction(Actor.system()) as tx:
        asked = [{"name": "wood", "label": "Wood", "kind": "text", "required": True}]
        oak = tx.create("shop.sort", {"name": "Oak", "questions": asked}).id or 0
    sent = {"sort": str(oak), "_lines-parts": "1", "parts-0-id": ""}
    sent["answers:text:wood"] = "ash"
    sent["answers"] = sent["parts-0-answers"] = "1"
    refused = person.post("/shop/thing", **sent)
    assert refused.status_code == 422
    cell = refused.text.partition("i-row-given")[2].partition("</details>")[0]
    assert "Wood is required" in cell
    assert cell.startswith('" open>')
    sent["parts-0-answers:text:wood"] = "oak"
    assert person.post("/shop/thing", **sent).status_code == 302
