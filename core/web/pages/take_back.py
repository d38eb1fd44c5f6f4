"""Takes back what the reader himself did: his last change of a record, as Undo does
after a drag, or what one press of a button did to many records.

Registered by `register`; the old values are saved like any others, so rights and rules
hold, and what somebody changed since stays as it is.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from flask import abort, jsonify, request
from flask.typing import ResponseReturnValue

from core.services import AppError, AuditEntry, Transaction, ValidationFailed
from core.services.taking_back import Trail, put_back, take_back
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.problem_texts import worded
from core.web.pages.screen import Screen, open_screen
from core.web.wording import say, say_count


@login_required_page
def take_back_change(module: str, name: str, id: int) -> ResponseReturnValue:
    """Give the fields of the change that led to `version` their old values again."""
    screen = open_screen(module, name)
    version = request.args.get("version", "")
    try:
        with screen.writing() as tx:
            entry = _own_last(screen, tx, id, version)
            if entry is None:
                return jsonify(detail=say("The record was changed again since.")), 409
            done = put_back(tx, screen.id, [(id, entry.changes, entry.version)])
            if done[0].problems:
                raise ValidationFailed(done[0].problems)
    except AppError as refused:
        return jsonify(detail=refused.message), 409
    return jsonify({})


def _own_last(
    screen: Screen, tx: Transaction, id_: int, version: str
) -> AuditEntry | None:
    found = next(iter(tx.history(screen.id, id_, 1)), None)
    if found is None or found.action != "updated" or str(found.version) != version:
        return None
    return found if found.actor == screen.actor.user_id else None


def undo_address(screen: Screen, trail: Trail) -> str:
    """Where a POST takes back what left these entries in the audit."""
    place = {"after": trail.after, "last": trail.last, "at": trail.at.isoformat()}
    return f"{screen.base}/undo?{urlencode(place)}"


@login_required_page
def take_back_many(module: str, name: str) -> ResponseReturnValue:
    """Take back what a message offers to undo; 409 if nothing of it can be."""
    screen = open_screen(module, name)
    try:
        given = request.args
        at = datetime.fromisoformat(given.get("at", ""))
        trail = Trail(int(given.get("after", "")), int(given.get("last", "")), at)
    except ValueError:
        abort(400)
    if at.tzinfo is None:
        abort(400)
    with screen.writing() as tx:
        outcomes = take_back(tx, screen.id, trail)
    refused = [problem for one in outcomes for problem in one.problems]
    reasons = dict.fromkeys(one.message for one in worded(screen, refused))
    kept = sum(one.action == "refused" for one in outcomes)
    if not outcomes or kept == len(outcomes):
        nothing = say("There is nothing to take back.")
        return jsonify(detail=next(iter(reasons), nothing)), 409
    if kept:
        said = say_count(
            kept,
            "{number} record stayed as it is.",
            "{number} records stayed as they are.",
        )
        notify(said, "bad", sub=" ".join(reasons)[:300])
    return jsonify({})
