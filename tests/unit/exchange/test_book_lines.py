"""What becomes of lines when rows of a file are saved."""

import pytest

from core.exchange import Column, Mapping
from tests.unit.exchange.library import (
    BOOK,
    Library,
    counts,
)

COPIES = Mapping(
    BOOK,
    (
        Column(("Code",), "code"),
        Column(("New",), "copies[new].place"),
        Column(("Worn",), "copies[worn].place"),
        Column(("Worn too",), "copies[worn 2].place"),
    ),
    {"name": "Some book"},
    key="code",
)
COPY_HEADER = ("Code", "New", "Worn", "Worn too")


def test_labelled_rows_are_made_where_a_cell_has_something(library: Library) -> None:
    rows = [COPY_HEADER, ("A", "Hall", "", ""), ("B", "", "Attic", "Yard")]
    assert counts(library.take(rows, COPIES)) == (2, 0, 0, 0)
    assert [copy[1:] for copy in library.copies("A")] == [("new", "Hall")]
    assert [copy[1:] for copy in library.copies("B")] == [
        ("worn", "Attic"),
        ("worn", "Yard"),
    ]


def test_an_update_keeps_the_ids_of_rows_and_leaves_others_alone(
    library: Library,
) -> None:
    rows = [
        {"state": "lost", "place": "Sea"},
        {"state": "worn", "place": "Attic"},
        {"state": "new", "place": "Hall"},
    ]
    library.add(BOOK, name="Some book", code="A", copies=rows)
    lost, worn, new = library.copies("A")
    report = library.take([COPY_HEADER, ("A", "Hall", "Cellar", "")], COPIES)
    assert counts(report) == (0, 1, 0, 0)
    assert library.copies("A") == [lost, (worn[0], "worn", "Cellar"), new]
    same = library.take([COPY_HEADER, ("A", "", "Cellar", "")], COPIES)
    assert counts(same) == (0, 0, 1, 0)


def test_a_problem_of_a_row_of_lines_names_its_column(library: Library) -> None:
    mapping = COPIES.with_column(Column(("New",), "copies[new].bought"))
    report = library.take([COPY_HEADER, ("A", "soon", "", "")], mapping)
    assert [(e.column, e.value) for e in report.errors] == [("New", "soon")]


@pytest.mark.parametrize("text", ["[1]", "{}", "[", "[" * 50_000, '"x"'])
def test_lines_that_are_no_json_list_are_reported(library: Library, text: str) -> None:
    report = library.take(
        [("code", "name", "copies"), ("A", "A", text)],
    )
    assert [(e.column, e.code) for e in report.errors] == [("copies", "bad_json")]


def test_lines_come_as_json_too(library: Library) -> None:
    text = '[{"state": "new", "place": "Hall"}, {"place": "Yard"}]'
    library.take([("code", "name", "copies"), ("A", "A", text)])
    assert [copy[1:] for copy in library.copies("A")] == [
        ("new", "Hall"),
        (None, "Yard"),
    ]


# -- constants, joined and translated cells ---------------------------------------
