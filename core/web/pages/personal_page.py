"""Personal data of a record: what is held, handed out as a file, erased for good.

Registered by `register`; offered where the definition of an entity names fields that
may be erased.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.services import Reader
from core.services.privacy import (
    erase_personal_data,
    may_hold_personal_data,
    personal_data,
)
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.screen import Screen, open_screen
from core.web.state import application
from core.web.wording import say


def offers(screen: Screen, reader: Reader, id_: int) -> bool:
    """Whether the reader may see the page of a record."""
    entity = screen.entity
    if not may_hold_personal_data(entity) or not screen.can("export"):
        return False
    return id_ in reader.permitted(screen.id, "export", [id_])


@login_required_page
def show_personal(module: str, name: str, id: int) -> ResponseReturnValue:
    """What is held about a record, and what of it would be erased."""
    return _page(_screen(module, name), id)


@login_required_page
def hand_out(module: str, name: str, id: int) -> Response:
    """All that is held, as a JSON file."""
    screen = _screen(module, name)
    with screen.reading() as reader:
        _check(screen, reader, id)
        found = personal_data(reader, screen.id, id)
    text = json.dumps(found, ensure_ascii=False, indent=2, default=str)
    response = Response(f"{text}\n", mimetype="application/json")
    file = f"personal-data-{screen.id.replace('.', '-')}-{id}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


@login_required_page
def erase(module: str, name: str, id: int) -> ResponseReturnValue:
    """Erase, if the name of the record was typed as it is."""
    screen = _screen(module, name)
    with screen.reading() as reader:
        _check(screen, reader, id)
        title = reader.title(screen.id, id) or str(id)
    if request.form.get("confirm", "").strip() != title.strip():
        return _page(screen, id, say("Type the name exactly as it is written.")), 422
    erase_personal_data(application(), screen.actor, screen.id, id, "ui")
    notify(say("The personal data is erased."))
    return redirect(screen.href(id))


def _screen(module: str, name: str) -> Screen:
    screen = open_screen(module, name)
    if not may_hold_personal_data(screen.entity):
        abort(404)
    return screen


def _check(screen: Screen, reader: Reader, id_: int) -> None:
    reader.get(screen.id, id_, ("id",))
    if not offers(screen, reader, id_):
        abort(403)


def _page(screen: Screen, id_: int, problem: str = "") -> str:
    with screen.reading() as reader:
        _check(screen, reader, id_)
        found = personal_data(reader, screen.id, id_)
        may_erase = bool(
            screen.can("delete") and reader.permitted(screen.id, "delete", [id_])
        )
    rule = screen.entity.definition.retention
    names = () if rule is None else rule.fields
    fields = screen.entity.fields
    return render_template(
        "pages/personal.html",
        screen=screen,
        id=id_,
        heading=found["title"] or str(id_),
        held=_counted(screen, found),
        goes=[screen.labels.field(fields[one]) for one in names],
        kept=[
            screen.labels.field(fields[one])
            for one in found["record"]
            if one in fields and one not in names and fields[one].writable
        ],
        may_erase=may_erase,
        problem=problem,
    )


def _counted(screen: Screen, found: dict[str, Any]) -> list[tuple[str, int]]:
    """What is held, by its kind, with how many of each."""
    inverses = screen.entity.inverses
    related = [
        (screen.labels.plural(screen.compiled.entity(inverses[name].entity)), len(rows))
        for name, rows in found["related"].items()
    ]
    fixed = [
        (say("Fields"), len(found["record"]) - 1),
        (say("Ids of other systems"), len(found["external_ids"])),
        (say("Comments"), len(found["comments"])),
        (say("Planned activities"), len(found["activities"])),
        (say("Files"), len(found["attachments"])),
        (say("Changes in the history"), len(found["history"])),
    ]
    return [*fixed, *related]
