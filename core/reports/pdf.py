"""Draws a printed record as PDF: letterhead, sections, tables over pages, page numbers.

Called by pages and the API. Text is set in DejaVu Sans, which has the letters of Latin,
Greek, Cyrillic and more; a sign that it lacks is drawn as an empty box.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from typing import Any

from core.reports.printed import PrintedPart, PrintedRecord, PrintedTable

FONT_FOLDER = Path(__file__).parent / "fonts"
_FONT = "DejaVu"
_MARGIN = 18
_GREY = (110, 110, 118)
_LINE = (205, 205, 212)
_MOST_UPRIGHT = 7
#: A cell never gets higher than a page: longer texts go on in a row of their own.
_CELL = 400
_LOGO_HEIGHT = 14


def pdf_of(record: PrintedRecord) -> bytes:
    """Return the record as a PDF document."""
    pdf = _document(record)
    _head(pdf, record)
    for part in record.parts:
        _part(pdf, part)
    return bytes(pdf.output())


def _document(record: PrintedRecord) -> Any:
    from fpdf import FPDF

    wide = any(
        part.table is not None and len(part.table.heads) > _MOST_UPRIGHT
        for part in record.parts
    )

    class Pages(FPDF):
        def footer(self) -> None:
            """The foot of every page."""
            _foot(self, record)

    pdf = Pages("landscape" if wide else "portrait", "mm", "A4")
    pdf.set_margin(_MARGIN)
    pdf.set_auto_page_break(True, _MARGIN + 6)
    pdf.add_font(_FONT, "", FONT_FOLDER / "DejaVuSans.ttf")
    pdf.add_font(_FONT, "B", FONT_FOLDER / "DejaVuSans-Bold.ttf")
    pdf.set_lang(record.language)
    pdf.set_title(f"{record.kind} {record.title}")
    pdf.set_creator("Intarsia")
    pdf.add_page()
    return pdf


def _foot(pdf: Any, record: PrintedRecord) -> None:
    pdf.set_y(-_MARGIN)
    pdf.set_font(_FONT, "", 7.5)
    pdf.set_text_color(*_GREY)
    left = pdf.epw * 0.7
    pdf.cell(left, 5, _fitting(pdf, record.foot, left))
    page = record.page.format(page=pdf.page_no(), pages="{nb}")
    pdf.cell(pdf.epw - left, 5, page, align="R")
    pdf.set_text_color(0)


def _fitting(pdf: Any, text: str, width: float) -> str:
    while text and pdf.get_string_width(text) > width - 2:
        text = text[:-2].rstrip("…") + "…"
    return text


def _head(pdf: Any, record: PrintedRecord) -> None:
    top = pdf.get_y()
    if record.logo is not None:
        picture = pdf.image(
            BytesIO(record.logo), h=_LOGO_HEIGHT, keep_aspect_ratio=True
        )
        pdf.set_y(top + picture.rendered_height + 2)
    if record.company:
        pdf.set_font(_FONT, "B", 9)
        _text(pdf, record.company, 4.5)
    if record.letterhead:
        pdf.set_font(_FONT, "", 7.5)
        pdf.set_text_color(*_GREY)
        _text(pdf, record.letterhead, 3.8)
    if record.company or record.letterhead or record.logo:
        pdf.ln(6)
    pdf.set_font(_FONT, "", 8)
    pdf.set_text_color(*_GREY)
    _text(pdf, " · ".join(one for one in (record.kind, record.subtitle) if one), 4.5)
    pdf.set_text_color(0)
    pdf.set_font(_FONT, "B", 16)
    _text(pdf, record.title, 8)
    if record.facts:
        pdf.set_font(_FONT, "", 8.5)
        told = (f"{label} {text}".strip() for label, text in record.facts)
        _text(pdf, " · ".join(told), 4.8)
    pdf.ln(2)


def _text(pdf: Any, text: str, height: float) -> None:
    pdf.multi_cell(0, height, text, align="L", new_x="LMARGIN", new_y="NEXT")


def _part(pdf: Any, part: PrintedPart) -> None:
    # A heading does not stand alone at the end of a page.
    if pdf.will_page_break(22):
        pdf.add_page()
    pdf.ln(3)
    if part.label:
        pdf.set_font(_FONT, "B", 9.5)
        _text(pdf, part.label, 6)
    pdf.set_draw_color(*_LINE)
    pdf.line(pdf.l_margin, pdf.get_y(), pdf.w - pdf.r_margin, pdf.get_y())
    pdf.ln(1.5)
    if part.table is not None:
        _table(pdf, part.table)
        return
    narrow = [pair for pair in part.pairs if not pair[2]]
    _pairs(pdf, [(label, text) for label, text, _ in narrow])
    for label, text, _ in (pair for pair in part.pairs if pair[2]):
        pdf.set_font(_FONT, "", 7.5)
        pdf.set_text_color(*_GREY)
        _text(pdf, label, 4.5)
        pdf.set_text_color(0)
        pdf.set_font(_FONT, "", 8.5)
        _text(pdf, text, 4.6)
        pdf.ln(1)


def _pairs(pdf: Any, pairs: Sequence[tuple[str, str]]) -> None:
    """Labels and short texts, two pairs beside each other."""
    if not pairs:
        return
    from fpdf.fonts import FontFace

    pdf.set_font(_FONT, "", 8.5)
    quiet = FontFace(color=_GREY)
    with pdf.table(
        borders_layout="NONE",
        first_row_as_headings=False,
        col_widths=(22, 28, 22, 28),
        text_align="LEFT",
        line_height=4.6,
        padding=(0.8, 1.5, 0.8, 0),
    ) as table:
        half = (len(pairs) + 1) // 2
        for left, right in zip_longest(pairs[:half], pairs[half:], fillvalue=("", "")):
            row = table.row()
            for label, text in (left, right):
                row.cell(label, style=quiet)
                row.cell(_shortened(text))


def _shortened(text: str) -> str:
    return text if len(text) <= _CELL else f"{text[:_CELL]}…"


def _table(pdf: Any, shown: PrintedTable) -> None:
    from fpdf.fonts import FontFace

    pdf.set_font(_FONT, "", 8)
    aligned = ["RIGHT" if one else "LEFT" for one in shown.numeric]
    with pdf.table(
        borders_layout="HORIZONTAL_LINES",
        headings_style=FontFace(emphasis="BOLD", color=_GREY, size_pt=7.5),
        col_widths=_widths(shown),
        text_align=tuple(aligned),
        line_height=4.4,
        padding=(1, 1.5),
    ) as table:
        heads = table.row()
        for head, side in zip(shown.heads, aligned, strict=True):
            heads.cell(head, align=side)
        for row in shown.rows:
            for piece in _pieces(row):
                table.row(piece)
        if any(shown.totals):
            last = table.row()
            for text in shown.totals:
                last.cell(text, style=FontFace(emphasis="BOLD"))


def _widths(shown: PrintedTable) -> tuple[float, ...]:
    """Each column by its longest text within bounds; one that fills gets more."""
    found = []
    for number, head in enumerate(shown.heads):
        texts = [head, *(row[number] for row in shown.rows), *shown.totals[number:][:1]]
        longest = max((len(text) for text in texts), default=1)
        most = 60 if shown.fill[number] else 26
        found.append(float(min(max(longest, 8), most)))
    return tuple(found)


def _pieces(row: Sequence[str]) -> Iterator[list[str]]:
    """A row in pieces, so that none is higher than a page."""
    cut = [list(_cut(text)) or [""] for text in row]
    for piece in zip_longest(*cut, fillvalue=""):
        yield list(piece)


def _cut(text: str) -> Iterator[str]:
    while len(text) > _CELL or text.count("\n") > 20:
        lines = text.split("\n")
        first = "\n".join(lines[:20])[:_CELL]
        at = first.rfind(" ") if len(first) == _CELL else len(first)
        at = at if at > 0 else len(first)
        yield text[:at]
        text = text[at:].lstrip(" \n")
    if text:
        yield text
