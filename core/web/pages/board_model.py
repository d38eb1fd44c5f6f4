"""A board worked out: columns with exact figures, and the first cards of each.

Counts and sums come from one statement over all rows, never from the cards that happen
to be loaded. `board_page` draws it and sends parts of it after a move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup

from core.compiler.view_models import BoardView, Column
from core.expressions import Record
from core.frozen import frozen
from core.services import Group, Query, Reader, Totals, TotalsFound, totals_of
from core.web.pages.board_columns import (
    BoardColumn,
    Scope,
    columns_of,
    scopes_of,
    with_strays,
)
from core.web.pages.cells import NUMERIC, Writer
from core.web.pages.chips import quoted
from core.web.pages.columns import readable_path
from core.web.pages.figures import Figures, grouped
from core.web.pages.list_model import cells_of, name_many, query_of
from core.web.pages.list_state import ListState
from core.web.pages.measures import measure_of, wanted_paths
from core.web.pages.screen import Screen
from core.web.wording import say

#: Cards of a column that come with the page, and with each "more".
CARDS = 20


@frozen
class Sum:
    """One figure of a column: what it is and the amount."""

    label: str
    text: Markup


@frozen
class Head:
    """What stands above a column's cards."""

    count: int
    count_text: str
    sums: tuple[Sum, ...]
    is_full: bool


@frozen
class ShownCard:
    """One card, ready to draw; `rows` are lines of one or more values."""

    id: int
    version: int
    href: str
    label: str
    title: Markup
    rows: tuple[tuple[str, tuple[Markup, ...]], ...]
    badge: Markup
    image: Markup
    is_stale: bool


@frozen
class Lane:
    """A column with its head and cards; `more` is where further cards begin."""

    column: BoardColumn
    head: Head
    cards: tuple[ShownCard, ...] = ()
    more: int = 0


@dataclass
class Board:
    """Works out one board for one reader."""

    screen: Screen
    reader: Reader
    view: BoardView
    state: ListState
    scopes: list[Scope] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scopes = scopes_of(self.screen, self.reader, self.view, self.state)
        self.query = query_of(self.screen, self.view, self.state)
        parts = [f"({self.query.filter})"] if self.query.filter else []
        chosen = {chip.path for chip in self.state.chips}
        parts += [s.condition for s in self.scopes if s.field.name not in chosen]
        self.query = replace(self.query, filter=" and ".join(parts) or None)
        self.sums = [
            one
            for one in self.view.sums
            if summable(self.screen, self.reader, one.path)
        ]
        self.figures = Figures(self.screen, self.reader)

    def lanes(self) -> list[Lane]:
        """All columns with their heads, without cards."""
        found = self._totals()
        columns = columns_of(self.screen, self.reader, self.view, self.scopes)
        groups = {group.keys[0]: group for group in found.groups}
        columns = with_strays(
            self.screen, self.reader, self.view, columns, list(groups), say("Without")
        )
        return [
            Lane(one, self._head(one, groups.get(one.value), found)) for one in columns
        ]

    def _totals(self) -> TotalsFound:
        asked = Totals(
            query=self.query,
            by=(self.view.field.name,),
            values=tuple(f"sum(rows.{one.path})" for one in self.sums),
        )
        found = totals_of(self.reader.scene, self.screen.id, asked)
        self.figures.learn([found])
        return found

    def _head(
        self, column: BoardColumn, group: Group | None, found: TotalsFound
    ) -> Head:
        count = group.count if group else 0
        sums = tuple(
            Sum(
                self.screen.labels.column(one),
                self.figures.markup(figure, group.values[number] if group else ()),
            )
            for number, (one, figure) in enumerate(
                zip(self.sums, found.figures, strict=True)
            )
        )
        full = column.limit is not None and count >= column.limit
        return Head(count, grouped(count), sums, full)

    def filled(self, lane: Lane, offset: int = 0) -> Lane:
        """A column with a page of its cards."""
        if not lane.head.count:
            return lane
        name = self.view.field.name
        condition = _condition(name, self.view.field.kind, lane.column.value)
        parts = [f"({self.query.filter})"] if self.query.filter else []
        query = replace(
            self.query,
            filter=" and ".join([*parts, condition]),
            limit=CARDS,
            offset=offset or None,
        )
        cards = tuple(self._cards(query))
        rest = lane.head.count - offset - len(cards)
        return replace(lane, cards=cards, more=offset + len(cards) if rest > 0 else 0)

    def card(self, id_: int) -> ShownCard | None:
        """One card by its record, None if it is not to be seen."""
        cards = list(self._cards(Query(filter=f"id == {id_}", limit=1, archived="yes")))
        return cards[0] if cards else None

    def _cards(self, query: Query) -> list[ShownCard]:
        maker = CardMaker(self.screen, self.reader, self.view)
        return maker.cards(self.reader.search(self.screen.id, maker.asking(query)))


