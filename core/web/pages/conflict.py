"""Somebody else saved first: per field yours and theirs, with a choice.

Shown instead of the form when a save meets a newer version; the choice is saved over
that version.
"""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from core.fieldtypes import BadValue
from core.services import Reader
from core.web.pages.form_input import Sent
from core.web.pages.inputs import wanted_titles
from core.web.pages.list_frame import module_label
from core.web.pages.screen import Screen
from core.web.pages.texts import Texts
from core.web.wording import say

#: So many changes since a form was opened are looked at.
_MOST = 200


def conflict_page(screen: Screen, id_: int, sent: Sent) -> ResponseReturnValue:
    """The page, with status 409."""
    with screen.reading() as reader:
        record = reader.get(screen.id, id_)
        before = _before(screen, reader, id_)
        rows = _differences(screen, reader, record.values, sent, before)
        page = render_template(
            "pages/conflict.html",
            screen=screen,
            id=id_,
            heading=reader.title(screen.id, id_) or str(id_),
            plural=screen.labels.plural(screen.entity),
            module_label=module_label(screen),
            message=say("Choose for each field what is to be saved."),
            version=record["version"],
            rows=rows,
            lines=_sent_lines(screen),
            lines_kept=not any(name in before for name in screen.entity.lines),
        )
    return page, 409


def _before(screen: Screen, reader: Reader, id_: int) -> dict[str, Any]:
    """What the fields that others changed held when this form was opened."""
    opened = request.form.get("_version", "")
    if not opened.isdecimal():
        return {}
    found: dict[str, Any] = {}
    for entry in reader.history(screen.id, id_, _MOST):
        if entry.version <= int(opened):
            break
        # Newest first: the last one to be taken is the oldest.
        for name, change in entry.changes.items():
            found[name] = change[0] if len(change) == 2 else None
    return found


def _untouched(screen: Screen, name: str, value: Any, before: dict[str, Any]) -> bool:
    """Whether a field was sent as it had been opened; only others changed it."""
    if name not in before:
        return False
    field = screen.entity.fields[name]
    try:
        return bool(field.type.coerce(before[name], field.definition) == value)
    except BadValue:
        return False


def _differences(
    screen: Screen,
    reader: Reader,
    now: dict[str, Any],
    sent: Sent,
    before: dict[str, Any],
) -> list[dict[str, Any]]:
    """The fields where what was sent is not what is stored now."""
    fields = screen.entity.fields
    names = [
        name
        for name in sent.values
        if name in now
        and fields[name].kind != "lines"
        and sent.values[name] != now[name]
    ]
    titles = {
        (entity, one): title
        for values in (now, sent.values)
        for entity, ids in wanted_titles({n: fields[n] for n in names}, values).items()
        for one, title in reader.titles(entity, sorted(ids)).items()
    }
    texts = Texts(screen.labels, screen.locale)

    def shown(name: str, value: Any) -> str:
        return texts.text(
            fields[name], value, title=lambda e, i: titles.get((e, i))
        ) or say("empty")

    return [
        {
            "name": name,
            "label": screen.labels.field(fields[name]),
            "yours": shown(name, sent.values[name]),
            "theirs": shown(name, now[name]),
            "keep": not _untouched(screen, name, sent.values[name], before),
            "inputs": _inputs(name),
        }
        for name in names
    ]


def _inputs(name: str) -> list[tuple[str, str]]:
    """What was sent for a field: its input, or those of its properties."""
    return [
        (one, text)
        for one in request.form
        for text in request.form.getlist(one)
        if one == name or one.startswith(f"{name}:")
    ]


def _sent_lines(screen: Screen) -> list[tuple[str, str]]:
    """The inputs of lines, which are kept as a whole or left."""
    marks = tuple(f"{name}-" for name in screen.entity.lines)
    kept = [f"_lines-{name}" for name in screen.entity.lines]
    return [
        (name, text)
        for name in request.form
        for text in request.form.getlist(name)
        if (marks and name.startswith(marks)) or name in kept
    ]
