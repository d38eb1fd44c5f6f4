"""Grouped lists and the sums under columns: figures over all rows that match.

Lists ask it; each costs one statement, however many rows and groups there are. Sums of
a level are those of the groups below it, per currency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from core.compiler.view_models import ListView
from core.expressions import Kind
from core.frozen import frozen
from core.services import (
    Amount,
    BadQuery,
    Group,
    Query,
    Reader,
    Totals,
    TotalsFound,
    totals_of,
)
from core.web.pages.cells import NUMERIC
from core.web.pages.columns import ShownColumn, readable_path
from core.web.pages.dimensions import Dimension, dimension, labels_of, ordered
from core.web.pages.figures import Figures, grouped
from core.web.pages.list_state import ListState
from core.web.pages.screen import Screen

#: In an address: the view's own groups are switched off.
UNGROUPED = "none"
MOST_LEVELS = 3
_KINDS = frozenset({"choice", "link", "boolean", "date", "datetime"})
_DAYS = frozenset({"date", "datetime"})


@frozen
class GroupRow:
    """The head of a group; `rows_href` fetches its rows where no level is below."""

    level: int
    label: str
    count: int
    count_text: str
    sums: Mapping[str, Markup]
    rows_href: str


def groupable(screen: Screen) -> list[tuple[str, str]]:
    """Name and label of the fields that rows may be grouped by."""
    rights = screen.compiled.access.of(screen.actor.roles, admin=screen.actor.is_admin)
    closed = rights.entity(screen.id).read_conditions
    found = [
        (name, screen.labels.field(field))
        for name, field in screen.entity.fields.items()
        if field.type.name in _KINDS
        and not field.definition.hidden
        and name not in closed
        and readable_path(screen, name)
    ]
    return sorted(found, key=lambda pair: pair[1].casefold())


def group_names(screen: Screen, view: ListView, state: ListState) -> tuple[str, ...]:
    """The fields by which a list is grouped: of the address, else of its view."""
    if state.group == (UNGROUPED,):
        return ()
    known = {name for name, _ in groupable(screen)} | set(view.group)
    wanted = state.group or view.group
    open_ = (n for n in wanted if n in known and readable_path(screen, n))
    return tuple(dict.fromkeys(open_))[:MOST_LEVELS]


def totalled(
    screen: Screen, reader: Reader, view: ListView, columns: Sequence[ShownColumn]
) -> list[ShownColumn]:
    """The shown columns that the view adds up and the reader may read everywhere."""
    closed = reader.access.of(screen.id).read_conditions
    wanted = {column.path for column in view.columns if column.total}
    return [
        column
        for column in columns
        if column.path in wanted
        and column.field is not None
        and column.field.type.name in NUMERIC
        and "." not in column.path
        and column.path not in closed
    ]


def list_totals(
    screen: Screen, reader: Reader, query: Query, summed: Sequence[ShownColumn]
) -> dict[str, Markup]:
    """The sum of each column over all rows of a query."""
    if not summed:
        return {}
    try:
        found = totals_of(reader.scene, screen.id, _asked(query, (), summed))
    except BadQuery:
        # A column that cannot be added up has no sum; the list is still a list.
        return {}
    figures = Figures(screen, reader)
    figures.learn([found])
    return _sums(figures, found, summed, found.groups[0].values)


def grouped_list(
    screen: Screen,
    reader: Reader,
    view: ListView,
    state: ListState,
    query: Query,
    summed: Sequence[ShownColumn],
) -> tuple[list[GroupRow], dict[str, Markup]]:
    """The heads of all groups, outer ones before inner ones, and the sums of all."""
    levels = dimensions_of(screen, reader, view, state)
    by = tuple(one.text for one in levels)
    found = totals_of(reader.scene, screen.id, _asked(query, by, summed))
    figures = Figures(screen, reader)
    figures.learn([found])
    places = [
        _placed(screen, reader, one, number, found) for number, one in enumerate(levels)
    ]

    def heads(groups: Sequence[Group], level: int) -> list[GroupRow]:
        rows: list[GroupRow] = []
        labels = places[level]
        below = _by_key(groups, level)
        for key in (key for key in labels if key in below):
            inner = below[key]
            last = level + 1 == len(levels)
            rows.append(
                GroupRow(
                    level=level,
                    label=labels[key],
                    count=(count := sum(group.count for group in inner)),
                    count_text=grouped(count),
                    sums=_sums(figures, found, summed, _merged(inner)),
                    rows_href=_rows_href(state, inner[0].keys) if last else "",
                )
            )
            rows += [] if last else heads(inner, level + 1)
        return rows

    everything = _sums(figures, found, summed, _merged(found.groups))
    return heads(found.groups, 0), everything


def _by_key(groups: Sequence[Group], level: int) -> dict[Any, list[Group]]:
    """The groups of each value of a level."""
    found: dict[Any, list[Group]] = {}
    for group in groups:
        found.setdefault(group.keys[level], []).append(group)
    return found


def dimensions_of(
    screen: Screen, reader: Reader, view: ListView, state: ListState
) -> list[Dimension]:
    """The levels of a grouped list; days are grouped by month."""
    found = []
    for name in group_names(screen, view, state):
        days = screen.entity.fields[name].type.name in _DAYS
        found.append(dimension(reader, screen, name, "month" if days else None))
    return found


def condition_of(levels: Sequence[Dimension], texts: Sequence[str]) -> str:
    """The rows of one group, named by texts of an address; BadQuery for nonsense."""
    if len(levels) != len(texts):
        raise BadQuery("There is no such group.", parameter="g")
    try:
        parts = [
            level.condition(_key(level, text))
            for level, text in zip(levels, texts, strict=True)
        ]
    except ValueError as error:
        raise BadQuery("There is no such group.", parameter="g") from error
    return " and ".join(f"({part})" for part in parts)


def _key(level: Dimension, text: str) -> Any:
    if text == "":
        return None
    kind = level.type.kind
    if kind in (Kind.DATE, Kind.DATETIME):
        return date.fromisoformat(text)
    if kind is Kind.BOOLEAN:
        return text == "1"
    return int(text) if kind in (Kind.LINK, Kind.INTEGER) else text


def _rows_href(state: ListState, keys: Sequence[Any]) -> str:
    pairs = [("g", _text(key)) for key in keys]
    return f"{state.base}/group?{state.query()}&{urlencode(pairs)}"


def _text(key: Any) -> str:
    if key is None:
        return ""
    if isinstance(key, bool):
        return "1" if key else "0"
    return key.isoformat() if isinstance(key, date) else str(key)


def _asked(query: Query, by: tuple[str, ...], summed: Sequence[ShownColumn]) -> Totals:
    return Totals(query, by, tuple(f"sum(rows.{one.path})" for one in summed))


def _placed(
    screen: Screen, reader: Reader, level: Dimension, number: int, found: TotalsFound
) -> dict[Any, str]:
    """The values of a level in their order with their labels."""
    keys = dict.fromkeys(group.keys[number] for group in found.groups)
    alone = [
        Group(
            (key,),
            sum(g.count for g in found.groups if g.keys[number] == key),
            (),
        )
        for key in keys
    ]
    placed = [one.keys[0] for one in ordered(reader, screen, level, alone)]
    labels = labels_of(reader, screen, level, placed)
    return dict(zip(placed, labels, strict=True))


def _merged(groups: Sequence[Group]) -> list[tuple[Amount, ...]]:
    """The sums of several groups, per measure and unit."""
    if not groups:
        return []
    merged: list[tuple[Amount, ...]] = []
    for number in range(len(groups[0].values)):
        by_unit: dict[int | None, Any] = {}
        for group in groups:
            for one in group.values[number]:
                known = by_unit.get(one.unit)
                by_unit[one.unit] = one.value if known is None else known + one.value
        merged.append(tuple(Amount(value, unit) for unit, value in by_unit.items()))
    return merged


def _sums(
    figures: Figures,
    found: TotalsFound,
    summed: Sequence[ShownColumn],
    values: Sequence[tuple[Amount, ...]],
) -> dict[str, Markup]:
    return {
        column.path: figures.markup(figure, amounts)
        for column, figure, amounts in zip(summed, found.figures, values, strict=False)
    }
