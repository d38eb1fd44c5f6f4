"""A record as a printed page: what its own page shows, as texts in his formats.

Pages and the API answer with `printed_pdf`; it needs the right to print the record.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask import Response
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from core.compiler import CompiledField
from core.expressions import Record, Ref
from core.fieldtypes import NO_HINTS
from core.frozen import frozen
from core.reports.pdf import pdf_of
from core.reports.printed import PrintedPart, PrintedRecord, PrintedTable
from core.services import AppError, NotAllowed, Reader, title_of
from core.services.files import field_file, open_file
from core.services.files.fields import files_in
from core.services.people import COMPANY
from core.services.scene import USER
from core.web.auth import login_required_page
from core.web.pages.cells import Cells, Value
from core.web.pages.detail_model import DetailMaker, read_record
from core.web.pages.form_lines import line_columns
from core.web.pages.list_model import cells_of
from core.web.pages.measures import Measure
from core.web.pages.screen import Screen, open_screen
from core.web.wording import say

#: Fields of a company that stand above every print, where its entity has them.
LOGO = "logo"
LETTERHEAD = "letterhead"
_BREAKS = re.compile(r"<br\s*/?>|</(?:p|li|h[1-6]|tr|div|blockquote)>", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]*>")
_ADDED_UP = frozenset({"money", "quantity", "decimal", "integer"})


@login_required_page
def print_record(module: str, name: str, id: int) -> ResponseReturnValue:
    """The record as a PDF file."""
    return printed_pdf(open_screen(module, name), id)


def printed_pdf(screen: Screen, id_: int) -> Response:
    """The answer with the PDF; NotFound or NotAllowed as for any other verb."""
    with screen.reading() as reader:
        reader.get(screen.id, id_, ("id",))
        if id_ not in reader.permitted(screen.id, "print", [id_]):
            raise NotAllowed(
                f"You may see this {screen.entity.label}, but you may not print it.",
                entity=screen.id,
                verb="print",
            )
        content = pdf_of(printed(screen, reader, id_))
    name = f"{screen.id.replace('.', '-')}-{id_}.pdf"
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def printed(screen: Screen, reader: Reader, id_: int) -> PrintedRecord:
    """Everything that stands on the pages of a record."""
    view = screen.compiled.views.form_of(screen.id)
    record = read_record(screen, reader, view, id_)
    maker = _PrintMaker(screen, reader, view, record)
    parts = maker.parts()
    texts = maker.cells.texts
    title = reader.title(screen.id, id_) or f"{screen.entity.label} {id_}"
    now = texts.moment(reader.scene.moment.now)
    company, letterhead, logo = _letterhead(screen, reader, record)
    return PrintedRecord(
        kind=screen.labels.entity(screen.id),
        title=title,
        subtitle="",
        facts=tuple((label, str(text)) for label, text in parts["pills"]),
        parts=tuple(_parts(screen, maker, parts["sections"])),
        company=company,
        letterhead=letterhead,
        logo=logo,
        foot=f"{title} · {now}",
        page=say("Page {page} of {pages}"),
        language=screen.labels.language,
    )


class _PrintMaker(DetailMaker):
    """The parts of a record's page with texts instead of HTML."""

    def __post_init__(self) -> None:
        super().__post_init__()
        cells = cells_of(self.screen, self.reader, short=False)
        self.cells = PlainCells(cells.texts, cells.icons, cells.now, False)


def _parts(
    screen: Screen, maker: DetailMaker, sections: Sequence[Mapping[str, Any]]
) -> list[PrintedPart]:
    found: list[PrintedPart] = []
    for section in sections:
        pairs = tuple(
            (str(box["label"]), str(box["value"]), bool(box["wide"]))
            for box in section["boxes"]
            if "lines" not in box and str(box["value"])
        )
        if pairs:
            found.append(PrintedPart(str(section["label"] or ""), pairs))
        for box in section["boxes"]:
            if "lines" in box and box["lines"]["rows"]:
                label = str(box["lines"]["label"])
                found.append(PrintedPart(label, table=_table(screen, maker, box)))
    return found


def _table(screen: Screen, maker: DetailMaker, box: Mapping[str, Any]) -> PrintedTable:
    lines = box["lines"]
    return PrintedTable(
        heads=tuple(str(one["label"]) for one in lines["columns"]),
        numeric=tuple(bool(one["numeric"]) for one in lines["columns"]),
        fill=tuple(bool(one["fill"]) for one in lines["columns"]),
        rows=tuple(tuple(str(cell) for cell in row) for row in lines["rows"]),
        totals=_totals(screen, maker, str(lines["name"])),
    )


