"""What a transition asks when a card is dropped: its form, and the press with answers.

Called by `board_page`; the form is that of the button on the record's page.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import abort, render_template, request

from core.compiler.view_models import BoardView
from core.expressions import Record
from core.services import Transaction, ValidationFailed
from core.web.pages.actions import (
    Refused,
    buttons,
    problems_by_field,
    read_answers,
)
from core.web.pages.open_boxes import TAKE, read_take
from core.web.pages.problem_texts import worded
from core.web.pages.screen import Screen


class Unanswered(Exception):
    """The answers will not do; `refused` holds them and what is wrong."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.action)
        self.refused = refused


def asking(
    screen: Screen, id_: int, action: str, refused: Refused | None = None
) -> str:
    """The form of a button as a piece of HTML, empty if it is offered no longer."""
    with screen.reading() as reader:
        offered = buttons(screen, reader, id_, refused)
    button = next((one for one in offered if one["id"] == action), None)
    if button is None:
        return ""
    return render_template("pages/_move_ask.html", button=button)


def pressed(
    screen: Screen,
    tx: Transaction,
    view: BoardView,
    id_: int,
    value: Any,
    version: int | None,
) -> Record:
    """Take the transition of the form; Unanswered if that has to come again."""
    action = screen.entity.actions.get(request.form.get("press", ""))
    if action is None or action.move is None:
        abort(400)
    if (action.move.state, action.move.to) != (view.field.name, value):
        abort(400)
    answers, refused = read_answers(screen, action)
    take, wrong = read_take(screen, request.form)
    texts = {key: text for key, text in request.form.items() if key.startswith(TAKE)}
    refused = replace(refused, problems={**refused.problems, **wrong}, taken=texts)
    if refused.problems:
        raise Unanswered(refused)
    try:
        return tx.run_action(screen.id, id_, action.id, answers, version, take)
    except ValidationFailed as failed:
        problems = problems_by_field(action, worded(screen, failed.problems))
        raise Unanswered(replace(refused, problems=problems)) from failed
