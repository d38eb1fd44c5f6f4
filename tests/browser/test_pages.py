"""Records in a real Chromium: entering, converting, winning, lines, lists, phone."""

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from core.app import build_application
from core.config import ROOT, AppConfig
from core.migrations import make_plan
from core.services import Actor
from core.services.seed import load_demo
from core.web.accounts import create_user, ensure_admin
from core.web.app import create_web_app
from core.web.pages import install_pages
from core.web.people import mirror_people
from core.web.settings import WebSettings
from core.web.setup import apply_with_data
from tests.unit.prepared import prepared

PASSWORD = "seven green bottles"


class Quiet(WSGIRequestHandler):
    def log(self, *_args):
        """Requests of a test are no news."""


def _fill(config: AppConfig) -> None:
    application = build_application(config)
    apply_with_data(application, make_plan(application.compiled, application.database))
    ensure_admin(application.database, PASSWORD)
    create_user(application.database, "mara", PASSWORD, "Mara", roles=["crm.user"])
    create_user(
        application.database,
        "jonas",
        PASSWORD,
        "Jonas",
        roles=["crm.manager"],
        language="de",
    )
    mirror_people(application)
    with application.transaction(Actor.system(), via="seed") as tx:
        load_demo(tx)
    application.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[str]:
    """The shipped modules with sample records, served; the address."""
    home: Path = tmp_path_factory.mktemp("site")
    config = AppConfig(
        home=home,
        database_url=f"sqlite:///{home / 'site.db'}",
        secret_key="0123456789abcdef0123456789abcdef",
        modules_paths=(ROOT / "modules",),
        languages=("en", "de"),
    )
    prepared("site of the browser", config.database_url, lambda: _fill(config))
    application = build_application(config)
    settings = replace(WebSettings.of(config), languages=("en", "de"))
    app = create_web_app(application, settings, (install_pages,))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
    application.close()


def sign_in(page: Page, site: str, name: str = "admin") -> None:
    page.goto(f"{site}/login/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(f"{site}/")


def choose(page: Page, field: str, text: str, title: str) -> None:
    """Pick a record in a link field by typing."""
    box = page.locator(f"#f-{field}")
    box.click()
    box.fill(text)
    page.get_by_role("option", name=title).first.click()
    expect(box).to_have_value(title)


def test_a_lead_becomes_a_won_deal(page, site):
    sign_in(page, site, "mara")
    page.goto(f"{site}/crm/lead")
    page.keyboard.press("c")
    page.wait_for_url("**/crm/lead/new")
    page.fill("#f-name", "Shelves for the reading room")
    page.fill("#f-organisation_name", "Dunmarrow Libraries")
    page.fill("#f-last_name", "Fenwick")
    page.fill("#f-email", "fenwick@dunmarrow.example")
    page.fill("#f-expected_amount", "12,500.50")
    page.keyboard.press("Control+s")
    page.wait_for_url(re.compile(r"/crm/lead/\d+$"))
    expect(page.locator(".i-title")).to_have_text("Shelves for the reading room")
    page.get_by_role("button", name="Convert").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("[name='ask.deal']")).to_have_value(
        "Shelves for the reading room"
    )
    dialog.get_by_role("button", name="Convert").click()
    expect(page.locator(".i-rec-head")).to_contain_text("Converted")
    page.locator(".i-rec-main a", has_text="Shelves for the reading room").last.click()
    page.wait_for_url(re.compile(r"/crm/opportunity/\d+$"))
    expect(page.locator(".i-rec-main")).to_contain_text("12,500.50")
    page.get_by_role("button", name="Mark as won").click()
    expect(page.locator(".i-rec-head")).to_contain_text("Won")
    grey = page.get_by_role("button", name="Mark as won")
    expect(grey).to_have_attribute("aria-disabled", "true")
    grey.click(force=True)
    expect(page.locator(".i-box")).to_contain_text("Only an open opportunity")
    expect(page.locator(".i-tl")).to_contain_text("Mara")


def test_conditions_follow_what_is_typed(page, site):
    sign_in(page, site)
    page.goto(f"{site}/base/party/new")
    first = page.locator("[data-field=first_name]")
    expect(first).to_be_hidden()
    page.select_option("#f-kind", "person")
    expect(first).to_be_visible()
    page.fill("#f-first_name", "Ravi")
    page.fill("#f-last_name", "Sethran")
    page.locator("#f-last_name").press("Tab")
    expect(page.locator("#f-name")).to_have_value("Ravi Sethran")


