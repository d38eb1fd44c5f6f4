"""Files as they come: encodings, delimiters, broken quotes, and what is no table."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exchange import ExchangeError, open_table
from core.exchange.cells import guarded, unguarded

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
    assert (rows[0].line, rows[0].problem) == (2, None)
    assert all(row.problem for row in rows[1:4])
    assert [row.line for row in rows[:4]] == [2, 3, 4, 5]


def test_a_header_only_has_no_rows(tmp_path):
    assert list(table_of(tmp_path, b"a,b\n").rows()) == []


@given(st.text(max_size=40))
def test_what_an_export_guards_an_import_reads_back(text):
    assert unguarded(guarded(text)) == text or text.startswith("'")


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"]
)
def test_formulas_are_made_harmless(text):
    assert guarded(text).startswith("'")


@pytest.mark.parametrize("text", ["-5", "+49", "-1,234.50", "plain", ""])
def test_numbers_and_words_stay(text):
    assert guarded(text) == text
