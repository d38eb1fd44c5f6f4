"""The pages that create and change a record: one form, drawn again with its errors.

Registered by `register`. Saving goes through one transaction; nothing typed is lost
when it is refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from core.expressions import Record
from core.services import (
    Problem,
    Reader,
    RuleBroken,
    StaleRecord,
    TransitionRefused,
    ValidationFailed,
)
from core.web.auth import login_required_page
from core.web.notices import notify
from core.web.pages.conflict import conflict_page
from core.web.pages.file_inputs import take_uploads
from core.web.pages.form_input import Sent, read_form
from core.web.pages.form_live import live_form
from core.web.pages.form_model import Draft, FormMaker, listed_problems
from core.web.pages.hidden_inputs import without_hidden
from core.web.pages.list_frame import module_label
from core.web.pages.lookup import draft_values
from core.web.pages.problem_texts import refused_problem, worded
from core.web.pages.screen import Screen, open_screen
from core.web.wording import say

WARNINGS = "_accept"


@login_required_page
def new_record(module: str, name: str) -> ResponseReturnValue:
    """An empty form with its defaults, what the address gives, or a copy."""
    screen = open_screen(module, name, "create")
    copied = request.args.get("copy", "")
    with screen.reading() as reader:
        values = draft_values(screen.entity, request.args)
        if copied.isdecimal():
            values = {**reader.copy(screen.id, int(copied)), **values}
        state = reader.evaluate(screen.id, values)
        return _draw(screen, reader, Draft(None, state))


@login_required_page
def edit_record(module: str, name: str, id: int) -> ResponseReturnValue:
    """The form of a record."""
    screen = open_screen(module, name)
    with screen.reading() as reader:
        record = _stored(screen, reader, id)
        if not reader.permitted(screen.id, "update", [id]):
            return redirect(screen.href(id))
        state = reader.evaluate(screen.id, {}, id)
        state = replace(state, values={**state.values, **_many(screen, record)})
        return _draw(screen, reader, Draft(id, state, record=record))


@login_required_page
def create_record(module: str, name: str) -> ResponseReturnValue:
    """Save a new record."""
    screen = open_screen(module, name, "create")
    return _save(screen, None)


@login_required_page
def update_record(module: str, name: str, id: int) -> ResponseReturnValue:
    """Save changes of a record."""
    screen = open_screen(module, name)
    return _save(screen, id)


def _save(screen: Screen, id_: int | None) -> ResponseReturnValue:
    problems = take_uploads(screen, request)
    sent = read_form(screen, request.form)
    sent.problems.extend(problems)
    if sent.problems:
        return _again(screen, id_, sent, ())
    try:
        record = _write(screen, id_, sent)
    except StaleRecord:
        assert id_ is not None
        return conflict_page(screen, id_, sent)
    except ValidationFailed as refused:
        waits = isinstance(refused, RuleBroken) and refused.only_warnings
        return _again(screen, id_, sent, refused.problems, waits)
    except TransitionRefused as against:
        return _again(screen, id_, sent, (refused_problem(against),))
    told = say("{what} was saved.", what=screen.labels.entity(screen.id))
    notify(told)
    if request.form.get("_then") == "new":
        return redirect(f"{screen.base}/new")
    return redirect(screen.href(record.id))


def _write(screen: Screen, id_: int | None, sent: Sent) -> Record:
    accepted = request.form.get(WARNINGS) == "1"
    version = request.form.get("_version", "")
    changed = sent.changed(request.form.getlist("_changed"))
    with screen.writing() as tx:
        values = sent.values
        if changed:
            # The form was sent before its last evaluation came back.
            values = _settled(screen, tx, id_, values, changed)
        values = _open_only(screen, tx, id_, values)
        values = without_hidden(tx, screen.entity, id_, values)
        if id_ is None:
            return tx.create(screen.id, values, accept_warnings=accepted)
        number = int(version) if version.isdecimal() else None
        return tx.update(screen.id, id_, values, number, accept_warnings=accepted)


def _settled(
    screen: Screen,
    reader: Reader,
    id_: int | None,
    values: dict[str, Any],
    changed: set[str],
) -> dict[str, Any]:
    """The values with suggestions made anew for what was changed last."""
    state = reader.evaluate(screen.id, values, id_, changed)
    derived = {one.field for one in screen.entity.derives} & values.keys()
    fresh = {name: state.values[name] for name in derived if name in state.values}
    return {**values, **fresh}


def _open_only(
    screen: Screen, reader: Reader, id_: int | None, values: dict[str, Any]
) -> dict[str, Any]:
    """The values without those of fields that the draft itself closes.

    A browser sends what a read-only input shows; that is a suggestion, nobody's wish.
    """
    if not any(name in values for name in screen.entity.readonly):
        return values
    closed = reader.evaluate(screen.id, values, id_).readonly
    return {name: value for name, value in values.items() if name not in closed}


def _again(
    screen: Screen,
    id_: int | None,
    sent: Sent,
    problems: tuple[Problem, ...],
    waits: bool = False,
) -> ResponseReturnValue:
    """The form as it was sent, with what is wrong; 422."""
    with screen.reading() as reader:
        record = None if id_ is None else _stored(screen, reader, id_)
        state = reader.evaluate(screen.id, sent.values, id_)
        # What was sent is shown even where the evaluation would fill something in.
        shown = {k: v for k, v in sent.values.items() if k not in screen.entity.lines}
        many = {} if record is None else _many(screen, record)
        state = replace(state, values={**state.values, **many, **shown})
        everything = worded(screen, (*sent.problems, *problems))
        draft = Draft(id_, state, sent, everything, record)
        page = _draw(screen, reader, draft, waits)
    return page, 200 if waits else 422


def _stored(screen: Screen, reader: Reader, id_: int) -> Record:
    """Version and to-many values, which the evaluation of a draft does not repeat."""
    readable = reader.access.of(screen.id).readable
    many = (name for name in screen.entity.associations if name in readable)
    return reader.get(screen.id, id_, ("version", *many))


def _many(screen: Screen, record: Record) -> dict[str, Any]:
    """The stored to-many values; an empty input would clear them."""
    names = screen.entity.associations
    return {name: record.values[name] for name in names if name in record.values}


def _draw(screen: Screen, reader: Reader, draft: Draft, waits: bool = False) -> str:
    view = screen.compiled.views.form_of(screen.id)
    maker = FormMaker(screen, reader, view, draft)
    label = screen.labels.entity(screen.id)
    title = reader.title(screen.id, draft.id) if draft.id is not None else None
    version = request.form.get("_version")
    if version is None and draft.record is not None:
        version = str(draft.record["version"])
    base = screen.base
    return render_template(
        "pages/form.html",
        screen=screen,
        form=maker.page(),
        live=live_form(maker),
        heading=title or say("New") + ": " + label,
        one=label,
        plural=screen.labels.plural(screen.entity),
        module_label=module_label(screen),
        id=draft.id,
        title=title,
        version=version or "",
        action=base if draft.id is None else f"{base}/{draft.id}/edit",
        cancel=base if draft.id is None else screen.href(draft.id),
        evaluate=f"{base}/evaluate" + (f"?id={draft.id}" if draft.id else ""),
        problems=listed_problems(screen, draft, view),
        waits=waits,
        lines_raw=draft.sent.numbers,
    )
