"""A dashboard worked out: one statement per figure, lists with few rows.

`dashboard_page` draws it. A tile that the reader may not see, or about fields that are
closed to him, is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType

from babel.numbers import format_percent
from markupsafe import Markup

from core.compiler import Compiled
from core.definitions import DashboardDef, TileDef
from core.expressions import Kind
from core.frozen import frozen
from core.services import (
    Amount,
    BadQuery,
    Figure,
    NotAllowed,
    Reader,
    TotalsFound,
)
from core.web.pages.cells import NOTHING
from core.web.pages.columns import ShownColumn, shown_columns
from core.web.pages.dashboard_charts import Chart, chart_of, dimension_of
from core.web.pages.dashboard_rows import TileRows, about, rows_of
from core.web.pages.dashboard_totals import SharedTotals, Wanted
from core.web.pages.dimensions import Dimension
from core.web.pages.figures import Figures, grouped
from core.web.pages.measures import measure_of
from core.web.pages.related import rows_with_cells
from core.web.pages.screen import Screen, is_for

_ROWS = 5
_COLUMNS = 4
_COUNT = "count(rows)"
#: How many twelfths of the width a tile takes unless it says so.
_SPANS = MappingProxyType({"number": 3, "list": 6, "view": 6, "chart": 6, "text": 12})


@frozen
class ShownTile:
    """A tile ready to draw; which of the parts are filled depends on its kind."""

    id: str
    kind: str
    label: str
    span: int
    icon: str = ""
    text: str = ""
    href: str = ""
    figure: Markup = NOTHING
    change: str = ""
    is_up: bool = False
    note: str = ""
    count: str = ""
    columns: tuple[ShownColumn, ...] = ()
    rows: tuple[tuple[str, list[Markup]], ...] = ()
    new_href: str = ""
    chart: Chart | None = None


@dataclass
class _Asked:
    """What was asked for a tile before figures and units are known."""

    id: str
    tile: TileDef
    kind: str
    rows: TileRows | None = None
    wanted: Wanted | None = None
    wanted_before: Wanted | None = None
    found: TotalsFound | None = None
    before: TotalsFound | None = None
    dimension: Dimension | None = None
    shown: ShownTile | None = None


@dataclass
class Dashboard:
    """Works out one dashboard for one reader."""

    compiled: Compiled
    screen: Screen
    reader: Reader
    board: DashboardDef
    record: int | None = None
    chosen: tuple[str, ...] = ()
    figures: Figures = field(init=False)
    totals: SharedTotals = field(init=False)

    def __post_init__(self) -> None:
        self.figures = Figures(self.screen, self.reader)
        self.totals = SharedTotals(self.reader)

    def tiles(self) -> list[ShownTile]:
        """The tiles that the reader may see, in order."""
        asked = [one for one in list(self._asked()) if self._is_read(one)]
        learnt = [one for a in asked for one in (a.found, a.before) if one is not None]
        self.figures.learn(learnt)
        return [self._shown(one) for one in asked]

    def _is_read(self, asked: _Asked) -> bool:
        """Fill in the figures of a tile; False if they are closed to the reader."""
        for wanted, name in (
            (asked.wanted, "found"),
            (asked.wanted_before, "before"),
        ):
            if wanted is not None:
                found = self.totals.found(wanted)
                if found is None:
                    return False
                setattr(asked, name, found)
        return True

    def _asked(self) -> Iterator[_Asked]:
        actor = self.screen.actor
        for name, tile in self.board.tiles.items():
            owner = self.compiled.registry.set_by(self._at(name))
            if tile.hidden or not is_for(self.compiled, actor, owner, tile.roles):
                continue
            try:
                found = self._ask(name, tile)
            except (BadQuery, NotAllowed):
                # Not his to see: fields or rows of it are closed to him.
                continue
            if found is not None:
                yield found

    def _at(self, name: str) -> str:
        return f"dashboard {self.board.id}/tiles/{name}"

    def _ask(self, name: str, tile: TileDef) -> _Asked | None:
        kind = next(k for k in _SPANS if getattr(tile, k) is not None)
        asked = _Asked(name, tile, kind)
        if kind == "text":
            return asked
        asked.rows = rows = rows_of(self.board, tile, self.record, self.chosen)
        if not rows.screen.can("read"):
            return None
        if kind in ("list", "view"):
            asked.shown = self._list(name, tile, kind, rows)
            return asked
        value = str(tile.value) if tile.value is not None else _COUNT
        by: tuple[str, ...] = ()
        if kind == "chart":
            asked.dimension = dimension_of(self.reader, rows.screen, tile)
            by = (asked.dimension.text,)
        asked.wanted = self._want(rows, by, value)
        if tile.compare is not None:
            where = about(str(tile.compare.where), self.board.entity, self.record)
            where = " and ".join(f"({one})" for one in (where, *self.chosen))
            other = TileRows(rows.screen, where)
            asked.wanted_before = self._want(other, (), value)
        return asked

    def _want(self, rows: TileRows, by: tuple[str, ...], value: str) -> Wanted:
        return self.totals.want(Wanted(rows.screen.id, rows.query, by, value))

    # -- drawing ------------------------------------------------------------------

    def _frame(self, name: str, tile: TileDef, kind: str) -> ShownTile:
        label = self.screen.labels.at(self._at(name))
        span = tile.span_ or _SPANS[kind]
        return ShownTile(name, kind, label, span, icon=tile.icon or "")

    def _shown(self, asked: _Asked) -> ShownTile:
        if asked.shown is not None:
            return asked.shown
        frame = self._frame(asked.id, asked.tile, asked.kind)
        if asked.rows is None or asked.found is None:
            text = self.screen.labels.at(self._at(asked.id), "text")
            return replace(frame, text=text)
        href = asked.rows.href(asked.tile.drill or "")
        if asked.dimension is not None:
            chart = chart_of(
                self.reader,
                asked.rows,
                asked.tile,
                asked.dimension,
                asked.found,
                self.figures,
            )
            return replace(frame, chart=chart, href=href)
        return replace(self._number(frame, asked), href=href)

    def _number(self, frame: ShownTile, asked: _Asked) -> ShownTile:
        assert asked.found is not None
        figure = asked.found.figures[0]
        amounts = asked.found.groups[0].values[0] if asked.found.groups else ()
        amounts = amounts or (Amount(0),)
        shown = replace(frame, figure=self.figures.markup(figure, amounts))
        if asked.before is None:
            return shown
        earlier = asked.before.groups[0].values[0] if asked.before.groups else ()
        share = _change(figure, amounts, earlier)
        note = self.screen.labels.at(f"{self._at(asked.id)}/compare")
        if share is None:
            then = self.figures.markup(figure, earlier or (Amount(0),))
            return replace(shown, note=f"{note}: {then.striptags()}")
        locale = self.screen.locale.babel()
        text = format_percent(abs(share), "#,##0 %", locale=locale)
        return replace(shown, change=str(text), is_up=share >= 0, note=note)

    def _list(self, name: str, tile: TileDef, kind: str, rows: TileRows) -> ShownTile:
        screen = rows.screen
        views = screen.compiled.views
        view = views.list_of(screen.id, tile.view)
        if tile.columns:
            written = views.columns_of(screen.id, tile.columns)
            view = replace(view, columns=written)
        columns = shown_columns(screen, view, None)[: max(_COLUMNS, len(tile.columns))]
        measures = {
            c.path: measure_of(screen.compiled, screen.entity, c.field)
            for c in columns
            if c.field is not None and "." not in c.path
        }
        order = tuple(
            ("-" if one.descending else "") + ".".join(one.path.steps)
            for one in tile.order
        )
        query = replace(
            rows.query,
            order=order or view.order,
            limit=tile.limit or _ROWS,
            count="estimate",
        )
        found, page = rows_with_cells(screen, self.reader, columns, measures, query)
        return replace(
            self._frame(name, tile, kind),
            href=rows.href(tile.drill or ""),
            count=grouped(page.count or 0) + ("+" if page.estimated else ""),
            columns=tuple(columns),
            rows=tuple(found),
            new_href=f"{screen.base}/new" if screen.can("create") else "",
        )


def _change(
    figure: Figure, now: tuple[Amount, ...], then: tuple[Amount, ...]
) -> Decimal | None:
    """The change as a share; None where there is nothing to compare with."""
    if len(now) != 1 or len(then) != 1 or now[0].unit != then[0].unit:
        return None
    if figure.kind in (Kind.DATE, Kind.DATETIME, Kind.DURATION):
        return None
    before = Decimal(then[0].value)
    return (Decimal(now[0].value) - before) / abs(before) if before else None
