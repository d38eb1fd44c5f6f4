"""Instances of flows in words, for their page, a record's page and its timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.services import Reader
from core.services.flows.shown import Asked, Shown, list_flows
from core.web.pages.labels import Labels
from core.web.pages.screen import Screen, screen_of
from core.web.pages.texts import Texts
from core.web.retelling import retold
from core.web.wording import language, say

_TONES = (
    ("running", "run"),
    ("held", "warn"),
    ("waiting", "run"),
    ("failed", "bad"),
    ("done", "ok"),
    ("left", "ok"),
    ("cancelled", "line"),
)
_ICONS = (
    ("started", "player-play"),
    ("woken", "bell"),
    ("held", "player-pause"),
    ("waiting", "clock"),
    ("failed", "alert-triangle"),
    ("undone", "arrow-back-up"),
    ("cancelled", "x"),
)


def flow_rows(
    reader: Reader, labels: Labels, texts: Texts, asked: Asked
) -> list[dict[str, Any]]:
    """The instances that somebody asked for, ready to draw."""
    now = reader.scene.moment.now
    return [_row(one, labels, texts, now) for one in list_flows(reader, asked)]


def record_flows(screen: Screen, reader: Reader, id_: int) -> list[dict[str, Any]]:
    """The instances of one record, where its entity is the subject of a flow."""
    flows = screen.compiled.registry.flows.values()
    if not any(one.subject == screen.id for one in flows):
        return []
    texts = Texts(screen.labels, screen.locale)
    asked = Asked(entity=screen.id, record=id_, limit=20)
    return flow_rows(reader, screen.labels, texts, asked)


def _row(one: Shown, labels: Labels, texts: Texts, now: Any) -> dict[str, Any]:
    step = "" if one.step is None else step_label(labels, one.flow, one.step)
    return {
        "id": one.id,
        "flow": labels.at(f"flow {one.flow}"),
        "title": one.title,
        "href": screen_of(one.entity).href(one.record),
        "state": state_word(one.state),
        "tone": dict(_TONES)[one.state],
        "step": step if one.is_open else "",
        "said": retold(one.said or "", language()),
        "due": texts.moment(one.due_at) if one.due_at and one.is_open else "",
        "at": texts.since(one.at, now),
        "acts": one.may and one.is_open,
    }


def step_label(labels: Labels, flow: str, step: str) -> str:
    """What a step is called."""
    return labels.at(f"flow {flow}/steps/{step}")


def noted(screen: Screen, facts: dict[str, Any]) -> dict[str, Any]:
    """What a flow did, for the timeline of its record."""
    flow, state, step = facts["flow"], facts["state"], facts["step"]
    label = screen.labels.at(f"flow {flow}")
    place = "" if step is None else step_label(screen.labels, flow, step)
    said = facts["said"] or ""
    reason = _wakers().get(said) if state == "done" else None
    return {
        "summary": f"{label} · {place}" if place else label,
        "what": note_word(state, step is None),
        "body": reason or retold(said, language()),
        "tone": dict(_TONES).get(state, ""),
        "icon_name": dict(_ICONS).get(state, "check"),
    }


def given(
    screen: Screen, facts: Mapping[str, Any], names: Mapping[int, str]
) -> dict[str, Any]:
    """Who got the record, and the rule that decided, for its timeline."""
    at, rule = f"assignment {facts['assignment']}", facts["rule"]
    person = names.get(facts["person"] or 0, "")
    label = "" if rule is None else screen.labels.at(f"{at}/rules/{rule}")
    what = say("gave it to {person}", person=person) if person else say("found nobody")
    return {
        "summary": screen.labels.at(at),
        "what": what,
        "body": ": ".join(one for one in (label, facts["said"]) if one),
        "tone": "run" if person else "warn",
        "icon_name": "user-check",
    }


def _wakers() -> dict[str, str]:
    return {
        "event": say("Woken by an event"),
        "clock": say("Woken by the clock"),
        "hand": say("Woken by somebody"),
    }


def state_word(state: str) -> str:
    """The state of an instance in words."""
    told = {
        "open": say("Under way"),
        "running": say("Running"),
        "held": say("Held"),
        "waiting": say("Waiting"),
        "failed": say("Failed"),
        "done": say("Done"),
        "left": say("Goal reached"),
        "cancelled": say("Cancelled"),
    }
    return told[state]


def note_word(state: str, whole: bool) -> str:
    """What happened to an instance or one of its steps, in words."""
    told = {
        "started": say("started"),
        "woken": say("woken"),
        "done": say("ended") if whole else say("step done"),
        "held": say("is held"),
        "waiting": say("waits"),
        "skipped": say("step skipped"),
        "failed": say("failed"),
        "undone": say("step undone"),
        "left": say("goal reached"),
        "cancelled": say("cancelled"),
    }
    return told[state]
