"""Reads calendars: events and tasks of an iCalendar file as a table.

Called by `open_table`. Times of a zone become moments, whole days stay days, the rule
of a repetition is kept as it is written.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.exchange.blocks_table import BlocksTable, known_again, open_blocks
from core.exchange.content_lines import Block, Line
from core.exchange.errors import ExchangeError
from core.exchange.limits import DEFAULT_LIMITS, Limits
from core.frozen import frozen

_PLAIN = ("SUMMARY", "DESCRIPTION", "LOCATION", "UID", "STATUS", "URL", "CATEGORIES")
_MOMENT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?")
_LENGTH = re.compile(
    r"([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
)
_TITLE = 120
_RULES = ("RRULE", "RDATE", "EXDATE", "EXRULE")


@frozen(kw_only=True)
class CalendarTable(BlocksTable):
    """Events and tasks with their properties as columns."""

    names = frozenset({"VEVENT", "VTODO"})

    def cells(self, block: Block) -> dict[str, str]:
        """The cells of an event."""
        return cells_of(block)


def open_icalendar(
    path: Path, *, encoding: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> CalendarTable:
    """Look at a file and return its table; ExchangeError if it holds no events."""
    shown = "events or tasks"
    return open_blocks(CalendarTable, path, "icalendar", shown, encoding, limits)


def cells_of(block: Block) -> dict[str, str]:
    """The cells of one event by the names of their columns."""
    found: dict[str, str] = {"kind": block.name.removeprefix("V").lower()}
    for line in block.lines:
        if line.name in _PLAIN and line.text.strip():
            found.setdefault(line.name.lower(), line.text.strip())
        elif line.name in ("ORGANIZER", "ATTENDEE"):
            name = line.parameters.get("CN", ("",))[0]
            address = re.sub("^mailto:", "", line.value, flags=re.IGNORECASE)
            text = name or address
            before = found.get(line.name.lower())
            found[line.name.lower()] = f"{before}, {text}" if before else text
    rules = [f"{line.name}:{line.value}" for line in block.lines if line.name in _RULES]
    if rules:
        found["recurrence"] = "\n".join(rules)
    _times(block, found)
    _summary(found)
    known_again(found)
    return found


def _summary(found: dict[str, str]) -> None:
    """An event may come without a title: what else it says of itself stands in."""
    if found.get("summary"):
        return
    said = (found.get(name) for name in ("description", "location", "organizer"))
    text = next((one for one in said if one), found["kind"].title())
    found["summary"] = text.splitlines()[0][:_TITLE]


def _times(block: Block, found: dict[str, str]) -> None:
    start, end = block.first("DTSTART"), block.first("DTEND") or block.first("DUE")
    first = _moment(start) if start is not None else None
    last = _moment(end) if end is not None else None
    length = block.first("DURATION")
    if last is None and first is not None and length is not None:
        last = first + _length(length.value)
    for name in ("COMPLETED", "CREATED", "LAST-MODIFIED"):
        line = block.first(name)
        if line is not None:
            found[name.lower()] = _written(_moment(line))
    if first is not None:
        whole = not isinstance(first, datetime)
        found["start"] = _written(first)
        found["start.day"] = found["start"][:10]
        found["all_day"] = "true" if whole else "false"
    if last is not None:
        if not isinstance(last, datetime) and end is not None and end.name == "DTEND":
            # The end of whole days is the day after the last one.
            last = max(last - timedelta(days=1), first or last)
        found["end"] = _written(last)
        found["end.day"] = found["end"][:10]


def _moment(line: Line) -> date:
    """The day or moment of a property; ExchangeError says what is wrong."""
    match = _MOMENT.fullmatch(line.value.strip())
    if match is None:
        raise ExchangeError(f"{line.name}: '{line.value[:40]}' is no day or time.")
    numbers = [int(text) for text in match.groups()[:6] if text]
    try:
        if len(numbers) == 3:
            return date(*numbers)
        if match[7]:
            return datetime(*numbers, tzinfo=UTC)  # type: ignore[misc, arg-type]
        zone = line.parameters.get("TZID", ("",))[0]
        plain = datetime(*numbers)  # type: ignore[arg-type]
        if not zone:
            return plain
        return plain.replace(tzinfo=_zone(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        said = f"{line.name}: no calendar has '{line.value[:40]}'."
        raise ExchangeError(said) from None


def _zone(name: str) -> ZoneInfo:
    """The zone of a name, also of those that Windows and older programs write."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    bare = name.strip().strip('"')
    tails = bare.split("/")
    tried = [bare, WINDOWS_TO_OLSON.get(bare, ""), "/".join(tails[-2:]), tails[-1]]
    for one in tried:
        try:
            if one:
                return ZoneInfo(one)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    raise ExchangeError(f"There is no time zone '{name[:80]}'.")


def _length(text: str) -> timedelta:
    match = _LENGTH.fullmatch(text.strip())
    if match is None:
        raise ExchangeError(f"DURATION: '{text[:40]}' is no length of time.")
    weeks, days, hours, minutes, seconds = (int(one or 0) for one in match.groups()[1:])
    try:
        length = timedelta(
            weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds
        )
    except OverflowError:
        raise ExchangeError(f"DURATION: '{text[:40]}' is too long.") from None
    return -length if match[1] == "-" else length


def _written(moment: date) -> str:
    if not isinstance(moment, datetime):
        return moment.isoformat()
    if moment.tzinfo is None:
        return moment.isoformat(" ")
    return moment.isoformat().replace("+00:00", "Z")
