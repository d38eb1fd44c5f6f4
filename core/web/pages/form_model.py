"""A form worked out: tabs, sections and boxes with inputs, errors and states.

`form_page` draws it. Values come from the evaluated draft, texts that could not be read
stay as they were typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.compiler.view_models import FormView, Item, Section
from core.expressions import Record
from core.services import FormState, Problem, Reader
from core.web.pages.conditions import (
    draft_record,
    frame_of,
    holds,
    items_of,
    tests_of,
)
from core.web.pages.form_input import Sent
from core.web.pages.form_lines import lines_box
from core.web.pages.form_measures import DraftMeasures
from core.web.pages.inputs import READ_ONLY_KINDS, Inputs, input_name, wanted_titles
from core.web.pages.properties import is_properties, properties_box
from core.web.pages.screen import Screen
from core.web.pages.texts import Texts
from core.web.wording import say

Box = dict[str, Any]


@dataclass(slots=True)
class Draft:
    """What a form is about: the record's id, its evaluated state and what was sent."""

    id: int | None
    state: FormState
    sent: Sent = field(default_factory=Sent)
    problems: tuple[Problem, ...] = ()
    record: Record | None = None

    def errors(self) -> dict[str, str]:
        """Messages by the name of their input; "" for those about the whole."""
        found: dict[str, str] = {}
        for problem in self.problems:
            if "property" in problem.facts:
                # Stands at the input of the property itself.
                continue
            name = input_name(problem.field, problem.path, self.sent.numbers)
            found[name] = (
                f"{found[name]} {problem.message}"
                if name in found
                else (problem.message)
            )
        return found

    def unread(self) -> frozenset[str]:
        """Inputs whose text was no value; it is shown again as it was."""
        return frozenset(
            problem.facts.get("input")
            or input_name(problem.field, problem.path, self.sent.numbers)
            for problem in self.sent.problems
        )


