"""Reads a sent form: texts into values, with what cannot be read as problems.

Called by saving and by the evaluation of a draft. What a form does not send stays
untouched; numbers and times are read in the reader's language and zone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from core.compiler import CompiledEntity, CompiledField
from core.expressions import Ref
from core.fieldtypes import BadValue
from core.services import Problem
from core.web.pages.file_inputs import files_of
from core.web.pages.inputs import READ_ONLY_KINDS
from core.web.pages.properties import (
    input_of_property,
    is_properties,
    read_properties,
)
from core.web.pages.screen import Screen

_LINE = re.compile(
    r"(?P<name>[a-z][a-z0-9_]*)-(?P<number>\d{1,6})-(?P<field>[a-z0-9_]+)"
    r"(?P<property>:[\s\S]+)?"
)
_MOST_LINES = 2000


@dataclass(slots=True)
class Sent:
    """What a form sent: values for the services, and the texts as they came.

    `raw`: name of an input -> its texts. `numbers`: lines field -> the numbers of its
    rows in order, so that problems and answers find their inputs.
    """

    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    raw: dict[str, list[str]] = field(default_factory=dict)
    numbers: dict[str, list[int]] = field(default_factory=dict)

    def changed(self, names: Sequence[str]) -> set[str]:
        """Inputs as the services name them: `lines-4-price` -> `lines.1.price`."""
        found = set()
        for name in names:
            hit = _LINE.fullmatch(name)
            if hit is None:
                found.add(input_of_property(name))
                continue
            rows = self.numbers.get(hit["name"], [])
            if int(hit["number"]) in rows:
                row = rows.index(int(hit["number"]))
                found.add(f"{hit['name']}.{row}.{hit['field']}")
        return found


def read_form(screen: Screen, form: MultiDict[str, str]) -> Sent:
    """The values of a sent form."""
    sent = Sent(raw={name: form.getlist(name) for name in form})
    writable = _writable(screen, screen.entity.id)
    for name, shown in screen.entity.fields.items():
        if name not in form or name not in writable:
            continue
        if is_properties(shown):
            _take_properties(screen, sent, sent.values, shown, sent.raw)
            continue
        _take(screen, sent, sent.values, name, shown, form.getlist(name), ())
    for name, lines in screen.entity.lines.items():
        if f"_lines-{name}" in form and name in writable:
            child = screen.compiled.entity(lines.child)
            _take_lines(screen, sent, name, child, form)
    return sent


def _take_properties(
    screen: Screen,
    sent: Sent,
    into: dict[str, Any],
    shown: CompiledField,
    texts: Mapping[str, Sequence[str]],
    path: tuple[str | int, ...] = (),
    prefix: str = "",
) -> None:
    if shown.writable and not shown.computed:
        label = screen.labels.field(shown)
        values, problems = read_properties(
            shown, label, screen.locale, texts, path, prefix
        )
        into[shown.name] = values
        sent.problems.extend(problems)


def _writable(screen: Screen, entity: str) -> frozenset[str]:
    rights = screen.compiled.access.of(screen.actor.roles, admin=screen.actor.is_admin)
    return rights.entity(entity).writable


def _take(
    screen: Screen,
    sent: Sent,
    into: dict[str, Any],
    name: str,
    shown: CompiledField,
    texts: Sequence[str],
    path: tuple[str | int, ...],
) -> None:
    kind = shown.type.widget(shown.definition).kind
    if not shown.writable or shown.computed or kind in READ_ONLY_KINDS:
        return
    if kind == "secret" and not any(texts):
        # A secret is never shown, so an empty input means: keep it.
        return
    try:
        into[name] = value_of(screen, shown, texts)
    except BadValue as bad:
        message = f"{screen.labels.field(shown)}: {bad.message}."
        sent.problems.append(Problem(name, bad.code, message, path, facts=bad.facts))


def value_of(screen: Screen, shown: CompiledField, texts: Sequence[str]) -> Any:
    """The value that the texts of an input stand for; BadValue if they are none."""
    kind = shown.type.widget(shown.definition).kind
    last = texts[-1].strip() if texts else ""
    if kind in ("links", "tags", "multiselect"):
        given = [text for text in texts if text.strip()]
        return shown.type.coerce(given, shown.definition)
    if kind in ("file", "image"):
        return files_of(shown, texts)
    if kind == "reference":
        entity, _, id_ = last.partition(":")
        return Ref(entity, int(id_)) if id_.isdecimal() else None
    if kind in ("link", "select"):
        return shown.type.coerce(last or None, shown.definition)
    if kind == "checkbox":
        three = shown.type.widget(shown.definition).attributes.get("three_state")
        return None if three and not last else last == "1"
    if kind in ("date", "datetime", "time"):
        return shown.type.coerce(last or None, shown.definition, screen.locale)
    if kind in ("textarea", "richtext"):
        text = texts[-1] if texts else ""
        return shown.type.coerce(text.replace("\r\n", "\n") or None, shown.definition)
    try:
        return shown.type.from_text(last, shown.definition, screen.locale)
    except BadValue as bad:
        if "amount" in bad.facts:
            # The unit that stands beside the input was typed as well.
            return bad.facts["amount"]
        raise


def _take_lines(
    screen: Screen,
    sent: Sent,
    name: str,
    child: CompiledEntity,
    form: MultiDict[str, str],
) -> None:
    rows: dict[int, dict[str, list[str]]] = {}
    for key in form:
        hit = _LINE.fullmatch(key)
        if hit is not None and hit["name"] == name:
            inner = hit["field"] + (hit["property"] or "")
            rows.setdefault(int(hit["number"]), {})[inner] = form.getlist(key)
    sent.numbers[name] = list(rows)[:_MOST_LINES]
    writable = _writable(screen, child.id)
    values: list[dict[str, Any]] = []
    for place, number in enumerate(sent.numbers[name]):
        given = rows[number]
        row: dict[str, Any] = {}
        id_ = given.get("id", [""])[-1]
        if id_.isdecimal():
            row["id"] = int(id_)
        for column, shown in child.fields.items():
            if column not in given or column not in writable:
                continue
            path = (name, place)
            if is_properties(shown):
                prefix = f"{name}-{number}-"
                _take_properties(screen, sent, row, shown, given, path, prefix)
            else:
                _take(screen, sent, row, column, shown, given[column], path)
        values.append(row)
    sent.values[name] = values
