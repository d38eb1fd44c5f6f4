"""Forms that answer at once: the browser's own answers, held against the server's."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server

from core.app import build_application
from core.config import ROOT, AppConfig
from core.migrations import make_plan
from core.web.accounts import create_user, ensure_admin
from core.web.app import create_web_app
from core.web.pages import install_pages
from core.web.people import mirror_people
from core.web.settings import WebSettings
from core.web.setup import apply_with_data
from tests.browser.conftest import Quiet

PASSWORD = "seven green bottles"
PEOPLE = {"mara": ("kit.maker", "en"), "uwe": ("kit.maker", "de")}
HERE = Path(__file__).parent / "live"


@pytest.fixture(scope="module")
def kit(tmp_path_factory) -> Iterator[str]:
    """A module full of conditions and formulas, served; the address."""
    home: Path = tmp_path_factory.mktemp("kit")
    config = AppConfig(
        home=home,
        database_url=f"sqlite:///{home / 'kit.db'}",
        secret_key="0123456789abcdef0123456789abcdef",
        modules_paths=(ROOT / "modules", HERE),
        languages=("en", "de"),
    )
    application = build_application(config, enabled=["kit"])
    apply_with_data(application, make_plan(application.compiled, application.database))
    ensure_admin(application.database, PASSWORD)
    for name, (role, language) in PEOPLE.items():
        create_user(
            application.database,
            name,
            PASSWORD,
            name.title(),
            roles=[role],
            language=language,
        )
    create_user(application.database, "hans", PASSWORD, "Hans", roles=["kit.helper"])
    mirror_people(application)
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


def open_form(page: Page, site: str, name: str) -> None:
    page.goto(f"{site}/login/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(f"{site}/")
    page.goto(f"{site}/kit/sheet/new")
    page.evaluate(HELPERS)


#: `answers` gives the page's own answer and the server's for the form as it stands.
HELPERS = """
async () => {
  const script = document.querySelector("script[data-live]");
  const base = new URL(document.querySelector("script[type=module][src*='/js/']").src);
  const module = await import(new URL("expressions/live.js", base));
  const form = document.getElementById("record");
  const live = new module.Live(form, JSON.parse(script.textContent));
  window.live = live;
  window.set = (values) => {
    for (const [name, value] of Object.entries(values)) {
      for (const input of form.querySelectorAll(`[name="${name}"]`)) {
        if (["checkbox", "radio"].includes(input.type)) {
          input.checked = Array.isArray(value) ? value.includes(input.value) : input.value === String(value);
        } else if (input.type !== "hidden" || input.matches("[data-picker-value]")) input.value = value;
      }
    }
  };
  window.answers = async () => {
    const own = live.answer();
    const token = document.querySelector("meta[name=csrf-token]").content;
    const request = { method: "POST", body: new FormData(form), headers: { "X-CSRFToken": token } };
    const server = await (await fetch(form.dataset.evaluateUrl, request)).json();
    form.dispatchEvent(new CustomEvent("intarsia:evaluated", { detail: server }));
    return { own, server };
  };
}
"""  # noqa: E501
#: What the form holds, one state after the other; numbers as the language writes them.
STATES: tuple[dict[str, object], ...] = (
    {},
    {"name": "locked", "kind": "large", "count": "5", "share": "50", "stars": "5"},
    {"urgent": "1", "agreed": "0", "weight": "{12345.678}", "amount": "{1000.51}"},
    {"agreed": "1", "tags_of": ["a", "b"], "begins": "2026-01-31"},
    {"ends": "2026-02-27", "meets_at": "2026-01-31T23:30", "opens": "11:59"},
    {"ends": "2026-02-28", "opens": "12:00", "kind": "none_yet", "tags_of": []},
    {"ends": "2026-03-28", "name": " \u00e4rger ", "share": "{0.05}", "stars": "1"},
    {"name": "Stra\u00dfe im Nebel", "amount": "-{999999.99}", "count": "-3"},
    {"count": "{1234567}", "weight": "{0.005}", "share": "", "kind": ""},
    {"pieces-0-number": "{9.5}", "pieces-0-price": "{1000.0055}"},
    {"pieces-1-number": "3", "pieces-1-price": "{0.1234}", "urgent": ""},
    {"pieces-2-number": "", "pieces-2-price": "-{12.5}", "amount": ""},
    {"name": "", "begins": "", "currency": "", "agreed": ""},
)
WITH_SERVER = {"land_note", "mine_note"}


def written(value: object, language: str) -> object:
    """Numbers in braces as the language writes them: {12345.5} -> 12.345,5."""
    if not isinstance(value, str):
        return value

    def number(hit: re.Match[str]) -> str:
        whole, _, fraction = hit[1].partition(".")
        groups = f"{int(whole):,}".replace(",", "." if language == "de" else ",")
        point = "," if language == "de" else "."
        return f"{groups}{point}{fraction}" if fraction else groups

    return re.sub(r"\{([\d.]+)\}", number, value)


@pytest.mark.parametrize("name", PEOPLE)
def test_the_page_and_the_server_agree(page: Page, kit: str, name: str) -> None:
    language = PEOPLE[name][1]
    open_form(page, kit, name)
    for _ in range(3):
        page.locator("[data-lines-add]").click()
    told: set[str] = set()
    for state in STATES:
        values = {key: written(value, language) for key, value in state.items()}
        page.evaluate("(values) => set(values)", values)
        found = page.evaluate("() => answers()")
        for part in ("visible", "required", "readonly", "values"):
            own, server = found["own"][part], found["server"][part]
            told |= set(own)
            for key, answer in own.items():
                expected = server[key]
                if part == "values":
                    answer, expected = answer["title"], expected["title"] or None
                assert answer == expected, (part, key, values)
    notes = set(page.evaluate(NOTES)) - WITH_SERVER
    assert notes <= told
    assert not WITH_SERVER & told
    outputs = {"double", "part", "taxed", "total", "whole", "shout", "long", "state_of"}
    assert outputs | {"ratio", "pieces-0-worth", "part:sections.more"} <= told


NOTES = """() => [...document.querySelectorAll("[data-field$='_note']")].map(
  (frame) => frame.dataset.field)"""


def test_a_condition_shows_in_the_same_moment(page: Page, kit: str) -> None:
    """Within the very event, while the server's answer is still under way."""
    open_form(page, kit, "mara")
    page.route("**/evaluate*", lambda route: None)
    note = page.locator("[data-field=size_note]")
    assert note.is_hidden()
    seen = page.evaluate(
        """() => {
          const kind = document.querySelector("[name=kind]");
          kind.value = "large";
          kind.dispatchEvent(new Event("change", { bubbles: true }));
          const count = document.querySelector("[name=count]");
          count.value = "21";
          count.dispatchEvent(new Event("input", { bubbles: true }));
          return [
            document.querySelector("[data-field=size_note]").hidden,
            document.querySelector("[data-value=double]").textContent,
            document.querySelector("[data-value=shout]").textContent,
          ];
        }"""
    )
    assert seen == [False, "42", "/ big"]


def test_the_answer_of_the_server_counts(page: Page, kit: str) -> None:
    open_form(page, kit, "mara")
    page.route(
        "**/evaluate*",
        lambda route: route.fulfill(
            content_type="application/json",
            body=json.dumps({"visible": {"size_note": False}}),
        ),
    )
    with page.expect_response("**/evaluate*"):
        page.select_option("[name=kind]", "large")
    page.locator("[data-field=size_note]").wait_for(state="hidden")


def test_nothing_is_sent_that_a_person_may_not_read(page: Page, kit: str) -> None:
    """Neither the value nor the constant of a condition over a hidden field."""
    open_form(page, kit, "mara")
    script = page.locator("script[data-live]")
    assert "41.5" in script.text_content()
    assert '"77"' in script.text_content()
    page.context.clear_cookies()
    open_form(page, kit, "hans")
    sent = json.loads(script.text_content())
    text = json.dumps(sent)
    assert "margin" not in text
    assert "41.5" not in text
    assert '"77"' not in text
    assert set(sent["visible"]) == {"rank_note", "part:sections.more"}
    assert sent["given"]["kind"]["value"] == "small"
    assert {step["name"] for step in sent["steps"]} == {"double"}
