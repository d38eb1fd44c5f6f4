"""The shell in a real Chromium: signing in, folding, dark mode, keys, phone."""

import threading
from dataclasses import dataclass

import pytest
from flask import jsonify, render_template_string, request
from playwright.sync_api import expect
from werkzeug.serving import WSGIRequestHandler, make_server

from core.storage.engine import Database, create_database
from core.web.account_tables import create_account_tables
from core.web.accounts import create_user, ensure_admin
from core.web.app import create_web_app
from core.web.auth import login_required_page
from core.web.menus import MenuGroup, MenuLink
from core.web.roles import mirror_roles

PASSWORD = "seven green bottles"
NAMES = ("Pine board", "Pine block", "Oak board")
PAGE = """
{% extends "base.html" %}{% import "_macros.html" as ui %}
{% set crumbs = [("Shop", none), ("Order 7", none)] %}
{% macro row(n, title="", quantity="") %}{% call ui.line_row("lines", n) %}
<td class="fill">{{ ui.input({"name": "lines-" ~ n ~ "-product", "kind": "link",
 "url": "/lookup", "label": "Product", "title": title}) }}</td>
<td>{{ ui.input({"name": "lines-" ~ n ~ "-quantity", "kind": "decimal",
 "label": "Quantity", "value": quantity}) }}</td>{% endcall %}{% endmacro %}
{% block actions %}{{ ui.button("Confirm", why="It has no lines.") }}{% endblock %}
{% block content %}
<form method="post" action="/save" data-evaluate-url="/evaluate" data-guard>
<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
{% call ui.section("") %}
{{ ui.field({"name": "amount", "kind": "money", "currency": "EUR", "value": "5",
 "label": "Amount"}) }}
{{ ui.field({"name": "reason", "label": "Reason", "help": "Why it is free."}) }}
{{ ui.field({"name": "board", "kind": "link", "url": "/lookup", "label": "Board",
 "create_url": "/create"}) }}
{{ ui.read_value("Double", "10", name="double") }}
{% endcall %}
{% call ui.lines_table("lines", "Lines", [{"label": "Product", "fill": true},
 {"label": "Quantity"}], row("__n__")) %}{{ row(0, "Oak board", "2") }}{% endcall %}
<button type="submit" data-save>Save</button></form>
<table class="i-grid" data-grid><tbody>{% for n in range(3) %}
<tr {{ ui.row_attributes(n, "/row/" ~ n) }}>{{ ui.row_check(n, "row") }}
<td><a href="/row/{{ n }}">Row {{ n }}</a></td></tr>{% endfor %}</tbody></table>
{% call ui.bulk_bar("/bulk") %}<button>Archive</button>{% endcall %}
{% endblock %}
"""


@dataclass(frozen=True)
class Config:
    secret_key: str = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Application:
    database: Database
    config: Config = Config()


class Quiet(WSGIRequestHandler):
    def log(self, *_args):
        """Requests of a test are no news."""


def add_pages(app, state):
    links = (MenuLink("Orders", "/order"), MenuLink("Prices", "/prices"))
    state.menus = lambda actor: (MenuGroup("Shop", "shopping-cart", links),)

    def evaluate():
        amount = request.form["amount"]
        zero = amount == "0"
        return jsonify(
            visible={"board": not zero},
            required={"reason": zero},
            values={"double": amount + amount},
        )

    def lookup():
        text = request.args.get("q", "").lower()
        found = [
            {"id": number, "title": name, "subtitle": f"P-{number}"}
            for number, name in enumerate(NAMES, 1)
            if text in name.lower()
        ]
        return jsonify(items=found)

    app.add_url_rule(
        "/order", "order", login_required_page(lambda: render_template_string(PAGE))
    )
    app.add_url_rule("/evaluate", view_func=evaluate, methods=["POST"])
    app.add_url_rule("/lookup", view_func=lookup)
    app.add_url_rule(
        "/create",
        "create",
        lambda: jsonify(id=9, title=request.form["title"]),
        methods=["POST"],
    )
    app.add_url_rule("/row/<int:n>", "row", lambda n: f"row {n}")
    app.add_url_rule(
        "/bulk",
        "bulk",
        lambda: "ids " + " ".join(request.form.getlist("ids")),
        methods=["POST"],
    )


