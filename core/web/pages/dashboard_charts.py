"""The charts of dashboards: groups with labels, in order, and the way behind them.

A chart is drawn from numbers in a script block; the same figures stand in a table for
those who do not see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_skeleton
from markupsafe import Markup

from core.compiler import CompiledField
from core.definitions import GroupingDef, TileDef
from core.expressions import Kind, Type
from core.services import Amount, Group, Query, Reader, TotalsFound
from core.services.filters import user_dimension
from core.web.pages.chips import quoted
from core.web.pages.dashboard_rows import TileRows
from core.web.pages.figures import Figures
from core.web.pages.screen import Screen
from core.web.wording import say

_GROUPS = 12
_MOST_PERIODS = 120


@dataclass(frozen=True, slots=True)
class Dimension:
    """What the parts of a chart stand for."""

    text: str
    type: Type
    grain: str | None
    of: str

    def condition(self, key: Any) -> str:
        """The rows of one part, as a list filters them."""
        if key is None:
            return f"({self.of}) is null"
        if isinstance(key, date):
            return f"{self.text} == date({key.year}, {key.month}, {key.day})"
        if self.type.kind is Kind.LINK:
            return f"{self.of}.id == {key}"
        if isinstance(key, bool):
            return self.of if key else f"not ({self.of})"
        return f"({self.of}) == {quoted(key) if isinstance(key, str) else key}"


def dimension_of(reader: Reader, screen: Screen, tile: TileDef) -> Dimension:
    """The grouping of a chart, checked for what the reader may read."""
    rows = tile.rows
    grain = rows.grain if isinstance(rows, GroupingDef) else None
    of = str(rows.of if isinstance(rows, GroupingDef) else rows)
    typed = user_dimension(reader.runtime, reader.access, screen.id, of)
    text = of
    if typed.type.kind is Kind.DATETIME:
        text = f"date({of})"
    if grain is not None and grain != "day":
        text = f"start_of({text}, '{grain}')"
    return Dimension(text, typed.type, grain, of)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a chart: its label, where it leads, its figures."""

    label: str
    href: str
    values: tuple[Any, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
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
    dimension: Dimension,
    found: TotalsFound,
    figures: Figures,
) -> Chart:
    """The chart of a tile from its totals."""
    screen = rows.screen
    groups = _ordered(reader, screen, dimension, found.groups)
    most = tile.limit or _GROUPS
    if not dimension.grain:
        groups, rest = groups[:most], len(groups) - most
    else:
        groups, rest = _filled(groups[-_MOST_PERIODS:], dimension.grain), 0
    labels = _labels(reader, screen, dimension, [g.keys[0] for g in groups])
    figure = found.figures[0]
    units = _units(groups)
    parts = []
    for group, label in zip(groups, labels, strict=True):
        amounts = {one.unit: one for one in (group.values[0] if group.values else ())}
        known = [amounts.get(unit) for unit in units]
        href = rows.narrowed(dimension.condition(group.keys[0])).href(tile.drill or "")
        values = tuple(0 if one is None else _plain(one.value) for one in known)
        texts = ["0" if one is None else figures.text(figure, one) for one in known]
        parts.append(Part(label, href, values, tuple(texts)))
    series = tuple(figures.code(figure, Amount(0, unit)) for unit in units) or ("",)
    return Chart(tile.chart or "bar", series, tuple(parts), max(rest, 0))


def _units(groups: Sequence[Group]) -> list[int | None]:
    found = (one.unit for group in groups for one in group.values[0])
    return list(dict.fromkeys(found))


def _plain(value: Any) -> float | int:
    """A figure as a script draws it; the words beside it stay exact."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value if isinstance(value, int) else 0


def _ordered(
    reader: Reader, screen: Screen, dimension: Dimension, groups: Sequence[Group]
) -> list[Group]:
    """Periods by time, links and choices in their own order, others by size."""
    kind = dimension.type.kind
    if dimension.grain or kind in (Kind.DATE, Kind.DATETIME):
        return list(groups)
    if kind is Kind.LINK:
        target = dimension.type.entity
        ids = [g.keys[0] for g in groups if g.keys[0] is not None]
        place = _places(reader, screen, target, ids) if len(ids) <= 60 else {}
        if place:
            return sorted(groups, key=lambda g: place.get(g.keys[0], len(place)))
    if kind is Kind.CHOICE:
        keys = [*dimension.type.choices, None]
        return sorted(groups, key=lambda g: keys.index(g.keys[0]))
    return sorted(groups, key=_size, reverse=True)


def _places(
    reader: Reader, screen: Screen, target: str, ids: list[int]
) -> dict[int, int]:
    if not ids or not screen.other(target).can("read"):
        return {}
    listed = ", ".join(map(str, ids))
    query = Query(
        filter=f"id in [{listed}]",
        fields=("id",),
        limit=len(ids),
        archived="yes",
        titles=False,
    )
    found = reader.search(target, query).items
    return {record.id or 0: at for at, record in enumerate(found)}


def _size(group: Group) -> tuple[float, int]:
    values = group.values[0] if group.values else ()
    return sum(abs(_plain(one.value)) for one in values), group.count


def _labels(
    reader: Reader, screen: Screen, dimension: Dimension, keys: Sequence[Any]
) -> list[str]:
    kind = dimension.type.kind
    nothing = say("Without")
    if kind is Kind.LINK:
        ids = [key for key in keys if key is not None]
        readable = screen.other(dimension.type.entity).can("read")
        titles = reader.titles(dimension.type.entity, ids) if readable else {}
        return [titles.get(key, "\u2013") if key else nothing for key in keys]
    field = _field_at(screen, dimension.of)
    return [
        nothing if key is None else _label(screen, dimension, field, key)
        for key in keys
    ]


def _label(
    screen: Screen, dimension: Dimension, field: CompiledField | None, key: Any
) -> str:
    if isinstance(key, date):
        return period_label(screen, key, dimension.grain)
    if isinstance(key, bool):
        return say("yes") if key else say("no")
    if dimension.type.kind is Kind.CHOICE and field is not None:
        return screen.labels.choice(field, key)[0]
    return str(key)


def _field_at(screen: Screen, path: str) -> CompiledField | None:
    """The field at the end of a plain path, None for another expression."""
    *steps, last = path.split(".")
    here = screen.entity
    for step in steps:
        field = here.fields.get(step)
        if field is None or not field.targets:
            return None
        here = screen.compiled.entity(field.targets[0])
    return here.fields.get(last)


def period_label(screen: Screen, day: date, grain: str | None) -> str:
    """A period by its first day."""
    locale = screen.locale.babel()
    if grain == "year":
        return str(day.year)
    if grain == "quarter":
        return f"Q{(day.month + 2) // 3} {day.year}"
    if grain == "month":
        return str(format_skeleton("yMMM", day, locale=locale))
    if grain == "week":
        year, week, _ = day.isocalendar()
        return say("week {week} of {year}", week=week, year=year)
    return str(format_date(day, "medium", locale=locale))


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
