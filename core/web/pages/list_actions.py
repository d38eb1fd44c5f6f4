"""Buttons of a whole list and of the records chosen in it: their page, and the press.

Registered by `register`; menus and the list lead to the page with what the button
asks, one that asks nothing is pressed from the list itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from typing import Any

from flask import abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.compiler import CompiledAction
from core.frozen import frozen
from core.services import (
    Candidates,
    OfferedAction,
    Outcome,
    Reader,
    TransitionRefused,
    ValidationFailed,
)
from core.services.list_actions import MOST
from core.services.taking_back import (
    Trail,
    audited_so_far,
    can_take_back,
    trail_since,
)
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.actions import (
    Refused,
    boxes_of,
    problems_by_field,
    read_answers,
)
from core.web.pages.list_frame import module_label
from core.web.pages.list_state import read_state
from core.web.pages.problem_texts import why_not, worded
from core.web.pages.screen import Screen, open_screen
from core.web.pages.take_back import undo_address
from core.web.wording import say, say_count

#: What the bar below a list sends for a button: `do:<action>`.
PRESS = "do:"
_TOLD = 20
_NAMED = 5


@frozen
class Asked:
    """A button about to be pressed, for the records of `ids` or for the list."""

    action: CompiledAction
    ids: tuple[int, ...] = ()
    refused: Refused | None = None
    told: list[dict[str, str]] = field(default_factory=list)


def list_buttons(screen: Screen, reader: Reader) -> list[dict[str, Any]]:
    """The buttons of the list; `asks` says that the page comes before the press."""
    return [
        {
            **_button(screen, one),
            "why": why_not(screen, one.id, one.why, one.because) if one.why else "",
            "asks": bool(one.ask or one.confirm),
            "href": f"{screen.base}/actions/{one.id}",
        }
        for one in reader.list_actions(screen.id)
    ]


def selection_buttons(screen: Screen, reader: Reader) -> list[dict[str, Any]]:
    """The buttons of the bar for chosen records."""
    found = reader.list_actions(screen.id, "selection")
    return [{**_button(screen, one), "value": f"{PRESS}{one.id}"} for one in found]


def _button(screen: Screen, one: OfferedAction) -> dict[str, Any]:
    label = screen.labels.action(screen.id, one.id)
    return {"id": one.id, "label": label, "icon": one.icon or "bolt"}


@login_required_page
def show_action(module: str, name: str, action: str) -> ResponseReturnValue:
    """The page of a button of the list; nothing is done by looking at it."""
    screen, known = _opened(module, name, action)
    if known.definition.place != "list":
        abort(404)
    return _page(screen, Asked(known))


@login_required_page
def press_for_list(module: str, name: str, action: str) -> ResponseReturnValue:
    """Press a button for the list, or for the records that the form names."""
    screen, known = _opened(module, name, action)
    if known.definition.place == "record":
        abort(404)
    texts = request.form.get("ids", "").split(",")
    ids = tuple(int(one) for one in texts if one.isdecimal() and len(one) < 19)
    if known.definition.place == "selection" and not ids:
        return redirect(_back(screen))
    answers, refused = read_answers(screen, known)
    asked = Asked(known, ids, refused)
    if refused.problems:
        return _page(screen, asked), 422
    return _press(screen, asked, answers)


def press_for_chosen(
    screen: Screen, action: str, ids: Sequence[int]
) -> ResponseReturnValue:
    """From the bar below a list: the page if the button asks, else the press."""
    known = screen.entity.actions.get(action)
    if known is None or known.definition.place != "selection":
        abort(404)
    if not ids:
        return redirect(_back(screen))
    asked = Asked(known, tuple(ids))
    if known.ask or known.confirm is not None or len(ids) > MOST:
        return _page(screen, asked)
    return _press(screen, asked, {})


def _opened(module: str, name: str, action: str) -> tuple[Screen, CompiledAction]:
    screen = open_screen(module, name)
    known = screen.entity.actions.get(action)
    if known is None:
        abort(404)
    if not screen.can(known.id):
        abort(403)
    return screen, known


def _press(
    screen: Screen, asked: Asked, answers: dict[str, Any]
) -> ResponseReturnValue:
    action = asked.action
    outcomes: list[Outcome] = []
    try:
        with screen.writing() as tx:
            before = audited_so_far(tx)
            if action.definition.place == "list":
                tx.run_for_list(screen.id, action.id, answers)
            else:
                outcomes = tx.run_for_many(screen.id, asked.ids, action.id, answers)
            did = trail_since(tx, before)
            undo = can_take_back(tx, screen.id, did)
    except ValidationFailed as failed:
        problems = problems_by_field(action, worded(screen, failed.problems))
        refused = asked.refused or Refused(action.id, answers)
        return _page(
            screen, replace(asked, refused=replace(refused, problems=problems))
        ), 422
    except TransitionRefused as error:
        notify(why_not(screen, action.id, error.message, error.because), "bad")
        return redirect(_back(screen))
    return _told(screen, asked, outcomes, did if undo else None)


def _told(
    screen: Screen, asked: Asked, outcomes: list[Outcome], did: Trail | None
) -> ResponseReturnValue:
    """Say what was done and what was refused; the page stays for the latter."""
    label = screen.labels.action(screen.id, asked.action.id)
    undo = None if did is None else undo_address(screen, did)
    bad = [one for one in outcomes if one.action == "refused"]
    if asked.action.definition.place == "list":
        notify(say("Done: {what}", what=label), undo_url=undo)
    elif len(bad) < len(outcomes):
        done = say_count(
            len(outcomes) - len(bad),
            "{what}: done for {number} record.",
            "{what}: done for {number} records.",
            what=label,
        )
        notify(done, undo_url=undo)
    if not bad:
        return redirect(_back(screen))
    ids = tuple(one.id for one in bad if one.id is not None)
    return _page(screen, replace(asked, ids=ids, told=_reasons(screen, asked, bad)))


def _reasons(
    screen: Screen, asked: Asked, bad: Sequence[Outcome]
) -> list[dict[str, str]]:
    shown = bad[:_TOLD]
    with screen.reading() as reader:
        titles = reader.titles(screen.id, [one.id for one in shown if one.id])
    return [
        {
            "href": screen.href(one.id) if one.id in titles else "",
            "title": titles.get(one.id or 0, f"#{one.id}"),
            "why": " ".join(
                dict.fromkeys(
                    why_not(screen, asked.action.id, p.message, p.facts.get("because"))
                    for p in worded(screen, one.problems)
                )
            ),
        }
        for one in shown
    ]


def _page(screen: Screen, asked: Asked) -> str:
    """What the button asks, for whom, and what was refused."""
    action, count = asked.action, len(asked.ids)
    place = action.definition.place
    with screen.reading() as reader:
        offered = reader.list_actions(screen.id, place)
        one = next((o for o in offered if o.id == action.id), None)
        if one is None:
            abort(403)
        first = asked.ids[0] if asked.ids else None
        boxes = boxes_of(screen, reader, first, one, asked.refused)
        named = reader.titles(screen.id, asked.ids[:_NAMED])
    label = screen.labels.entity(screen.id)
    plural = screen.labels.plural(screen.entity)
    return render_template(
        "pages/list_action.html",
        screen=screen,
        asked=asked,
        label=screen.labels.action(screen.id, action.id),
        icon=one.icon or "bolt",
        confirm=one.confirm or "",
        why=why_not(screen, one.id, one.why, one.because) if one.why else "",
        boxes=boxes,
        problem=asked.refused.problems.get("", "") if asked.refused else "",
        count=count,
        too_many=count > MOST,
        most=MOST,
        what=label if count == 1 else plural,
        plural=plural,
        module_label=module_label(screen),
        named=[named[id_] for id_ in asked.ids[:_NAMED] if id_ in named],
        query=request.query_string.decode(),
        back=_back(screen),
    )


def _back(screen: Screen) -> str:
    state = read_state(screen.base, request.args)
    return state.href(page=state.page, cursor=state.cursor)


@login_required_page
def look_up_for_list(
    module: str, name: str, action: str, field: str
) -> ResponseReturnValue:
    """Candidates for a link that a button of the list asks for."""
    from core.web.pages.lookup import offered_items

    screen, known = _opened(module, name, action)
    asked = known.ask.get(field)
    if asked is None or not asked.targets or known.definition.place != "list":
        abort(404)
    wanted = Candidates(screen.id, field, action=action)
    return offered_items(screen, asked.targets[0], wanted)
