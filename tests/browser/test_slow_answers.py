"""Typing and choosing while answers of the server are under way, in a real Chromium."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_pages import PASSWORD, sign_in, site

__all__ = ["PASSWORD", "site"]


@pytest.fixture
def form(page: Page, site: str) -> Page:
    sign_in(page, site)
    page.goto(f"{site}/crm/opportunity/new")
    return page


def test_a_late_answer_does_not_write_over_newer_typing(form):
    late = []

    def hold(route):
        late.append(route)

    form.route("**/evaluate*", hold)
    form.fill("#f-probability", "40")
    form.press("#f-probability", "Tab")
    wait_until(form, lambda: late)
    form.fill("#f-amount", "1,250.00")
    form.locator("#f-name").focus()
    for route in late:
        route.continue_()
    form.unroute("**/evaluate*")
    with form.expect_response("**/evaluate*"):
        form.fill("#f-name", "Pump house")
        form.press("#f-name", "Tab")
    expect(form.locator("#f-amount")).to_have_value("1,250.00")


def test_a_list_renewed_under_the_finger_keeps_what_was_pressed(form):
    box = form.locator("#f-party")
    box.click()
    option = form.get_by_role("option", name="Brightwater Pumps Ltd").first
    expect(option).to_be_visible()
    option.hover()
    form.mouse.down()
    with form.expect_response("**q=Bright*"):
        box.evaluate(
            """(box) => {
              box.value = "Bright";
              box.dispatchEvent(new Event("input", {bubbles: true}));
            }"""
        )
    form.wait_for_timeout(100)
    form.mouse.up()
    expect(box).to_have_value("Brightwater Pumps Ltd")
    assert form.locator("[name=party]").input_value()


def test_no_list_opens_after_the_choice(form):
    box = form.locator("#f-party")
    box.click()
    option = form.get_by_role("option", name="Brightwater Pumps Ltd").first
    expect(option).to_be_visible()
    box.press_sequentially("Br")
    option.click()
    form.wait_for_timeout(500)
    expect(form.get_by_role("option").first).to_be_hidden()
    expect(box).to_have_value("Brightwater Pumps Ltd")


def wait_until(page: Page, happened) -> None:
    end = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < end, "no question was sent"
        page.wait_for_timeout(20)
