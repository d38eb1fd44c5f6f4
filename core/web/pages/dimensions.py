"""What rows are grouped by: an expression, the labels and order of its values.

Charts and grouped lists ask for it; the condition of a value is a filter that any list
understands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_skeleton

from core.compiler import CompiledField
from core.expressions import Kind, Type
from core.frozen import frozen
from core.services import Group, Query, Reader
from core.services.filters import user_dimension
from core.web.pages.chips import quoted
from core.web.pages.screen import Screen
from core.web.wording import say


@frozen
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


def dimension(reader: Reader, screen: Screen, of: str, grain: str | None) -> Dimension:
    """The grouping by an expression; BadQuery for what may not be read.

    `grain` cuts dates into periods.
    """
    typed = user_dimension(reader.runtime, reader.access, screen.id, of)
    text = of
    if typed.type.kind is Kind.DATETIME:
        text = f"date({of})"
    if grain is not None and grain != "day":
        text = f"start_of({text}, '{grain}')"
    return Dimension(text, typed.type, grain, of)


def plain(value: Any) -> float | int:
    """A figure as a script draws it; the words beside it stay exact."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value if isinstance(value, int) else 0


def ordered(
    reader: Reader, screen: Screen, dimension: Dimension, groups: Sequence[Group]
) -> list[Group]:
    """Periods by time, links and choices in their own order, others by size."""
    kind = dimension.type.kind
    if dimension.grain or kind in (Kind.DATE, Kind.DATETIME):
        return sorted(groups, key=lambda g: g.keys[0] or date.min)
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
    return sum(abs(plain(one.value)) for one in values), group.count


def labels_of(
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
