"""The bar of filters above a dashboard: what is offered, what is chosen.

The address says which are on (`?filter=mine`); without a word about it those marked as
usual are. Charts, lists and figures all obey them.
"""

from __future__ import annotations

from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from core.definitions import DashboardDef
from core.frozen import frozen
from core.web.pages.screen import Screen, is_for

#: In an address: none of them, although some are usual.
NONE = "-"
_NAME = "filter"


@frozen
class ShownFilter:
    """One filter of the bar; its address turns it on or off."""

    label: str
    icon: str
    href: str
    is_on: bool


@frozen
class FilterBar:
    """The filters of a dashboard, and the conditions of those that are on."""

    shown: tuple[ShownFilter, ...]
    conditions: tuple[str, ...]


def filter_bar(
    screen: Screen, board: DashboardDef, path: str, args: MultiDict[str, str]
) -> FilterBar:
    """The bar in the state of an address."""
    open_ = {
        name: one
        for name, one in board.filters.items()
        if not one.hidden and is_for(screen.compiled, screen.actor, board.id, one.roles)
    }
    asked = args.getlist(_NAME)
    usual = [name for name, one in open_.items() if one.default]
    on = [name for name in open_ if name in (asked or usual)]
    shown = tuple(
        ShownFilter(
            label=screen.labels.at(f"dashboard {board.id}/filters/{name}"),
            icon=one.icon or "",
            href=_address(path, [n for n in open_ if (n in on) != (n == name)]),
            is_on=name in on,
        )
        for name, one in open_.items()
    )
    return FilterBar(shown, tuple(str(open_[name].where) for name in on))


def _address(path: str, names: list[str]) -> str:
    return f"{path}?{urlencode([(_NAME, name) for name in names or [NONE]])}"
