"""Why somebody may do what to a record, verb by verb, for pages and API.

The views have made sure that an administrator asks: reasons tell of conditions over
fields that others may not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import abort

from core.registry.rights import VERBS
from core.services import Actor
from core.services.assigning import KIND, assigned_of, names_of, rule_label
from core.services.sentences import Sentence
from core.web.accounts import load_account
from core.web.auth import actor_of, current_actor, scoped
from core.web.state import application, web
from core.web.wording import language, say


def explained(entity: str, id_: int, user: int, verb: str = "") -> list[dict[str, Any]]:
    """Each verb with whether the user may and why; 404 for no such user."""
    app = application()
    account = load_account(web().database, user)
    if account is None:
        abort(404)
    actor = replace(scoped(actor_of(account), app), language=language())
    actions = app.registry.entities[entity].actions
    with app.reader(actor) as reader, app.reader(_viewer()) as viewer:
        return [
            {
                "verb": one,
                "allowed": id_ in reader.permitted(entity, one, [id_]),
                "reasons": _said(reader.explain(entity, one, id_, viewer)),
            }
            for one in (*VERBS, *actions)
            if not verb or one == verb
        ]


def explained_owners(entity: str, id_: int) -> list[dict[str, Any]]:
    """Who got the record by which rule of which assignment, the latest first."""
    app, tongue = application(), language()
    with app.reader(_viewer()) as viewer:
        found = assigned_of(viewer, entity, id_)
        people = names_of(viewer, found)
        return [
            {
                "at": one.at,
                "assignment": one.assignment,
                "label": app.registry.label(f"{KIND} {one.assignment}", tongue),
                "rule": one.rule,
                "rule_label": rule_label(app.registry, one, tongue),
                "person": one.person,
                "name": people.get(one.person or 0),
                "reason": one.said,
            }
            for one in found
        ]


def explained_fields(entity: str, id_: int, user: int) -> list[dict[str, Any]]:
    """Fields of the record with what holds for them and why; 404 for no such user."""
    app = application()
    account = load_account(web().database, user)
    if account is None:
        abort(404)
    actor = replace(scoped(actor_of(account), app), language=language())
    with app.reader(actor) as reader, app.reader(_viewer()) as viewer:
        return [
            {
                "field": one.field,
                "label": one.label,
                "state": one.state,
                "reason": one.why.said(say),
            }
            for one in reader.explain_fields(entity, id_, viewer)
        ]


def _viewer() -> Actor:
    """The administrator who asks, in the language of the page."""
    return replace(current_actor(), language=language())


def _said(sentences: Sequence[Sentence]) -> list[str]:
    return [one.said(say) for one in sentences]
