"""What becomes of cells, links, lines and rights when rows of a file are saved."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.exchange import BadMapping, Column, ExchangeError, Mapping, run_import
from core.exchange.report import ImportOptions
from core.services import NotAllowed
from core.storage import tables
from tests.unit.exchange.library import (
    AUTHOR,
    BOOK,
    SYSTEM,
    Library,
    acting,
    counts,
    plain,
)

HEADER = ("code", "name", "pages", "price", "printed", "shelf")


def row(number: int, **other: str) -> tuple[str, ...]:
    cells = {
        "code": f"B-{number:04}",
        "name": f"Book {number}",
        "pages": "100",
        "price": "12.50",
        "printed": "2001-02-03",
        "shelf": "open",
    }
    return tuple((cells | other).values())


def test_cells_become_values(library: Library) -> None:
    assert counts(library.take([HEADER, row(1)])) == (1, 0, 0, 0)
    assert library.books(*HEADER) == [
        ("B-0001", "Book 1", 100, Decimal("12.50"), date(2001, 2, 3), "open")
    ]


def test_exactly_the_broken_rows_are_left_out_and_return_when_mended(
    library: Library,
) -> None:
    rows = [HEADER, *(row(number) for number in range(1000))]
    wrong = [
        ({"pages": "many"}, "pages", "many"),
        ({"printed": "31.31.2001"}, "printed", "31.31.2001"),
        ({"shelf": "attic"}, "shelf", "attic"),
        ({"name": ""}, "name", None),
        ({"price": "5000"}, "price", "5000"),
    ]
    expected = []
    for number in range(0, 1000, 20):
        cells, column, value = wrong[number // 20 % 5]
        rows[number + 1] = row(number, **cells)
        expected.append((number + 2, column, value))
    rejected = library.home / "rejected.csv"
    report = library.take(rows, rejected=rejected, chunk=300)
    assert counts(report) == (950, 0, 0, 50)
    found = [(error.line, error.column, error.value) for error in report.errors]
    assert found == expected
    assert all(error.reason and error.code for error in report.errors)
    assert report.rejected_file == rejected

    with rejected.open(encoding="utf-8-sig", newline="") as file:
        left = list(csv.DictReader(file))
    assert [int(one["line"]) for one in left] == [line for line, _, _ in expected]
    assert all(one["reason"] for one in left)
    mended = [[*HEADER, "line", "reason"]]
    for one in left:
        number = int(one["code"].removeprefix("B-"))
        mended.append([*row(number), one["line"], one["reason"]])
    again = library.take(mended, plain(*HEADER))
    assert counts(again) == (50, 0, 0, 0)


def test_rows_rejected_again_keep_the_columns_of_the_first_file(
    library: Library,
) -> None:
    rejected = library.home / "again.csv"
    header = (*HEADER, "line", "reason")
    wrong = (*row(1, pages="many"), "7", "No number.")
    library.take([header, wrong], plain(*HEADER), rejected=rejected)
    with rejected.open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.reader(file)) == [*header]


def test_a_dry_run_finds_everything_and_keeps_nothing(library: Library) -> None:
    library.take([HEADER, row(1)])
    rows = [HEADER, row(1, name="Other"), row(2), row(3, price="5000")]
    dry = library.take(rows, dry_run=True, chunk=1)
    assert counts(dry) == (1, 1, 0, 1)
    assert [error.column for error in dry.errors] == ["price"]
    assert library.books("name") == [("Book 1",)]
    assert counts(library.take(rows)) == (1, 1, 0, 1)


def test_a_second_import_writes_nothing(library: Library) -> None:
    rows = [HEADER, row(1), row(2)]
    library.take(rows)
    with library.reader() as reader:
        book = reader.resolve(BOOK, "B-0001")
        before = len(reader.history(BOOK, book))
    assert counts(library.take(rows)) == (0, 0, 2, 0)
    with library.reader() as reader:
        assert len(reader.history(BOOK, book)) == before


def test_a_key_that_stands_twice_names_the_first_line(library: Library) -> None:
    report = library.take([HEADER, row(1), row(2), row(1)], chunk=2)
    assert counts(report) == (2, 0, 0, 1)
    (error,) = report.errors
    assert (error.line, error.column, error.value) == (4, "code", "B-0001")
    assert "line 2" in error.reason


@pytest.mark.parametrize(
    ("accepted", "expected"), [(True, (1, 0, 0, 0)), (False, (0, 0, 0, 1))]
)
def test_warnings_are_answered_unless_asked_otherwise(
    library: Library, accepted: bool, expected: tuple[int, ...]
) -> None:
    report = library.take(
        [HEADER, row(1, pages="2500")],
        actor=acting("keeper"),
        accept_warnings=accepted,
    )
    assert counts(report) == expected
    reasons = [] if accepted else ["That is a thick book."]
    assert [error.reason for error in report.errors] == reasons


# -- links ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("author", "Selma Lagerlöf"),
        ("author", "selma lagerlof"),
        ("author", "SL"),
        ("author.initials", "SL"),
        ("author.name", "Selma Lagerlöf"),
        ("author@old.writer", "W 7"),
    ],
)
def test_a_link_is_found_in_every_way_that_a_path_names(
    library: Library, path: str, text: str
) -> None:
    names = [("No", "Name", "Initials"), ("W 7", "Selma Lagerlöf", "SL")]
    columns = (
        Column(("No",), "@old.writer"),
        Column(("Name",), "name"),
        Column(("Initials",), "initials"),
    )
    library.take(names, Mapping(AUTHOR, columns, key="@old.writer"))
    mapping = Mapping(BOOK, (Column(("name",), "name"), Column(("by",), path)))
    report = library.take([("name", "by"), ("Nils", text)], mapping)
    assert report.errors == []
    with library.reader() as reader:
        author = reader.resolve(AUTHOR, "Selma Lagerlöf")
    assert library.books("author") == [(author,)]


def test_a_link_by_id_takes_the_id(library: Library) -> None:
    author = library.add(AUTHOR, name="One")
    report = library.take(
        [("name", "author.id"), ("A", str(author)), ("B", "99999"), ("C", "x")],
        plain("name", "author.id", key=None),
    )
    assert counts(report) == (1, 0, 0, 2)
    assert [(e.line, e.code) for e in report.errors] == [
        (3, "unknown_target"),
        (4, "unknown_target"),
    ]


@pytest.mark.parametrize("path", ["author", "author.initials", "author@old.writer"])
def test_an_unknown_link_is_reported_with_its_column(
    library: Library, path: str
) -> None:
    mapping = Mapping(BOOK, (Column(("name",), "name"), Column(("by",), path)))
    report = library.take([("name", "by"), ("A", "Nobody")], mapping)
    (error,) = report.errors
    assert (error.line, error.column, error.value) == (2, "by", "Nobody")
    assert error.code == "unknown_target"


def test_a_title_of_two_records_is_ambiguous(library: Library) -> None:
    library.add(AUTHOR, name="Smith", initials="A")
    library.add(AUTHOR, name="Smith", initials="B")
    report = library.take(
        [("name", "author"), ("X", "Smith")], plain("name", "author", key=None)
    )
    assert [(e.column, e.code) for e in report.errors] == [("author", "ambiguous")]


def test_new_words_make_tags(library: Library) -> None:
    report = library.take([("code", "name", "tags"), ("A", "A", "old, rare")])
    assert report.errors == []
    with library.reader() as reader:
        (tags,) = library.books("tags")[0]
        assert set(reader.titles("base.tag", tags).values()) == {"old", "rare"}


# -- ids of other systems ---------------------------------------------------------

OLD = Mapping(
    BOOK, (Column(("No",), "@old.book"), Column(("Name",), "name")), key="@old.book"
)


def test_records_are_found_again_by_the_id_of_another_system(library: Library) -> None:
    library.take([("No", "Name"), ("7", "Nils"), ("8", "Gösta")], OLD)
    again = library.take([("No", "Name"), ("8", "Gösta Berling"), ("7", "Nils")], OLD)
    assert counts(again) == (0, 1, 1, 0)
    assert sorted(library.books("name")) == [("Gösta Berling",), ("Nils",)]


def test_an_id_of_another_system_stands_for_one_record(library: Library) -> None:
    library.take([("No", "Name"), ("7", "Nils")], OLD)
    mapping = Mapping(
        BOOK,
        (
            Column(("No",), "@old.book"),
            Column(("Name",), "name"),
            Column(("Code",), "code"),
        ),
        key="code",
    )
    rows = [("No", "Name", "Code"), ("7", "X", "X"), ("9", "Y", "Y"), ("9", "Z", "Z")]
    report = library.take(rows, mapping)
    assert counts(report) == (1, 0, 0, 2)
    assert [(e.line, e.column, e.value) for e in report.errors] == [
        (2, "No", "7"),
        (4, "No", "9"),
    ]
    assert counts(library.take(rows, mapping)) == (0, 0, 1, 2)


def test_a_record_found_by_key_learns_its_id_elsewhere(library: Library) -> None:
    book = library.add(BOOK, name="Nils", code="N")
    columns = (Column(("No",), "@old.book"), Column(("Code",), "code"))
    report = library.take(
        [("No", "Code"), ("7", "N")], Mapping(BOOK, columns, key="code")
    )
    assert counts(report) == (0, 0, 1, 0)
    with library.reader() as reader:
        table = tables.external_id
        kept = reader.scene.connection.execute(
            sa.select(table.c.key, table.c.record).where(table.c.entity == BOOK)
        ).all()
    assert [tuple(one) for one in kept] == [("old.book:7", book)]


# -- lines ------------------------------------------------------------------------


def test_constants_joined_cells_and_values(library: Library) -> None:
    columns = (
        Column(("First", "Last"), "name"),
        Column(("State",), "shelf", values={"1": "open", "0": "closed"}),
    )
    mapping = Mapping(BOOK, columns, {"language": "sv", "copies[new].place": "Hall"})
    library.take(
        [("First", "Last", "State"), ("Nils", "Holgersson", "0"), ("Gösta", "", "1")],
        mapping,
    )
    assert sorted(library.books("name", "shelf", "language")) == [
        ("Gösta", "open", "sv"),
        ("Nils Holgersson", "closed", "sv"),
    ]


def test_a_constant_that_is_no_value_is_a_mistake_of_the_mapping(
    library: Library,
) -> None:
    with pytest.raises(BadMapping, match="'pages'"):
        library.take([("code", "name"), ("A", "A")], plain("name", key=None, pages="x"))


@pytest.mark.parametrize(
    ("language", "cells", "expected"),
    [
        ("en", ("1,234.50", "12/31/1999"), (Decimal("1234.50"), date(1999, 12, 31))),
        ("de", ("1.234,50", "31.12.1999"), (Decimal("1234.50"), date(1999, 12, 31))),
        ("de", ("1,5", "1999-12-31"), (Decimal("1.500"), date(1999, 12, 31))),
        ("en", ("1,5", "31/12/99"), (Decimal("1.500"), date(1999, 12, 31))),
    ],
)
def test_numbers_and_days_are_read_as_they_are_written(
    library: Library,
    language: str,
    cells: tuple[str, str],
    expected: tuple[object, ...],
) -> None:
    rows = [("code", "name", "weight", "printed"), ("A", "A", *cells)]
    assert library.take(rows, language=language).errors == []
    assert library.books("weight", "printed") == [expected]


def test_what_can_be_read_two_ways_is_said(library: Library) -> None:
    rows = [("code", "name", "weight", "printed"), ("A", "A", "1.500", "01/02/2003")]
    report = library.take(rows, language="en")
    said = " ".join(report.warnings)
    assert "'weight'" in said
    assert "'printed'" in said
    asked = library.take(rows, language="en", dates="dmy", decimal=",")
    assert asked.warnings == ()
    assert library.books("weight", "printed") == [(Decimal(1500), date(2003, 2, 1))]


# -- rights -----------------------------------------------------------------------


def test_without_the_verb_import_nothing_is_read(library: Library) -> None:
    with pytest.raises(NotAllowed):
        library.take([HEADER, row(1)], actor=acting("reader"))


def test_without_the_verb_create_rows_are_refused(library: Library) -> None:
    mapping = Mapping(AUTHOR, (Column(("name",), "name"),))
    report = library.take([("name",), ("A",), ("B",)], mapping, acting("writer"))
    assert counts(report) == (0, 0, 0, 2)
    assert {error.code for error in report.errors} == {"not_allowed"}


def test_rows_and_fields_out_of_reach_are_refused(library: Library) -> None:
    header = ("code", "name", "shelf")
    library.take([header, ("A", "Secret", "closed"), ("B", "Open", "open")])
    report = library.take(
        [header, ("B", "Changed", "open"), ("C", "New", "closed"), ("D", "D", "open")],
        actor=acting("writer"),
    )
    assert counts(report) == (1, 1, 0, 1)
    assert [error.line for error in report.errors] == [3]
    priced = library.take(
        [("code", "name", "price"), ("E", "E", "3")], actor=acting("writer")
    )
    assert counts(priced) == (0, 0, 0, 1)
    assert [error.column for error in priced.errors] == ["price"]
    hidden = library.take([header, ("A", "Taken", "open")], actor=acting("writer"))
    assert counts(hidden) == (0, 0, 0, 1)
    assert ("A", "Secret") in library.books("code", "name")


# -- files of rejected rows -------------------------------------------------------


def test_the_file_of_rejected_rows_is_another_one(library: Library) -> None:
    path = library.file([HEADER, row(1)])
    for place in (path, Path(library.home / "nowhere" / "out.csv")):
        options = ImportOptions(rejected=place)
        with pytest.raises(ExchangeError):
            run_import(library, SYSTEM, path, plain(*HEADER), options)
    assert path.read_text().startswith("code,name")
    assert library.books("code") == []
