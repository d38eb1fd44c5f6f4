"""Takes back the reader's own last change of a record: what Undo does after a drag.

Registered by `register`; the old values are saved like any others, so rights and rules
hold, and nothing happens if somebody changed the record since.
"""

from __future__ import annotations

from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from core.compiler import CompiledEntity
from core.services import AppError, AuditEntry, Transaction
from core.web.auth import login_required_page
from core.web.pages.screen import Screen, open_screen
from core.web.wording import say

_KINDS = frozenset({"value", "link", "links", "reference"})


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
            values = _old_values(screen.entity, entry)
            # It was accepted in this state before.
            tx.update(screen.id, id, values, entry.version, accept_warnings=True)
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


def _old_values(entity: CompiledEntity, entry: AuditEntry) -> dict[str, Any]:
    """The old values of fields that somebody may set; computed ones follow."""
    found: dict[str, Any] = {}
    for name, change in entry.changes.items():
        field = entity.fields.get(name)
        if field is None or field.kind not in _KINDS or field.computed or field.once:
            continue
        found[name] = change[0]
    return found