def _condition(name: str, kind: str, value: Any) -> str:
    if value is None:
        return f"{name} is null"
    return f"{name}.id == {value}" if kind == "link" else f"{name} == {quoted(value)}"


def summable(screen: Screen, reader: Reader, path: str) -> bool:
    """Whether the reader may add a field up: it is open to him on every row."""
    conditions = reader.access.of(screen.id).read_conditions
    return readable_path(screen, path) and path not in conditions


class CardMaker:
    """Makes the cards of one page: which fields to read, how each is drawn."""

    def __init__(self, screen: Screen, reader: Reader, view: BoardView) -> None:
        self.screen = screen
        self.reader = reader
        self.view = view
        card = view.card
        self._lines = [c for c in card.lines if readable_path(screen, c.path)]
        self._title = _open(screen, card.title)
        self._badge = _open(screen, card.badge)
        self._image = _open(screen, card.image)
        single = (self._title, self._badge, self._image)
        wanted = [*self._lines, *(c for c in single if c)]
        self._measures = {
            c.path: measure_of(screen.compiled, screen.entity, c.field)
            for c in wanted
            if c.field is not None and "." not in c.path
        }
        cells = cells_of(screen, reader)
        self._writers: dict[str, Writer] = {
            c.path: cells.writer(c.path, c.field, self._measures.get(c.path))
            for c in wanted
        }
        self._paths = [c.path for c in wanted]

    def asking(self, query: Query) -> Query:
        """The query with the fields that cards need."""
        fields = [*self._paths, *wanted_paths(self._measures.values())]
        return replace(query, fields=tuple(dict.fromkeys(fields)) or ("id",))

    def cards(self, page: Any) -> list[ShownCard]:
        """The cards of a page of records."""
        for one in self._lines:
            if one.field is not None and one.field.kind == "links":
                target = one.field.targets[0]
                name_many(self.reader, one.path, target, page.items)
        ids = [record.id for record in page.items if record.id is not None]
        titles = {} if self._title else self.reader.titles(self.screen.id, ids)
        stale = self._stale(ids)
        return [self._card(record, titles, stale) for record in page.items]

    def _card(
        self, record: Record, titles: dict[int, str], stale: set[int]
    ) -> ShownCard:
        id_ = record.id or 0
        title = (
            self._writers[self._title.path](record)
            if self._title
            else Markup.escape(titles.get(id_, str(id_)))
        )
        return ShownCard(
            id=id_,
            version=int(record["version"]),
            href=self.screen.href(id_),
            label=Markup(title).striptags() or str(id_),
            title=title or Markup("\u2013"),
            rows=tuple(self._rows(record)),
            badge=self._writers[self._badge.path](record) if self._badge else Markup(),
            image=self._writers[self._image.path](record) if self._image else Markup(),
            is_stale=id_ in stale,
        )

    def _rows(self, record: Record) -> list[tuple[str, tuple[Markup, ...]]]:
        """Texts stand alone; short values two in a row, an amount first and bold."""
        rows: list[tuple[str, tuple[Markup, ...]]] = []
        short: list[Markup] = []
        for one in self._lines:
            value = self._writers[one.path](record)
            if not value:
                continue
            if _is_short(one):
                short.append(value)
            else:
                rows.append(("c", (value,)))
        pairs = [tuple(short[at : at + 2]) for at in range(0, len(short), 2)]
        return rows + [("r", pair) for pair in pairs]

    def _stale(self, ids: Sequence[int]) -> set[int]:
        """The records that rest too long."""
        test = self.view.stale
        if test is None or not ids:
            return set()
        scene = self.reader.scene
        rows = scene.loader.load(self.screen.id, list(ids), test.reads.this)
        return {
            id_
            for id_, record in rows.items()
            if test.run(scene.env(test.reads, this=record)) is True
        }


def _open(screen: Screen, column: Column | None) -> Column | None:
    return column if column and readable_path(screen, column.path) else None


def _is_short(column: Column) -> bool:
    if column.field is None:
        return True
    if column.field.kind == "link":
        return column.field.targets[0] == "base.user"
    return column.field.type.name in NUMERIC or column.field.type.name in (
        "date",
        "datetime",
        "choice",
        "boolean",
        "rating",
    )