def _totals(screen: Screen, maker: DetailMaker, name: str) -> tuple[str, ...]:
    """The sums of the columns that the list of the rows adds up."""
    lines = screen.entity.lines[name]
    child = screen.compiled.entity(lines.child)
    view = screen.compiled.views.list_of(lines.child)
    summed = {column.path for column in view.columns if column.total}
    rows: Sequence[Record] = maker.record.relations.get(name) or ()
    found = []
    for field in line_columns(screen, lines):
        text = ""
        if field.name in summed and field.type.name in _ADDED_UP:
            values = [row.values.get(field.name) for row in rows]
            start = 0 if field.type.name == "integer" else Decimal(0)
            total = sum((one for one in values if one is not None), start)
            whole = Record(child.id, None, {**rows[0].values, field.name: total})
            whole.relations.update(rows[0].relations)
            if len(_units(rows)) <= 1:
                text = str(maker.line_writer(child, lines.back, field)(whole))
        found.append(text)
    return tuple(found) if any(found) else ()


def _units(rows: Sequence[Record]) -> set[Any]:
    """The currencies and units that rows name by themselves."""
    names = [n for n in rows[0].values if n.endswith((".code", ".name"))]
    return {tuple(row.values.get(name) for name in names) for row in rows}


def _letterhead(
    screen: Screen, reader: Reader, record: Record
) -> tuple[str, str, bytes | None]:
    """Name, lines and logo of the company of the record, else of the reader."""
    id_ = record.values.get("company") or screen.actor.company
    if not isinstance(id_, int) or COMPANY not in screen.compiled.tables:
        return "", "", None
    entity = screen.compiled.entity(COMPANY)
    names = [one for one in (LETTERHEAD, LOGO) if one in entity.fields]
    try:
        company = reader.get(COMPANY, id_, ("id", *names))
        lines = str(company.values.get(LETTERHEAD) or "")
        return reader.title(COMPANY, id_) or "", lines, _logo(reader, company)
    except AppError:
        # Who may not see the company prints without its name.
        return "", "", None


def _logo(reader: Reader, company: Record) -> bytes | None:
    if not files_in(company.values.get(LOGO)):
        return None
    stored = field_file(reader, COMPANY, company.id or 0, LOGO)
    with open_file(reader.runtime, stored).content as content:
        return content.read()


@frozen
class PlainCells(Cells):
    """Writers of plain texts; nothing is escaped, nothing is HTML."""

    def _value(
        self, path: str, field: CompiledField | None, measure: Measure | None
    ) -> Value:
        plain = self._plain(path, field, measure)
        return lambda value, record: Markup(plain(value, record))

    def _plain(
        self, path: str, field: CompiledField | None, measure: Measure | None
    ) -> Any:
        texts = self.texts
        if field is None:
            return self._plain_stamp(path)
        if field.kind in ("link", "reference"):
            return lambda value, record: _linked(record, path, value)
        if field.kind == "links":
            return lambda value, record: ", ".join(
                str((record.values.get(f"{path}__titles") or {}).get(one, one))
                for one in value
            )
        kind = field.type.name
        if kind in ("file", "image"):
            return lambda value, _: ", ".join(one.name for one in files_in(value))
        if kind == "richtext":
            return lambda value, _: plain_text(str(value))
        if kind in ("money", "quantity"):
            return lambda value, record: texts.text(
                field, value, measure.of(record.values) if measure else NO_HINTS
            )
        return lambda value, _: texts.text(field, value)

    def _plain_stamp(self, path: str) -> Any:
        if path.endswith("_at"):
            return lambda value, _: self.texts.moment(value)
        if path.endswith("_by"):
            return lambda value, record: _linked(record, path, Ref(USER, value))
        return lambda value, _: str(value)


def _linked(record: Record, path: str, _value: Any) -> str:
    return title_of(record, path) or say("not visible")


def plain_text(markup: str) -> str:
    """Cleaned HTML as text: a line per paragraph, no tags."""
    lines = _TAGS.sub("", _BREAKS.sub("\n", markup)).split("\n")
    return html.unescape("\n".join(" ".join(line.split()) for line in lines)).strip()
