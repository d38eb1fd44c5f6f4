"""The state of a draft for the form while it is being filled in.

The form's script sends the whole form and what changed; the answer says what each field
holds now and what is to be seen, filled or left alone. Nothing is written.
"""

from __future__ import annotations

from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from core.compiler import CompiledField
from core.fieldtypes import NO_HINTS
from core.services import Reader
from core.web.auth import login_required_page
from core.web.pages.conditions import (
    frame_of,
    holds,
    items_of,
    sections_of,
)
from core.web.pages.duplicates_page import similar_notice
from core.web.pages.form_input import read_form
from core.web.pages.form_lines import line_columns, line_properties_boxes
from core.web.pages.form_live import measure_json
from core.web.pages.form_model import Draft, FormMaker, has_input, shown_names
from core.web.pages.inputs import input_name
from core.web.pages.problem_texts import worded
from core.web.pages.properties import is_properties, properties_box, properties_html
from core.web.pages.screen import Screen, open_screen

Answer = dict[str, Any]


@login_required_page
def evaluate_draft(module: str, name: str) -> ResponseReturnValue:
    """The draft of a form as it would be saved."""
    screen = open_screen(module, name)
    id_ = request.args.get("id", "")
    record_id = int(id_) if id_.isdecimal() else None
    sent = read_form(screen, request.form)
    changed = sent.changed(request.form.getlist("_changed"))
    with screen.reading() as reader:
        state = reader.evaluate(screen.id, sent.values, record_id, changed)
        return jsonify(_answer(screen, reader, Draft(record_id, state, sent)))


def _answer(screen: Screen, reader: Reader, draft: Draft) -> Answer:
    view = screen.compiled.views.form_of(screen.id)
    state = draft.state
    maker = FormMaker(screen, reader, view, draft)
    names = shown_names(maker)
    visible = {name: name in state.visible for name in names}
    readonly = {name: name in state.readonly for name in names}
    for item in items_of(view):
        if item.field is None or "." in item.path:
            continue
        if visible.get(item.path):
            visible[item.path] = holds(reader, maker.subject, item.visible)
        if item.readonly is not False and holds(reader, maker.subject, item.readonly):
            readonly[item.path] = True
    for tab in view.tabs:
        visible[frame_of(f"tabs/{tab.id}")] = holds(reader, maker.subject, tab.visible)
    for place, section in sections_of(view):
        visible[frame_of(place)] = holds(reader, maker.subject, section.visible)
    boxes = _property_boxes(maker, names)
    return {
        "visible": visible,
        "required": {name: name in state.required for name in names},
        "readonly": readonly,
        "values": {**_values(maker, names), **_held(boxes)},
        "properties": {name: properties_html(box) for name, box in boxes.items()},
        "problems": _problems(screen, draft),
        "numbers": draft.sent.numbers,
        "similar": similar_notice(screen, state.similar),
    }


def _property_boxes(maker: FormMaker, names: list[str]) -> dict[str, Answer]:
    """The inputs of all properties that the draft and its lines can have now."""
    found: dict[str, Answer] = {}
    for name in names:
        field = maker.screen.entity.fields[name]
        if field.kind == "lines":
            found.update(line_properties_boxes(maker, name))
        elif is_properties(field) and has_input(maker, name):
            found[name] = properties_box(maker, field)
    return found


def _held(boxes: dict[str, Answer]) -> Answer:
    """What the properties of lines hold in words; their marker stays as it is."""
    return {
        name: {"value": "1", "title": box["text"]}
        for name, box in boxes.items()
        if "text" in box
    }


def _values(maker: FormMaker, names: list[str]) -> Answer:
    found: Answer = {}
    entity = maker.screen.entity
    unread = maker.unread
    for name in names:
        field = entity.fields[name]
        if field.kind == "lines":
            found.update(_line_values(maker, name))
        elif _single(field) and name not in unread:
            hints = maker.measures.of(entity, field, maker.values)
            found[name] = _value(maker, field, maker.values.get(name), hints)
    return found


def _single(field: CompiledField) -> bool:
    """Whether one input holds the value, so that a script may set it."""
    return field.kind not in ("links", "group", "lines") and (
        field.type.name not in ("multichoice", "properties")
    )


def _line_values(maker: FormMaker, name: str) -> Answer:
    screen = maker.screen
    lines = screen.entity.lines[name]
    child = screen.compiled.entity(lines.child)
    columns = line_columns(screen, lines)
    rows = maker.values.get(name) or ()
    numbers = maker.draft.sent.numbers.get(name, [])
    found: Answer = {}
    for number, row in zip(numbers, rows, strict=False):
        for field in columns:
            key = f"{name}-{number}-{field.name}"
            if not _single(field) or key in maker.unread:
                continue
            hints = maker.measures.of(child, field, row, maker.values)
            found[key] = _value(maker, field, row.get(field.name), hints)
    return found


def _value(
    maker: FormMaker, field: CompiledField, value: Any, hints: Any = NO_HINTS
) -> Answer:
    """What an input takes and what an output shows."""
    made = maker.inputs.input_of(field, value, hints)
    title = maker.texts.text(field, value, hints, maker.inputs.title)
    answer = {"value": made.get("value", ""), "title": title}
    if field.computed and field.type.name in ("money", "quantity"):
        # The page goes on reckoning in this measure by itself.
        answer["measure"] = measure_json(hints)
    return answer


def _problems(screen: Screen, draft: Draft) -> dict[str, str]:
    """What cannot be taken; what is merely missing is told when saving."""
    found: dict[str, str] = {}
    given = (*draft.sent.problems, *draft.state.problems)
    for problem in worded(screen, given):
        if problem.code == "required":
            continue
        name = problem.facts.get("input") or input_name(
            problem.field, problem.path, draft.sent.numbers
        )
        found.setdefault(name, problem.message)
    return found