def test_lines_count_as_they_are_typed_and_keep_errors(page, site):
    sign_in(page, site)
    page.goto(f"{site}/crm/opportunity/new")
    page.fill("#f-name", "Bar counter")
    choose(page, "party", "Bright", "Brightwater Pumps Ltd")
    page.get_by_role("button", name="Add a line").click()
    page.fill("[name=lines-0-text]", "Oak top")
    page.fill("[name=lines-0-quantity]", "3")
    page.fill("[name=lines-0-unit_price]", "100")
    expect(page.locator("[data-value=lines-0-amount]")).to_contain_text("300.00")
    expect(page.locator("#f-amount")).to_have_value("300.00")
    page.keyboard.press("Control+Enter")
    page.fill("[name=lines-1-quantity]", "many")
    page.locator("[data-save]").click()
    expect(page.locator("[data-problems]")).to_be_visible()
    expect(page.locator("[name=lines-1-quantity]")).to_have_value("many")
    expect(page.locator("[name=lines-0-text]")).to_have_value("Oak top")
    expect(page.locator("#f-party")).to_have_value("Brightwater Pumps Ltd")
    page.fill("[name=lines-1-quantity]", "2")
    page.fill("[name=lines-1-text]", "Fitting")
    page.fill("[name=lines-1-unit_price]", "50")
    expect(page.locator("#f-amount")).to_have_value("400.00")
    page.locator("[data-save]").click()
    page.wait_for_url(re.compile(r"/crm/opportunity/\d+$"))
    expect(page.locator(".i-lines tbody tr")).to_have_count(2)
    expect(page.locator(".i-rec-head")).to_contain_text("Bar counter")


def test_what_is_missing_is_created_in_place(page, site):
    sign_in(page, site)
    page.goto(f"{site}/crm/opportunity/new")
    box = page.locator("#f-party")
    box.click()
    box.fill("Vellamere Spas")
    page.get_by_text("Create “Vellamere Spas”").click()
    expect(page.locator("input[name=party]")).to_have_value(re.compile(r"\d+"))
    stage = page.locator("#f-stage")
    stage.click()
    expect(page.get_by_role("option", name="Negotiation")).to_be_visible()


def test_columns_are_chosen_and_kept(page, site):
    sign_in(page, site)
    page.goto(f"{site}/crm/campaign")
    page.goto(f"{site}/crm/lead?tab=all")
    page.get_by_role("button", name="Columns").click()
    dialog = page.locator("#columns")
    dialog.get_by_label("Organisation", exact=True).uncheck()
    dialog.get_by_role("button", name="Apply").click()
    heads = page.locator("thead th[scope=col]")
    expect(heads.filter(has_text="Organisation")).to_have_count(0)
    page.locator("thead a", has_text="Subject").click()
    page.wait_for_url("**sort=name**")
    page.locator("thead a", has_text="Rating").click(modifiers=["Shift"])
    page.wait_for_url("**sort=name%2Crating**")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("button", name="As delivered").click()
    expect(heads.filter(has_text="Organisation")).to_have_count(1)


def test_the_search_box_finds_records(page, site):
    sign_in(page, site)
    page.keyboard.press("Control+k")
    page.keyboard.type("brightwater")
    option = page.locator("#palette").get_by_text("Brightwater Pumps Ltd").first
    expect(option).to_be_visible()
    option.click()
    page.wait_for_url(re.compile(r"/(base|crm)/\w+/\d+$"))


def test_a_warning_asks_once(page, site):
    sign_in(page, site)
    page.goto(f"{site}/crm/lead/new")
    page.fill("#f-name", "Call back")
    page.fill("#f-organisation_name", "Tarnvale Schools")
    page.locator("[data-save]").click()
    page.get_by_role("button", name="Save anyway").click()
    page.wait_for_url(re.compile(r"/crm/lead/\d+$"))


def test_archiving_can_be_taken_back(page, site):
    sign_in(page, site)
    page.goto(f"{site}/base/party?tab=all")
    rows = page.locator("[data-row]")
    before = rows.count()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("toolbar").get_by_role("button", name="Archive").click()
    expect(rows).to_have_count(before - 1)
    page.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(before)


