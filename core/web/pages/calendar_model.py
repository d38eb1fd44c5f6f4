"""A calendar worked out: the records of the days shown, placed in the reader's zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_time

from core.compiler.view_models import CalendarView
from core.expressions import Record
from core.frozen import frozen
from core.services import Query, Reader
from core.web.pages.calendar_span import Span, condition
from core.web.pages.columns import readable_path
from core.web.pages.list_model import query_of
from core.web.pages.list_state import ListState
from core.web.pages.screen import Screen
from core.web.pages.texts import Texts

#: More records than this are not drawn; the page says that there are more.
MOST = 500
_COLORS = 6
_HOUR = timedelta(hours=1)
_LEAST = timedelta(minutes=30)


@frozen
class Event:
    """A record on the calendar; times are the reader's, `last` is its last day."""

    id: int
    version: int
    href: str
    title: str
    color: int
    kind: str
    first: date
    last: date
    begins: datetime | None = None
    ends: datetime | None = None
    clock: str = ""

    @property
    def label(self) -> str:
        """What is read out."""
        return ", ".join(part for part in (self.title, self.clock, self.kind) if part)


@frozen
class Placed:
    """An event within the hours of a day: top and height in hours, and its column."""

    event: Event
    top: float
    height: float
    at: int
    of: int


@frozen
class Day:
    """One day: what takes it whole, and what has its hours."""

    date: date
    is_today: bool
    is_off: bool
    whole: tuple[Event, ...] = ()
    timed: tuple[Placed, ...] = ()

    @property
    def all(self) -> list[Event]:
        """Everything of the day in its order."""
        return [*self.whole, *(one.event for one in self.timed)]


@frozen
class CalendarModel:
    """Everything that a calendar shows."""

    days: list[Day]
    count: int
    more: bool
    legend: list[tuple[int, str]] = field(default_factory=list)


