"""Files in a real Chromium: chosen, dropped, pasted, refused, shown, saved, removed."""

import base64
import re

import pytest
from playwright.sync_api import Page, expect

from tests.unit.web_api.conftest import PASSWORD
from tests.unit.web_api.test_files import PDF, png

NEW = "/library/poster/new"
ITEMS = "[data-name=photo] [data-upload-item]"


def sign_in(page: Page, site: str, name: str = "mara") -> None:
    page.goto(f"{site}/login/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(f"{site}/")


def given(name: str, content: bytes, kind: str = "image/png") -> dict:
    return {"name": name, "mimeType": kind, "buffer": content}


def hand_over(page: Page, place: str, event: str, name: str, content: bytes) -> None:
    """Drop or paste a file, as the browser does after the user's hand."""
    page.evaluate(
        """([place, event, name, text]) => {
          const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], name, { type: "image/png" }));
          const rest = { bubbles: true, cancelable: true };
          const given = event === "paste"
            ? new ClipboardEvent("paste", { clipboardData: data, ...rest })
            : new DragEvent(event, { dataTransfer: data, ...rest });
          document.querySelector(place).dispatchEvent(given);
        }""",
        [place, event, name, base64.b64encode(content).decode()],
    )


def test_a_picture_from_choosing_to_saving(page, library_site):
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    sign_in(page, library_site)
    page.goto(library_site + NEW)
    page.set_input_files("#f-photo", given("cat.png", png((60, 40))))
    row = page.locator(ITEMS)
    expect(row).to_contain_text("cat.png")
    expect(row.locator("img.i-thumb")).to_be_visible()
    page.set_input_files(
        "#f-papers",
        [
            given("one.pdf", PDF, "application/pdf"),
            given("two.txt", b"hello", "text/plain"),
        ],
    )
    expect(page.locator("[data-name=papers] [data-upload-item]")).to_have_count(2)
    # Without a name it is refused; the files stay.
    page.keyboard.press("Control+s")
    expect(page.locator("[data-problems]")).to_be_visible()
    expect(page.locator(ITEMS)).to_contain_text("cat.png")
    expect(page.locator("[data-name=papers] [data-upload-item]")).to_have_count(2)
    page.fill("#f-name", "Cat")
    page.keyboard.press("Control+s")
    page.wait_for_url(re.compile(r"/library/poster/\d+$"))
    shown = page.locator(".i-rec-main img.i-thumb.large")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.naturalWidth") == 60
    with page.expect_download() as saved:
        page.get_by_role("link", name="one.pdf").click()
    assert saved.value.suggested_filename == "one.pdf"
    assert saved.value.path().read_bytes() == PDF
    page.goto(f"{library_site}/library/poster")
    expect(page.locator("table img.i-thumb").first).to_be_visible()
    assert errors == []


@pytest.mark.parametrize("event", ["drop", "paste"])
def test_dropped_and_pasted(page, library_site, event):
    sign_in(page, library_site)
    page.goto(library_site + NEW)
    hand_over(page, "[data-name=photo] .i-drop", event, "first.png", png())
    expect(page.locator(ITEMS)).to_contain_text("first.png")
    hand_over(page, "[data-name=photo] .i-drop", event, "second.png", png((9, 9)))
    expect(page.locator(ITEMS)).to_have_count(1)
    expect(page.locator(ITEMS)).to_contain_text("second.png")
    page.locator(f"{ITEMS} [data-upload-remove]").click()
    expect(page.locator(ITEMS)).to_have_count(0)
    expect(page.locator("#f-photo")).to_be_focused()


def test_a_refusal_is_told_where_it_happened(page, library_site):
    sign_in(page, library_site)
    page.goto(library_site + NEW)
    page.set_input_files("#f-photo", given("cat.png", b"<html><script>1</script>"))
    told = page.locator("[data-name=photo] [data-upload-error]")
    expect(told).to_contain_text("its content is text/html")
    expect(page.locator(ITEMS)).to_have_count(0)


@pytest.mark.parametrize("how", ["key", "mouse"])
def test_saving_waits_for_a_file_on_its_way(page, library_site, how):
    sign_in(page, library_site)
    page.goto(library_site + NEW)
    page.fill("#f-name", "Late")

    def slow(route):
        page.wait_for_timeout(700)
        route.continue_()

    page.route("**/upload/photo", slow)
    page.set_input_files("#f-photo", given("cat.png", png()))
    if how == "key":
        page.keyboard.press("Control+s")
    else:
        page.locator("[data-save]").click()
    page.wait_for_url(re.compile(r"/library/poster/\d+$"))
    expect(page.locator(".i-rec-main img.i-thumb.large")).to_be_visible()


def test_saving_by_mouse_after_a_file_arrived(page, library_site):
    sign_in(page, library_site)
    page.goto(library_site + NEW)
    page.fill("#f-name", "Early")
    page.set_input_files("#f-photo", given("cat.png", png()))
    expect(page.locator(f"{ITEMS} img.i-thumb")).to_be_visible()
    page.locator("[data-save]").click()
    page.wait_for_url(re.compile(r"/library/poster/\d+$"))


def test_on_the_phone(phone_page, library_site):
    page = phone_page
    sign_in(page, library_site)
    page.goto(library_site + NEW)
    page.set_input_files("#f-photo", given("a" * 120 + ".png", png()))
    expect(page.locator(ITEMS)).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390


def test_a_mention_is_picked_and_told(page, library_site):
    sign_in(page, library_site)
    page.goto(library_site + NEW)
    page.fill("#f-name", "Mentioned")
    page.keyboard.press("Control+s")
    page.wait_for_url(re.compile(r"/library/poster/\d+$"))
    box = page.get_by_role("textbox", name="Comment")
    box.press_sequentially("Please look, @ver")
    expect(page.get_by_role("option", name="Vera @vera")).to_be_visible()
    page.keyboard.press("Enter")
    expect(box).to_have_value("Please look, @vera ")
    page.get_by_role("button", name="Comment").click()
    expect(page.locator(".i-log .i-ment")).to_have_text("@vera")
    page.locator("summary", has_text="Attach files").click()
    page.set_input_files(".i-log input[type=file]", given("cat.png", png()))
    expect(page.locator(".i-log .i-file img.i-thumb")).to_be_visible()
    page.locator("summary", has_text="Plan an activity").click()
    page.fill(".i-log [name=summary]", "Ring them")
    page.get_by_role("button", name="Plan", exact=True).click()
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".i-log del", has_text="Ring them")).to_be_visible()
    page.context.clear_cookies()
    sign_in(page, library_site, "vera")
    page.goto(f"{library_site}/notifications")
    page.get_by_role("button", name="Mentioned").first.click()
    page.wait_for_url(re.compile(r"/library/poster/\d+#timeline$"))


