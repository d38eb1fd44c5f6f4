"""The way of a record through the states of its workflow, drawn above its fields.

Made for record pages: the open states in their order, the closed one it has come to or
may come to, and since when it has been where.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.compiler import CompiledWorkflow
from core.expressions import Record
from core.services import AuditEntry, Reader
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
    entries = reader.history(screen.id, record.id or 0, 100)
    paths = [_path(screen, reader, one, record, entries) for one in shown]
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
    entries: Sequence[AuditEntry],
) -> dict[str, Any]:
    field = screen.entity.fields[workflow.state]
    texts = Texts(screen.labels, screen.locale)
    now = str(record.values.get(workflow.state))
    since = {
        str(change[1]): entry.at
        for entry in reversed(entries)
        if isinstance(change := entry.changes.get(workflow.state), list)
    }
    steps = _steps(workflow, now)
    moment = reader.scene.moment.now
    place = steps.index(now) if now in steps else -1
    found = []
    for index, key in enumerate(steps):
        label, _ = screen.labels.choice(field, key)
        at = since.get(key)
        found.append(
            {
                "label": label,
                "tone": "now" if key == now else "past" if index < place else "",
                "title": say("since {when}", when=texts.moment(at)) if at else "",
                "since": texts.since(at, moment) if at and key == now else "",
            }
        )
    return {"label": screen.labels.field(field), "steps": found}


def _steps(workflow: CompiledWorkflow, now: str) -> list[str]:
    """The open states and one closed one: where it is, else the first."""
    closed = [key for key, one in workflow.states.items() if one.kind == "closed"]
    last = now if now in closed else next(iter(closed), None)
    return [
        key for key, one in workflow.states.items() if key == last or one.kind == "open"
    ]