@pytest.fixture
def address(tmp_path):
    database = create_database(f"sqlite:///{tmp_path}/shell.db")
    create_account_tables(database.engine)
    mirror_roles(database, ["shop.user"])
    ensure_admin(database, PASSWORD)
    create_user(database, "mara", PASSWORD, "Mara", "Lindholt", roles=["shop.user"])
    app = create_web_app(Application(database), register=[add_pages])
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    database.dispose()


def sign_in(page, address, path="/", username="admin", password=PASSWORD):
    page.goto(address + path)
    page.get_by_label("User name or e-mail").fill(username)
    page.get_by_label("Password").fill(password)
    # Keys count from when the scripts of the next page have run.
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in").click()


def test_a_wrong_password_is_refused_and_the_right_one_leads_on(page, address):
    sign_in(page, address, "/setup/users", password="wrong")
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    expect(page.get_by_label("Password")).to_be_focused()
    expect(page.get_by_label("User name or e-mail")).to_have_value("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(address + "/setup/users")
    expect(page.get_by_role("heading", name="Users")).to_be_visible()


def test_signing_out_by_the_menu(page, address):
    sign_in(page, address)
    page.get_by_title("Administrator").first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_navigation_folds_and_stays_folded(page, address):
    sign_in(page, address)
    expect(page.get_by_text("Modules")).to_be_visible()
    page.keyboard.press("[")
    expect(page.get_by_text("Modules")).to_be_hidden()
    page.reload()
    expect(page.locator("#shell")).to_have_class("i-shell is-rail")
    side = page.locator("#side")
    side.get_by_title("Shop").click()
    side.get_by_role("link", name="Orders").click()
    expect(page).to_have_url(address + "/order")
    page.get_by_role("button", name="Fold the navigation").click()
    link = side.get_by_role("link", name="Orders")
    expect(link).to_be_visible()
    expect(link).to_have_attribute("aria-current", "page")


def test_dark_mode_is_drawn_by_the_server_afterwards(page, address):
    sign_in(page, address)
    page.get_by_title("Administrator").first.click()
    page.get_by_role("button", name="Dark mode").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark == "rgb(14, 15, 17)"
    html = page.request.get(address + "/").text()
    assert 'data-bs-theme="dark"' in html


def test_high_contrast_and_row_height_stay(page, address):
    sign_in(page, address)
    for name in ("High contrast", "Compact"):
        page.get_by_title("Administrator").first.click()
        page.get_by_role("button", name=name).click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-contrast", "more")
    expect(page.locator("body")).to_have_attribute("data-density", "compact")


def test_the_palette_goes_places_by_keys(page, address):
    sign_in(page, address)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search or go to")).to_be_focused()
    page.keyboard.type("rol")
    expect(page.get_by_role("option", name="Roles")).to_have_attribute(
        "aria-selected", "true"
    )
    page.keyboard.press("Enter")
    expect(page).to_have_url(address + "/setup/roles")


def test_shortcuts_are_listed_and_work(page, address):
    sign_in(page, address, "/setup/users")
    expect(page).to_have_url(address + "/setup/users")
    page.keyboard.press("?")
    listed = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(listed).to_contain_text("New user")
    page.keyboard.press("Escape")
    expect(listed).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.get_by_label("User name")).to_have_value("admin")
    page.goto(address + "/setup/users")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="New user")).to_be_visible()
    page.get_by_label("First name").fill("gh")
    expect(page.get_by_label("First name")).to_have_value("gh")


def test_a_user_is_made_and_a_toast_says_so(page, address):
    sign_in(page, address, "/setup/users/new")
    page.get_by_label("User name").fill("jonas")
    page.get_by_label("Password").fill("nine purple lamps")
    page.get_by_label("First name").fill("Jonas")
    page.get_by_label("shop.user").check()
    page.keyboard.press("Control+s")
    expect(page.get_by_role("status").filter(has_text="can sign in")).to_be_visible()
    expect(page.get_by_role("row", name="Jonas")).to_contain_text("shop.user")


def test_a_record_is_picked_or_created_by_keys(page, address):
    sign_in(page, address, "/order")
    board = page.locator("#f-board")
    board.press_sequentially("pine")
    expect(page.get_by_role("option")).to_have_count(3)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(board).to_have_value("Pine block")
    expect(page.locator("input[name=board]")).to_have_value("2")
    board.fill("Elm board")
    page.keyboard.press("Control+Enter")
    expect(page.locator("input[name=board]")).to_have_value("9")
    board.fill("neither")
    page.keyboard.press("Tab")
    expect(board).to_have_value("Elm board")
    board.fill("")
    page.keyboard.press("Tab")
    expect(page.locator("input[name=board]")).to_have_value("")


