"""Mappings in YAML, as data, kept in the database, and what they say when wrong."""

from pathlib import Path

import pytest

from core.exchange import (
    BadMapping,
    Column,
    Mapping,
    check_mapping,
    find_mapping,
    guess_mapping,
    keep_mapping,
    kept_mappings,
    mapping_document,
    mapping_from,
    open_table,
    read_mapping,
    write_mapping,
)
from core.services import transaction
from tests.unit.exchange.library import BOOK, SYSTEM, Library, plain

RICH = Mapping(
    BOOK,
    (
        Column(("No",), "@old.book"),
        Column(("First", "Last"), "name", join=", "),
        Column(("Day",), "printed", order="dmy"),
        Column(("Price",), "price", decimal=","),
        Column(("State",), "shelf", values={"1": "open", "0": "closed"}),
    ),
    {"language": "sv", "copies[new].place": "Hall"},
    key="@old.book",
    name="old books",
)


def test_a_mapping_survives_file_and_data(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yml"
    write_mapping(RICH, path)
    assert read_mapping(path) == RICH
    assert mapping_from(mapping_document(RICH)) == RICH


def test_short_forms_are_read(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yml"
    path.write_text(
        "entity: library.book\n"
        "constants: {lent: true, pages: 3}\n"
        "fields:\n  name: [First, Last]\n  code: 7\n"
    )
    mapping = read_mapping(path)
    assert mapping.columns == (
        Column(("First", "Last"), "name"),
        Column(("7",), "code"),
    )
    assert mapping.constants == {"lent": "true", "pages": "3"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("entity: a.b\n---\nentity: c.d\n", "several"),
        ("- one\n", "map"),
        ("fields: {}\n", "entity"),
        ("entity: a.b\nfeilds: {}\n", "did you mean 'fields'"),
        ("entity: a.b\nfields: [x]\n", "'fields'"),
        ("entity: a.b\nfields: {name: {colunm: A}}\n", "did you mean 'column'"),
        ("entity: a.b\nfields: {name: {column: A, order: ydm}}\n", "dmy, mdy, ymd"),
        ("entity: a.b\nfields: {name: {column: A, decimal: x}}\n", "'decimal'"),
        ("entity: a.b\nfields: {name: []}\n", "names no column"),
        ("entity: a.b\nfields: {name: {join: x}}\n", "names no column"),
        ("entity: a.b\nconstants: {name: [x]}\n", "plain text"),
        ("entity: [a\n", "no good YAML"),
        ("entity: a.b\nentity: c.d\n", "no good YAML"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "mapping.yml"
    path.write_text(text)
    with pytest.raises(BadMapping) as info:
        read_mapping(path)
    assert said.lower() in info.value.message.lower()


def test_mappings_are_changed_by_parts() -> None:
    mapping = plain("code", "name").with_constants({"name": "X"})
    assert [column.target for column in mapping.columns] == ["code"]
    again = mapping.with_column(Column(("Name",), "name")).with_key(None)
    assert dict(again.constants) == {}
    assert again.key is None
    assert again.without("name").columns == (Column(("code",), "code"),)


HEADER = ("Code", "Name", "Author")


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("Nmae", "name", "Did you mean 'Name'"),
        ("Name", "nmae", "Did you mean 'name'"),
        ("Name", "spine", "computed"),
        ("Name", "copies.place", "row"),
        ("Name", "copies[new].palce", "Did you mean 'place'"),
        ("Name", "copies[new]", "needs a field"),
        ("Name", "name.first", "is no link"),
        ("Name", "name[x].y", "row"),
        ("Name", "author.initails", "Did you mean 'initials'"),
        ("Name", "Name!", "is no path"),
        ("Name", "@", "no name for external ids"),
    ],
)
def test_every_place_that_does_not_fit_is_named(
    library: Library, source: str, target: str, said: str
) -> None:
    mapping = Mapping(BOOK, (Column((source,), target), Column(("Code",), "coed")))
    problems = check_mapping(library.runtime.compiled, mapping, HEADER)
    assert len(problems) == 2
    assert said.lower() in problems[0].lower()
    assert "'coed'" in problems[1]


def test_unknown_entities_and_empty_keys_are_said(library: Library) -> None:
    compiled = library.runtime.compiled
    (said,) = check_mapping(compiled, Mapping("library.bok", ()), HEADER)
    assert "'library.book'" in said
    mapping = Mapping(BOOK, (Column(("Name",), "name"),), key="code")
    (said,) = check_mapping(compiled, mapping, HEADER)
    assert "key 'code'" in said
    (said,) = check_mapping(compiled, Mapping(BOOK, ()), HEADER)
    assert "no column" in said


def test_a_kept_mapping_is_found_by_the_columns_of_a_file(library: Library) -> None:
    other = Mapping(BOOK, (Column(("Name",), "code"),), name="by name")
    with transaction(library.runtime, SYSTEM, "ui") as tx:
        keep_mapping(tx, other, HEADER)
        keep_mapping(tx, plain("name", key=None), ("Other",))
    with library.reader() as reader:
        assert find_mapping(reader, BOOK, [*reversed(HEADER)]) == other
        assert find_mapping(reader, BOOK, ["code", "NAME", "author "]) == other
        assert find_mapping(reader, BOOK, ["Code", "Name"]) is None
        assert find_mapping(reader, BOOK, [*HEADER, "line", "reason"]) == other
        assert other in kept_mappings(reader, BOOK)
        assert len(kept_mappings(reader, BOOK)) == 2
    path = library.file([HEADER, ("A", "B", "C")])
    assert guess_mapping(library, BOOK, open_table(path)) == other


def test_a_mapping_that_is_kept_again_takes_the_place_of_the_first(
    library: Library,
) -> None:
    for target in ("code", "name"):
        mapping = Mapping(BOOK, (Column(("Name",), target),))
        with transaction(library.runtime, SYSTEM, "ui") as tx:
            keep_mapping(tx, mapping, HEADER)
    with library.reader() as reader:
        (kept,) = kept_mappings(reader, BOOK)
    assert kept.columns[0].target == "name"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            ("Code", "Name", "Pages", "Printed"),
            {"Code": "code", "Name": "name", "Pages": "pages", "Printed": "printed"},
        ),
        (("BookName", "book_code"), {"BookName": "name", "book_code": "code"}),
        (("AuthorName", "Shelf "), {"Shelf": "shelf"}),
        (("Zzz", "Qqq"), {}),
        (("Name", "line", "reason"), {"Name": "name"}),
    ],
)
def test_headers_are_compared_with_names_and_labels(
    library: Library, header: tuple[str, ...], expected: dict[str, str]
) -> None:
    table = open_table(library.file([header, ("x",) * len(header)]))
    found = {
        column.sources[0]: column.target
        for column in guess_mapping(library, BOOK, table).columns
    }
    assert expected.items() <= found.items()
    assert "line" not in found
    assert "reason" not in found


def test_the_key_is_taken_where_a_column_fills_it(library: Library) -> None:
    table = open_table(library.file([("Code", "Name"), ("A", "B")]))
    assert guess_mapping(library, BOOK, table).key == "code"
    table = open_table(library.file([("Name", "Pages"), ("A", "1")]))
    assert guess_mapping(library, BOOK, table).key is None
