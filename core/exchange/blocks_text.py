"""One card or event as text, from the same cells that reading one hands on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from core.exchange.content_lines import escaped, folded

_ADR = ("po_box", "extended", "street", "city", "region", "postal_code", "country")
_TYPES = (("mobile", "CELL"), ("phone", "VOICE"), ("fax", "FAX"))
_RULE = re.compile(r"(?:RRULE|RDATE|EXDATE|EXRULE)[^\r\n]*")


def frame(format: str) -> tuple[str, str]:
    """What stands around all cards or events."""
    if format == "vcard":
        return "", ""
    start = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Intarsia//EN\r\n"
    return start, "END:VCALENDAR\r\n"


def card_text(cells: dict[str, str]) -> str:
    """A vCard 3.0."""
    return "".join(folded(line) for line in _card(cells))


def _card(cells: dict[str, str]) -> Iterator[str]:
    def get(name: str) -> str:
        return escaped(cells.get(name, ""))

    yield from ("BEGIN:VCARD", "VERSION:3.0", f"UID:{get('uid')}", f"FN:{get('fn')}")
    yield f"N:{get('n.family')};{get('n.given')};;;"
    if cells.get("kind") == "org":
        yield f"ORG:{get('fn')}"
        yield "X-ABSHOWAS:COMPANY"
    elif "org" in cells:
        yield f"ORG:{get('org')}"
    for name in ("title", "note"):
        if name in cells:
            yield f"{name.upper()}:{get(name)}"
    for name in cells:
        for kind, word in _TYPES:
            if re.fullmatch(rf"tel\[{kind} \d+\]", name):
                yield f"TEL;TYPE={word}:{get(name)}"
        if re.fullmatch(r"(?:email|url)\[\d+\]", name):
            yield f"{name.partition('[')[0].upper()}:{get(name)}"
    places = dict.fromkeys(
        name[: name.index("]") + 1] for name in cells if "adr[" in name
    )
    for place in places:
        kinds = {"work": ";TYPE=WORK", "home": ";TYPE=HOME"}
        kind = kinds.get(place[4:].partition(" ")[0], "")
        yield f"ADR{kind}:" + ";".join(get(f"{place}.{part}") for part in _ADR)
    yield "END:VCARD"


def calendar_text(cells: dict[str, str]) -> str:
    """An event or a task of iCalendar."""
    return "".join(folded(line) for line in _event(cells))


def _event(cells: dict[str, str]) -> Iterator[str]:
    name = "VTODO" if cells.get("kind") == "todo" else "VEVENT"
    yield f"BEGIN:{name}"
    yield f"UID:{escaped(cells['uid'])}"
    yield f"DTSTAMP:{_moment(datetime.now(UTC).isoformat())}"
    start, end = cells.get("start"), cells.get("end")
    whole = cells.get("all_day") == "true" or not start
    day = start or cells.get("start.day")
    if day:
        yield _when("DTSTART", day, whole)
    if end:
        last = _next_day(end) if whole and name == "VEVENT" else end
        yield _when("DTEND" if name == "VEVENT" else "DUE", last, whole)
    for key in ("summary", "location", "description"):
        if key in cells:
            yield f"{key.upper()}:{escaped(cells[key])}"
    if cells.get("completed") and name == "VTODO":
        yield f"COMPLETED:{_moment(cells['completed'])}"
    for rule in cells.get("recurrence", "").splitlines():
        if _RULE.fullmatch(rule):
            yield rule
    yield f"END:{name}"


def _when(name: str, text: str, whole: bool) -> str:
    if whole:
        return f"{name};VALUE=DATE:{text[:10].replace('-', '')}"
    return f"{name}:{_moment(text)}"


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _next_day(text: str) -> str:
    return (date.fromisoformat(text[:10]) + timedelta(days=1)).isoformat()