def test_fields_follow_what_the_server_says(page, address):
    sign_in(page, address, "/order")
    expect(page.locator("[data-field=reason] [data-required]")).to_be_hidden()
    page.get_by_label("Amount").fill("0")
    expect(page.locator("[data-field=board]")).to_be_hidden()
    expect(page.locator("[data-field=reason] [data-required]")).to_be_visible()
    expect(page.locator("[data-value=double]")).to_have_text("00")
    page.get_by_label("Amount").fill("7")
    expect(page.locator("[data-field=board]")).to_be_visible()


def test_lines_grow_move_and_take_a_block(page, address):
    sign_in(page, address, "/order")
    quantities = page.get_by_label("Quantity")
    quantities.first.press("Enter")
    expect(quantities).to_have_count(2)
    expect(quantities.nth(1)).to_be_focused()
    page.keyboard.type("5")
    page.keyboard.press("Alt+ArrowUp")
    expect(quantities.first).to_have_value("5")
    page.evaluate(
        """() => {
          const cell = document.querySelector("[data-line] [data-picker-text]");
          const data = new DataTransfer();
          data.setData("text/plain", "Pine board\\t3\\nOak board\\t4\\nPine block\\t6");
          const event = new ClipboardEvent("paste",
            {clipboardData: data, bubbles: true, cancelable: true});
          cell.dispatchEvent(event);
        }"""
    )
    expect(quantities).to_have_count(3)
    expect(quantities.nth(2)).to_have_value("6")
    expect(page.locator("[data-line] [data-picker-value]").nth(2)).to_have_value("2")
    page.get_by_role("button", name="Remove this line").first.click()
    expect(quantities).to_have_count(2)


def test_chosen_rows_are_sent(page, address):
    sign_in(page, address, "/order")
    expect(page.get_by_role("toolbar")).to_be_hidden()
    for key in ("j", "x", "j", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-bulk-count]")).to_have_text("2")
    page.keyboard.press("Escape")
    expect(page.get_by_role("toolbar")).to_be_hidden()
    page.keyboard.press("x")
    page.get_by_role("button", name="Archive").click()
    expect(page.locator("body")).to_have_text("ids 2")


def test_a_grey_button_says_why(page, address):
    sign_in(page, address, "/order")
    page.get_by_role("button", name="Confirm").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".i-box")).to_contain_text("It has no lines.")
    page.keyboard.press("Escape")
    expect(page.locator(".i-box")).to_have_count(0)
    expect(page.get_by_role("button", name="Confirm")).to_be_focused()


def test_undo_by_keys_and_at_most_three_messages(page, address):
    sign_in(page, address)
    page.evaluate(
        """() => { for (const text of ["one", "two", "three", "four"])
          document.dispatchEvent(new CustomEvent("intarsia:toast",
            {detail: {text, undo: () => { document.title = `undone ${text}`; }}})); }"""
    )
    expect(page.locator("[data-toast]")).to_have_count(3)
    page.keyboard.press("Control+z")
    expect(page).to_have_title("undone four")


@pytest.mark.parametrize("path", ["/", "/setup/users", "/profile/", "/order", "/none"])
def test_no_page_scrolls_sideways_on_a_phone(phone_page, address, path):
    sign_in(phone_page, address)
    expect(phone_page.locator("#shell")).to_be_visible()
    phone_page.goto(address + path)
    width = phone_page.evaluate("document.documentElement.scrollWidth")
    assert width == phone_page.viewport_size["width"]


def test_the_phone_has_a_bar_and_a_sheet(phone_page, address):
    page = phone_page
    sign_in(page, address)
    expect(page.locator("#side")).to_be_hidden()
    page.get_by_role("button", name="More").click()
    page.locator("#side").get_by_text("Shop").click()
    page.locator("#side").get_by_role("link", name="Orders").click()
    expect(page).to_have_url(address + "/order")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("combobox", name="Search or go to")).to_be_focused()


def test_the_first_tab_stop_skips_to_the_content(page, address):
    sign_in(page, address)
    expect(page.locator("#main")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
