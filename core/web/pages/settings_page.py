"""The settings of a module: one form made from its definition.

Registered by `register`. Settings of the system and of companies are for
administrators, settings of a user for that user.
"""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.compiler import CompiledField
from core.definitions import SettingsDef
from core.fieldtypes import BadValue
from core.services.settings import settings_of
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.form_input import value_of
from core.web.pages.inputs import Inputs, wanted_titles
from core.web.pages.screen import Screen, acting, screen_of
from core.web.state import application
from core.web.wording import say


@login_required_page
def show_settings(module: str) -> ResponseReturnValue:
    """The values in force."""
    _document(module)
    return _page(module, {}, {})


@login_required_page
def save_settings(module: str) -> ResponseReturnValue:
    """Keep the values; a wrong one stays in its input with the reason."""
    _document(module)
    screen = _screen()
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, field in _fields(module).items():
        texts = request.form.getlist(name)
        if not texts or (field.type.write_only and not any(texts)):
            # A secret is never shown, so an empty input means: keep it.
            continue
        try:
            values[name] = value_of(screen, field, texts)
        except BadValue as bad:
            problems[name] = f"{screen.labels.field(field)}: {bad.message}."
    if problems:
        return _page(module, values, problems), 422
    with application().transaction(screen.actor, via="ui") as tx:
        for name, value in values.items():
            tx.set_setting(module, name, value)
    notify(say("The settings were saved."))
    return redirect(f"/settings/{module}")


def _document(module: str) -> SettingsDef:
    document: SettingsDef | None = application().registry.settings.get(module)
    if document is None:
        abort(404)
    if document.scope != "user" and not acting().is_admin:
        abort(403)
    return document


def _screen() -> Screen:
    """Labels and language; the entity itself plays no part here."""
    return screen_of(next(iter(application().registry.entities)))


def _fields(module: str) -> dict[str, CompiledField]:
    app = application()
    at = f"settings {module}/fields"
    return {
        name: CompiledField(
            name=name,
            definition=field,
            type=app.catalog[field.type],
            label=app.registry.label(f"{at}/{name}"),
            kind="link" if field.type == "link" else "value",
            targets=tuple(str(target) for target in field.to),
        )
        for name, field in _document(module).fields.items()
    }


def _page(module: str, given: dict[str, Any], problems: dict[str, str]) -> str:
    app, screen = application(), _screen()
    fields = _fields(module)
    with app.reader(screen.actor) as reader:
        kept = settings_of(reader.scene.connection, app.compiled, screen.actor)
        values = {name: kept.get(f"{module}.{name}") for name in fields} | given
        titles = {
            (entity, id_): title
            for entity, ids in wanted_titles(fields, values).items()
            for id_, title in reader.titles(entity, sorted(ids)).items()
        }
    inputs = Inputs(screen, titles)
    boxes = []
    for name, field in fields.items():
        made = inputs.input_of(field, values[name])
        if field.kind == "link":
            made["url"] = f"{screen.other(field.targets[0]).base}/lookup"
        if name in problems:
            made["value"] = request.form.get(name, "")
        label = screen.labels.field(field)
        help_ = screen.labels.help(field)
        error = problems.get(name, "")
        boxes.append(
            {**made, "name": name, "label": label, "help": help_, "error": error}
        )
    source = app.registry.modules[module]
    return render_template(
        "pages/settings.html", module=module, title=source.definition.title, boxes=boxes
    )
