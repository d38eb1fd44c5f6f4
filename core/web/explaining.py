"""Why somebody may do what to a record, verb by verb, for pages and API.

The views have made sure that an administrator asks: reasons tell of conditions over
fields that others may not read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import abort

from core.registry.rights import VERBS
from core.web.accounts import load_account
from core.web.auth import actor_of, scoped
from core.web.state import application, web
from core.web.wording import language


def explained(entity: str, id_: int, user: int, verb: str = "") -> list[dict[str, Any]]:
    """Each verb with whether the user may and why; 404 for no such user."""
    app = application()
    account = load_account(web().database, user)
    if account is None:
        abort(404)
    actor = replace(scoped(actor_of(account), app), language=language())
    actions = app.registry.entities[entity].actions
    with app.reader(actor) as reader:
        return [
            {
                "verb": one,
                "allowed": id_ in reader.permitted(entity, one, [id_]),
                "reasons": reader.explain(entity, one, id_),
            }
            for one in (*VERBS, *actions)
            if not verb or one == verb
        ]
