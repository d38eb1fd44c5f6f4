"""Records as PDF: what stands on the pages, in whose formats, and who gets them."""

from __future__ import annotations

import re
import zlib
from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from core.reports.pdf import FONT_FOLDER, pdf_of
from core.reports.printed import PrintedPart, PrintedRecord, PrintedTable
from core.services import Actor
from core.web.accounts import set_locale

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.S)


def texts(content: bytes) -> str:
    """The texts of a PDF: glyphs turned back by the tables of its two fonts."""
    found = _STREAM.findall(content)
    tables = [_table(one) for one in found if b"beginbfchar" in one]
    # A stream may end in what looks like the line break behind it.
    pages = [zlib.decompressobj().decompress(one) for one in found if one[:1] == b"x"]
    return "\n".join(_text(page, tables) for page in pages if b" Tj" in page)


def _table(stream: bytes) -> dict[int, str]:
    pairs = re.findall(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]{4})>\n", stream)
    return {int(a, 16): chr(int(b, 16)) for a, b in pairs}


def _text(page: bytes, tables: list[dict[int, str]]) -> str:
    """What the page says in each of the fonts: one of the readings is the right one."""
    said = []
    for raw in re.findall(rb"\((.*?)(?<!\\)\) Tj", page, re.S):
        plain = re.sub(rb"\\([()\\])", rb"\1", raw).replace(b"\\r", b"\r")
        codes = [plain[n] << 8 | plain[n + 1] for n in range(0, len(plain) - 1, 2)]
        said += ["".join(t.get(code, "?") for code in codes) for t in tables]
    return "\n".join(said)


def pages_of(content: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", content))


def record(**more) -> PrintedRecord:
    usual = {
        "kind": "Document",
        "title": "Größe Łódź Ελλάδα Москва",
        "subtitle": "",
        "facts": (("State", "open"),),
        "parts": (),
        "company": "Firm",
        "letterhead": "A street\nA town",
        "foot": "foot",
        "page": "Page {page} of {pages}",
        "language": "en",
    }
    return PrintedRecord(**{**usual, **more})


def test_a_long_table_goes_over_pages_with_its_heads_on_each():
    table = PrintedTable(
        heads=("Thing", "Amount"),
        numeric=(False, True),
        fill=(True, False),
        rows=tuple((f"Row number {n}", f"{n}.00") for n in range(150)),
        totals=("", "11,175.00"),
    )
    content = pdf_of(record(parts=(PrintedPart("Rows", table=table),)))
    said = texts(content)
    number = pages_of(content)
    assert number >= 4
    assert said.count("Thing") == number
    assert "Row number 0" in said
    assert "Row number 149" in said
    assert "11,175.00" in said
    for page in range(1, number + 1):
        assert f"Page {page} of" in said


def test_a_text_longer_than_a_page_loses_nothing():
    words = " ".join(f"word{n}" for n in range(3000))
    table = PrintedTable(("A", "B"), (False, False), (True, False), ((words, "x"),))
    parts = (
        PrintedPart("Long", (("Label", words, True),)),
        PrintedPart("Cell", table=table),
    )
    said = texts(pdf_of(record(parts=parts)))
    assert said.count("word2999") >= 2
    assert said.count("word1500") >= 2


@pytest.mark.parametrize("sign", "äßéčŁěığΩЖ€„“…•")
def test_the_font_has_the_signs_of_europe(sign):
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"):
        font = TTFont(BytesIO((FONT_FOLDER / name).read_bytes()))
        assert ord(sign) in font.getBestCmap()


def test_a_record_is_printed_with_sections_rows_and_formats(library, boss):
    author = library.make("library.author", name="Jane Ähn")
    id_ = library.make(
        "library.book",
        title="Straße <b>",
        price="1234.50",
        author=author,
        published="2026-03-09",
        blurb="One\nTwo",
        editions=[{"year": 1999, "copies": 2, "price": "3.25"}],
    )
    address = f"/library/book/{id_}/print"
    answer = boss.client.get(address)
    assert answer.mimetype == "application/pdf"
    said = texts(answer.data)
    for text in (
        "Straße <b>",
        "Jane Ähn",
        "1,234.50 EUR",
        "1,999",
        "3.25",
        "3/9/2026",
    ):
        assert text in said, text
    database, vera = library.application.database, library.people["vera"]
    set_locale(database, vera, "de", "Europe/Berlin")
    try:
        said = texts(boss.client.get(address).data)
    finally:
        set_locale(database, vera, "en", "UTC")
    for text in ("1.234,50 EUR", "09.03.2026", "Seite 1 von"):
        assert text in said, text
    assert address in boss.get(f"/library/book/{id_}")


def test_only_who_may_print_gets_pages(library):
    id_ = library.make("library.book", title="A", price="5", owner=None)
    mara = library.person("mara")
    mara.get(f"/library/book/{id_}/print", 403)
    assert "/print" not in mara.get(f"/library/book/{id_}")
    gone = library.person("zoe")
    gone.get(f"/library/book/{id_}/print", 403)


def test_a_sensitive_field_is_printed_for_who_may_read_it(library, boss):
    id_ = library.make("library.book", title="A", price="5", secret="hush hush")
    address = f"/library/book/{id_}/print"
    assert "hush hush" in texts(boss.client.get(address).data)
    with library.application.transaction(Actor.system()) as tx:
        tx.update("library.book", id_, {"secret": None})
    assert "hush hush" not in texts(boss.client.get(address).data)
