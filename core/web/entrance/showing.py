"""Sessions and entries of the journal in words for people.

The security page and the journal page call it with what the database keeps.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.web.entrance.journal import ACTS, REASONS, WAYS, Entry
from core.web.wording import say

# Browsers name their ancestors too, so the first that fits is the right one.
_BROWSERS: Mapping[str, str] = MappingProxyType(
    {
        "Edg/": "Edge",
        "OPR/": "Opera",
        "Firefox/": "Firefox",
        "Chrome/": "Chrome",
        "Safari/": "Safari",
        "curl/": "curl",
    }
)
_SYSTEMS: Mapping[str, str] = MappingProxyType(
    {
        "Windows": "Windows",
        "Android": "Android",
        "iPhone": "iPhone",
        "iPad": "iPad",
        "Mac OS X": "macOS",
        "Linux": "Linux",
    }
)
_SHORT = 40


def device_of(agent: str) -> str:
    """A browser's own name for itself in two words, such as "Firefox, Linux"."""
    browser = next((shown for mark, shown in _BROWSERS.items() if mark in agent), "")
    system = next((shown for mark, shown in _SYSTEMS.items() if mark in agent), "")
    known = ", ".join(part for part in (browser, system) if part)
    return known or agent[:_SHORT] or say("unknown device")


def way_of(way: str) -> str:
    """How somebody came in, with the provider's id where one vouched."""
    kind, _, provider = way.partition(":")
    shown = say(WAYS[kind]) if kind in WAYS else kind
    return f"{shown} {provider}" if provider else shown


def line_of(entry: Entry) -> dict[str, Any]:
    """An entry as the pages show it."""
    event = entry.event
    return {
        "id": entry.id,
        "at": entry.at,
        "user": entry.username or ("" if event.user is None else f"#{event.user}"),
        "user_id": event.user,
        "act": say(ACTS.get(event.act, event.act)),
        "bad": event.act in ("refused", "mail_failed"),
        "way": way_of(event.way),
        "reason": say(REASONS[event.reason]) if event.reason in REASONS else "",
        "by": entry.by_username if event.by not in (None, event.user) else "",
        "address": entry.visitor.address,
        "device": device_of(entry.visitor.agent) if entry.visitor.agent else "",
    }
