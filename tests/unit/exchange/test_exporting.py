"""Exports: harmless cells, rights of rows and fields, and files that come back."""

import csv
import io
import zipfile
from datetime import date

import pytest

from core.exchange import (
    Column,
    ExchangeError,
    Mapping,
    export_lines,
    guess_mapping,
    open_table,
)
from core.exchange.importer import run_import
from core.exchange.writers import writer_for
from core.services import AppError, NotAllowed, Query
from tests.unit.exchange.library import (
    AUTHOR,
    BOOK,
    SYSTEM,
    Library,
    acting,
    counts,
)


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def shelf(library: Library) -> int:
    author = library.add(AUTHOR, name="Selma Lagerlöf", initials="SL")
    first = library.add(
        BOOK,
        code="-A1",
        name="=1+1",
        pages=300,
        price="-1234.50",
        weight="1.500",
        printed=date(1906, 11, 24),
        lent=True,
        summary='Two\nlines, "quoted"',
        forms=["paper", "sound"],
        author=author,
        tags=["old", "rare"],
        about={"entity": AUTHOR, "id": author},
        copies=[{"state": "new", "place": "@Hall"}, {"place": "Yard"}],
    )
    library.add(BOOK, code="B", name="'=kept", shelf="closed", price="7")
    return first


def test_cells_that_a_spreadsheet_would_run_are_made_harmless(library: Library) -> None:
    shelf(library)
    text = library.give(Query(fields=("name", "price", "code")))
    assert rows_of(text) == [
        ["Name", "Price", "Code"],
        ["'=1+1", "-1,234.50", "'-A1"],
        ["''=kept", "7.00", "B"],
    ]


@pytest.mark.parametrize(
    "fields",
    [(), ("id", "version", "code", "name", "copies"), ("id", "version", "forms")],
)
def test_a_raw_export_comes_back_without_a_mapping_and_changes_nothing(
    library: Library, fields: tuple[str, ...]
) -> None:
    shelf(library)
    before = library.copies("-A1")
    text = library.give(Query(fields=fields), raw=True)
    path = library.home / "out.csv"
    path.write_text(text, encoding="utf-8", newline="")
    mapping = guess_mapping(library, BOOK, open_table(path), "de")
    report = run_import(library, SYSTEM, path, mapping)
    assert report.errors == []
    assert counts(report) == (0, 0, 2, 0)
    assert library.copies("-A1") == before


def test_a_changed_cell_of_a_raw_export_changes_its_record(library: Library) -> None:
    first = shelf(library)
    text = library.give(Query(), raw=True).replace("300", "301")
    path = library.home / "out.csv"
    path.write_text(text, encoding="utf-8", newline="")
    mapping = guess_mapping(library, BOOK, open_table(path))
    assert counts(run_import(library, SYSTEM, path, mapping)) == (0, 1, 1, 0)
    with library.reader() as reader:
        assert reader.get(BOOK, first)["pages"] == 301


def test_values_are_shown_as_readers_of_the_language_write_them(
    library: Library,
) -> None:
    shelf(library)
    fields = ("price", "printed", "author", "author.initials", "forms", "tags")
    text = library.give(Query(fields=fields, filter="code == '-A1'"), language="de")
    head, row = rows_of(text)
    assert head[2:4] == ["Author", "Author: Initials"]
    assert row[:4] == ["-1.234,50", "24.11.1906", "Selma Lagerlöf", "SL"]
    assert row[4] == "Paper; Sound"
    assert set(row[5].split(", ")) == {"old", "rare"}


def test_a_mark_and_another_delimiter_on_demand(library: Library) -> None:
    shelf(library)
    text = library.give(Query(fields=("code", "shelf")), bom=True, delimiter=";")
    assert text.startswith("\ufeffCode;Shelf\r\n")


def test_an_export_goes_on_over_pages_in_the_order_asked_for(library: Library) -> None:
    numbers = [f"{number:05}" for number in range(2100)]
    library.take([("code", "name"), *((number, "A") for number in numbers)])
    told: list[int] = []
    text = library.give(Query(fields=("code",), order=("-code",)), progress=told.append)
    assert [row[0] for row in rows_of(text)[1:]] == numbers[::-1]
    assert told == [1000, 2000, 2100]


def test_only_rows_and_fields_in_reach_leave(library: Library) -> None:
    shelf(library)
    text = library.give(Query(), actor=acting("writer"), raw=True)
    head, *rows = rows_of(text)
    assert "price" not in head
    assert [row[head.index("code")] for row in rows] == ["'-A1"]
    with pytest.raises(AppError):
        library.give(Query(fields=("price",)), actor=acting("writer"))


def test_without_the_verb_export_not_even_a_header_leaves(library: Library) -> None:
    shelf(library)
    stranger = acting()
    with pytest.raises(NotAllowed):
        library.give(Query(), actor=stranger)
    pieces = export_lines(library, stranger, BOOK, Query())
    with pytest.raises(NotAllowed):
        next(pieces)


def test_a_stream_is_the_same_file(library: Library) -> None:
    shelf(library)
    query = Query(fields=("code", "name"))
    streamed = b"".join(export_lines(library, SYSTEM, BOOK, query))
    assert streamed.decode() == library.give(query)


def test_an_unknown_field_is_refused(library: Library) -> None:
    with pytest.raises(AppError) as info:
        library.give(Query(fields=("nmae",)))
    assert not isinstance(info.value, ExchangeError)
    assert "nmae" in info.value.message


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_heads_that_a_spreadsheet_would_run_come_back_as_they_were(
    library: Library, format: str
) -> None:
    heads = ["=cmd()", "+a", "Name"]
    cells = ["a;=1+1", "x\n@b", "plain"]
    writer = writer_for(format, title="=1+[x]")
    path = library.home / f"heads.{format}"
    path.write_bytes(
        writer.start(heads) + writer.rows([cells]) + b"".join(writer.end())
    )
    table = open_table(path)
    assert list(table.header) == heads
    (row,) = table.rows()
    assert [table.unmarked(cell) for cell in row.cells] == cells
    if format == "csv":
        text = path.read_text(encoding="utf-8")
        assert "'=cmd()" in text
        assert "a;'=1+1" in text
        assert ";=" not in text
        return
    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert 'name="=1+x"' in book.read("xl/workbook.xml").decode()
    assert "<f>" not in sheet


def test_rejected_rows_keep_the_heads_that_their_mapping_names(
    library: Library,
) -> None:
    rows = [("=code", "name", "pages"), ("A", "Sea", "none")]
    columns = (
        Column(("=code",), "code"),
        Column(("name",), "name"),
        Column(("pages",), "pages"),
    )
    mapping = Mapping(BOOK, columns, key="code")
    rejected = library.home / "rejected.csv"
    report = library.take(rows, mapping, rejected=rejected)
    assert counts(report) == (0, 0, 0, 1)
    text = rejected.read_text(encoding="utf-8-sig").replace("none", "7")
    rejected.write_text(text, encoding="utf-8")
    again = run_import(library, SYSTEM, rejected, mapping)
    assert counts(again) == (1, 0, 0, 0)
