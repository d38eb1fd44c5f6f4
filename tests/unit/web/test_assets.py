"""What is served below /static, and that the vendored files are those listed."""

import gzip
import hashlib
import json
import re

import pytest

from core.web.assets import BUNDLE, STATIC, AssetStore
from core.web.vendoring import (
    FONT_FOLDER,
    FONTS,
    ICON_NAMES,
    ICONS,
    PACKAGES,
    VENDOR,
)

LISTED = json.loads((VENDOR / "VENDOR.json").read_text())["files"]
WEB = STATIC.parent


def test_every_vendored_file_is_listed_and_unchanged():
    present = {path.name for path in VENDOR.iterdir()} - {"VENDOR.json"}
    assert present == set(LISTED)
    for name, entry in LISTED.items():
        digest = hashlib.sha256((VENDOR / name).read_bytes()).hexdigest()
        assert digest == entry["sha256"], name


def test_the_fonts_of_printed_records_are_listed_and_unchanged():
    listed = json.loads((FONT_FOLDER / "VENDOR.json").read_text())["files"]
    assert {path.name for path in FONT_FOLDER.iterdir()} - {"VENDOR.json"} == set(
        listed
    )
    for name, entry in listed.items():
        digest = hashlib.sha256((FONT_FOLDER / name).read_bytes()).hexdigest()
        assert digest == entry["sha256"], name
        assert (entry["package"], entry["version"]) == (FONTS.name, FONTS.version)


def test_the_list_names_the_packages_of_the_script():
    for package in (*PACKAGES, ICONS):
        for _, name in package.files:
            entry = LISTED[name]
            assert entry["package"] == package.name
            assert entry["version"] == package.version
            assert entry["licence"] == package.licence


def test_no_vendored_style_or_script_asks_another_server():
    for path in VENDOR.glob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(https?:)?//", path.read_text()), path


def test_every_icon_that_is_named_is_in_the_sprite():
    sprite = set(
        re.findall(r'<symbol id="([^"]+)"', (VENDOR / "icons.svg").read_text())
    )
    assert sprite == set(ICON_NAMES.read_text().split())
    named = set()
    for path in WEB.rglob("*.html"):
        text = path.read_text()
        named |= set(re.findall(r'icon\("([a-z0-9-]+)"', text))
        named |= set(re.findall(r'icon_name="([a-z0-9-]+)"', text))
    for path in STATIC.glob("js/*.js"):
        named |= set(re.findall(r'icon\("([a-z0-9-]+)"', path.read_text()))
    assert len(named) > 20
    assert named <= sprite


def test_modules_import_only_files_that_are_there():
    for path in STATIC.glob("js/*.js"):
        for name in re.findall(r'from "\./([a-z]+\.js)"', path.read_text()):
            assert (STATIC / "js" / name).is_file(), (path.name, name)


def test_no_script_of_ours_evaluates_text_or_writes_style_attributes():
    for path in STATIC.glob("js/*.js"):
        text = path.read_text()
        assert not re.search(r"\beval\(|new Function|setAttribute\(\"style\"", text)


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def store():
    return AssetStore()


def test_the_styles_come_as_one_sheet_in_order(client, store):
    answer = client.get(store.url(BUNDLE))
    assert answer.mimetype == "text/css"
    joined = b"".join(p.read_bytes() for p in sorted(STATIC.glob("css/*.css")))
    assert answer.data == joined
    assert answer.data.index(b"--i-accent:") < answer.data.index(b".btn-primary")


def test_a_current_address_is_kept_for_good_and_an_old_one_is_not(client, store):
    current = client.get(store.url("mark.svg"))
    assert "immutable" in current.headers["Cache-Control"]
    old = client.get("/static/000000000000/mark.svg")
    assert old.data == current.data
    assert old.headers["Cache-Control"] == "no-cache"


def test_large_texts_travel_packed(client, store):
    plain = client.get(store.url("vendor/tabler.min.css"))
    packed = client.get(
        store.url("vendor/tabler.min.css"), headers={"Accept-Encoding": "gzip"}
    )
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) * 5 < len(plain.data)


@pytest.mark.parametrize(
    "name", ["../app.py", "%2e%2e/app.py", "css", "", "css/none.css", "/etc/passwd"]
)
def test_nothing_outside_the_folder_is_served(client, store, name):
    answer = client.get(f"/static/{store.version}/{name}")
    assert answer.status_code in (404, 308)
    assert store.get(name) is None


def test_a_template_cannot_name_a_file_that_is_not_there(store):
    with pytest.raises(LookupError, match=r"none\.css"):
        store.url("css/none.css")


def test_a_first_visit_stays_small(client, browser_of):
    page = browser_of("mara").get("/").text
    total = 0
    for address in set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page)):
        answer = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, address
        total += len(answer.data)
    assert total < 200_000
