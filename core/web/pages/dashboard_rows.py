"""Which rows a tile is about, as a filter that a list understands as well.

A tile and the list it leads to are asked with the same text, so their figures agree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote_plus

from core.definitions import DashboardDef, TileDef
from core.frozen import frozen
from core.services import Query
from core.web.pages.screen import Screen, screen_of
from core.web.state import application

_TEXTS = re.compile(r"('(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")")
_THIS = re.compile(r"(?<![\w.])this\b")


@frozen
class TileRows:
    """The rows of a tile: the entity in front of the reader, and the filter."""

    screen: Screen
    filter: str | None
    view: str = ""

    @property
    def query(self) -> Query:
        """The question, without fields and order."""
        return Query(filter=self.filter)

    def narrowed(self, condition: str | None) -> TileRows:
        """The rows for which a further condition holds."""
        if not condition:
            return self
        both = f"({self.filter}) and ({condition})" if self.filter else condition
        return TileRows(self.screen, both, self.view)

    def href(self, view: str = "") -> str:
        """The address of the list of exactly these rows."""
        shown = view or self.view
        head = f"view={quote_plus(shown)}&" if shown else ""
        tail = f"&where={quote_plus(self.filter)}" if self.filter else ""
        return f"{self.screen.base}?{head}tab=all{tail}"


def rows_of(
    board: DashboardDef, tile: TileDef, record: int | None, chosen: Sequence[str] = ()
) -> TileRows:
    """The rows of a tile that the chosen filters leave.

    Those of a view keep the view's own condition.
    """
    registry = application().compiled.registry
    parts: list[str] = []
    view = ""
    if tile.view is not None:
        written = registry.views[tile.view]
        entity, view = written.entity, written.id
        # The list adds the view's condition by itself, the tile asks for it here.
        typed = registry.typed(f"view {written.id}/where")
        parts += [typed.text] if typed is not None else []
    else:
        entity = tile.number or tile.list or tile.from_ or ""
    if tile.where is not None:
        parts.append(about(str(tile.where), board.entity, record))
    parts += chosen
    text = " and ".join(f"({part})" for part in parts) if len(parts) > 1 else None
    return TileRows(screen_of(entity), text or (parts[0] if parts else None), view)


def about(text: str, entity: str | None, record: int | None) -> str:
    """An expression in which `this` is a certain record."""
    if entity is None or record is None:
        return text
    named = f"ref('{entity}:{record}')"
    pieces = _TEXTS.split(text)
    return "".join(
        piece if number % 2 else _THIS.sub(named, piece)
        for number, piece in enumerate(pieces)
    )
