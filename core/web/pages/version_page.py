"""The page of an old version: what going back to it would change, and going back.

Registered by `register`; the timeline of a record leads here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.fieldtypes import BadValue
from core.services import Reader, RuleBroken, StaleRecord, ValidationFailed
from core.services.scene import USER
from core.services.versions import OldVersion, old_version, restore_version
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.form_page import WARNINGS
from core.web.pages.inputs import wanted_titles
from core.web.pages.list_frame import module_label
from core.web.pages.problem_texts import worded
from core.web.pages.screen import Screen, open_screen
from core.web.pages.texts import Texts
from core.web.wording import say, say_count

_ROWS = 20


@login_required_page
def show_version(module: str, name: str, id: int, version: int) -> ResponseReturnValue:
    """What going back to the version would change."""
    return _page(open_screen(module, name), id, version)


@login_required_page
def go_back(module: str, name: str, id: int, version: int) -> ResponseReturnValue:
    """Go back; what is refused is told on the same page."""
    screen = open_screen(module, name)
    accepted = request.form.get(WARNINGS) == "1"
    seen = request.form.get("_version", "")
    expected = int(seen) if seen.isdecimal() else None
    try:
        with screen.writing() as tx:
            restore_version(tx, screen.id, id, version, expected, accepted)
    except StaleRecord:
        told = say("Somebody saved meanwhile. Look at what will change now.")
        return _page(screen, id, version, [told]), 409
    except ValidationFailed as refused:
        waits = isinstance(refused, RuleBroken) and refused.only_warnings
        told_all = [one.message for one in worded(screen, refused.problems)]
        page = _page(screen, id, version, list(dict.fromkeys(told_all)), waits)
        return page, 200 if waits else 422
    notify(say("Version {number} was restored.", number=version))
    return redirect(screen.href(id))


def _page(
    screen: Screen,
    id_: int,
    version: int,
    problems: list[str] | None = None,
    waits: bool = False,
) -> str:
    with screen.reading() as reader:
        old = old_version(reader, screen.id, id_, version)
        texts = Texts(screen.labels, screen.locale)
        who = reader.title(USER, old.actor) if old.actor else None
        return render_template(
            "pages/version.html",
            screen=screen,
            id=id_,
            old=old,
            rows=_rows(screen, reader, old),
            said=f"{who or say('The platform')}, {texts.moment(old.at)}",
            heading=reader.title(screen.id, id_) or str(id_),
            plural=screen.labels.plural(screen.entity),
            module_label=module_label(screen),
            problems=problems or [],
            waits=waits,
        )


def _rows(screen: Screen, reader: Reader, old: OldVersion) -> list[dict[str, Any]]:
    fields = screen.entity.fields
    plain = {one.name: fields[one.name] for one in old.changes if one.now != one.then}
    names: dict[tuple[str, int], str] = {}
    for side in ("now", "then"):
        values = _coerced(screen, {o.name: getattr(o, side) for o in old.changes})
        for entity, ids in wanted_titles(plain, values).items():
            found = reader.titles(entity, sorted(ids))
            names |= {(entity, one): title for one, title in found.items()}
    texts = Texts(screen.labels, screen.locale)
    rows = []
    for one in old.changes:
        field = fields[one.name]

        def shown(value: Any, field: Any = field) -> str:
            if field.kind == "lines":
                return say_count(len(value), "{number} row", "{number} rows")
            text = texts.from_json(field, value, title=lambda e, i: names.get((e, i)))
            return text or say("empty")

        now, then = shown(one.now), shown(one.then)
        if field.kind == "lines":
            then += _row_changes(one.now, one.then)
        label = screen.labels.field(field)
        rows.append({"label": label, "now": now, "then": then, "open": one.open})
    return rows


def _row_changes(now: list[Any], then: list[Any]) -> str:
    """How many rows come back, change and go."""
    kept = {row["id"] for row in then if "id" in row}
    counts = (
        ("{number} added", sum(1 for row in then if "id" not in row)),
        ("{number} changed", sum(1 for row in then if "id" in row and len(row) > 1)),
        ("{number} removed", sum(1 for row in now if row["id"] not in kept)),
    )
    told = [say(words, number=number) for words, number in counts if number]
    return f" ({', '.join(told)})" if told else ""


def _coerced(screen: Screen, values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON as values, so that links are known; what no longer fits is left out."""
    found = {}
    for name, value in values.items():
        field = screen.entity.fields[name]
        if field.kind == "lines":
            continue
        try:
            found[name] = field.type.coerce(value, field.definition)
        except BadValue:
            continue
    return found
