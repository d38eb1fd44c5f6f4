"""Clocks of a record in words, for its page and its timeline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.registry.clocks import STATES
from core.services import Reader
from core.services.clocks.shown import ShownClock, clocks_of_record
from core.web.pages.labels import clock_word
from core.web.pages.screen import Screen
from core.web.pages.texts import Texts
from core.web.wording import say

_TONES = (
    ("paused", "line"),
    ("overdue", "bad"),
    ("missed", "bad"),
    ("met", "ok"),
    ("moved", "warn"),
)
_ICONS = (
    ("paused", "player-pause"),
    ("overdue", "alert-triangle"),
    ("missed", "alert-triangle"),
    ("met", "check"),
    ("moved", "calendar"),
)
_MINUTE = timedelta(minutes=1)


def record_clocks(screen: Screen, reader: Reader, id_: int) -> list[dict[str, Any]]:
    """The clocks of one record, ready to draw."""
    if not screen.compiled.registry.clocks_of.get(screen.id):
        return []
    texts = Texts(screen.labels, screen.locale)
    found = clocks_of_record(reader, screen.id, id_)
    return [_row(screen, texts, one) for one in found]


def _row(screen: Screen, texts: Texts, one: ShownClock) -> dict[str, Any]:
    left = one.left
    if one.ended_at is not None or left is None:
        rest = ""
    elif left < timedelta(0):
        rest = say("{time} too long", time=length(-left))
    else:
        rest = say("{time} left", time=length(left))
    return {
        "label": screen.labels.at(f"clock {one.clock}"),
        "state": clock_word(one.state),
        "tone": STATES[one.state][1],
        "due": texts.moment(one.due_at) if one.due_at else "",
        "elapsed": length(one.elapsed),
        "target": length(one.target) if one.target is not None else "",
        "rest": rest,
    }


def length(value: timedelta) -> str:
    """Hours and minutes, as fields of the type duration show them."""
    hours, minutes = divmod(value // _MINUTE, 60)
    return f"{hours}:{minutes:02d}"


def rung(screen: Screen, facts: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    """What happened to a clock of the record, for its timeline."""
    what, due, before = facts["what"], facts["due"], facts["was_due"]
    body = ""
    if what == "moved":
        reason = _reasons().get(facts["why"] or "", "")
        told = (texts.moment(one) if one else say("none") for one in (before, due))
        body = f"{reason}: {' → '.join(told)}"
    elif due is not None and what in ("started", "restarted", "resumed"):
        body = say("Due {when}", when=texts.moment(due))
    return {
        "summary": screen.labels.at(f"clock {facts['clock']}"),
        "what": _words()[what],
        "body": body,
        "tone": dict(_TONES).get(what, "run"),
        "icon_name": dict(_ICONS).get(what, "clock"),
    }


def _words() -> dict[str, str]:
    return {
        "started": say("has begun"),
        "paused": say("stands still"),
        "resumed": say("goes on"),
        "restarted": say("has begun again"),
        "overdue": say("is overdue"),
        "moved": say("is due at another time"),
        "met": say("ended in time"),
        "missed": say("ended too late"),
    }


def _reasons() -> dict[str, str]:
    return {
        "target": say("Another target"),
        "calendar": say("Another calendar"),
        "hours": say("Other working hours or holidays"),
    }
