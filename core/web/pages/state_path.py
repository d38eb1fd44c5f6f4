"""The way of a record through the states of its workflow, drawn above its fields.

Made for record pages: the open states in their order, the closed one it has come to or
may come to, and since when it has been where.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.compiler import CompiledWorkflow
from core.expressions import Record
from core.services import Reader
from core.services.state_times import StateTime, state_times
from core.services.waiting import progress_of
from core.web.pages.approvals_page import progress_note
from core.web.pages.screen import Screen
from core.web.pages.texts import Texts
from core.web.wording import say


def state_paths(screen: Screen, reader: Reader, record: Record) -> list[dict[str, Any]]:
    """The ways of all workflows whose state the reader may see."""
    readable = reader.access.of(screen.id).readable
    shown = [one for one in screen.entity.workflows if one.state in readable]
    if not shown:
        return []
    stood = state_times(reader, screen.id, record.id or 0)
    paths = [
        _path(screen, reader, one, record, [t for t in stood if t.workflow == one.id])
        for one in shown
    ]
    if screen.entity.approving:
        waits = progress_of(reader, screen.id, record.id or 0)
        notes = {one.workflow: progress_note(one) for one in waits}
        for workflow, path in zip(shown, paths, strict=True):
            path["note"] = notes.get(workflow.id, "")
    return paths


def _path(
    screen: Screen,
    reader: Reader,
    workflow: CompiledWorkflow,
    record: Record,
    stood: Sequence[StateTime],
) -> dict[str, Any]:
    field = screen.entity.fields[workflow.state]
    texts = Texts(screen.labels, screen.locale)
    now = str(record.values.get(workflow.state))
    times = {one.state: one for one in stood}
    steps = _steps(workflow, now)
    moment = reader.scene.moment.now
    place = steps.index(now) if now in steps else -1
    found = []
    for index, key in enumerate(steps):
        label, _ = screen.labels.choice(field, key)
        one = times.get(key)
        at = None if one is None else one.last
        found.append(
            {
                "label": label,
                "tone": "now" if key == now else "past" if index < place else "",
                "title": "" if one is None else _told(texts, one),
                "since": texts.since(at, moment) if at and key == now else "",
                "stood": "" if one is None or key == now else texts.length(one.total),
            }
        )
    return {"label": screen.labels.field(field), "steps": found}


def _told(texts: Texts, one: StateTime) -> str:
    """Since when a record is or was in a state, and how long in all."""
    since = say("since {when}", when=texts.moment(one.last))
    return f"{since}, " + say("{time} in all", time=texts.length(one.total))


def _steps(workflow: CompiledWorkflow, now: str) -> list[str]:
    """The open states and one closed one: where it is, else the first."""
    closed = [key for key, one in workflow.states.items() if one.kind == "closed"]
    last = now if now in closed else next(iter(closed), None)
    return [
        key for key, one in workflow.states.items() if key == last or one.kind == "open"
    ]
