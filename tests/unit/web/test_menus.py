"""Which link of the navigation is the current one."""

import pytest

from core.web.menus import MenuGroup, MenuLink, navigation

TOP = (MenuLink("Home", "/", "home"),)
GROUPS = (
    MenuGroup(
        "Shop",
        "shopping-cart",
        (
            MenuLink("Orders", "/e/shop.order"),
            MenuLink("Open orders", "/e/shop.order?filter=open"),
            MenuLink("Prices", "/e/shop.order/prices"),
        ),
    ),
    MenuGroup("Help", "lifebuoy", href="/help"),
)


def current(path):
    nav = navigation(path, TOP, GROUPS)
    inner = [link.label for group in nav.groups for link in group.links if link.current]
    groups = [group.label for group in nav.groups if group.current]
    return [link.label for link in nav.top if link.current], inner, groups


@pytest.mark.parametrize(
    ("path", "top", "inner", "groups"),
    [
        ("/", ["Home"], [], []),
        ("/e/shop.order", [], ["Orders"], ["Shop"]),
        ("/e/shop.order?page=2", [], ["Orders"], ["Shop"]),
        ("/e/shop.order?filter=open", [], ["Open orders"], ["Shop"]),
        ("/e/shop.order/7/edit", [], ["Orders"], ["Shop"]),
        ("/e/shop.order/prices/3", [], ["Prices"], ["Shop"]),
        ("/e/shop.orders", [], [], []),
        ("/help/keys", [], [], ["Help"]),
        ("/profile/", [], [], []),
    ],
)
def test_the_link_that_fits_best_is_current(path, top, inner, groups):
    assert current(path) == (top, inner, groups)