def test_filters_are_chips_in_the_address(page, site):
    sign_in(page, site)
    page.goto(f"{site}/crm/lead?tab=all")
    page.keyboard.press("f")
    dialog = page.locator("#filter")
    dialog.locator("#f-path").select_option("state")
    dialog.locator("[name=_operator]").wait_for()
    dialog.locator("[name=_value]").select_option("new")
    dialog.get_by_role("button", name="Apply").click()
    expect(page.locator(".i-chip")).to_contain_text("State")
    assert "f=state%3Ais%3Anew" in page.url
    page.locator(".i-chip .x").click()
    expect(page.locator(".i-chip")).to_have_count(0)


@pytest.mark.parametrize(
    "path",
    ["/", "/crm/lead", "/crm/opportunity/1", "/crm/opportunity/1/edit",
     "/base/party/1", "/apps", "/crm/lead/new"],
)  # fmt: skip
def test_nothing_scrolls_sideways_on_a_phone(phone_page, site, path):
    sign_in(phone_page, site)
    phone_page.goto(site + path)
    wide = phone_page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390


@pytest.mark.parametrize(
    "path", ["/", "/crm/lead", "/crm/opportunity/1", "/crm/opportunity/1/edit", "/apps"]
)
def test_every_control_has_a_name(page, site, path):
    sign_in(page, site)
    page.goto(site + path)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("main input, main select, main textarea,"
        + " main button, main a[href]")]
        .filter((e) => e.type !== "hidden" && !e.closest("template"))
        .filter((e) => !(e.ariaLabel || e.title || e.textContent.trim()
          || (e.labels && [...e.labels].some((l) => l.textContent.trim()))))
        .map((e) => e.outerHTML.slice(0, 120))"""
    )
    assert nameless == []


def test_german_screens_are_german_throughout(page, site):
    sign_in(page, site, "jonas")
    page.goto(f"{site}/crm/lead")
    text = page.locator("body").inner_text()
    for english in ("Search", "Archived", "Opportunities", "Home", "Nobody", "of "):
        assert english not in text
    expect(page.locator("h1")).to_have_text("Leads")
    page.goto(f"{site}/crm/lead/new")
    expect(page.locator("[data-save]")).to_contain_text("Speichern")


def test_a_module_is_turned_off_and_on_by_its_plan(page, site):
    sign_in(page, site)
    page.goto(f"{site}/apps")
    card = page.get_by_role("article", name="CRM", exact=True)
    card.get_by_role("link", name="Disable").click()
    expect(page.locator("main")).to_contain_text("its data is kept")
    page.get_by_role("button", name="Apply the plan").click()
    page.wait_for_url(f"{site}/apps")
    expect(card).to_contain_text("Disabled")
    expect(page.locator("#side")).not_to_contain_text("CRM")
    card.get_by_role("link", name="Enable").click()
    page.get_by_role("button", name="Apply the plan").click()
    page.wait_for_url(f"{site}/apps")
    expect(page.locator("#side")).to_contain_text("CRM")
    page.goto(f"{site}/crm/lead?tab=all")
    assert page.locator("[data-row]").count() > 0


def test_lines_take_over_an_amount_that_was_typed_before(page, site):
    sign_in(page, site)
    page.goto(f"{site}/crm/opportunity/new")
    page.fill("#f-name", "Reading room")
    choose(page, "party", "Bright", "Brightwater Pumps Ltd")
    page.fill("#f-amount", "38,500")
    page.locator("[data-save]").click()
    page.wait_for_url(re.compile(r"/crm/opportunity/\d+$"))
    page.keyboard.press("e")
    page.wait_for_url("**/edit")
    page.get_by_role("button", name="Add a line").click()
    page.fill("[name=lines-0-text]", "Shelf")
    page.fill("[name=lines-0-quantity]", "12")
    page.fill("[name=lines-0-unit_price]", "1250.5")
    expect(page.locator("#f-amount")).to_have_value("15,006.00")
    page.locator("[data-save]").click()
    page.wait_for_url(re.compile(r"/crm/opportunity/\d+$"))
    expect(page.locator(".i-rec-main")).to_contain_text("15,006.00")