@dataclass
class FormMaker:
    """Makes the boxes of one form."""

    screen: Screen
    reader: Reader
    view: FormView
    draft: Draft

    def __post_init__(self) -> None:
        draft, reader = self.draft, self.reader
        self.values = draft.state.values
        self.errors = draft.errors()
        self.unread = draft.unread()
        self.inputs = Inputs(self.screen, self._titles(), draft.id)
        self.measures = DraftMeasures(self.screen, reader)
        self.texts = Texts(self.screen.labels, self.screen.locale)
        self.subject = draft_record(
            reader, self.screen.entity, draft.id, self.values, tests_of(self.view)
        )
        rights = reader.access.of(self.screen.id)
        self.readable, self.writable = rights.readable, rights.writable

    def _titles(self) -> dict[tuple[str, int], str]:
        wanted = wanted_titles(self.screen.entity.fields, self.values)
        for name, lines in self.screen.entity.lines.items():
            child = self.screen.compiled.entity(lines.child)
            for row in self.values.get(name) or ():
                for entity, ids in wanted_titles(child.fields, row).items():
                    wanted.setdefault(entity, set()).update(ids)
        return {
            (entity, id_): title
            for entity, ids in wanted.items()
            for id_, title in self.reader.titles(entity, sorted(ids)).items()
        }

    def page(self) -> dict[str, Any]:
        """Sections before the tabs, and the tabs."""
        labels, view = self.screen.labels, self.view
        tabs = [
            {
                "id": tab.id,
                "frame": frame_of(f"tabs/{tab.id}"),
                "label": labels.view_part(view.id, f"tabs/{tab.id}", tab.label),
                "hidden": not holds(self.reader, self.subject, tab.visible),
                "sections": [
                    self._section(f"tabs/{tab.id}/sections/{one.id}", one)
                    for one in tab.sections
                ],
            }
            for tab in view.tabs
        ]
        sections = [self._section(f"sections/{s.id}", s) for s in view.sections]
        return {"sections": sections, "tabs": tabs}

    def _section(self, place: str, section: Section) -> dict[str, Any]:
        boxes = [box for item in section.items for box in self._boxes(item)]
        return {
            "frame": frame_of(place),
            "label": self.screen.labels.view_part(self.view.id, place, section.label),
            "hidden": not holds(self.reader, self.subject, section.visible),
            "columns": section.columns,
            "wide": section.wide,
            "boxes": boxes,
        }

    def _boxes(self, item: Item) -> list[Box]:
        shown = item.field
        if shown is None or "." in item.path:
            return []
        if shown.kind == "group":
            members = [self.screen.entity.fields[name] for name in shown.members]
            return [
                self._box(item, one.name) for one in members if self._seen(one.name)
            ]
        return [self._box(item, shown.name)] if self._seen(shown.name) else []

    def _seen(self, name: str) -> bool:
        return name in self.readable or name in self.writable

    def _box(self, item: Item, name: str) -> Box:
        shown = self.screen.entity.fields[name]
        label = self.screen.labels.field(
            shown, item.label if shown is item.field else ""
        )
        visible = name in self.draft.state.visible
        box: Box = {
            "name": name,
            "label": label,
            "help": self.screen.labels.help(
                shown, item.help if shown is item.field else None
            ),
            "hidden": not (visible and holds(self.reader, self.subject, item.visible)),
            "wide": item.span > 1 or shown.type.name in ("longtext", "richtext"),
        }
        if shown.kind == "lines":
            return {**box, "lines": lines_box(self, name), "wide": True}
        if not has_input(self, name):
            return {**box, "text": self.shown_text(name)}
        return {**box, **self._input(item, name), "label": label}

    def _input(self, item: Item, name: str) -> Box:
        shown = self.screen.entity.fields[name]
        value = self.values.get(name)
        hints = self.measures.of(self.screen.entity, shown, self.values)
        if is_properties(shown):
            made = properties_box(self, shown)
        else:
            made = self.inputs.input_of(shown, value, hints)
            self.keep_text(made, name)
        readonly = name in self.draft.state.readonly or (
            item.readonly is not False
            and holds(self.reader, self.subject, item.readonly)
        )
        hidden = name in self.draft.state.hidden and self.draft.id is not None
        if hidden:
            made["placeholder"] = say("Not shown to you; empty keeps it")
        return {
            **made,
            "required": name in self.draft.state.required and not hidden,
            "readonly": readonly,
            "error": self.errors.get(name, ""),
        }

    def keep_text(self, made: Box, name: str) -> None:
        """Show a text that could not be read as it was typed."""
        if name in self.unread and self.draft.sent.raw.get(name):
            made["value"] = self.draft.sent.raw[name][-1]

    def shown_text(self, name: str) -> str:
        """The value of a field that is only read, in words."""
        shown = self.screen.entity.fields[name]
        hints = self.measures.of(self.screen.entity, shown, self.values)
        return self.texts.text(shown, self.values.get(name), hints, self.inputs.title)


def has_input(maker: FormMaker, name: str) -> bool:
    """Whether the form holds an input for the field, not just its value."""
    shown = maker.screen.entity.fields[name]
    if shown.computed or not shown.writable or name not in maker.writable:
        return False
    return shown.type.widget(shown.definition).kind not in READ_ONLY_KINDS


def shown_names(maker: FormMaker) -> list[str]:
    """The fields whose state the form shows."""
    found: list[str] = []
    for item in items_of(maker.view):
        if item.field is None or "." in item.path:
            continue
        members = item.field.members if item.field.kind == "group" else ()
        names = members or (item.field.name,)
        found += [n for n in names if n in maker.readable or n in maker.writable]
    return list(dict.fromkeys(found))


def listed_problems(
    screen: Screen, draft: Draft, view: FormView
) -> list[dict[str, str]]:
    """The problems for the list on top, each with the input it leads to."""
    names = {item.field.name for item in items_of(view) if item.field is not None}
    found = []
    for problem in draft.problems:
        name = input_name(problem.field, problem.path, draft.sent.numbers)
        top = name.partition("-")[0]
        group = screen.entity.fields.get(top)
        inside = top in names or (group is not None and group.group in names)
        found.append({"field": name if inside else "", "message": problem.message})
    return found


def only_known(screen: Screen, given: Mapping[str, str]) -> dict[str, str]:
    """The values of an address that name fields, to begin a new record with."""
    return {name: text for name, text in given.items() if name in screen.entity.fields}
