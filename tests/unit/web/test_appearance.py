"""The reader's choices, drawn by the server."""

import pytest

from core.config import AppConfig
from core.web.appearance import direction_of
from core.web.settings import WebSettings


def head(client, **headers):
    text = client.get("/login/", headers=headers).text
    return text[: text.index("</head>")]


def test_the_theme_comes_from_the_cookie(app):
    client = app.test_client()
    assert 'data-bs-theme="light"' in head(client)
    client.set_cookie("i_theme", "dark")
    assert 'data-bs-theme="dark"' in head(client)


def test_without_a_choice_the_browser_decides(app):
    announced = {"Sec-CH-Prefers-Color-Scheme": '"dark"'}
    client = app.test_client()
    assert 'data-bs-theme="dark"' in head(client, **announced)
    client.set_cookie("i_theme", "light")
    assert 'data-bs-theme="light"' in head(client, **announced)


def test_what_the_page_has_noted_of_the_system_holds_until_somebody_chooses(app):
    client = app.test_client()
    client.set_cookie("i_system", "dark")
    announced = {"Sec-CH-Prefers-Color-Scheme": '"light"'}
    assert 'data-bs-theme="dark"' in head(client)
    assert 'data-bs-theme="dark"' in head(client, **announced)
    client.set_cookie("i_theme", "light")
    assert 'data-bs-theme="light"' in head(client)


def test_a_strange_cookie_is_not_believed(app):
    client = app.test_client()
    for name in ("i_theme", "i_system", "i_density", "i_contrast", "i_nav"):
        client.set_cookie(name, '"><script>')
    page = client.get("/login/").text
    assert "<script>" not in page
    assert 'data-bs-theme="light"' in page
    assert 'data-density="regular"' in page


def test_folding_and_density_are_drawn(browser_of):
    browser = browser_of("mara")
    assert "is-rail" not in browser.get("/").text
    browser.client.set_cookie("i_nav", "rail")
    browser.client.set_cookie("i_density", "compact")
    browser.client.set_cookie("i_contrast", "more")
    page = browser.get("/").text
    assert "i-shell is-rail" in page
    assert 'data-density="compact"' in page
    assert 'data-contrast="more"' in page


@pytest.mark.parametrize(
    ("language", "direction"),
    [("en", "ltr"), ("ar", "rtl"), ("he-IL", "rtl"), ("art", "ltr")],
)
def test_the_direction_follows_the_language(language, direction):
    assert direction_of(language) == direction


def test_languages_and_https_come_from_the_configuration(tmp_path):
    config = AppConfig(
        home=tmp_path,
        database_url="sqlite://",
        secret_key="k" * 48,
        https=True,
        trusted_proxies=1,
        languages=("en", "de"),
    )
    settings = WebSettings.of(config)
    assert settings.languages == ("en", "de")
    assert (settings.https, settings.trusted_proxies) == (True, 1)
