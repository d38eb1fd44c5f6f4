"""The start page: what waits for the reader, and what changed last.

Handed to the shell. Each tile counts what its link shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask import render_template

from core.frozen import frozen
from core.services import Query, Reader
from core.storage import tables
from core.web.pages.approvals_page import waiting_count
from core.web.pages.figures import grouped
from core.web.pages.history import ACTIONS
from core.web.pages.list_model import offered_filters
from core.web.pages.navigation import menu_entities
from core.web.pages.screen import Screen, acting, screen_of
from core.web.pages.texts import Texts
from core.web.state import application
from core.web.wording import say

_TILES = 8
_RECENT = 12
_MINE = "mine"


@frozen
class Tile:
    """One count that leads to its list."""

    label: str
    note: str
    count: str
    href: str
    icon: str


def home_page() -> str:
    """The start page of the reader."""
    actor = acting()
    entities = menu_entities(actor, deep=False)
    with application().reader(actor) as reader:
        screens = [screen_of(entity) for entity in entities]
        tiles = [*_approvals(reader)]
        tiles += [tile for screen in screens for tile in _tiles(screen, reader)]
        recent = list(_recent(reader))
    return render_template("pages/home.html", tiles=tiles[:_TILES], recent=recent)


def _approvals(reader: Reader) -> Iterator[Tile]:
    """What waits for the reader's decision, if anything does."""
    count = waiting_count(reader)
    if count:
        note = say("wait for your decision")
        yield Tile(say("Approvals"), note, grouped(count), "/approvals", "circle-check")


def _tiles(screen: Screen, reader: Reader) -> Iterator[Tile]:
    """A tile for the reader's own records, else for those that are usual."""
    view = screen.compiled.views.list_of(screen.id)
    offered = offered_filters(screen, view)
    chosen = next((f for f in offered if f.id == _MINE and f.named), None) or next(
        (f for f in offered if f.default and f.named), None
    )
    if chosen is None:
        return
    page = reader.search(
        screen.id,
        Query(named=(chosen.id,), fields=("id",), limit=1, count="estimate"),
    )
    more = "+" if page.estimated else ""
    yield Tile(
        label=screen.labels.plural(screen.entity),
        note=screen.labels.filter(view.id, screen.id, chosen),
        count=grouped(page.count or 0) + more,
        href=f"{screen.base}?tab={chosen.id}",
        icon=screen.entity.definition.icon or "list",
    )


def _recent(reader: Reader) -> Iterator[dict[str, Any]]:
    """The latest changes of records that the reader may see."""
    table = tables.audit
    statement = (
        sa.select(table.c.entity, table.c.record, table.c.action, table.c.at)
        # What came with a module is nobody's news.
        .where(table.c.via != "seed")
        .order_by(table.c.id.desc())
        .limit(60)
    )
    rows = reader.scene.connection.execute(statement).all()
    wanted: dict[str, set[int]] = {}
    for row in rows:
        if row.entity in reader.runtime.compiled.tables:
            wanted.setdefault(row.entity, set()).add(row.record)
    titles = {
        (entity, id_): title
        for entity, ids in wanted.items()
        for id_, title in reader.titles(entity, sorted(ids)).items()
    }
    seen: set[tuple[str, int]] = set()
    for row in rows:
        key = (row.entity, row.record)
        if key in seen or key not in titles or len(seen) >= _RECENT:
            continue
        seen.add(key)
        yield _change(reader, row, titles[key])


def _change(reader: Reader, row: Any, title: str) -> dict[str, Any]:
    screen = screen_of(row.entity)
    texts = Texts(screen.labels, screen.locale)
    action = row.action.removesuffix("d")
    words, icon, tone = ACTIONS.get(action, ("changed it", "edit", ""))
    return {
        "title": title,
        "href": screen.href(row.record),
        "kind": screen.labels.entity(row.entity),
        "what": say(words),
        "icon": icon,
        "tone": tone,
        "at": texts.since(row.at, reader.scene.moment.now),
        "at_full": texts.moment(row.at),
    }
