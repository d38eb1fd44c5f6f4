"""Rows that are known again by several fields together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.exchange import (
    BadMapping,
    Column,
    Mapping,
    guess_mapping,
    mapping_document,
    mapping_from,
    open_table,
    run_import,
)
from tests.unit.exchange.library import (
    AUTHOR,
    BOOK,
    SYSTEM,
    Library,
    acting,
    counts,
    plain,
)

HEAD = ("name", "author", "language", "pages")
KEY = "name, author, language"


def test_all_parts_together_find_a_record(library: Library) -> None:
    for initials in ("AA", "BB"):
        library.add(AUTHOR, name=f"Author {initials}", initials=initials)
    mapping = plain(*HEAD, key=KEY)
    rows = [
        HEAD,
        ("Sea", "AA", "de", "1"),
        ("Sea", "BB", "de", "2"),
        ("Sea", "AA", "en", "3"),
        ("Sea", "AA", "", "4"),
    ]
    assert counts(library.take(rows, mapping)) == (4, 0, 0, 0)
    again = [HEAD, ("Sea", "BB", "de", "2"), ("Sea", "AA", "en", "30"), rows[4]]
    # Without its language a row is not known again.
    assert counts(library.take(again, mapping)) == (1, 1, 1, 0)
    assert sorted(n for (n,) in library.books("pages")) == [1, 2, 4, 4, 30]


def test_what_names_several_or_stands_twice_is_refused(library: Library) -> None:
    for _ in range(2):
        library.add(BOOK, name="Sea", language="de")
    mapping = plain("name", "language", "pages", key="name, language")
    head = ("name", "language", "pages")
    rows = [head, ("Sea", "de", "1"), ("Sky", "de", "1"), ("Sky", "de", "2")]
    report = library.take(rows, mapping)
    assert counts(report) == (1, 0, 0, 2)
    several, twice = report.errors
    assert several.reason == "'Sea / de' stands for 2 records."
    assert (several.column, several.code) == ("name, language", "several")
    assert "'Sky / de' stands in line 3 already." in twice.reason


def test_constants_may_be_part_of_it_and_only_readable_rows_are_found(
    library: Library,
) -> None:
    library.add(BOOK, name="Sea", shelf="closed", language="de")
    mapping = plain("name", "pages", key="name, shelf", shelf="closed")
    rows = [("name", "pages"), ("Sea", "7")]
    assert counts(library.take(rows, mapping)) == (0, 1, 0, 0)
    # Who may not see what is closed does not find it, and may make none.
    report = library.take(rows, mapping, acting("writer"))
    assert counts(report) == (0, 0, 0, 1)


def test_a_part_is_a_single_value_of_the_row(library: Library) -> None:
    for key in ("name, tags", "name, copies[new].place", "name, id", "name, pages"):
        columns = tuple(
            Column((name,), name)
            for name in ("name", "tags", "copies[new].place", "id")
        )
        mapping = Mapping(BOOK, columns, key=key)
        names = ("name", "tags", "copies[new].place", "id")
        with pytest.raises(BadMapping):
            library.take([names, ("a", "b", "c", "1")], mapping)


def test_without_update_what_is_there_stays_as_it_is(library: Library) -> None:
    mapping = replace(plain("code", "name"), update=False)
    assert mapping_from(mapping_document(mapping)) == mapping
    rows = [("code", "name"), ("A", "Sea"), ("B", "Sky")]
    assert counts(library.take(rows, mapping)) == (2, 0, 0, 0)
    rows = [("code", "name"), ("A", "Changed"), ("C", "Sun")]
    assert counts(library.take(rows, mapping)) == (1, 0, 1, 0)
    assert library.books("code", "name") == [("A", "Sea"), ("B", "Sky"), ("C", "Sun")]


def test_files_of_mappings_list_the_parts() -> None:
    mapping = plain(*HEAD, key=KEY)
    document = mapping_document(mapping)
    assert document["key"] == ["name", "author", "language"]
    assert mapping_from(document) == mapping


def test_a_mapping_of_a_module_may_name_several(library: Library) -> None:
    path = library.file([("Volume", "Tongue", "Sheets"), ("Sea", "de", "40")])
    mapping = guess_mapping(library, BOOK, open_table(path))
    assert (mapping.document, mapping.key) == ("library.volumes", "name, language")
    assert counts(run_import(library, SYSTEM, path, mapping)) == (1, 0, 0, 0)
    assert counts(run_import(library, SYSTEM, path, mapping)) == (0, 0, 1, 0)
