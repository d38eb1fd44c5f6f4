"""The changes of a record as a timeline: who, when, and old to new in words.

Record pages show it; values that the reader may not see are not in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from core.compiler import CompiledEntity
from core.expressions import Ref
from core.fieldtypes import BadValue
from core.services import AuditEntry, Reader
from core.services.scene import USER
from core.web.pages.screen import Screen
from core.web.pages.texts import Texts
from core.web.wording import say

#: Words, icon and tone of what happened.
ACTIONS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "create": ("created it", "plus", "ok"),
        "update": ("changed it", "edit", ""),
        "archive": ("archived it", "archive", "warn"),
        "restore": ("restored it", "arrow-back-up", "ok"),
        "delete": ("deleted it", "trash", "bad"),
        "merge": ("merged others into it", "git-merge", "ok"),
        "erase": ("erased the personal data", "trash", "warn"),
    }
)
_MOST = 30
_CHANGES = 12
Names = Mapping[tuple[str, int], str]


def timeline(screen: Screen, reader: Reader, id_: int) -> list[dict[str, Any]]:
    """The latest changes, newest first, grouped by the caller's days."""
    entries = reader.history(screen.id, id_, _MOST)
    texts = Texts(screen.labels, screen.locale)
    names = _names(screen, reader, entries)
    now = reader.scene.moment.now
    newest = max((entry.version for entry in entries), default=0)
    goes_back = screen.can("update")
    found = []
    for entry in entries:
        words, icon, tone = ACTIONS.get(_verb(entry.action), (entry.action, "edit", ""))
        who = names.get((USER, entry.actor or 0))
        created = _verb(entry.action) == "create"
        if entry.merged_into:
            words = "merged it into another one"
        what = say(words)
        if entry.transition is not None:
            label = screen.labels.action(screen.id, entry.transition)
            what = say("pressed '{action}'", action=label)
        what += _via(entry.via) + _origin(screen, entry)
        found.append(
            {
                "who": (who or say("The platform")) + _givers(entry, names),
                "what": what,
                "body": entry.reason or "",
                "at": texts.since(entry.at, now),
                "at_full": texts.moment(entry.at),
                "icon_name": icon,
                "tone": tone,
                "changes": [] if created else _changes(screen, texts, entry, names),
                "restore": screen.href(id_, f"/versions/{entry.version}")
                if goes_back and entry.version < newest
                else "",
            }
        )
    return found


def _givers(entry: AuditEntry, names: Names) -> str:
    """For whom a deputy acted."""
    found = [names.get((USER, one), str(one)) for one in entry.deputy_for]
    return " " + say("for {who}", who=", ".join(found)) if found else ""


def _verb(action: str) -> str:
    """`updated` and `update` are one thing here."""
    return action.removesuffix("d") if action.removesuffix("d") in ACTIONS else action


def _via(via: str) -> str:
    known = {"api": "through the API", "import": "by import", "seed": "by set-up"}
    return ", " + say(known[via]) if via in known else ""


def _origin(screen: Screen, entry: AuditEntry) -> str:
    """What wrote by itself, on behalf of the person."""
    if entry.origin is None:
        return ""
    label = screen.labels.at(entry.origin)
    if "/timers/" in entry.origin:
        return ", " + say("by the timer '{label}'", label=label)
    if entry.origin.startswith("endpoint "):
        return ", " + say("by the endpoint '{label}'", label=label)
    if entry.origin.startswith("mailbox "):
        return ", " + say("by the mailbox '{label}'", label=label)
    if entry.origin.startswith("assignment "):
        return ", " + say("by the assignment '{label}'", label=label)
    if entry.origin.startswith("clock "):
        return ", " + say("by the clock '{label}'", label=label)
    if entry.origin.startswith("flow "):
        return ", " + say("by the flow '{label}'", label=label)
    if entry.origin.startswith("schedule "):
        return ", " + say("by the schedule '{label}'", label=label)
    if entry.origin.startswith("webform "):
        return ", " + say("by the web form '{label}'", label=label)
    return ", " + say("by the automation '{label}'", label=label)


def _changes(
    screen: Screen, texts: Texts, entry: AuditEntry, names: Names
) -> list[tuple[str, str, str]]:
    found = []
    entity = screen.entity
    for name, change in list(entry.changes.items())[:_CHANGES]:
        field = entity.fields.get(name)
        if field is None:
            continue
        label = screen.labels.field(field)
        if name in entity.lines:
            found.append((label, "", _rows(change)))
            continue
        old, new = (
            texts.from_json(field, value, title=lambda e, i: names.get((e, i)))
            for value in change
        )
        found.append((label, _short(old), _short(new) or say("empty")))
    return found


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:120]}…"


def _rows(change: Sequence[Mapping[str, Any]]) -> str:
    """How many rows were added, changed and removed."""
    parts = []
    for key, words in (
        ("added", "{number} added"),
        ("changed", "{number} changed"),
        ("removed", "{number} removed"),
    ):
        number = sum(1 for row in change if isinstance(row, Mapping) and key in row)
        if number:
            parts.append(say(words, number=number))
    return ", ".join(parts) or say("changed")


def _names(
    screen: Screen, reader: Reader, entries: Sequence[AuditEntry]
) -> dict[tuple[str, int], str]:
    """Titles of everything that the entries name, one question per entity."""
    wanted: dict[str, set[int]] = {USER: {e.actor for e in entries if e.actor}}
    for entry in entries:
        wanted[USER].update(entry.deputy_for)
        for entity, id_ in _linked(screen.entity, entry.changes):
            wanted.setdefault(entity, set()).add(id_)
    return {
        (entity, id_): title
        for entity, ids in wanted.items()
        if ids and entity in screen.compiled.tables
        for id_, title in reader.titles(entity, sorted(ids)).items()
    }


def _linked(
    entity: CompiledEntity, changes: Mapping[str, Any]
) -> Iterator[tuple[str, int]]:
    for name, change in changes.items():
        field = entity.fields.get(name)
        if field is None or field.kind not in ("link", "links", "reference"):
            continue
        for raw in change:
            try:
                value = field.type.coerce(raw, field.definition)
            except BadValue:
                continue
            for one in (
                value
                if isinstance(value, tuple) and not isinstance(value, Ref)
                else (value,)
            ):
                if isinstance(one, Ref):
                    yield one.entity, one.id
                elif isinstance(one, int):
                    yield field.targets[0], one
