"""How a page is drawn for this reader: theme, density, contrast, folded navigation.

The template context of every page comes from here; `shell.js` writes the same cookies,
so the server renders the choice and nothing flashes.
"""

from collections.abc import Mapping

from flask import Request

from core.frozen import frozen

THEMES = ("light", "dark")
DENSITIES = ("compact", "regular", "relaxed")
RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})


@frozen
class Appearance:
    """One reader's choices; every value is safe to write into an attribute."""

    theme: str
    contrast: str
    density: str
    rail: bool


def appearance_of(request: Request) -> Appearance:
    """Read the cookies; without a choice follow the system of the reader.

    What it prefers the page has noted (`i_system`), or the browser announces it.
    """
    cookies = request.cookies
    announced = request.headers.get("Sec-CH-Prefers-Color-Scheme", "").strip('" ')
    system = _one_of(cookies, "i_system", THEMES, _known(announced, THEMES))
    return Appearance(
        theme=_one_of(cookies, "i_theme", THEMES, system),
        contrast=_one_of(cookies, "i_contrast", ("normal", "more"), "normal"),
        density=_one_of(cookies, "i_density", DENSITIES, "regular"),
        rail=cookies.get("i_nav") == "rail",
    )


def direction_of(language: str) -> str:
    """`rtl` for languages written from right to left, else `ltr`."""
    return "rtl" if language.partition("-")[0].lower() in RIGHT_TO_LEFT else "ltr"


def _known(value: str, allowed: tuple[str, ...]) -> str:
    return value if value in allowed else allowed[0]


def _one_of(
    cookies: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str
) -> str:
    value = cookies.get(name, default)
    return value if value in allowed else default
