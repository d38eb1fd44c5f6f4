"""The charts of dashboards: groups with labels, in order, and the way behind them.

A chart is drawn from numbers in a script block; the same figures stand in a table for
those who do not see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from markupsafe import Markup

from core.definitions import GroupingDef, TileDef
from core.frozen import frozen
from core.services import Amount, Group, Reader, TotalsFound
from core.web.pages.dashboard_rows import TileRows
from core.web.pages.dimensions import (
    Dimension,
    dimension,
    labels_of,
    ordered,
    plain,
)
from core.web.pages.figures import Figures
from core.web.pages.screen import Screen

_GROUPS = 12
_MOST_PERIODS = 120


def dimension_of(reader: Reader, screen: Screen, tile: TileDef) -> Dimension:
    """The grouping of a chart, checked for what the reader may read."""
    rows = tile.rows
    grain = rows.grain if isinstance(rows, GroupingDef) else None
    of = str(rows.of if isinstance(rows, GroupingDef) else rows)
    return dimension(reader, screen, of, grain)


@frozen
class Part:
    """One part of a chart: its label, where it leads, its figures."""

    label: str
    href: str
    values: tuple[Any, ...]
    texts: tuple[str, ...]


@frozen
class Chart:
    """A chart ready to draw; `series` names the units, one column of figures each."""

    kind: str
    series: tuple[str, ...]
    parts: tuple[Part, ...]
    rest: int

    @property
    def data(self) -> dict[str, Any]:
        """What the script draws."""
        return {
            "kind": self.kind,
            "labels": [part.label for part in self.parts],
            "links": [part.href for part in self.parts],
            "series": [
                {
                    "name": name,
                    "values": [part.values[number] for part in self.parts],
                    "texts": [part.texts[number] for part in self.parts],
                }
                for number, name in enumerate(self.series)
            ],
        }

    @property
    def summary(self) -> Markup:
        """The figures in words."""
        said = (
            f"{part.label}: {', '.join(text for text in part.texts if text)}"
            for part in self.parts
        )
        return Markup.escape("; ".join(said))


def chart_of(
    reader: Reader,
    rows: TileRows,
    tile: TileDef,
    by: Dimension,
    found: TotalsFound,
    figures: Figures,
) -> Chart:
    """The chart of a tile from its totals."""
    screen = rows.screen
    groups = ordered(reader, screen, by, found.groups)
    most = tile.limit or _GROUPS
    if not by.grain:
        groups, rest = groups[:most], len(groups) - most
    else:
        groups, rest = _filled(groups[-_MOST_PERIODS:], by.grain), 0
    labels = labels_of(reader, screen, by, [g.keys[0] for g in groups])
    figure = found.figures[0]
    units = _units(groups)
    parts = []
    for group, label in zip(groups, labels, strict=True):
        amounts = {one.unit: one for one in (group.values[0] if group.values else ())}
        known = [amounts.get(unit) for unit in units]
        href = rows.narrowed(by.condition(group.keys[0])).href(tile.drill or "")
        values = tuple(0 if one is None else plain(one.value) for one in known)
        texts = ["0" if one is None else figures.text(figure, one) for one in known]
        parts.append(Part(label, href, values, tuple(texts)))
    series = tuple(figures.code(figure, Amount(0, unit)) for unit in units) or ("",)
    return Chart(tile.chart or "bar", series, tuple(parts), max(rest, 0))


def _units(groups: Sequence[Group]) -> list[int | None]:
    found = (one.unit for group in groups for one in group.values[0])
    return list(dict.fromkeys(found))


def _filled(groups: list[Group], grain: str) -> list[Group]:
    """The periods without gaps: one without rows is a zero, not a missing bar."""
    days = [g.keys[0] for g in groups if g.keys[0] is not None]
    if not days:
        return groups
    known = {group.keys[0]: group for group in groups}
    empty = ((),) if groups and groups[0].values else ()
    found = [
        known.get(day) or Group((day,), 0, empty)
        for day in _periods(days[0], days[-1], grain)
    ]
    return [known[None], *found] if None in known else found


def _periods(first: date, last: date, grain: str) -> Iterator[date]:
    day = first
    for _ in range(_MOST_PERIODS):
        if day > last:
            return
        yield day
        day = _next(day, grain)


def _next(day: date, grain: str) -> date:
    if grain in ("day", "week"):
        return day + timedelta(days=1 if grain == "day" else 7)
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)
