"""The state of a list as it stands in the address, and addresses of its neighbours.

`read_state` takes the query string; every link of a list is `state.href(...)` with one
thing changed. An address is all there is: it can be kept, sent and opened again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from core.frozen import frozen
from core.web.pages.chips import Chip

PAGE_SIZE = 25
MOST_COLUMNS = 20
ALL = "all"
ARCHIVED = "archived"
MOST_CHIPS = 30
#: In an address: no saved view, although the reader's lists begin with one.
UNSAVED = "-"


@frozen
class ListState:
    """What a list shows: tab, search, chips, expression, order, place.

    `saved` is the id of the saved view that the rest began with; `columns` are empty
    where the reader's usual ones are shown; `scale` is that of a calendar; `day` that
    of a view of one day, in ISO form and empty for today.
    """

    base: str
    tab: str = ""
    search: str = ""
    chips: tuple[Chip, ...] = ()
    either: tuple[Chip, ...] = ()
    expression: str = ""
    sort: tuple[str, ...] = ()
    view: str = ""
    group: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    scale: str = ""
    day: str = ""
    saved: str = ""
    page: int = 1
    cursor: str = ""

    def query(self) -> str:
        """The state as a query string."""
        pairs: list[tuple[str, str]] = [
            ("saved", self.saved),
            ("view", self.view),
            ("tab", self.tab),
            ("q", self.search),
            *(("f", chip.written()) for chip in self.chips),
            *(("o", chip.written()) for chip in self.either),
            ("where", self.expression),
            ("sort", ",".join(self.sort)),
            ("group", ",".join(self.group)),
            ("cols", ",".join(self.columns)),
            ("scale", self.scale),
            ("on", self.day),
            ("page", str(self.page) if self.page > 1 else ""),
            ("cursor", self.cursor),
        ]
        return urlencode([pair for pair in pairs if pair[1]])

    def href(self, **changes: Any) -> str:
        """The address with something changed; a change goes back to the first page."""
        fresh = {"page": 1, "cursor": "", **changes}
        text = replace(self, **fresh).query()
        return f"{self.base}?{text}" if text else self.base

    def without(self, chip: Chip, either: bool = False) -> str:
        """The address without one chip."""
        if either:
            return self.href(either=tuple(c for c in self.either if c != chip))
        return self.href(chips=tuple(c for c in self.chips if c != chip))

    def sorted_by(self, path: str, add: bool = False) -> str:
        """The address after a click on a head: up, down, then the usual order."""
        order = {term.lstrip("-"): term for term in self.sort}
        turn = {None: path, path: f"-{path}"}.get(order.get(path))
        if not add:
            return self.href(sort=(turn,) if turn else ())
        kept = [t for t in self.sort if t.lstrip("-") != path]
        if turn and path in order:
            # A term that only turns keeps its place.
            at = [t.lstrip("-") for t in self.sort].index(path)
            kept.insert(at, turn)
        elif turn:
            kept.append(turn)
        return self.href(sort=tuple(kept))

    @property
    def narrowed(self) -> bool:
        """Whether more than the tab narrows the list."""
        return bool(self.search or self.chips or self.either or self.expression)


def read_state(base: str, args: MultiDict[str, str]) -> ListState:
    """The state that a query string describes; nonsense in it is left out."""
    page = args.get("page", "1")
    saved = args.get("saved", "")
    return ListState(
        base=base,
        tab=args.get("tab", "")[:60],
        search=args.get("q", "").strip()[:200],
        chips=_chips(args.getlist("f")),
        either=_chips(args.getlist("o")),
        expression=args.get("where", "").strip()[:4000],
        sort=tuple(t for t in args.get("sort", "").split(",") if t.strip("-"))[:5],
        view=args.get("view", "")[:80],
        group=tuple(t for t in args.get("group", "").split(",") if t)[:3],
        columns=tuple(t for t in args.get("cols", "").split(",") if t)[:MOST_COLUMNS],
        scale=args.get("scale", "")[:16],
        day=_day(args.get("on", "")),
        saved=saved if saved == UNSAVED or _is_id(saved) else "",
        page=min(int(page), 10**6) if page.isdecimal() and int(page) > 0 else 1,
        cursor=args.get("cursor", ""),
    )


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if len(text) == 10 else ""
    except ValueError:
        return ""


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _chips(texts: list[str]) -> tuple[Chip, ...]:
    found = (Chip.read(text) for text in texts[:MOST_CHIPS])
    return tuple(dict.fromkeys(chip for chip in found if chip is not None))
