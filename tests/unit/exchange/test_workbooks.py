"""XLSX in and out: exact numbers, days, truth values; no formula, no bomb."""

import io
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from core.exchange import (
    ExchangeError,
    ExportOptions,
    ImportOptions,
    Limits,
    export_records,
    open_table,
    run_import,
)
from core.services import Query
from tests.unit.exchange.library import BOOK, SYSTEM, Library, counts, plain

HEADER = ("code", "name", "pages", "price", "printed", "lent")
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def book(path: Path, rows, formats=None) -> Path:
    made = Workbook()
    sheet = made.active
    for row in rows:
        sheet.append(row)
    for place, code in (formats or {}).items():
        sheet[place].number_format = code
    made.save(path)
    return path


def packed(path: Path, sheet: str, **parts: str) -> Path:
    """A workbook with the XML of its sheet as given, and other parts replaced."""
    base = book(path.with_suffix(".base.xlsx"), [["code"]])
    with zipfile.ZipFile(base) as source, zipfile.ZipFile(path, "w", 8) as out:
        for name in source.namelist():
            text = parts.pop(name, None) or source.read(name)
            out.writestr(name, sheet if name == "xl/worksheets/sheet1.xml" else text)
    return path


def cells(text: str) -> str:
    return f'<worksheet xmlns="{SHEET}"><sheetData>{text}</sheetData></worksheet>'


def take(library: Library, path: Path, **options):
    mapping = plain(*open_table(path).header)
    return run_import(library, SYSTEM, path, mapping, ImportOptions(**options))


def test_cells_keep_their_kind(library: Library, tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx",
        [HEADER, ("1", "One", 10, 234.56, date(2024, 2, 29), True)],
    )
    assert counts(take(library, path)) == (1, 0, 0, 0)
    assert library.books(*HEADER) == [
        ("1", "One", 10, Decimal("234.56"), date(2024, 2, 29), True)
    ]


def test_numbers_are_exact_and_never_guessed(library: Library, tmp_path: Path) -> None:
    rows = [("code", "name", "price", "weight")]
    rows += [("1", "a", 0.1 + 0.2, 1.234), ("2", "b", "12,50", 1.5)]
    path = book(tmp_path / "a.xlsx", rows)
    assert counts(take(library, path)) == (2, 0, 0, 0)
    assert library.books("price", "weight") == [
        (Decimal("0.30"), Decimal("1.234")),
        (Decimal("12.50"), Decimal("1.500")),
    ]


def test_moments_times_and_percents_as_texts(tmp_path: Path) -> None:
    row = (datetime(2024, 3, 31, 2, 30), time(9, 5), 0.19, 49301234, 1e15)
    path = book(tmp_path / "a.xlsx", [["a", "b", "c", "d", "e"], row], {"C2": "0.00%"})
    assert open_table(path).sample() == [
        ("2024-03-31 02:30:00", "09:05:00", "19", "49301234", "1000000000000000")
    ]


def test_the_calendar_of_1904(tmp_path: Path) -> None:
    made = Workbook()
    made.epoch = datetime(1904, 1, 1)
    made.active.append(["day"])
    made.active.append([date(2024, 2, 29)])
    made.save(tmp_path / "a.xlsx")
    assert open_table(tmp_path / "a.xlsx").sample() == [("2024-02-29",)]


def test_values_of_formulas_are_taken_and_missing_ones_reported(
    library: Library, tmp_path: Path
) -> None:
    head = '<row r="1"><c r="A1" t="inlineStr"><is><t>code</t></is></c>'
    head += '<c r="B1" t="inlineStr"><is><t>name</t></is></c></row>'
    known = '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c>'
    known += '<c r="B2" t="str"><f>"a"</f><v>Two</v></c></row>'
    unknown = '<row r="3"><c r="A3"><v>3</v></c><c r="B3"><f>A2</f></c></row>'
    wrong = '<row r="4"><c r="A4"><v>4</v></c><c r="B4" t="e"><v>#REF!</v></c></row>'
    path = packed(tmp_path / "a.xlsx", cells(head + known + unknown + wrong))
    report = take(library, path)
    assert counts(report) == (1, 0, 0, 2)
    assert library.books("code", "name") == [("2", "Two")]
    first, second = (error.reason for error in report.errors)
    assert "B3 holds a formula that was never worked out" in first
    assert "B4 holds the error #REF!" in second


