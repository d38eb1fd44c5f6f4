"""The buttons by which two suspects are declared to be different, and alike again.

Registered by `register`. Who may merge two records may press them.
"""

from __future__ import annotations

from flask import abort, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from core.services import AppError
from core.services.duplicates.apart import bring_together, keep_apart
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.screen import open_screen
from core.web.wording import say


@login_required_page
def mark_apart(module: str, name: str) -> ResponseReturnValue:
    """Keep two records apart from now on; the message offers to undo it."""
    screen = open_screen(module, name)
    one, other = _pair()
    try:
        with screen.writing() as tx:
            keep_apart(tx, screen.id, one, other)
    except AppError as refused:
        notify(refused.message, "bad")
    else:
        undo = f"{screen.base}/duplicates/together?ids={one},{other}"
        notify(say("They stay two records."), undo_url=undo)
    return redirect(f"{screen.base}/duplicates")


@login_required_page
def mark_together(module: str, name: str) -> ResponseReturnValue:
    """Let two records be compared again: a button of the page, or Undo by script."""
    screen = open_screen(module, name)
    one, other = _pair()
    try:
        with screen.writing() as tx:
            bring_together(tx, screen.id, one, other)
    except AppError as refused:
        if "back" in request.form:
            notify(refused.message, "bad")
            return redirect(f"{screen.base}/duplicates")
        return jsonify(detail=refused.message), 409
    if "back" in request.form:
        notify(say("They are compared again."))
        return redirect(f"{screen.base}/duplicates")
    return jsonify({})


def _pair() -> tuple[int, int]:
    ids = request.values.get("ids", "").split(",")
    if len(ids) != 2 or not all(one.isdecimal() for one in ids):
        abort(400)
    return int(ids[0]), int(ids[1])
