"""Of 10,000 rows exactly the 50 broken ones are left out, whatever is wrong with them.

Each comes back with line, column, reason and the way to mend it, in a file that imports
again once it is mended.
"""

import csv
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

from core.exchange import ImportOptions, ImportReport, Mapping, run_import
from tests.unit.exchange.library import (
    AUTHOR,
    SYSTEM,
    Library,
    counts,
    plain,
)

HEADER = ("code", "name", "pages", "price", "printed", "lent", "shelf", "author")
ROWS = 10_000
EVERY = ROWS // 50
Cells = dict[str, Any]

#: What is wrong, the column that is told, and a part of the reason.
CELLS: tuple[tuple[Cells, str | None, str], ...] = (
    ({"pages": "many"}, "pages", "number"),
    ({"pages": "0"}, "pages", "at least 1"),
    ({"pages": "1.5"}, "pages", "whole"),
    ({"pages": "99999999999999999999"}, "pages", ""),
    ({"price": "5000"}, "price", "Nobody can pay"),
    ({"price": "NaN"}, "price", "number"),
    ({"price": "1e400"}, "price", "number"),
    ({"price": "12.50 EUR?"}, "price", "number"),
    ({"printed": "2023-02-29"}, "printed", ""),
    ({"printed": "31.31.2001"}, "printed", ""),
    ({"printed": "yesterday-ish"}, "printed", ""),
    ({"printed": "0000-00-00"}, "printed", ""),
    ({"lent": "perhaps"}, "lent", ""),
    ({"shelf": "attic"}, "shelf", ""),
    ({"author": "Nobody At All"}, "author", ""),
    ({"author": "Twin"}, "author", ""),
    ({"name": ""}, "name", "required"),
    ({"name": "   "}, "name", "required"),
    ({"name": "x" * 300}, "name", "shorten"),
    ({"name": "bell \x07"}, "name", "control character"),
    ({"code": "B-#" + "9" * 30}, "code", "shorten"),
    ({"code": "B-00001"}, "code", "stands in line 3 already"),
)


def good(number: int, **other: Any) -> Cells:
    return {
        "code": f"B-{number:05}",
        "name": f"Bücher {number}",
        "pages": "100",
        "price": "12.50",
        "printed": "2001-02-03",
        "lent": "false",
        "shelf": "open",
        "author": "Ann",
        **other,
    }


def authors(library: Library) -> None:
    for initials, name in (("A", "Ann"), ("T1", "Twin"), ("T2", "Twin")):
        library.add(AUTHOR, name=name, initials=initials)


def mapping() -> Mapping:
    return plain(*HEADER)


Raw = tuple[Callable[[Cells], bytes], str]


def _line(cells: Cells, *more: str) -> bytes:
    return (",".join([*map(str, cells.values()), *more]) + "\r\n").encode()


#: Rows that are broken as lines, and a part of the reason.
LINES: tuple[Raw, ...] = (
    (lambda c: _line({**c, "name": '"a" b'}), "quote"),
    (lambda c: _line(c, "more", "cells"), "10 cells"),
    (lambda c: _line({"code": c["code"], "name": "short"}), "2 cells"),
    (lambda c: _line({**c, "name": "a\0b"}), "NUL"),
    (lambda c: _line({**c, "name": "Köln"}).replace("ö".encode(), b"\xf6"), "UTF-8"),
    (lambda c: _line({**c, "name": "y" * 120_000}), "characters"),
    (lambda c: _line({**c, "name": "z" * 140_000}), "too long"),
)


def test_of_a_csv_file(library: Library) -> None:
    authors(library)
    path, rejected = library.home / "a.csv", library.home / "rejected.csv"
    expected: dict[int, tuple[str | None, str]] = {}
    with path.open("wb") as out:
        out.write(",".join(HEADER).encode() + b"\r\n")
        place = 2
        for number in range(ROWS):
            wrong, kind = divmod(number - 7, EVERY)
            if kind or wrong >= 50:
                out.write(_line(good(number)))
                place += 1
                continue
            line, told = _broken(wrong, number)
            expected[place] = told
            out.write(line)
            place += 1
    report = _taken(library, path, rejected)
    _told(report, expected)
    with rejected.open(encoding="utf-8-sig", newline="") as file:
        left = list(csv.DictReader(file))
    assert [int(one["line"]) for one in left] == list(expected)
    assert all(one["reason"] for one in left)
    assert left[0]["code"]
    mended = library.home / "mended.csv"
    with mended.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*HEADER, "line", "reason"])
        for number, one in enumerate(left):
            cells = good(20_000 + number).values()
            writer.writerow([*cells, one["line"], one["reason"]])
    assert counts(run_import(library, SYSTEM, mended, mapping())) == (50, 0, 0, 0)


