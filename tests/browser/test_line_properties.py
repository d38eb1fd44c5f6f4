"""Properties of lines in a real browser: they come with what a line says it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server

from core.services import Actor
from core.testing.installation import PASSWORD, InstallModule
from tests.browser.conftest import Quiet
from tests.unit.registry.making import write_modules
from tests.unit.services.base_world import MODULES
from tests.unit.services.test_properties import KINDS

_PARTS = """
== shop/entities/part.yml
entity: shop.part
part_of: {thing: shop.thing}
fields:
  sort: {type: link, to: shop.sort}
  answers: {type: properties, defined_by: sort.questions}
== shop/entities/thing.yml
entity: shop.thing
title: name
fields:
  name: {type: text}
  parts: {type: lines, of: shop.part}
"""


@pytest.fixture(scope="module")
def site(
    install_module: InstallModule, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("line_properties")
    write_modules(folder, KINDS)
    write_modules(folder, _PARTS)
    made = install_module((MODULES, folder), "shop")
    with made.application.transaction(Actor.system()) as tx:
        wood = {"name": "wood", "label": "Wood", "kind": "choice", "required": True}
        length = {"name": "length", "label": "Length", "kind": "decimal"}
        rows = [{**wood, "choices": "oak\nash"}, length]
        tx.create("shop.sort", {"name": "Table", "questions": rows})
    server = make_server(
        "127.0.0.1", 0, made.site, threaded=True, request_handler=Quiet
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_line_asks_what_its_kind_wants_to_know(page: Page, site: str) -> None:
    page.goto(f"{site}/login/")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(f"{site}/")
    page.goto(f"{site}/shop/thing/new")
    page.fill("#f-name", "Sideboard")
    page.locator("[data-lines-add]").click()
    row = page.locator("[data-line]").first
    row.locator("[data-picker-text]").fill("Tab")
    page.locator("[role=option]", has_text="Table").click()
    wood = row.locator("[name='parts-0-answers:choice:wood']")
    wood.select_option("ash")
    row.locator("[name='parts-0-answers:decimal:length']").fill("180.5")
    row.locator("[name='parts-0-answers:decimal:length']").press("Tab")
    folded = row.locator("summary span")
    folded.filter(has_text="Wood: ash; Length: 180.5").wait_for()
    assert page.locator("[data-line]").count() == 1
    page.locator("[data-save]").click()
    page.wait_for_url(f"{site}/shop/thing/*")
    page.goto(f"{page.url}/edit")
    kept = page.locator("[name='parts-0-answers:decimal:length']")
    assert kept.input_value() == "180.5"
