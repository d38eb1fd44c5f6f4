"""A record worked out for reading: head, sections, lines, related lists, changes.

`detail_page` draws it; values come as finished pieces of HTML.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from core.compiler import CompiledField
from core.compiler.view_models import FormView, Item, Section
from core.expressions import Record
from core.fieldtypes import TextHints
from core.services import Reader
from core.web.pages.cells import NUMERIC, Cells, Writer
from core.web.pages.columns import readable_path
from core.web.pages.conditions import draft_record, holds, items_of, tests_of
from core.web.pages.form_lines import line_columns, line_page, widest
from core.web.pages.list_model import cells_of, name_many
from core.web.pages.measures import Measure, measure_of, wanted_paths
from core.web.pages.properties import is_properties, labelled, labelled_html
from core.web.pages.screen import Screen

_STAMPS = ("created_at", "created_by", "updated_at", "updated_by", "archived")
_LONG = frozenset({"longtext", "richtext", "json"})


def read_record(screen: Screen, reader: Reader, view: FormView, id_: int) -> Record:
    """The record with all that its page shows."""
    readable = reader.access.of(screen.id).readable
    entity = screen.entity
    own = [
        name
        for name, field in entity.fields.items()
        if name in readable and field.kind != "group" and not field.type.write_only
    ]
    paths = [i.path for i in items_of(view) if "." in i.path and _plain(screen, i)]
    measures = [measure_of(screen.compiled, entity, entity.fields[n]) for n in own]
    wanted = [p for p in wanted_paths(measures) if readable_path(screen, p)]
    names = dict.fromkeys([*own, *_STAMPS, *paths, *wanted])
    return reader.get(screen.id, id_, tuple(names))


def _plain(screen: Screen, item: Item) -> bool:
    steps = item.path.split(".")
    first = screen.entity.fields.get(steps[0])
    links = first is not None and first.kind == "link"
    return links and readable_path(screen, item.path)


@dataclass
class DetailMaker:
    """Makes the parts of one record's page."""

    screen: Screen
    reader: Reader
    view: FormView
    record: Record

    def __post_init__(self) -> None:
        entity = self.screen.entity
        tests = [*tests_of(self.view), *entity.visible.values()]
        values = self.record.values
        self.subject = draft_record(self.reader, entity, self.record.id, values, tests)
        self.cells: Cells = cells_of(self.screen, self.reader, short=False)
        for name, field in entity.fields.items():
            if field.kind == "links" and values.get(name):
                name_many(self.reader, name, field.targets[0], [self.record])

    def parts(self) -> dict[str, Any]:
        """Sections before the tabs, the tabs, and the pills of the head."""
        view = self.view
        labels = self.screen.labels
        sections = [
            part
            for one in view.sections
            if (part := self._section(f"sections/{one.id}", one)) is not None
        ]
        for tab in view.tabs:
            if not holds(self.reader, self.subject, tab.visible):
                continue
            for one in tab.sections:
                part = self._section(f"tabs/{tab.id}/sections/{one.id}", one)
                if part is not None:
                    sections.append(
                        {
                            **part,
                            "tab": labels.view_part(
                                view.id, f"tabs/{tab.id}", tab.label
                            ),
                        }
                    )
        return {"sections": sections, "pills": self._pills()}

    def _pills(self) -> list[tuple[str, Markup]]:
        found = []
        for item in self.view.header:
            value = self._value(item.path, item.field) if self._shown(item) else ""
            if value:
                label = self.screen.labels.column(item)
                alone = item.field is not None and item.field.type.name == "choice"
                found.append(("" if alone else label, Markup(value)))
        return found

    def _section(self, place: str, section: Section) -> dict[str, Any] | None:
        if not holds(self.reader, self.subject, section.visible):
            return None
        boxes = [box for item in section.items for box in self._boxes(item)]
        if not boxes:
            return None
        label = self.screen.labels.view_part(self.view.id, place, section.label)
        return {"label": label, "columns": section.columns, "boxes": boxes}

    def _boxes(self, item: Item) -> list[dict[str, Any]]:
        if not self._shown(item):
            return []
        field = item.field
        if field is not None and field.kind == "group" and "." not in item.path:
            members = [self.screen.entity.fields[name] for name in field.members]
            return [self._box(one.name, one, item) for one in members]
        if field is not None and field.kind == "lines":
            return [self._lines(item, field)]
        return [self._box(item.path, field, item)]

    def _shown(self, item: Item) -> bool:
        if not readable_path(self.screen, item.path):
            return False
        test = self.screen.entity.visible.get(item.path, True)
        return holds(self.reader, self.subject, test) and holds(
            self.reader, self.subject, item.visible
        )

    def _box(
        self, path: str, field: CompiledField | None, item: Item
    ) -> dict[str, Any]:
        labels = self.screen.labels
        same = field is item.field
        label = labels.column(item) if same or field is None else labels.field(field)
        kind = field.type.name if field is not None else ""
        return {
            "label": label,
            "name": path,
            "value": self._value(path, field),
            "help": labels.help(field, item.help if same else None) if field else "",
            "wide": item.span > 1 or kind in _LONG,
            "long": kind in _LONG,
        }

    def _value(self, path: str, field: CompiledField | None) -> Markup:
        if field is not None and is_properties(field) and "." not in path:
            entity = self.screen.entity
            pairs = labelled(self.reader, entity, field, self.record)
            return labelled_html(pairs) if pairs else Markup("")
        measure = None
        if field is not None and "." not in path:
            measure = measure_of(self.screen.compiled, self.screen.entity, field)
        return self.cells.writer(path, field, measure)(self.record)

    def _lines(self, item: Item, field: CompiledField) -> dict[str, Any]:
        screen = self.screen
        lines = screen.entity.lines[field.name]
        columns = line_columns(screen, lines)
        rows = self.record.relations.get(field.name) or ()
        child = screen.compiled.entity(lines.child)
        for one in columns:
            if one.kind == "links":
                name_many(self.reader, one.name, one.targets[0], rows)
        writers = [self.line_writer(child, lines.back, one) for one in columns]
        below = screen.other(lines.child)
        return {
            "label": screen.labels.column(item),
            "lines": {
                "name": field.name,
                "label": screen.labels.column(item),
                "columns": [
                    {
                        "label": screen.labels.field(one),
                        "numeric": one.type.name in NUMERIC,
                        "fill": one.name == widest(columns),
                    }
                    for one in columns
                ],
                "rows": [[write(row) for write in writers] for row in rows],
                "pages": [line_page(below, row.id) for row in rows],
            },
        }

    def line_writer(self, child: Any, back: str, field: CompiledField) -> Writer:
        """The writer of a cell of a line, whose currency may be the document's."""
        measure = measure_of(self.screen.compiled, child, field)
        if measure is None or not measure.path.startswith(f"{back}."):
            return self.cells.writer(field.name, field, measure)
        cut = len(back) + 1
        own = Measure(
            path=measure.path[cut:],
            key=measure.key[cut:],
            decimals=measure.decimals[cut:],
        )
        hints: TextHints = own.of(self.record.values)
        fixed = Measure(code=hints.unit or "", decimals="places")
        write = self.cells.writer(field.name, field, fixed)

        def with_places(row: Record) -> Markup:
            row.values.setdefault("places", hints.places)
            return write(row)

        return with_places
