"""Files as they come: encodings, delimiters, broken quotes, and what is no table."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exchange import ExchangeError, Limits, open_table
from core.exchange.cells import TextGuard, guarded, unguarded

TEXT = "Name;Ort\nMüller;Köln\nÅse;Tromsø\n"


def table_of(folder: Path, data: bytes, **options: str):
    path = folder / "file.csv"
    path.write_bytes(data)
    return open_table(path, **options)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_found(tmp_path, encoding):
    table = table_of(tmp_path, TEXT.encode(encoding))
    assert table.header == ("Name", "Ort")
    assert [row.cells for row in table.rows()] == [
        ("Müller", "Köln"),
        ("Åse", "Tromsø"),
    ]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, mark):
    data = f"a{mark}b{mark}c\n1{mark}2{mark}3\n".encode()
    table = table_of(tmp_path, data)
    assert table.delimiter == mark
    assert next(iter(table.rows())).cells == ("1", "2", "3")


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"PK\x03\x04\x00\x00\x00", b"a,b\x00c\n1,2\n"]
)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path, data):
    with pytest.raises(ExchangeError) as info:
        list(table_of(tmp_path, data).rows())
    assert info.value.message.endswith(".")


def test_a_wrong_encoding_is_named(tmp_path):
    with pytest.raises(ExchangeError):
        list(table_of(tmp_path, TEXT.encode("cp1252"), encoding="utf-8").rows())


def test_broken_quotes_and_ragged_rows_are_reported_with_their_line(tmp_path):
    data = b'a,b\n1,2\n3\n4,5,6\n"7,8\n9,10\n'
    rows = list(table_of(tmp_path, data).rows())
    assert [(row.line, row.problem) for row in rows] == [
        (2, None),
        (3, "The row has 1 cells, the header 2."),
        (4, "The row has 3 cells, the header 2."),
        (5, "The quote that opens in line 5 is never closed."),
        (6, None),
    ]
    assert rows[-1].cells == ("9", "10")


def test_text_behind_a_quote_breaks_its_row_alone(tmp_path):
    data = b'a,b\n"1"x,2\n3,4\n'
    rows = list(table_of(tmp_path, data).rows())
    assert rows[0].line == 2
    assert "doubled" in rows[0].problem
    assert rows[1].cells == ("3", "4")


def test_a_row_over_several_lines_counts_from_its_first(tmp_path):
    data = b'a,b\r\n"1\r\n1",2\r\n\r\n3,4\r\n'
    rows = list(table_of(tmp_path, data).rows())
    assert [(row.line, row.cells) for row in rows] == [
        (2, ("1\r\n1", "2")),
        (5, ("3", "4")),
    ]


def test_too_many_broken_quotes_end_the_reading(tmp_path):
    data = b"a,b\n" + b'"x"y,1\n' * 1002
    with pytest.raises(ExchangeError, match="broken quotes"):
        list(table_of(tmp_path, data).rows())


def test_a_header_with_a_broken_quote_is_refused(tmp_path):
    with pytest.raises(ExchangeError, match="header in line 1"):
        table_of(tmp_path, b'"a,b\n1,2\n')


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_found(tmp_path, encoding):
    table = table_of(tmp_path, TEXT.encode(encoding))
    assert table.encoding == encoding
    assert table.header == ("Name", "Ort")


def test_a_guessed_encoding_is_said_with_its_line(tmp_path):
    table = table_of(tmp_path, TEXT.encode("cp1252"))
    assert (table.encoding, len(table.warnings)) == ("cp1252", 1)
    assert "Line 2" in table.warnings[0]


def test_an_unknown_encoding_is_refused(tmp_path):
    with pytest.raises(ExchangeError, match="no encoding 'utf-99'"):
        table_of(tmp_path, b"a,b\n", encoding="utf-99")


def test_headers_get_names_that_differ(tmp_path):
    table = table_of(tmp_path, b"a, ,a,b  c\n1,2,3,4\n")
    assert table.header == ("a", "Column 2", "a (2)", "b c")
    assert len(table.warnings) == 2


def test_empty_cells_behind_the_last_column_fall(tmp_path):
    table = table_of(tmp_path, b"a,b,,\n1,2,,\n3,4\n")
    assert table.header == ("a", "b")
    assert [row.problem for row in table.rows()] == [None, None]


def test_a_wrong_delimiter_is_said(tmp_path):
    with pytest.raises(ExchangeError, match="separated by ';'"):
        table_of(tmp_path, b"a;b\n1;2\n", delimiter=",")


def test_one_column_is_a_table_too(tmp_path):
    table = table_of(tmp_path, b"Name\nOne\nTwo\n")
    assert [row.cells for row in table.rows()] == [("One",), ("Two",)]


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(cell=50), "A cell has more than 50 characters."),
        (Limits(cell=50, row=100), "The row has more than 100 characters."),
    ],
)
def test_huge_cells_and_rows_are_reported(tmp_path, limits, said):
    data = b"a,b\n1,2\n" + b"x" * 200 + b",y\n3,4\n"
    rows = list(table_of(tmp_path, data, limits=limits).rows())
    assert [row.problem for row in rows] == [None, said, None]


def test_a_cell_beyond_the_parser_is_reported_too(tmp_path):
    data = b"a,b\n" + b"x" * 200_000 + b",y\n3,4\n"
    rows = list(table_of(tmp_path, data).rows())
    assert "too long" in rows[0].problem
    assert rows[-1].cells == ("3", "4")


def test_files_and_tables_have_limits(tmp_path):
    with pytest.raises(ExchangeError, match="more than the 10 allowed"):
        table_of(tmp_path, b"a,b\n1,2\n3,4\n", limits=Limits(file=10))
    with pytest.raises(ExchangeError, match="more than 1 columns"):
        table_of(tmp_path, b"a,b\n1,2\n", limits=Limits(columns=1))


def test_rows_are_streamed_and_tell_how_far_they_are(tmp_path):
    table = table_of(tmp_path, b"a,b\n" + b"some text,2\n" * 20_000)
    rows = table.rows()
    assert next(rows).done < 0.5
    assert [row.done for row in rows][-1] == 1.0
    assert len(table.sample(5)) == 5


def test_a_header_only_has_no_rows(tmp_path):
    assert list(table_of(tmp_path, b"a,b\n").rows()) == []


@given(st.text(max_size=40))
def test_what_an_export_guards_an_import_reads_back(text):
    assert unguarded(guarded(text)) == text


@given(st.text("=+-@'\t\r\n0123456789.,;| \"ab", max_size=12), st.sampled_from(",;"))
def test_whatever_delimiter_a_program_takes_nothing_runs(text, delimiter):
    guard = TextGuard(delimiter)
    cell = guard.guarded(text)
    assert guard.unguarded(cell) == text
    for other in {",", ";", "\t", "|"} - {delimiter}:
        for line in cell.splitlines():
            for piece in line.split(other):
                start = piece.strip(' "')
                runs = start[:1] in ("=", "@") or re.match(r"[+-][^\d]", start)
                inside = line.startswith(piece) and cell.startswith(line)
                assert inside or not runs, (other, cell)


def test_numbers_between_other_delimiters_stay():
    guard = TextGuard(",")
    assert guard.guarded("a;-5;+1.5") == "a;-5;+1.5"
    assert guard.guarded("Price 10,- each") == "Price 10,- each"
    assert guard.guarded("a;=1+1") == "a;'=1+1"
    assert guard.guarded('a; "=1+1') == "a; \"'=1+1"
    assert guard.guarded("a\n-cmd|x") == "a\n'-cmd|x"


@given(st.text("=+-@'\t\r\n0123456789., ab", max_size=8))
def test_what_is_guarded_begins_with_nothing_that_runs(text):
    cell = guarded(text)
    assert cell[:1] not in ("=", "@", "\t", "\r", "\n")
    assert unguarded(cell) == text


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"]
)
def test_formulas_are_made_harmless(text):
    assert guarded(text).startswith("'")


@pytest.mark.parametrize("text", ["-5", "+49", "-1,234.50", "plain", ""])
def test_numbers_and_words_stay(text):
    assert guarded(text) == text
