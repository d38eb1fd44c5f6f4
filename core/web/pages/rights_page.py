"""Who may do what, and why: the matrix of roles and entities, and single records.

Registered by `register`; for administrators only, as conditions tell of fields that
others may not read.
"""

from __future__ import annotations

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from core.compiler import Compiled
from core.registry.rights import VERBS
from core.services.rights_matrix import rights_lines
from core.web.accounts import list_accounts
from core.web.auth import admin_required, current_account
from core.web.explaining import explained, explained_fields, explained_owners
from core.web.pages.labels import Labels
from core.web.pages.screen import screen_of
from core.web.pages.texts import Texts
from core.web.state import application, web
from core.web.wording import language


@admin_required
def show_rights() -> ResponseReturnValue:
    """The matrix; `role`, `entity` and `verb` narrow it."""
    compiled: Compiled = application().compiled
    registry = compiled.registry
    labels = Labels(registry, language())
    asked = {key: request.args.get(key, "") for key in ("role", "entity", "verb")}
    lines = rights_lines(registry, **asked)
    entities = sorted(registry.entities)
    actions = {verb for one in registry.entities.values() for verb in one.actions}
    return render_template(
        "pages/rights.html",
        lines=lines,
        asked=asked,
        roles=sorted(registry.rights.roles),
        entities=[(one, labels.entity(one)) for one in entities],
        labels={one: labels.entity(one) for one in entities},
        verbs=[*VERBS, *sorted(actions)],
    )


@admin_required
def explain_record(module: str, name: str, id: int) -> ResponseReturnValue:
    """Why somebody may do what to a record, verb by verb."""
    if f"{module}.{name}" not in application().registry.entities:
        abort(404)
    screen = screen_of(f"{module}.{name}")
    with screen.reading() as reader:
        title = reader.title(screen.id, id)
        if title is None:
            raise reader.not_found(screen.id, id)
    user = request.args.get("user", "")
    me = current_account()
    texts = Texts(screen.labels, screen.locale)
    chosen = int(user) if user.isdecimal() else (me.id if me is not None else 0)
    return render_template(
        "pages/explain.html",
        screen=screen,
        id=id,
        heading=title,
        people=[(one.id, one.display_name) for one in list_accounts(web().database)],
        chosen=chosen,
        answers=explained(screen.id, id, chosen),
        fields=explained_fields(screen.id, id, chosen),
        given=[
            {**one, "at": texts.moment(one["at"])}
            for one in explained_owners(screen.id, id)
        ],
    )
