"""Cells of a list changed by keys and mouse in a real Chromium."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_files import sign_in

LIST = "/library/book?view=library.desk_list&tab=all"


@pytest.fixture
def shelf(page: Page, library_site: str) -> Page:
    """The list with two new books on it, Alpha above Beta."""
    sign_in(page, library_site)
    for title in ("Alpha", "Beta"):
        page.goto(f"{library_site}/library/book/new")
        page.fill("#f-title", title)
        page.fill("#f-price", "5")
        page.locator("[data-save]").click()
        page.wait_for_url(re.compile(r"/library/book/\d+$"))
    page.goto(f"{library_site}{LIST}&sort=-created_at")
    return page


def cell(page: Page, row: int, field: str):
    return page.locator("[data-row]").nth(row).locator(f"[data-cell={field}]")


def test_keys_change_cells_like_a_spreadsheet(shelf):
    page = shelf
    cell(page, 0, "price").click()
    page.keyboard.press("F2")
    expect(page.locator("#cell-input")).to_be_focused()
    expect(page.locator("#cell-input")).to_have_value("5.00")
    page.keyboard.type("12.5")
    page.keyboard.press("Tab")
    expect(cell(page, 0, "price")).to_contain_text("12.50")
    expect(cell(page, 0, "pages").locator("input[name=pages]")).to_be_focused()
    page.keyboard.type("300")
    page.keyboard.press("Enter")
    expect(cell(page, 0, "pages")).to_have_text("300")
    expect(cell(page, 1, "pages")).to_be_focused()
    page.keyboard.press("7")
    expect(page.locator("#cell-input")).to_have_value("7")
    page.keyboard.press("Escape")
    expect(cell(page, 1, "pages")).to_have_text("")
    expect(cell(page, 1, "pages")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(cell(page, 1, "price")).to_be_focused()
    toast = page.locator("[data-toast]").last
    expect(toast).to_contain_text("Pages was saved.")
    toast.get_by_role("button", name="Undo").click()
    expect(cell(page, 0, "pages")).to_have_text("")


def test_a_refusal_stands_at_the_cell_until_it_is_mended(shelf):
    page = shelf
    cell(page, 0, "pages").click()
    cell(page, 0, "pages").click()
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    hint = page.locator(".cellhint")
    expect(hint).to_be_visible()
    expect(page.locator("#cell-input")).to_be_focused()
    expect(page.locator("#cell-input")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Control+a")
    page.keyboard.type("40")
    page.keyboard.press("Enter")
    expect(cell(page, 0, "pages")).to_have_text("40")
    cell(page, 0, "price").dblclick()
    page.keyboard.press("Control+a")
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    expect(hint).to_contain_text("A book for nothing?")
    hint.get_by_role("button", name="Save anyway").click()
    expect(cell(page, 0, "price")).to_contain_text("0.00")


def test_choices_links_and_closed_cells(shelf):
    page = shelf
    cell(page, 0, "kind").dblclick()
    page.locator("#cell-input").select_option("manual")
    page.keyboard.press("Enter")
    expect(cell(page, 0, "kind")).to_have_text("Manual")
    cell(page, 0, "similar").dblclick()
    page.keyboard.type("Alpha")
    page.get_by_role("option", name="Alpha").first.click()
    page.locator("h1").click()
    expect(cell(page, 0, "similar")).to_contain_text("Alpha")
    cell(page, 0, "state").dblclick()
    expect(page.locator(".cellhint")).to_have_text("State cannot be changed here.")
    assert page.url.endswith("sort=-created_at"), "no cell opened the record"
