"""Buttons of a record: drawn with their small forms, and pressed.

Record pages ask `buttons`; the press is a POST that runs in one transaction and comes
back to the record.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import Any

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from core.compiler import CompiledAction, CompiledField
from core.fieldtypes import BadValue
from core.frozen import frozen
from core.services import (
    Candidates,
    OfferedAction,
    Problem,
    Reader,
    TransitionRefused,
    ValidationFailed,
)
from core.services.answers import ask_defaults
from core.services.transitions import REASON
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.form_input import value_of
from core.web.pages.inputs import Inputs, wanted_titles
from core.web.pages.open_boxes import TAKE, open_boxes, read_take, take_name
from core.web.pages.problem_texts import why_not, worded
from core.web.pages.screen import Screen, open_screen
from core.web.wording import say

PREFIX = "ask."


@frozen
class Refused:
    """A press that was refused: which button, what was answered, what is wrong."""

    action: str
    answers: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)


def buttons(
    screen: Screen, reader: Reader, id_: int, refused: Refused | None = None
) -> list[dict[str, Any]]:
    """The offered buttons with the inputs of their small forms."""
    found = []
    for one in reader.actions(screen.id, id_):
        again = refused if refused is not None and refused.action == one.id else None
        found.append(
            {
                "id": one.id,
                "label": screen.labels.action(screen.id, one.id),
                "icon": one.icon or "",
                "ready": one.ready,
                "why": why_not(screen, one.id, one.why, one.because) if one.why else "",
                "confirm": one.confirm or "",
                "boxes": boxes_of(screen, reader, id_, one, again),
                "rows": open_boxes(screen, reader, id_, one, again),
                "problem": again.problems.get("", "") if again else "",
            }
        )
    # What can be pressed now stands first; the rest keeps the written order.
    return sorted(found, key=lambda button: not button["ready"])


def boxes_of(
    screen: Screen,
    reader: Reader,
    id_: int | None,
    one: OfferedAction,
    refused: Refused | None,
) -> list[dict[str, Any]]:
    """The inputs of a small form; `id_` is None for a button of the list."""
    if not one.ask or not one.ready:
        return []
    action = screen.entity.actions[one.id]
    begun = ask_defaults(reader.scene, screen.id, id_ or 0, action)
    values = refused.answers if refused else begun
    titles = {
        (entity, target): title
        for entity, ids in wanted_titles(one.ask, values).items()
        for target, title in reader.titles(entity, sorted(ids)).items()
    }
    inputs = replace(Inputs(screen), titles=titles)
    found = []
    for name, asked in one.ask.items():
        made = inputs.input_of(asked, values.get(name))
        if "url" in made:
            at = screen.base if id_ is None else screen.href(id_)
            made["url"] = f"{at}/actions/{one.id}/lookup/{name}"
            made.pop("with", None)
        if refused and name in refused.texts:
            made["value"] = refused.texts[name]
        made.update(
            name=f"{PREFIX}{name}",
            id=f"f-{one.id}-{name}",
            label=_label(screen, action, asked),
            help=screen.labels.help(asked),
            required=asked.definition.required is True,
            error=refused.problems.get(name, "") if refused else "",
        )
        found.append(made)
    return found


def _label(screen: Screen, action: CompiledAction, asked: CompiledField) -> str:
    """What is asked; the reason of a transition is a question of the platform."""
    if action.move is not None and action.move.reason and asked.name == REASON:
        return say("Reason")
    return screen.labels.field(asked)


@login_required_page
def press(module: str, name: str, id: int, action: str) -> ResponseReturnValue:
    """Press a button of a record."""
    screen = open_screen(module, name)
    known = screen.entity.actions.get(action)
    if known is None:
        abort(404)
    answers, refused = read_answers(screen, known)
    take, wrong = read_take(screen, request.form)
    texts = {key: text for key, text in request.form.items() if key.startswith(TAKE)}
    refused = replace(refused, problems={**refused.problems, **wrong}, taken=texts)
    if refused.problems:
        return _again(screen, id, refused)
    version = request.form.get("_version", "")
    number = int(version) if version.isdecimal() else None
    try:
        with screen.writing() as tx:
            tx.run_action(screen.id, id, action, answers, number, take)
    except ValidationFailed as failed:
        problems = problems_by_field(known, worded(screen, failed.problems))
        return _again(screen, id, replace(refused, problems=problems))
    except TransitionRefused as error:
        notify(why_not(screen, action, error.message, error.because), "bad")
        return redirect(screen.href(id))
    label = screen.labels.action(screen.id, action)
    notify(say("Done: {what}", what=label))
    return redirect(screen.href(id))


def read_answers(
    screen: Screen, action: CompiledAction
) -> tuple[dict[str, Any], Refused]:
    """The values that the small form was sent with, and what is wrong with them."""
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    problems: dict[str, str] = {}
    for name, asked in action.ask.items():
        given = request.form.getlist(f"{PREFIX}{name}")
        try:
            values[name] = value_of(screen, asked, given)
        except BadValue as bad:
            problems[name] = f"{screen.labels.field(asked)}: {bad.message}."
            texts[name] = given[-1] if given else ""
    return values, Refused(action.id, values, texts, problems)


def problems_by_field(
    action: CompiledAction, problems: tuple[Problem, ...]
) -> dict[str, str]:
    """Messages by the input of the small form; "" for what is about the record."""
    found: dict[str, str] = {}
    for problem in problems:
        name = problem.field if problem.field in action.ask else ""
        key = take_name(problem) or name or ""
        found[key] = (
            f"{found[key]} {problem.message}" if key in found else problem.message
        )
    return found


def _again(screen: Screen, id_: int, refused: Refused) -> ResponseReturnValue:
    from core.web.pages.detail_page import record_page

    return record_page(screen, id_, refused), 422


@login_required_page
def look_up_answer(
    module: str, name: str, id: int, action: str, field: str
) -> ResponseReturnValue:
    """Candidates for a link in the small form of a button."""
    from core.web.pages.lookup import offered_items

    screen = open_screen(module, name)
    known = screen.entity.actions.get(action)
    asked = known.ask.get(field) if known else None
    if asked is None or not asked.targets:
        abort(404)
    with screen.reading() as reader:
        # Whoever may not see the record learns nothing of what it allows.
        reader.get(screen.id, id, ("id",))
    wanted = Candidates(screen.id, field, action=action, record=id)
    return offered_items(screen, asked.targets[0], wanted)
