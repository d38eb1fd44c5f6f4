"""Views that are imported late are still the views that the routes name."""

from collections.abc import Callable
from inspect import isfunction

import pytest
from flask import Flask

from core.web.api import register as api
from core.web.late_views import LateView, load_views
from core.web.pages import register as pages

PLACES = [
    *(("core.web.pages", route[-1]) for route in pages.ROUTES),
    *(("core.web.api", route[-1]) for route in api.ROUTES),
    ("core.web.pages", "home_page.home_page"),
]


@pytest.mark.parametrize(("package", "place"), PLACES)
def test_every_route_names_a_view(package: str, place: str) -> None:
    view = LateView(package, place).load()
    assert isfunction(view)
    assert view.__name__ == place.partition(".")[2]


def test_a_late_view_answers() -> None:
    view: Callable[..., str] = LateView("core.diagnostics", "suggest.did_you_mean")
    assert view("lits", ["list"]) == "did you mean 'list'?"


def test_loading_all_finds_a_wrong_place() -> None:
    app = Flask(__name__)
    app.add_url_rule("/", "late", LateView("core.diagnostics", "suggest.nothing"))
    with pytest.raises(AttributeError):
        load_views(app)