def test_what_went_out_comes_back(library: Library, tmp_path: Path) -> None:
    library.add(
        BOOK, code="=1+1", name="@ab", price="9.99", printed="2024-02-29", pages=3
    )
    path = tmp_path / "out.xlsx"
    with path.open("wb") as out:
        options = ExportOptions(format="xlsx", raw=True)
        assert export_records(library, SYSTEM, BOOK, Query(), out, options) == 1
    sheet = load_workbook(path).active
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    values = dict(
        zip([c.value for c in sheet[1]], [c.value for c in sheet[2]], strict=True)
    )
    assert values["code"] == "'=1+1"
    assert (values["price"], values["pages"]) == (9.99, 3)
    assert values["printed"] == datetime(2024, 2, 29)
    again = run_import(
        library, SYSTEM, path, plain("id", "code", "price", "printed", key="id")
    )
    assert counts(again) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: p.write_bytes(OLD * 99), "encrypted"),
        (lambda p: p.write_bytes(b"PK\x03\x04broken"), "package is broken"),
        (lambda p: p.write_text("code;name\n"), "no XLSX workbook"),
        (lambda p: zipped(p, {"a.txt": b"x"}), "no XLSX workbook"),
        (lambda p: zipped(p, {"a": b"\0" * 50_000_000}), "400 times its size"),
        (lambda p: zipped(p, {str(n): b"" for n in range(5001)}), "5,001 parts"),
    ],
)
def test_files_that_are_none(tmp_path: Path, make, said: str) -> None:
    path = tmp_path / "a.xlsx"
    make(path)
    with pytest.raises(ExchangeError, match=said):
        open_table(path)


def zipped(path: Path, parts: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", 8) as out:
        for name, data in parts.items():
            out.writestr(name, data)


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("start", [BOMB, OUTSIDE])
@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_entities_are_refused(tmp_path: Path, start: str, part: str) -> None:
    bad = start + cells('<row><c t="str"><v>&b;</v></c></row>')
    parts = {} if part.endswith("sheet1.xml") else {part: bad}
    path = packed(tmp_path / "a.xlsx", bad, **parts)
    with pytest.raises(ExchangeError, match="declares XML entities"):
        open_table(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<row r="1"><c r="XFD1"><v>1</v></c></row>', "beyond column 1,000"),
        ('<row r="9999999"><c><v>1</v></c></row>', "out of order"),
        ('<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>', "order"),
        ("<row><c><v>1</v></c>", "broken XML"),
        ("", "is empty"),
    ],
)
def test_absurd_sheets(tmp_path: Path, text: str, said: str) -> None:
    path = packed(tmp_path / "a.xlsx", cells(text))
    with pytest.raises(ExchangeError, match=said):
        open_table(path)


def test_limits_of_size(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["code", "name"], ["1", "x" * 300]])
    with pytest.raises(ExchangeError, match="unfolds to"):
        open_table(path, limits=Limits(unpacked=1000))
    row = next(open_table(path, limits=Limits(cell=100)).rows())
    assert row.problem == "A cell has more than 100 characters."


def test_shared_texts(tmp_path: Path) -> None:
    texts = "<si><t>code</t></si><si><r><t>a</t></r><r><t xml:space='preserve'> b</t>"
    shared = {"xl/sharedStrings.xml": f'<sst xmlns="{SHEET}">{texts}</r></si></sst>'}
    head = '<row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c></row>'
    path = packed(tmp_path / "a.xlsx", cells(f'{head}<row><c t="s"><v>7</v></c></row>'))
    with zipfile.ZipFile(path, "a") as out:
        for name, text in shared.items():
            out.writestr(name, text)
    good, bad = open_table(path).rows()
    assert good.cells == ("a b",)
    assert bad.problem == "Cell ? names a text that is not there."
    with pytest.raises(ExchangeError, match="held in memory"):
        open_table(path, limits=Limits(texts=100))


def test_sheets_by_name(tmp_path: Path) -> None:
    made = Workbook()
    made.active.title = "First"
    made.active.append(["a"])
    made.create_sheet("Second").append(["b"])
    made.save(tmp_path / "a.xlsx")
    first = open_table(tmp_path / "a.xlsx")
    assert first.header == ("a",)
    assert "not: Second" in first.warnings[0]
    assert open_table(tmp_path / "a.xlsx", sheet="Second").header == ("b",)
    with pytest.raises(ExchangeError, match="Did you mean 'Second'"):
        open_table(tmp_path / "a.xlsx", sheet="Secnod")


def test_numbers_of_many_digits_stay_texts(library: Library) -> None:
    from core.exchange.writers import XlsxWriter

    writer = XlsxWriter()
    writer.start(["a"])
    writer.rows([[Decimal("12345678901234567.89")]])
    sheet = load_workbook(io.BytesIO(b"".join(writer.end()))).active
    assert sheet["A2"].value == "12345678901234567.89"