def _broken(wrong: int, number: int) -> tuple[bytes, tuple[str | None, str]]:
    kind = wrong % (len(CELLS) + len(LINES))
    if kind >= len(CELLS):
        make, said = LINES[kind - len(CELLS)]
        return make(good(number)), (None, said)
    cells, column, said = CELLS[kind]
    cells = {n: text.replace("#", str(number)) for n, text in cells.items()}
    return _line(good(number, **cells)), (column, said)


def _taken(library: Library, path: Path, rejected: Path) -> ImportReport:
    options = ImportOptions(rejected=rejected)
    report = run_import(library, SYSTEM, path, mapping(), options)
    assert report.rejected_file == rejected
    return report


def _told(report: ImportReport, expected: dict[int, tuple[str | None, str]]) -> None:
    found = {error.line: error for error in report.errors}
    assert {n: told for n, told in expected.items() if n not in found} == {}
    assert counts(report) == (ROWS - 50, 0, 0, 50)
    for line, (column, said) in expected.items():
        error = found[line]
        assert error.column == column, error
        assert said in error.reason, error
        assert error.code


#: What a sheet may hold besides, as raw cells.
SHEET_CELLS: tuple[tuple[Cells, str | None, str], ...] = (
    ({"name": ("e", "#N/A")}, None, "holds the error #N/A"),
    ({"price": ("e", "#DIV/0!")}, None, "holds the error #DIV/0!"),
    ({"pages": ("f", "=1+1")}, None, "never worked out"),
    ({"printed": -5}, None, "a day that no calendar has"),
    ({"printed": 3_000_000}, None, "a day that no calendar has"),
    ({"printed": True}, "printed", ""),
    ({"pages": date(2024, 1, 1)}, "pages", ""),
    ({"pages": True}, "pages", ""),
    ({"lent": 7}, "lent", ""),
    ({"price": 1e300}, "price", ""),
    ({"name": None}, "name", "required"),
    ({"shelf": 1}, "shelf", ""),
)
ALL_CELLS = (*(one for one in CELLS if "control" not in one[2]), *SHEET_CELLS)


def test_of_a_workbook(library: Library) -> None:
    authors(library)
    path, rejected = library.home / "a.xlsx", library.home / "rejected.xlsx"
    made = Workbook(write_only=True)
    made.epoch = datetime(1904, 1, 1)
    sheet = made.create_sheet("Books")
    made.create_sheet("Hidden").sheet_state = "hidden"
    sheet.append(HEADER)
    expected: dict[int, tuple[str | None, str]] = {}
    for number in range(ROWS):
        row = good(number, pages=100, price=12.5, printed=date(2001, 2, 3), lent=False)
        wrong, kind = divmod(number - 7, EVERY)
        if kind == 0 and wrong < 50:
            cells, column, said = ALL_CELLS[wrong % len(ALL_CELLS)]
            expected[number + 2] = (column, said)
            row = {**row, **cells}
        sheet.append([_cell(sheet, name, value) for name, value in row.items()])
    made.save(path)
    report = _taken(library, path, rejected)
    assert "Hidden sheets are left out: Hidden." in report.warnings
    _told(report, expected)
    sheet = load_workbook(rejected).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == (*HEADER, "line", "reason")
    assert [row[-2] for row in rows[1:]] == list(expected)
    for number, row in enumerate(sheet.iter_rows(min_row=2, max_col=len(HEADER))):
        for cell, value in zip(row, good(20_000 + number).values(), strict=True):
            cell.value = value
    mended = library.home / "mended.xlsx"
    sheet.parent.save(mended)
    assert counts(run_import(library, SYSTEM, mended, mapping())) == (50, 0, 0, 0)


def _cell(sheet: Any, name: str, value: Any) -> Any:
    """A cell, with its kind where openpyxl would guess another one."""
    kind = None
    if isinstance(value, tuple):
        kind, value = value
    if kind is None and name != "printed":
        return value
    cell = WriteOnlyCell(sheet, value=value)
    if kind is not None:
        cell.data_type = kind
    elif isinstance(value, int) and not isinstance(value, bool):
        cell.number_format = "yyyy-mm-dd"
    return cell


@pytest.mark.parametrize("broken", ["\0", "\x01"])
def test_a_control_character_in_a_small_file_breaks_its_row_alone(
    library: Library, broken: str
) -> None:
    rows = [HEADER, *(tuple(good(number).values()) for number in range(5))]
    rows[3] = tuple(good(2, author="", name=f"a{broken}b").values())
    rows = [tuple("" if name == "Ann" else name for name in row) for row in rows]
    report = library.take(rows, mapping())
    assert counts(report) == (4, 0, 0, 1)
    assert [error.line for error in report.errors] == [4]
