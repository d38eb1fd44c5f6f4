"""axe-core over every kind of page, light and dark: nothing serious is found."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.test_pages import PASSWORD, sign_in, site

__all__ = ["PASSWORD", "site"]
#: WCAG 2.2 up to AA; what axe itself advises beyond it is no finding.
OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}
PATHS = (
    "/",
    "/crm/opportunity",
    "/crm/opportunity?peek=1",
    "/crm/opportunity?group=stage",
    "/crm/lead?q=nothing+like+this",
    "/crm/opportunity?view=crm.opportunity_board",
    "/crm/activity?view=crm.activity_calendar",
    "/crm/activity?view=crm.activity_calendar&scale=week",
    "/base/party",
    "/base/party?view=base.party_tree&tab=all",
    "/base/party/1",
    "/crm/opportunity/1",
    "/crm/opportunity/1/edit",
    "/crm/lead/new",
    "/crm/opportunity/1/explain",
    "/dashboards/crm.sales",
    "/dashboards/crm.party_page/1",
    "/settings/crm",
    "/import",
    "/imports",
    "/apps",
    "/rights",
    "/notifications",
    "/profile/",
    "/users/",
    "/users/1",
    "/roles/",
    "/nowhere/at/all",
)


def serious(page: Page) -> list[str]:
    """What axe finds serious or critical: rule, and the first elements."""
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ]


def paint(page: Page, theme: str) -> None:
    """What the system prefers is followed, also where it changes."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.wait_for_selector(f"html[data-bs-theme={theme}]")
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_serious_finding(page, site, theme):
    sign_in(page, site)
    faults = []
    for path in PATHS:
        page.goto(site + path)
        paint(page, theme)
        faults += [f"{path}: {one}" for one in serious(page)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_signing_in_has_no_serious_finding(page, site, theme):
    page.goto(f"{site}/login/")
    paint(page, theme)
    assert serious(page) == []


def test_dialogs_and_open_cells_have_no_serious_finding(page, site):
    sign_in(page, site)
    page.goto(f"{site}/crm/opportunity?tab=all")
    for name in ("filter", "columns", "save-view"):
        page.locator(f"[data-opens={name}]").first.click()
        assert serious(page) == [], name
        page.keyboard.press("Escape")
    page.locator("[data-cell=amount]").first.dblclick()
    page.wait_for_selector("#cell-input")
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("Bright")
    page.wait_for_selector("[data-palette-list] [role=option]")
    assert serious(page) == []


def test_a_finding_is_found(page, site):
    sign_in(page, site)
    page.goto(f"{site}/crm/lead")
    page.evaluate(
        "document.querySelector('main').append(document.createElement('input'))"
    )
    assert any(one.startswith("label") for one in serious(page))
