"""The dialog that adds or changes a filter: field, operator, and an input that fits.

The list draws it; its parts are fetched anew when field or operator change. Sending it
comes back to the list, which turns it into a plain address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from core.fieldtypes import BadValue
from core.services import BadQuery
from core.web.auth import login_required_page
from core.web.pages import chips as chips_
from core.web.pages.chips import WITHOUT_VALUE, Chip, Filterable
from core.web.pages.list_state import ListState
from core.web.pages.periods import PERIODS
from core.web.pages.screen import Screen, open_screen
from core.web.wording import say

Titles = Mapping[tuple[str, int], str]


def changed_state(
    screen: Screen, state: ListState, args: MultiDict[str, str]
) -> ListState:
    """The state after the dialog was sent."""
    if "_clear" in args:
        return replace(state, chips=(), either=(), expression="", search="", page=1)
    value = _value(screen, args)
    fresh = Chip(args.get("_path", ""), args.get("_operator", ""), value)
    old = _edited(state, args.get("_replace", ""))
    chips = [chip for chip in state.chips if chip != old]
    either = [chip for chip in state.either if chip != old]
    if fresh.path and fresh.operator in chips_.OPERATORS:
        (either if args.get("_group") == "any" else chips).append(fresh)
    return replace(state, chips=tuple(chips), either=tuple(either), page=1, cursor="")


def _value(screen: Screen, args: MultiDict[str, str]) -> str:
    operator, path = args.get("_operator", ""), args.get("_path", "")
    if operator in WITHOUT_VALUE:
        return ""
    names = ("_low", "_high") if operator == "between" else ("_value",)
    given = [text.strip() for name in names for text in args.getlist(name)]
    joint = ".." if operator == "between" else ","
    return joint.join(_plain(screen, path, text) for text in given if text)


def _plain(screen: Screen, path: str, text: str) -> str:
    """A number as every reader's address writes it; other values as they are."""
    field = screen.entity.fields.get(path)
    if field is None or field.type.name not in chips_.NUMBERS:
        return text
    try:
        value = field.type.from_text(text, field.definition, screen.locale)
    except BadValue as bad:
        return str(bad.facts.get("amount", text))
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _edited(state: ListState, place: str) -> Chip | None:
    """The chip at a place such as `f0` or `o2`."""
    group = {"f": state.chips, "o": state.either}.get(place[:1], ())
    number = int(place[1:]) if place[1:].isdecimal() else -1
    return group[number] if 0 <= number < len(group) else None


def dialog_model(
    screen: Screen, state: ListState, args: MultiDict[str, str], titles: Titles
) -> dict[str, Any]:
    """What the dialog shows: a chip to change, or an empty one."""
    place = args.get("edit", "")
    chip = _edited(state, place)
    offered = chips_.filterables(screen)
    return {
        "open": chip is not None,
        "replace": place if chip is not None else "",
        "group": "any" if place.startswith("o") else "all",
        "fields": [(one.path, one.label) for one in offered],
        "value": value_model(screen, chip, titles) if chip else None,
        "path": chip.path if chip else "",
        "expression": _expression(screen, state),
    }


def _expression(screen: Screen, state: ListState) -> str:
    try:
        return chips_.expression(screen, state.chips, state.either)
    except BadQuery:
        return ""


@login_required_page
def filter_value(module: str, name: str) -> ResponseReturnValue:
    """The part of the dialog below the field: operators and an input that fits."""
    screen = open_screen(module, name)
    path = request.args.get("_path", "")
    if not path:
        return ""
    about = chips_.find(screen, path)
    operator = request.args.get("_operator", "")
    chip = Chip(path, operator if operator in about.operators else about.operators[0])
    value = value_model(screen, chip, {})
    return render_template("pages/filter_value.html", value=value)


def value_model(screen: Screen, chip: Chip, titles: Titles) -> dict[str, Any] | None:
    """Operators and input for a chip; None where its field cannot be asked."""
    try:
        about = chips_.find(screen, chip.path)
    except BadQuery:
        return None
    return {
        "operators": [(key, say(chips_.OPERATORS[key])) for key in about.operators],
        "operator": chip.operator,
        "inputs": list(_inputs(screen, about, chip, titles)),
        "href": f"{screen.base}/filter-value",
    }


def _inputs(
    screen: Screen, about: Filterable, chip: Chip, titles: Titles
) -> list[dict[str, Any]]:
    if chip.operator in WITHOUT_VALUE:
        return []
    if chip.operator == "between":
        low, _, high = chip.value.partition("..")
        kind = "date" if about.kind in chips_.DAYS else "text"
        return [
            {"name": "_low", "kind": kind, "label": say("from"), "value": low},
            {"name": "_high", "kind": kind, "label": say("until"), "value": high},
        ]
    return [
        {"name": "_value", "label": say("Value"), **_input(screen, about, chip, titles)}
    ]


def _input(
    screen: Screen, about: Filterable, chip: Chip, titles: Titles
) -> dict[str, Any]:
    field = about.field
    if chip.operator == "within":
        options = [(key, say(words[0])) for key, words in PERIODS.items()]
        return {"kind": "select", "options": options, "value": chip.value}
    if about.kind in chips_.DAYS:
        return {"kind": "date", "value": chip.value}
    if about.kind == "boolean":
        options = [("1", say("yes")), ("0", say("no"))]
        return {"kind": "select", "options": options, "value": chip.value}
    if field is not None and about.kind in ("choice", "multichoice"):
        several = chip.operator == "in"
        value: Any = chip.value.split(",") if several else chip.value
        kind = "multiselect" if several else "select"
        return {"kind": kind, "options": screen.labels.choices(field), "value": value}
    if field is not None and field.kind in ("link", "links"):
        return _picker(screen, field.targets[0], chip, titles)
    return {"kind": "text", "value": chip.value}


def _picker(screen: Screen, target: str, chip: Chip, titles: Titles) -> dict[str, Any]:
    url = f"{screen.other(target).base}/lookup"
    ids = [int(one) for one in chip.value.split(",") if one.strip().isdecimal()]
    named = [(id_, titles.get((target, id_), str(id_))) for id_ in ids]
    if chip.operator == "in":
        items = [{"id": id_, "title": title} for id_, title in named]
        return {"kind": "links", "url": url, "items": items}
    title = named[0][1] if named else ""
    return {"kind": "link", "url": url, "value": chip.value, "title": title}