def test_the_timeline_on_the_phone(phone_page, library_site):
    page = phone_page
    sign_in(page, library_site)
    page.goto(library_site + NEW)
    page.fill("#f-name", "Small")
    page.locator("[data-save]").click()
    page.wait_for_url(re.compile(r"/library/poster/\d+$"))
    page.get_by_role("textbox", name="Comment").fill("x" * 300)
    page.get_by_role("button", name="Comment").click()
    expect(page.locator(".card2.note")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_files_are_dropped_on_a_record_and_pasted_into_it(page, library_site):
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    sign_in(page, library_site)
    page.goto(library_site + NEW)
    page.fill("#f-name", "Wall")
    page.keyboard.press("Control+s")
    page.wait_for_url(re.compile(r"/library/poster/\d+$"))
    zone = page.locator("[data-attach-drop]")
    page.fill("[name=body]", "half a comment")
    hand_over(page, ".i-rec", "dragenter", "cat.png", png((6, 4)))
    expect(zone).to_be_visible()
    hand_over(page, ".i-rec", "drop", "cat.png", png((6, 4)))
    expect(zone).to_be_hidden()
    kept = page.locator(".i-tl a.i-file")
    expect(kept).to_have_count(1)
    expect(kept).to_contain_text("cat.png")
    # A picture of the screen has a name that says nothing.
    hand_over(page, "[name=body]", "paste", "image.png", png((5, 5)))
    expect(kept).to_have_count(2)
    expect(kept.first).to_have_text(re.compile(r"Screenshot \d{4}-\d\d-\d\d .*\.png"))
    expect(page.locator("[name=body]")).to_have_value("half a comment")
    hand_over(page, ".i-rec", "drop", "bad.png", b"no picture")
    refused = page.locator("[data-attach-items] .i-err")
    expect(refused).to_contain_text("'bad.png' is called .png")
    refused.get_by_role("button").click()
    expect(page.locator("[data-attach-items] li")).to_have_count(0)
    page.set_input_files(
        "form[data-attach] input[type=file]",
        [given("one.txt", b"1", "text/plain"), given("two.txt", b"2", "text/plain")],
    )
    expect(kept).to_have_count(4)
    expect(kept.first).to_contain_text("two.txt")
    assert errors == []
