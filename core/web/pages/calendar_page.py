"""The page of a calendar, and the move of an event to another day or hour.

A move is an ordinary save with the version that the reader saw. Whole days move by
days; moments keep their time on the reader's clock, also across a change of the clock.
"""

from __future__ import annotations

from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from core.compiler.view_models import CalendarView
from core.services import AppError, BadQuery, ValidationFailed
from core.web.auth import login_required_page
from core.web.pages.board_page import explained
from core.web.pages.calendar_model import CalendarMaker, CalendarModel
from core.web.pages.calendar_span import SCALES, Span, address, span_of
from core.web.pages.list_frame import frame_of
from core.web.pages.list_model import chip_titles
from core.web.pages.list_state import ListState, read_state
from core.web.pages.screen import Screen, open_screen
from core.web.pages.texts import Texts
from core.web.pages.view_choice import view_of
from core.web.wording import say

_WORDS = MappingProxyType({"month": "Month", "week": "Week", "day": "Day"})


def calendar_page(
    screen: Screen, state: ListState, view: CalendarView
) -> ResponseReturnValue:
    """A calendar at the days of its address."""
    problem = None
    with screen.reading() as reader:
        titles = chip_titles(reader, screen, state)
        maker = CalendarMaker(screen, reader, view, state)
        asked = request.args
        span = span_of(
            screen, asked.get("scale", ""), asked.get("day", ""), maker.today
        )
        model = CalendarModel([], 0, False)
        try:
            model = maker.model(span)
        except BadQuery as refused:
            problem = refused.message
    page = render_template(
        "pages/calendar.html",
        **frame_of(screen, state, view, titles),
        **_context(screen, state, view, span, maker),
        model=model,
        problem=problem,
    )
    return page, 400 if problem else 200


def _context(
    screen: Screen, state: ListState, view: CalendarView, span: Span, maker: Any
) -> dict[str, Any]:
    locale = screen.locale.babel()
    names = locale.days["stand-alone"]["abbreviated"]
    now = maker.reader.scene.moment.now.astimezone(maker.zone)
    return {
        "span": span,
        "title": span.title(screen),
        "has_hours": maker.has_hours and span.scale != "month",
        "weekdays": [names[day.weekday()] for day in span.days[:7]],
        "scales": [
            {
                "label": say(_WORDS[scale]),
                "href": address(state, scale, span.day),
                "current": scale == span.scale,
            }
            for scale in SCALES
        ],
        "earlier": address(state, span.scale, span.moved(-1)),
        "later": address(state, span.scale, span.moved(1)),
        "today_href": address(state, span.scale, maker.today),
        "day_href": lambda day: address(state, "day", day),
        "full_day": Texts(screen.labels, screen.locale).full_day,
        "start_field": view.start.name,
        "now_hours": now.hour + now.minute / 60,
        "zone": screen.actor.zone,
        "movable": screen.can("update"),
    }


@login_required_page
def move_event(module: str, name: str, id: int) -> ResponseReturnValue:
    """Move an event to the day, and the minute of the day, that the form names."""
    screen = open_screen(module, name)
    state = read_state(screen.base, request.args)
    view = view_of(screen, state)
    if not isinstance(view, CalendarView):
        abort(404)
    day, minutes = _wanted()
    version = request.form.get("version", "")
    try:
        with screen.writing() as tx:
            names = [view.start.name, *([view.end.name] if view.end else [])]
            record = tx.get(screen.id, id, tuple(names))
            values = _moved(view, record.values, day, minutes, screen.actor.zone)
            saved = tx.update(
                screen.id,
                id,
                values,
                int(version) if version.isdecimal() else None,
                accept_warnings=request.form.get("accept") == "1",
            )
    except ValidationFailed as failed:
        return explained(screen, id, failed), 422
    except AppError as refused:
        return jsonify(detail=refused.message), 409
    texts = Texts(screen.labels, screen.locale)
    undo = f"{screen.href(id)}/take-back?version={saved['version']}"
    said = say("Moved to {what}", what=texts.full_day(day))
    return jsonify(text=said, undo=undo, version=saved["version"])


def _wanted() -> tuple[date, int | None]:
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        abort(400)
    minutes = request.form.get("minutes", "")
    if minutes and not (minutes.isdecimal() and int(minutes) < 24 * 60):
        abort(400)
    return day, int(minutes) if minutes else None


def _moved(
    view: CalendarView, values: Any, day: date, minutes: int | None, zone: str
) -> dict[str, Any]:
    """The new values of start and end; an event keeps how long it takes."""
    start = values[view.start.name]
    end = values.get(view.end.name) if view.end is not None else None
    fresh: Any = day
    if view.start.type.name == "datetime":
        fresh = at_clock(start, day, minutes, zone)
    found = {view.start.name: fresh}
    if view.end is not None and end is not None and start is not None:
        found[view.end.name] = fresh + (end - start)
    return found


def at_clock(
    start: datetime | None, day: date, minutes: int | None, zone: str
) -> datetime:
    """The moment at the same time of another day, or at other minutes of it.

    A time that the clock leaves out moves on by as much as the clock does.
    """
    place = ZoneInfo(zone)
    clock = time() if start is None else start.astimezone(place).time()
    if minutes is not None:
        clock = time(minutes // 60, minutes % 60)
    local = datetime.combine(day, clock, tzinfo=place)
    return local.astimezone(ZoneInfo("UTC"))