class CalendarMaker:
    """Makes the events of one calendar for one reader."""

    def __init__(
        self, screen: Screen, reader: Reader, view: CalendarView, state: ListState
    ) -> None:
        self.screen = screen
        self.reader = reader
        self.view = view
        self.state = state
        self.zone = ZoneInfo(screen.actor.zone)
        self.has_hours = view.start.type.name == "datetime"
        self._texts = Texts(screen.labels, screen.locale)
        color = view.color
        readable = color is not None and readable_path(screen, color.path)
        self._color = color if readable else None
        self._colors: dict[Any, int] = {}

    @property
    def today(self) -> date:
        """The reader's day."""
        today: date = self.reader.scene.moment.today
        return today

    def model(self, span: Span) -> CalendarModel:
        """The days of a span with their events."""
        base = query_of(self.screen, self.view, self.state)
        parts = [f"({base.filter})"] if base.filter else []
        text = " and ".join([*parts, condition(self.view, span, self.today)])
        query = replace(
            base,
            filter=text,
            order=(self.view.start.name,),
            limit=MOST,
            fields=self._fields(),
        )
        page = self.reader.search(self.screen.id, query)
        events = self._events(page.items)
        days = [self._day(day, events) for day in span.days]
        return CalendarModel(days, len(events), page.next is not None, self._legend())

    def event(self, id_: int) -> Event | None:
        """One record as an event, None if it is not to be seen or has no day."""
        query = Query(
            filter=f"id == {id_}", fields=self._fields(), limit=1, archived="yes"
        )
        found = self._events(self.reader.search(self.screen.id, query).items)
        return found[0] if found else None

    def _fields(self) -> tuple[str, ...]:
        columns = (self.view.title, self._color)
        names = [c.path for c in columns if c and readable_path(self.screen, c.path)]
        end = [self.view.end.name] if self.view.end is not None else []
        return tuple(dict.fromkeys([self.view.start.name, *end, *names]))

    def _events(self, records: Sequence[Record]) -> list[Event]:
        ids = [record.id for record in records if record.id is not None]
        titles = self.reader.titles(self.screen.id, ids)
        made = (self._event(record, titles) for record in records)
        return [event for event in made if event is not None]

    def _event(self, record: Record, titles: dict[int, str]) -> Event | None:
        start = record.values.get(self.view.start.name)
        if start is None:
            return None
        end = record.values.get(self.view.end.name) if self.view.end else None
        id_ = record.id or 0
        key = record.values.get(self._color.path) if self._color else None
        event = Event(
            id=id_,
            version=int(record["version"]),
            href=self.screen.href(id_),
            title=self._title(record, titles.get(id_, str(id_))),
            color=self._number(key),
            kind=self._kind(key),
            first=date.min,
            last=date.min,
        )
        if not self.has_hours:
            return replace(event, first=start, last=max(start, end or start))
        begins = start.astimezone(self.zone)
        ends = max(end or start + _HOUR, start).astimezone(self.zone)
        # What ends at midnight, or has no end, does not reach into the next day.
        until = (ends - timedelta(microseconds=1)).date()
        last = begins.date() if end is None else max(until, begins.date())
        clock = format_time(begins.time(), "short", locale=self.screen.locale.babel())
        return replace(
            event,
            first=begins.date(),
            last=last,
            begins=begins,
            ends=ends,
            clock=str(clock),
        )

    def _title(self, record: Record, usual: str) -> str:
        column = self.view.title
        if column is None or not readable_path(self.screen, column.path):
            return usual
        value = record.values.get(column.path)
        if column.field is None or value is None:
            return usual
        return self._texts.text(column.field, value) or usual

    def _number(self, key: Any) -> int:
        """Colours are given out in the order of a choice, else as values come."""
        if key is None:
            return 1
        field_ = self._color.field if self._color else None
        if field_ is not None and field_.type.name == "choice" and not self._colors:
            known = self.screen.labels.choices(field_)
            self._colors = {k: n % _COLORS + 1 for n, (k, _) in enumerate(known)}
        return self._colors.setdefault(key, len(self._colors) % _COLORS + 1)

    def _kind(self, key: Any) -> str:
        field_ = self._color.field if self._color else None
        if key is None or field_ is None:
            return ""
        return self._texts.text(field_, key)

    def _legend(self) -> list[tuple[int, str]]:
        return [(number, self._kind(key)) for key, number in self._colors.items()]

    def _day(self, day: date, events: Sequence[Event]) -> Day:
        here = [event for event in events if event.first <= day <= event.last]
        whole = [e for e in here if e.begins is None or e.first != e.last]
        timed = [e for e in here if e.begins is not None and e.first == e.last]
        return Day(
            date=day,
            is_today=day == self.today,
            is_off=day.weekday() >= 5,
            whole=tuple(whole),
            timed=tuple(beside(timed)),
        )


def beside(events: Sequence[Event]) -> list[Placed]:
    """The events of a day in columns, so that none covers another."""
    ordered = sorted(events, key=lambda e: (e.begins or datetime.min, e.id))
    placed: list[Placed] = []
    group: list[tuple[Event, int]] = []
    ends: list[datetime] = []
    for event in ordered:
        assert event.begins is not None
        if ends and event.begins >= max(ends):
            placed += _settled(group, len(ends))
            group, ends = [], []
        free = next((n for n, end in enumerate(ends) if end <= event.begins), len(ends))
        until = _end(event)
        if free == len(ends):
            ends.append(until)
        else:
            ends[free] = until
        group.append((event, free))
    return placed + _settled(group, len(ends))


def _end(event: Event) -> datetime:
    assert event.begins is not None
    assert event.ends is not None
    return max(event.ends, event.begins + _LEAST)


def _settled(group: Sequence[tuple[Event, int]], width: int) -> list[Placed]:
    return [
        Placed(event, _hours(event.begins), _length(event), at, width)
        for event, at in group
    ]


def _hours(moment: datetime | None) -> float:
    clock = moment.time() if moment is not None else time()
    return clock.hour + clock.minute / 60


def _length(event: Event) -> float:
    assert event.begins is not None
    length = (_end(event) - event.begins).total_seconds() / 3600
    return min(length, 24 - _hours(event.begins))
