"""How a clock stands for one record, and where its conditions lead it next.

Made of a row of the platform's table; core.services.clocks.following writes it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core.compiler import ClockMark, CompiledClock
from core.services.clocks.counting import Measure, Stretch, counted, moment_at

RUNNING, PAUSED, OVERDUE, MET, MISSED = "running", "paused", "overdue", "met", "missed"
ENDED = (MET, MISSED)
OPEN = (RUNNING, PAUSED, OVERDUE)
_SMALLEST = timedelta(microseconds=1)


@dataclass(slots=True)
class Seen:
    """What the conditions of a clock say of its record now."""

    start: bool
    stop: bool
    pause: bool
    restart: bool
    target: timedelta | None
    calendar: int | None


@dataclass(slots=True)
class Note:
    """Something that happened to a clock; `why` it was moved."""

    what: str
    why: str | None = None
    was_due: datetime | None = None


@dataclass(slots=True)
class Standing:
    """A clock of one record; `notes` is what happened since it was read."""

    record: int
    state: str
    began_at: datetime
    stretches: list[Stretch] = field(default_factory=list)
    target: timedelta | None = None
    calendar: int | None = None
    due_at: datetime | None = None
    done: dict[str, int] = field(default_factory=dict)
    restarting: bool = False
    ended_at: datetime | None = None
    notes: list[Note] = field(default_factory=list)

    @property
    def runs(self) -> bool:
        """Whether time counts at present."""
        return bool(self.stretches) and self.stretches[-1][1] is None

    @property
    def is_over(self) -> bool:
        """Whether it was stopped."""
        return self.state in ENDED

    def elapsed(self, measure: Measure, now: datetime) -> timedelta:
        """How much time has counted."""
        return counted(measure, self.stretches, self.ended_at or now)

    def turn(self, seen: Seen, measure: Measure, now: datetime) -> None:
        """Follow what the record says now."""
        again = seen.restart and not self.restarting and not seen.stop
        self.restarting = seen.restart
        if again:
            self._begin(seen, now)
        if self.is_over:
            return
        if seen.stop:
            self._measured(seen, measure, now)
            self._end(measure, now)
            return
        if seen.pause and self.runs:
            self.stretches[-1] = (self.stretches[-1][0], now)
            self.notes.append(Note("paused"))
        elif not seen.pause and not self.runs:
            self.stretches.append((now, None))
            if len(self.stretches) > 1 or self.state == PAUSED:
                self.notes.append(Note("resumed"))
        self._measured(seen, measure, now)
        self._named(now)

    def moment_of(
        self, mark: ClockMark, measure: Measure, back: int = 0
    ) -> datetime | None:
        """When a mark is next; `back`: so many times before that."""
        done = self.done.get(mark.place, 0) - back
        if self.target is None or self.is_over:
            return None
        return moment_at(measure, self.stretches, mark.amount(self.target, done))

    def due_marks(
        self, clock: CompiledClock, measure: Measure
    ) -> Iterator[tuple[str, datetime]]:
        """The marks that are not done yet with their moments, while time counts."""
        for mark in clock.marks if self.runs else ():
            if self.done.get(mark.place, 0) < mark.most:
                moment = self.moment_of(mark, measure)
                if moment is not None:
                    yield mark.place, moment

    def _begin(self, seen: Seen, now: datetime) -> None:
        self.notes.append(Note("restarted"))
        self.state, self.began_at, self.ended_at = RUNNING, now, None
        self.stretches, self.done, self.due_at = [], {}, None
        self.target, self.calendar = seen.target, seen.calendar

    def _end(self, measure: Measure, now: datetime) -> None:
        if self.runs:
            self.stretches[-1] = (self.stretches[-1][0], now)
        self.ended_at = now
        passed = self.elapsed(measure, now)
        # Behind closing time nothing counts, but the end has passed all the same.
        late = self.due_at is not None and self.due_at < now
        late = late or (self.target is not None and passed > self.target)
        self.state = MISSED if late else MET
        self.notes.append(Note(self.state))

    def _measured(self, seen: Seen, measure: Measure, now: datetime) -> None:
        """Work out when the time is over; say so if that moved without a pause."""
        was_due, why = self.due_at, None
        if seen.target != self.target:
            why = "target"
        elif seen.calendar != self.calendar:
            why = "calendar"
        self.target, self.calendar = seen.target, seen.calendar
        self.due_at = None
        if self.target is not None:
            self.due_at = moment_at(measure, self.stretches, self.target)
        if was_due is None and why is None:
            return
        stood = any(note.what != "moved" for note in self.notes)
        if self.due_at == was_due or (why is None and stood):
            return
        self.notes.append(Note("moved", why or "hours", was_due))
        if self.state == OVERDUE and (self.due_at is None or self.due_at > now):
            self.state = RUNNING

    def _named(self, now: datetime) -> None:
        """The state in which it stands; who was late stays so when clocks go back."""
        if self.state == OVERDUE:
            return
        if self.due_at is not None and self.due_at <= now:
            self.state = OVERDUE
            self.notes.append(Note("overdue"))
        else:
            self.state = RUNNING if self.runs else PAUSED

    @property
    def moved(self) -> bool:
        """Whether the end of the time was moved by something else than a pause."""
        return any(note.what == "moved" for note in self.notes)

    def undo_marks(self, clock: CompiledClock, measure: Measure, now: datetime) -> None:
        """What is yet to come after a move is done again when it comes."""
        for mark in clock.marks:
            while self.done.get(mark.place, 0):
                moment = self.moment_of(mark, measure, back=1)
                if moment is not None and moment <= now:
                    break
                self.done[mark.place] -= 1


def begun(record: int, seen: Seen, now: datetime) -> Standing:
    """A clock that begins."""
    made = Standing(record, RUNNING, now)
    made.target, made.calendar = seen.target, seen.calendar
    made.restarting = seen.restart
    made.notes.append(Note("started"))
    return made


def standing_of(row: Any) -> Standing:
    """How a clock stood when it was written."""
    return Standing(
        record=row.record,
        state=row.state,
        began_at=row.began_at,
        stretches=[(_read(a), _read(b) if b else None) for a, b in row.stretches],
        target=None if row.target is None else row.target * _SMALLEST,
        calendar=row.calendar,
        due_at=row.due_at,
        done=dict(row.done),
        restarting=row.restarting,
        ended_at=row.ended_at,
    )


def row_of(one: Standing, clock: CompiledClock) -> Mapping[str, Any]:
    """The row that keeps how a clock stands."""
    return {
        "clock": clock.id,
        "entity": clock.entity,
        "record": one.record,
        "state": one.state,
        "stretches": [[a.isoformat(), b and b.isoformat()] for a, b in one.stretches],
        "target": None if one.target is None else one.target // _SMALLEST,
        "calendar": one.calendar,
        "due_at": one.due_at,
        "done": one.done,
        "restarting": one.restarting,
        "began_at": one.began_at,
        "ended_at": one.ended_at,
    }


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text)
