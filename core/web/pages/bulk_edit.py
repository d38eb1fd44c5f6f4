"""Changes fields of many records at once: choose fields and values, look, change.

`bulk` leads here with the chosen rows. The preview does the whole work in a transaction
that keeps nothing, so that its figures and refusals are those of the change itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.compiler import CompiledField
from core.fieldtypes import BadValue
from core.services import Outcome, Problem, Transaction
from core.services.taking_back import Trail, audited_so_far, trail_since
from core.services.together import together
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.form_input import value_of
from core.web.pages.inputs import READ_ONLY_KINDS, Inputs, wanted_titles
from core.web.pages.list_frame import may_change_many, module_label
from core.web.pages.list_state import read_state
from core.web.pages.problem_texts import worded
from core.web.pages.screen import Screen, open_screen
from core.web.pages.take_back import undo_address
from core.web.wording import say, say_count

#: So many records are changed at once.
MOST = 10_000
#: So many refusals are told one by one.
_TOLD = 50
_NAMED = 5
#: Files are chosen per record; a secret is nobody's second one.
_NOT_HERE = READ_ONLY_KINDS | {"file", "image", "secret", "properties"}
_CHOSEN = "_set"


class _NotKept(Exception):
    """Leaves the transaction of a preview without keeping anything."""


@dataclass(slots=True)
class Asked:
    """What the page was sent: the records, the chosen fields and their values."""

    ids: list[int]
    chosen: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    accept: bool = False


@dataclass(slots=True)
class Told:
    """What would become, or became, of the records: figures, and refusals by record."""

    changed: int
    unchanged: int
    refused: list[dict[str, str]]
    more: int
    kept: bool
    warnings: bool


def choose_changes(screen: Screen, ids: Sequence[int]) -> ResponseReturnValue:
    """The page with the fields to choose from, for the records chosen in a list."""
    if not may_change_many(screen):
        abort(403)
    if not ids:
        return redirect(_back(screen))
    return _draw(screen, Asked(list(ids)))


@login_required_page
def change_many(module: str, name: str) -> ResponseReturnValue:
    """Show what a change would do, or do it."""
    screen = open_screen(module, name)
    if not may_change_many(screen):
        abort(403)
    asked = _read(screen)
    if not asked.ids:
        return redirect(_back(screen))
    if asked.errors or not asked.values:
        return _draw(screen, asked), 422
    preview = request.form.get("_act") != "change"
    outcomes, trail = _run(screen, asked, preview)
    told = _told(screen, asked, outcomes, kept=not preview)
    if preview:
        return _draw(screen, asked, told)
    if told.changed:
        said = say_count(
            told.changed, "{number} record changed.", "{number} records changed."
        )
        notify(said, undo_url=undo_address(screen, trail))
    if not told.refused:
        if not told.changed:
            notify(say("All of them hold these values already."))
        return redirect(_back(screen))
    asked.ids = [
        id_
        for id_, one in zip(asked.ids, outcomes, strict=True)
        if one.action == "refused"
    ]
    return _draw(screen, asked, told)


def _back(screen: Screen) -> str:
    state = read_state(screen.base, request.args)
    return state.href(page=state.page, cursor=state.cursor)


def changeable(screen: Screen) -> dict[str, CompiledField]:
    """The fields that one value may be given in many records."""
    writable = screen.rights.entity(screen.id).writable
    return {
        name: one
        for name, one in screen.entity.fields.items()
        if name in writable
        and one.writable
        and not (one.computed or one.once or one.definition.hidden)
        and one.definition.readonly is not True
        and one.definition.unique is not True
        and one.type.widget(one.definition).kind not in _NOT_HERE
    }


def _read(screen: Screen) -> Asked:
    form = request.form
    ids = [int(x) for x in form.get("ids", "").split(",") if x.isdecimal()]
    asked = Asked(
        [id_ for id_ in dict.fromkeys(ids) if id_ < 2**63][:MOST],
        accept=form.get("_accept") == "1",
    )
    known = changeable(screen)
    asked.chosen = [name for name in form.getlist(_CHOSEN) if name in known]
    for name in asked.chosen:
        try:
            asked.values[name] = value_of(screen, known[name], form.getlist(name))
        except BadValue as bad:
            asked.errors[name] = f"{bad.message}."
    return asked


def _run(screen: Screen, asked: Asked, preview: bool) -> tuple[list[Outcome], Trail]:
    outcomes: list[Outcome] = []
    trail = Trail(0, 0, datetime.min)
    try:
        with screen.writing() as tx:
            before = audited_so_far(tx)
            outcomes = _changed(screen, tx, asked)
            trail = trail_since(tx, before)
            if preview:
                raise _NotKept
    except _NotKept:
        pass
    return outcomes, trail


def _changed(screen: Screen, tx: Transaction, asked: Asked) -> list[Outcome]:
    """The outcome per record; those that are not to be changed in bulk are refused."""

    def change(ids: list[int]) -> list[Outcome]:
        rows = [(id_, asked.values, None) for id_ in ids]
        return tx.update_many(
            screen.id, rows, partial=True, accept_warnings=asked.accept
        )

    return together(tx, screen.id, "update", asked.ids, change, barred_text())


def barred_text() -> str:
    """Why a record is left out that may only be changed by itself."""
    return say("This record may not be changed together with others.")


def _told(
    screen: Screen, asked: Asked, outcomes: Sequence[Outcome], kept: bool
) -> Told:
    bad = [one for one in outcomes if one.action == "refused"]
    shown = bad[:_TOLD]
    with screen.reading() as reader:
        titles = reader.titles(screen.id, [one.id for one in shown if one.id])
    return Told(
        changed=sum(one.action == "updated" for one in outcomes),
        unchanged=sum(one.action == "unchanged" for one in outcomes),
        refused=[
            {
                "href": screen.href(one.id) if one.id in titles else "",
                "title": titles.get(one.id or 0, f"#{one.id}"),
                "why": _why(screen, one.problems),
            }
            for one in shown
        ],
        more=len(bad) - len(shown),
        kept=kept,
        warnings=not asked.accept and any(_only_warns(one) for one in bad),
    )


def _only_warns(outcome: Outcome) -> bool:
    return all(p.level == "warn" or p.code == "warning" for p in outcome.problems)


def _why(screen: Screen, problems: Sequence[Problem]) -> str:
    """The reasons of one record in words, without the note that nobody answered."""
    told = [one for one in problems if one.code != "warning"] or problems
    return " ".join(dict.fromkeys(one.message for one in worded(screen, told)))


def _draw(screen: Screen, asked: Asked, told: Told | None = None) -> str:
    count = len(asked.ids)
    with screen.reading() as reader:
        named = reader.titles(screen.id, asked.ids[:_NAMED])
        titles = _titles(screen, reader, asked.values)
    label = screen.labels.entity(screen.id)
    plural = screen.labels.plural(screen.entity)
    return render_template(
        "pages/bulk_edit.html",
        screen=screen,
        asked=asked,
        told=told,
        count=count,
        what=label if count == 1 else plural,
        plural=plural,
        module_label=module_label(screen),
        named=[named[id_] for id_ in asked.ids[:_NAMED] if id_ in named],
        boxes=_boxes(screen, asked, Inputs(screen, titles)),
        query=request.query_string.decode(),
        back=_back(screen),
        most=MOST,
    )


def _titles(
    screen: Screen, reader: Any, values: Mapping[str, Any]
) -> dict[tuple[str, int], str]:
    wanted = wanted_titles(screen.entity.fields, values)
    return {
        (entity, id_): title
        for entity, ids in wanted.items()
        for id_, title in reader.titles(entity, sorted(ids)).items()
    }


def _boxes(screen: Screen, asked: Asked, inputs: Inputs) -> list[dict[str, Any]]:
    """Per field its label, whether it is chosen, and its input as it was filled."""
    found = []
    for name, shown in changeable(screen).items():
        made = inputs.input_of(shown, asked.values.get(name))
        if name in asked.errors:
            made["value"] = request.form.getlist(name)[-1]
        label = screen.labels.field(shown)
        found.append(
            {
                "name": name,
                "label": label,
                "chosen": name in asked.chosen,
                "error": asked.errors.get(name, ""),
                "input": {**made, "name": name, "label": label, "id": f"f-{name}"},
            }
        )
    return found
