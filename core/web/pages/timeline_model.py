"""The timeline of a record and a person's notices, worked out for the templates.

Used by `detail_page` and `timeline`; texts are plain, templates escape them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from flask import request
from markupsafe import Markup, escape

from core.services import Reader
from core.services.files import has_thumbnail, size_text
from core.services.mails import may_write
from core.services.scene import USER
from core.services.timeline import (
    KINDS,
    TYPES,
    Entry,
    Notice,
    feed,
    follows,
    mentioned_logins,
    unread,
)
from core.web.menus import MenuLink
from core.web.pages.clock_rows import rung
from core.web.pages.flow_rows import given, noted
from core.web.pages.history import timeline
from core.web.pages.mails_page import receivers_text, state_word, tone_of
from core.web.pages.problem_texts import FILE_REFUSALS
from core.web.pages.screen import Screen, acting, address_of
from core.web.pages.texts import Texts
from core.web.state import application
from core.web.wording import say

_MOST = 50
_SHOWN = 30
#: Kinds of entries that look alike: who or what, what it did, and a remark.
_BY_ITSELF = frozenset({"flow", "assignment", "clock", "step"})
_ICONS: Mapping[str, str] = MappingProxyType(
    {"todo": "checkbox", "call": "phone", "mail": "mail", "meeting": "calendar-event"}
)


def type_labels() -> dict[str, str]:
    """The kinds of activities by their names."""
    told = (say("To do"), say("Call"), say("Mail"), say("Meeting"))
    return dict(zip(TYPES, told, strict=True))


def filters(flows: bool = False) -> list[tuple[str, str]]:
    """The choices of what a timeline shows; `flows` where there are any."""
    return [
        ("", say("All")),
        ("comment", say("Comments")),
        ("attachment", say("Files")),
        ("activity", say("Activities")),
        ("mail", say("Mails")),
        ("change", say("Changes")),
        *((("flow", say("Flows")),) if flows else ()),
    ]


def timeline_model(screen: Screen, reader: Reader, id_: int) -> dict[str, Any] | None:
    """What the record page shows beside the record; None without a timeline."""
    if not screen.entity.definition.timeline:
        return None
    wanted = request.args.get("show", "")
    wanted = wanted if wanted in KINDS else ""
    kinds: tuple[str, ...] = (wanted,) if wanted else KINDS
    if wanted == "activity":
        kinds = ("activity", "record")
    permitted = {
        verb: id_ in reader.permitted(screen.id, verb, [id_])
        for verb in ("comment", "update")
    }
    entries = feed(reader, screen.id, id_, kinds, _MOST)
    return {
        "entries": _entries(screen, reader, id_, entries),
        "show": wanted,
        "filters": filters(_has_flows(screen)),
        "types": list(type_labels().items()),
        "follows": follows(reader, screen.id, id_),
        "comments": permitted["comment"],
        "works": permitted["comment"] or permitted["update"],
        "updates": permitted["update"],
        "mails": may_write(reader, screen.id, id_),
        "draft": request.args.get("draft", ""),
        **_files(),
    }


def _has_flows(screen: Screen) -> bool:
    flows = screen.compiled.registry.flows.values()
    return any(one.subject == screen.id for one in flows)


def _files() -> dict[str, Any]:
    """How large an attachment may be, and what is said of a larger one."""
    runtime = application().runtime
    size = size_text(runtime.max_upload)
    large = say(FILE_REFUSALS["too_large"], name="{name}", size=size)
    limit = say("at most {size}", size=size)
    return {"most": runtime.max_upload, "limit": limit, "large": large}


def _entries(
    screen: Screen, reader: Reader, id_: int, entries: Sequence[Entry]
) -> list[dict[str, Any]]:
    changes = {}
    if any(entry.kind == "change" for entry in entries):
        known = reader.history(screen.id, id_, _SHOWN)
        shown = timeline(screen, reader, id_)
        changes = {one.id: row for one, row in zip(known, shown, strict=False) if row}
    people = {entry.author for entry in entries if entry.author}
    people |= {p for e in entries if (p := e.facts.get("person"))}
    names = reader.titles(USER, sorted(people)) if people else {}
    texts, now = Texts(screen.labels, screen.locale), reader.scene.moment.now
    found: list[dict[str, Any]] = []
    for entry in entries:
        if entry.kind == "change":
            if entry.id in changes:
                found.append({"kind": "change", "change": changes[entry.id]})
            continue
        found.append(
            {
                "kind": entry.kind,
                "id": entry.id,
                "who": names.get(entry.author or 0) or say("The platform"),
                "at": texts.since(entry.at, now),
                "at_full": texts.moment(entry.at),
                **_facts(screen, id_, entry, names, texts),
            }
        )
    return found


def _facts(
    screen: Screen, id_: int, entry: Entry, names: Mapping[int, str], texts: Texts
) -> dict[str, Any]:
    facts = entry.facts
    if entry.kind == "record":
        return _record(screen.other(facts["entity"]), entry, names, texts)
    if entry.kind in _BY_ITSELF:
        return {**_done(screen, entry, names, texts), **_of(screen, facts)}
    if entry.kind == "comment":
        return {"body": marked(facts["body"])}
    if entry.kind == "attachment":
        href = screen.href(id_, f"/attachments/{entry.id}")
        small = f"{href}?small=1" if has_thumbnail(facts["media_type"]) else ""
        size = size_text(facts["size"])
        return {"name": facts["name"], "href": href, "small": small, "size": size}
    if entry.kind == "mail":
        return _mail(facts)
    due = facts["due"]
    return {
        "summary": facts["summary"],
        "icon_name": _ICONS.get(facts["type"], "checkbox"),
        "label": type_labels().get(facts["type"], facts["type"]),
        "due": texts.full_day(due) if due else "",
        "person": names.get(facts["person"] or 0, ""),
        "done": facts["done_at"] is not None,
    }


def _done(
    screen: Screen, entry: Entry, names: Mapping[int, str], texts: Texts
) -> dict[str, Any]:
    """What was done with a record by itself, or by a button of another one."""
    facts = entry.facts
    if entry.kind == "flow":
        return noted(screen, facts)
    if entry.kind == "assignment":
        return given(screen, facts, names)
    if entry.kind == "clock":
        return rung(screen, facts, texts)
    button = screen.labels.action(facts["entity"], facts["transition"])
    return {
        "summary": "",
        "what": say("pressed '{action}'", action=button),
        "body": facts["reason"] or "",
        "tone": "run",
        "icon_name": "progress",
    }


def _of(screen: Screen, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The other record that something happened to; nothing for the one shown."""
    if "entity" not in facts:
        return {}
    other = screen.other(facts["entity"])
    kind, href = screen.labels.entity(other.id), other.href(facts["record"])
    return {"of": f"{kind}: {facts['title']}", "of_href": href}


