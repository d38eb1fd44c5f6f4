"""The page of a board, further cards of a column, and the move of a card.

A move is an ordinary save: it goes through one transaction with the version that the
reader saw, and what the rules refuse is told with its reason.
"""

from __future__ import annotations

from typing import Any

from flask import abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from core.compiler.view_models import BoardView
from core.expressions import Record
from core.services import (
    AppError,
    BadQuery,
    RuleBroken,
    Transaction,
    TransitionRefused,
    ValidationFailed,
)
from core.web.auth import login_required_page
from core.web.pages.board_asking import Unanswered, asking, pressed
from core.web.pages.board_model import Board, Lane
from core.web.pages.list_frame import frame_of
from core.web.pages.list_model import chip_titles
from core.web.pages.list_state import ListState, read_state
from core.web.pages.problem_texts import why_not, worded
from core.web.pages.screen import Screen, open_screen
from core.web.pages.view_choice import view_of
from core.web.wording import say


def board_page(
    screen: Screen, state: ListState, view: BoardView
) -> ResponseReturnValue:
    """A board in the state of its address."""
    problem = None
    lanes: list[Lane] = []
    scopes: list[Any] = []
    with screen.reading() as reader:
        titles = chip_titles(reader, screen, state)
        try:
            board = Board(screen, reader, view, state)
            lanes = [board.filled(lane) for lane in board.lanes()]
            scopes = [
                (screen.labels.field(one.field), one.links(state))
                for one in board.scopes
                if len(one.options) > 1
            ]
        except BadQuery as refused:
            problem = refused.message
    page = render_template(
        "pages/board.html",
        **frame_of(screen, state, view, titles),
        lanes=lanes,
        scopes=scopes,
        problem=problem,
        column_label=screen.labels.field(view.field),
        totals=sum(lane.head.count for lane in lanes),
    )
    return page, 400 if problem else 200


def _board_view(screen: Screen, state: ListState) -> BoardView:
    view = view_of(screen, state)
    if not isinstance(view, BoardView):
        abort(404)
    return view


@login_required_page
def more_cards(module: str, name: str) -> ResponseReturnValue:
    """Further cards of a column as a piece of HTML."""
    screen = open_screen(module, name)
    state = read_state(screen.base, request.args)
    view = _board_view(screen, state)
    offset = request.args.get("offset", "0")
    with screen.reading() as reader:
        board = Board(screen, reader, view, state)
        lane = _lane(board.lanes(), request.args.get("column", ""))
        filled = board.filled(lane, int(offset) if offset.isdecimal() else 0)
    return render_template(
        "pages/_cards.html", lane=filled, state=state, may_move=screen.can("update")
    )


def _lane(lanes: list[Lane], key: str) -> Lane:
    found = next((lane for lane in lanes if lane.column.key == key), None)
    if found is None:
        abort(404)
    return found


@login_required_page
def move_card(module: str, name: str, id: int) -> ResponseReturnValue:
    """Move a card to another column; answers with the card and all heads anew."""
    screen = open_screen(module, name)
    state = read_state(screen.base, request.args)
    view = _board_view(screen, state)
    key = request.form.get("to", "")
    version = request.form.get("version", "")
    try:
        with screen.writing() as tx:
            target = _lane(Board(screen, tx, view, state).lanes(), key)
            stays = tx.get(screen.id, id, (view.field.name,))
            if target.head.is_full and stays[view.field.name] != target.column.value:
                return _refused(_full(target)), 422
            record = _moved(screen, tx, view, id, target.column.value, version)
    except TransitionRefused as refused:
        text = why_not(screen, "", refused.message, refused.because)
        asks = asking(screen, id, str(refused.facts.get("asks", "")))
        return _refused(text, **({"ask": asks} if asks else {})), 409
    except Unanswered as again:
        action = again.refused.action
        text = say("Please look at what is marked.")
        return _refused(text, ask=asking(screen, id, action, again.refused)), 422
    except ValidationFailed as failed:
        return explained(screen, id, failed), 422
    except AppError as refused:
        return _refused(refused.message), 409
    with screen.reading() as reader:
        answer = _after(Board(screen, reader, view, state), id, key)
    said = say("Moved to {what}", what=target.column.label)
    if _by_workflow(screen, view):
        # The way back is another transition, if there is one.
        return jsonify(**answer, text=said)
    undo = f"{screen.href(id)}/take-back?version={record['version']}"
    return jsonify(**answer, text=said, undo=undo)


def _by_workflow(screen: Screen, view: BoardView) -> bool:
    return any(one.state == view.field.name for one in screen.entity.workflows)


def _moved(
    screen: Screen, tx: Transaction, view: BoardView, id_: int, value: Any, seen: str
) -> Record:
    """The record in its new column: by a transition, or by an ordinary save."""
    version = int(seen) if seen.isdecimal() else None
    name = view.field.name
    if _by_workflow(screen, view):
        if "press" in request.form:
            return pressed(screen, tx, view, id_, value, version)
        return tx.move_to(screen.id, id_, name, value, version)
    accept = request.form.get("accept") == "1"
    return tx.update(screen.id, id_, {name: value}, version, accept_warnings=accept)


def _full(lane: Lane) -> str:
    return say(
        "{what} is full: it takes {number}. Move another card out of it first.",
        what=lane.column.label,
        number=lane.column.limit,
    )


def _refused(detail: str, **facts: Any) -> Any:
    return jsonify(detail=detail, **facts)


def explained(screen: Screen, id_: int, failed: ValidationFailed) -> Any:
    """The reasons in words; warnings can be answered, other things need the form."""
    problems = worded(screen, failed.problems)
    text = " ".join(dict.fromkeys(problem.message for problem in problems))
    if isinstance(failed, RuleBroken) and failed.only_warnings:
        return _refused(text, warning=True)
    return _refused(text, mend=screen.href(id_, "/edit"))


def _after(board: Board, id_: int, key: str) -> dict[str, Any]:
    """The moved card and the heads of all columns, as HTML."""
    lanes = board.lanes()
    card = board.card(id_)
    lane = next((one for one in lanes if one.column.key == key), None)
    heads = {
        one.column.key: render_template("pages/_lane_head.html", lane=one)
        for one in lanes
    }
    drawn = (
        render_template(
            "pages/_card.html", card=card, lane=lane, may_move=True, state=board.state
        )
        if card is not None
        else ""
    )
    full = [one.column.key for one in lanes if one.head.is_full]
    return {"card": drawn, "heads": heads, "full": full}
