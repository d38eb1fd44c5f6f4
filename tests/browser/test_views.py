"""Boards, calendars and dashboards in a real Chromium, by mouse, finger and keys."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_pages import PASSWORD, sign_in, site

__all__ = ["PASSWORD", "site"]
BOARD = "/crm/opportunity?view=crm.opportunity_board"


def column(page: Page, label: str):
    return page.locator(f"[data-column][data-label='{label}']")


def card(page: Page, label: str):
    return page.locator(f"[data-card][data-label='{label}']")


@pytest.fixture
def deal(page: Page, site: str) -> str:
    """A new deal in the first stage, on the board."""
    sign_in(page, site)
    number = len(page.context.pages) + int(page.evaluate("Date.now() % 1e9"))
    name = f"Deal {number}"
    page.goto(f"{site}/crm/opportunity/new")
    page.fill("#f-name", name)
    box = page.locator("#f-party")
    box.click()
    box.fill("Bright")
    page.get_by_role("option", name="Brightwater Pumps Ltd").first.click()
    page.fill("#f-amount", "1000")
    page.locator("[data-save]").click()
    page.wait_for_url(re.compile(r"/crm/opportunity/\d+$"))
    page.goto(f"{site}{BOARD}")
    return name


def drag(page: Page, label: str, target: str) -> None:
    card(page, label).hover()
    page.mouse.down()
    goal = column(page, target).bounding_box()
    page.mouse.move(goal["x"] + 60, goal["y"] + 120, steps=8)
    expect(column(page, target)).to_have_class(re.compile("is-target"))
    page.mouse.up()


def test_a_card_is_dragged_counted_anew_and_put_back(page, site, deal):
    before = column(page, "Proposal").locator("h2 .n").inner_text()
    drag(page, deal, "Proposal")
    expect(column(page, "Proposal").locator("[data-card]").first).to_have_attribute(
        "data-label", deal
    )
    expect(column(page, "Proposal").locator("h2 .n")).to_have_text(str(int(before) + 1))
    expect(card(page, deal)).to_contain_text("50%")
    toast = page.locator("[data-toast]").last
    expect(toast).to_contain_text("Moved to Proposal")
    toast.get_by_role("button", name="Undo").click()
    expect(column(page, "Proposal").locator("h2 .n")).to_have_text(before)
    expect(column(page, "New").locator("[data-card]")).not_to_have_count(0)
    expect(card(page, deal)).to_contain_text("10%")


def test_a_card_moves_by_keys(page, site, deal):
    card(page, deal).focus()
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(column(page, "New").locator(f"[data-label='{deal}']")).to_be_visible()
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("[data-toast]").last).to_contain_text("Moved to Proposal")
    expect(page.locator("[data-board-says]")).to_contain_text("Proposal")
    expect(card(page, deal)).to_be_focused()


def test_a_refused_move_comes_back_and_says_why(page, site, deal):
    drag(page, deal, "Lost")
    toast = page.locator("[data-toast]").last
    expect(toast).to_contain_text("Lost reason is required")
    expect(toast.get_by_role("link", name="Open the form")).to_be_visible()
    expect(column(page, "New").locator(f"[data-label='{deal}']")).to_be_visible()


def test_a_card_moves_by_its_menu_on_a_phone(page, site, deal):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site}{BOARD}")
    card(page, deal).get_by_role("button", name="Move to").click()
    page.get_by_role("dialog").get_by_role("button", name="Proposal").click()
    expect(page.locator("[data-toast]").last).to_contain_text("Moved to Proposal")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == 390


def touch(session, kind: str, x: float, y: float) -> None:
    points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_card_is_dragged_by_a_resting_finger(page, site, deal):
    session = page.context.new_cdp_session(page)
    at = card(page, deal).bounding_box()
    goal = column(page, "Needs analysis").bounding_box()
    touch(session, "touchStart", at["x"] + 40, at["y"] + 40)
    expect(page.locator(".i-dragged")).to_be_visible()
    for step in range(1, 9):
        x = at["x"] + 40 + (goal["x"] + 60 - at["x"] - 40) * step / 8
        touch(session, "touchMove", x, at["y"] + 60)
    touch(session, "touchEnd", 0, 0)
    expect(page.locator("[data-toast]").last).to_contain_text("Moved to Needs analysis")


def test_a_dashboard_draws_charts_and_leads_to_its_rows(page, site):
    sign_in(page, site)
    page.goto(f"{site}/crm/opportunity")
    assert "echarts" not in page.content()
    page.goto(f"{site}/dashboards/crm.sales")
    chart = page.locator("[data-chart=by_stage]")
    expect(chart.locator("canvas")).to_be_visible()
    said = re.search(r"Proposal: ([\d,.]+)", chart.get_attribute("aria-label") or "")
    assert said
    block = page.locator("[data-tile=by_stage]")
    block.get_by_role("button", name="Show as table").click()
    expect(chart).to_be_hidden()
    row = block.get_by_role("row", name=re.compile("^Proposal"))
    expect(row).to_contain_text(said[1])
    due = page.locator("[data-tile=activities_due]")
    count = int(due.locator(".f").inner_text())
    due.click()
    expect(page.locator("table[data-grid] [data-row]")).to_have_count(count)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site}/dashboards/crm.sales")
    expect(page.locator("[data-chart=per_month] canvas")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_an_activity_is_dragged_to_another_day_and_begun_by_a_click(page, site):
    sign_in(page, site)
    page.goto(f"{site}/crm/activity?view=crm.activity_calendar")
    event = page.locator("[data-event]").first
    name = event.get_attribute("data-event")
    start = page.locator(".i-month .md.today")
    goal = page.locator(".i-month .md").nth(24)
    event.hover()
    page.mouse.down()
    box = goal.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 50, steps=8)
    expect(goal).to_have_class(re.compile("is-target"))
    page.mouse.up()
    toast = page.locator("[data-toast]").last
    expect(toast).to_contain_text("Moved to")
    expect(goal.locator(f"[data-event='{name}']")).to_be_focused()
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    moved = page.locator(".i-month .md").nth(25).locator(f"[data-event='{name}']")
    label = page.locator(".i-month .md").nth(25).get_attribute("data-label") or ""
    # The message comes with the page that follows the save.
    expect(page.locator("[data-toast]").last).to_contain_text(label)
    expect(moved).to_be_focused()
    day = start.get_attribute("data-day")
    start.click(position={"x": 60, "y": 85})
    page.wait_for_url(f"**/crm/activity/new?due={day}")
    expect(page.locator("#f-due")).to_have_value(day)


def test_a_grouped_list_opens_its_groups_in_place(page, site):
    sign_in(page, site)
    page.goto(f"{site}/crm/opportunity?tab=all")
    expect(page.locator("tfoot")).to_contain_text("EUR")
    page.locator("summary", has_text="Group").click()
    page.locator("a.mi", has_text=re.compile("^Stage$")).click()
    page.wait_for_url("**group=stage")
    head = page.locator("tr.grp", has_text="Proposal")
    expect(head).to_contain_text("EUR")
    head.get_by_role("button").click()
    row = page.locator("[data-row]", has_text="Controls for the truss line")
    expect(row).to_be_visible()
    head.get_by_role("button").click()
    expect(row).to_be_hidden()


def test_a_tree_opens_its_branches_by_click_and_keys(page, site):
    sign_in(page, site)
    page.goto(f"{site}/base/party?view=base.party_tree")
    row = page.locator("[data-row]", has_text="Brightwater Pumps Ltd").first
    row.locator("[data-branch]").click()
    inner = page.locator("[data-level='2']", has_text="Ellen Marsh")
    expect(inner).to_be_visible()
    row.locator("a.ttl").focus()
    page.keyboard.press("ArrowLeft")
    expect(inner).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(inner).to_be_visible()


def test_a_record_shows_beside_its_list_and_in_the_address(page, site):
    sign_in(page, site)
    page.goto(f"{site}/crm/opportunity?tab=all")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    panel = page.locator("[data-peek-panel]")
    expect(panel.locator(".i-title")).to_be_visible()
    first = panel.locator(".i-title").inner_text()
    page.keyboard.press("j")
    expect(panel.locator(".i-title")).not_to_have_text(first)
    second = panel.locator(".i-title").inner_text()
    assert "peek=" in page.url
    page.reload()
    expect(panel.locator(".i-title")).to_have_text(second)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert "peek=" not in page.url
    page.locator("[data-row]").first.hover()
    page.locator("[data-row]").first.get_by_role("button").click()
    expect(panel.locator(".i-title")).to_be_visible()