def _mail(facts: Mapping[str, Any]) -> dict[str, Any]:
    """A mail: who it went to, how it went, and what it says."""
    received = facts["direction"] == "in"
    return {
        "received": received,
        "summary": facts["subject"] or say("No subject"),
        "people": facts["sender"] if received else receivers_text(facts["receivers"]),
        "body": facts["body"],
        "names": [one["name"] for one in facts["files"]],
        "state": state_word(facts["state"]),
        "tone": tone_of(facts["state"]),
        "said": facts["said"] or "",
    }


def _record(
    screen: Screen, entry: Entry, names: Mapping[int, str], texts: Texts
) -> dict[str, Any]:
    """A record of another entity: what it is, where it leads, how far it is."""
    facts = entry.facts
    due = facts.get("due")
    day = (
        due.astimezone(screen.locale.zone_info()) if isinstance(due, datetime) else due
    )
    return {
        "summary": facts["title"],
        "href": screen.href(entry.id),
        "icon_name": screen.entity.definition.icon or "file-text",
        "label": screen.labels.entity(screen.id),
        "due": texts.full_day(day) if day else "",
        "person": names.get(facts.get("person") or 0, ""),
        "done": facts.get("done"),
    }


def marked(body: str) -> Markup:
    """A comment with its mentions marked; everything is escaped."""
    logins = mentioned_logins(body)
    if not logins:
        return escape(body)
    words = "|".join(re.escape(f"@{one}") for one in sorted(logins, key=len)[::-1])
    parts = re.split(rf"(?<!\S)({words})", body)
    return Markup("").join(
        Markup('<span class="i-ment">{}</span>').format(part)
        if part.removeprefix("@") in logins and part.startswith("@")
        else escape(part)
        for part in parts
    )


def notice_rows(reader: Reader, found: Sequence[Notice]) -> list[dict[str, Any]]:
    """The notices of somebody in words."""
    names = reader.titles(USER, sorted({n.author for n in found if n.author}))
    words = {
        "mention": say("mentioned you"),
        "comment": say("commented"),
        "activity": say("planned something"),
        "file": say("attached a file"),
        "mail": say("A mail came in"),
        "approval": say("asks for your approval"),
        "approved": say("approved"),
        "rejected": say("rejected"),
    }
    return [
        {
            "id": one.id,
            "what": one.text or words.get(one.kind, one.kind),
            "who": _teller(one, names),
            "title": one.title,
            "entity": one.entity,
            "record": one.record,
            "href": f"{address_of(one.entity)}/{one.record}",
            "at": one.at,
            "read": one.read,
            "level": {"info": "run"}.get(one.level, one.level),
        }
        for one in found
    ]


def _teller(one: Notice, names: Mapping[int, str]) -> str:
    """Who is said to have done it; a message speaks for itself."""
    if one.text:
        return ""
    return names.get(one.author or 0) or say("The platform")


def notice_link(_actor: Any) -> tuple[MenuLink, ...]:
    """The line of the navigation that leads to the notices, with their number."""
    with application().reader(acting()) as reader:
        waiting = unread(reader)
    count = str(waiting) if waiting else ""
    link = MenuLink(say("Notifications"), "/notifications", "bell", count, bool(count))
    return (link,)
